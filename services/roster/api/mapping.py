"""Mapping tables are data with versions: published whole, previewed before, applied only when somebody says so (R09, R10)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.roster.api.remapping import Remapping
from services.roster.domain.access import the_office
from services.roster.domain.mapping import MAPPING, MapIndustries, MapOfficePhones, MappingCommand, MapPlaces, SetLoadLimit
from services.roster.domain.refusals import PublisherMayNotApply
from services.roster.queries import mapping as asked
from services.roster.queries.mapping import Table, TableReceipt, TableVersion, TableVersions, WouldPage
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import WrittenDate, local_date

router = APIRouter(tags=["日历与对照表"], route_class=Entrance)

TableName = Annotated[Table, Path(description="对照表:行业归口、地址词、办公电话、包保上限")]
_LINES = "application/x-ndjson"


async def _publish(
    name: Table,
    command: MappingCommand,
    caller: Actor,
    command_id: UUID,
    expected: int | None,
    request: Request,
    response: Response,
    codes: Iterable[str] = (),
) -> TableReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, str(name), await asked.known(service, codes))
    done = await service.desk.handle(MAPPING, str(name), command, context, command_id=command_id, expected=expected)
    return TableReceipt.of(receipt(service, response, done), entries=len(done.state.versions[-1].entries))


@router.put("/mapping/industries", name="map_industries", summary="发布行业归口对照表")
async def map_industries(
    command: MapIndustries, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> TableReceipt:
    """Moves nobody: look at the preview before, and apply it after."""
    return await _publish(Table.INDUSTRIES, command, caller, command_id, expected, request, response, command.entries.values())


@router.put("/mapping/places", name="map_places", summary="发布地址词对照表(旧名、路名 → 乡镇、村)")
async def map_places(
    command: MapPlaces, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> TableReceipt:
    """Words that stand in addresses instead of the name of a township or village; the next import uses them."""
    return await _publish(Table.PLACES, command, caller, command_id, expected, request, response, command.entries.values())


@router.put("/mapping/phones", name="map_office_phones", summary="发布单位办公电话表")
async def map_office_phones(
    command: MapOfficePhones, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> TableReceipt:
    return await _publish(Table.PHONES, command, caller, command_id, expected, request, response, command.entries)


@router.put("/mapping/limits", name="set_load_limit", summary="设定每人包保上限")
async def set_load_limit(
    command: SetLoadLimit, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> TableReceipt:
    return await _publish(Table.LIMITS, command, caller, command_id, expected, request, response)


@router.get("/mapping/{name}", name="get_mapping", summary="对照表")
async def table(
    name: TableName,
    _caller: Caller,
    request: Request,
    version: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    on: Annotated[WrittenDate | None, Query(description="某日生效的版本,默认今天")] = None,
) -> TableVersion:
    """The version in force on a day, today when none is named; or the version asked for, whenever it begins."""
    return await asked.table(request.app.state.service, name, version, on)


@router.get("/mapping/{name}/versions", name="list_mapping_versions", summary="对照表的历次版本")
async def versions(name: TableName, _caller: Caller, request: Request) -> TableVersions:
    """Every version, with the entries it added, changed or dropped against the one before."""
    return await asked.versions(request.app.state.service, name)


@router.post("/mapping/industries/preview", name="preview_industries", summary="预览行业归口调整会影响哪些企业(不写入)")
async def preview(
    command: MapIndustries, caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100
) -> WouldPage:
    """Whom the table would move from its day on, from where to where; who stays because a person decided so; who is in no row."""
    return await asked.preview(request.app.state.service, caller, command, cursor, limit)


@router.post(
    "/mapping/industries/apply",
    name="apply_industries",
    summary="按已发布的行业归口表调整归属",
    response_class=StreamingResponse,
    responses={200: {"content": {_LINES: {}}}},
)
async def apply(
    caller: Caller,
    request: Request,
    version: Annotated[int | None, Query(ge=1, le=100_000, description="版本;默认今天生效的")] = None,
) -> StreamingResponse:
    """Assign by a version in force whom it moves, a few hundred in a transaction. Said again, it goes on where it stopped.

    Answers lines of JSON: ``{"phase","done","total"}`` as it goes and at the end ``{"result": {...}}`` or ``{"problem": "…"}``.
    What a person decided is never overridden. By another person than who published the table: moves between units take two.
    """
    service: Service = request.app.state.service
    today = local_date(service.clock())
    the_office(await service.context(caller, "industries", None))
    work = Remapping(service, caller, *await asked.in_force(service, version))
    if work.published_by == caller.id:
        raise PublisherMayNotApply
    total = (await asked.moves(service, work.entries, today))["moved"]

    async def told() -> AsyncGenerator[bytes, None]:
        async for line in work.run(total, today):
            yield orjson.dumps(line, default=str) + b"\n"

    return StreamingResponse(told(), media_type=_LINES)
