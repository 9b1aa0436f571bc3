"""Mapping tables are data with versions: published whole, previewed before, applied only when somebody says so (R09, R10)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.roster.api import lookups
from services.roster.api.remapping import Remapping, moved, moves
from services.roster.domain.access import the_district
from services.roster.domain.mapping import (
    LOAD_LIMIT,
    MAPPING,
    Asked,
    KnownMapping,
    MapIndustries,
    MapOfficePhones,
    MapPlaces,
    NotADepartment,
    SetLoadLimit,
    TableUnpublished,
)
from services.roster.domain.permissions import the_office
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.problems import Unknown
from shared.service import Service
from shared.terms import Line

router = APIRouter(tags=["日历与对照表"], route_class=Entrance)


class Table(StrEnum):
    """The tables there are."""

    INDUSTRIES = "industries"
    PLACES = "places"
    PHONES = "phones"
    LIMITS = "limits"


TableName = Annotated[Table, Path(description="对照表:行业归口、地址词、办公电话、包保上限")]


async def _publish(
    name: Table, command: Asked, caller: Actor, command_id: Any, expected: int | None, request: Request, response: Response,
    codes: Any = (),
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    wanted = list(codes)
    lines = await lookups.lines(service.pool, wanted)
    known = await service.pool.fetch("select code from unit where code = any($1::text[])", wanted)
    context = await service.context(caller, str(name), KnownMapping(lines, {row["code"] for row in known}))
    done = await service.desk.handle(MAPPING, str(name), command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), "entries": len(done.state.versions[-1].entries)}


@router.put("/mapping/industries", name="map_industries", summary="发布行业归口对照表")
async def map_industries(
    command: MapIndustries, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    """Moves nobody: look at the preview before, and apply it after."""
    return await _publish(
        Table.INDUSTRIES, command, caller, command_id, expected, request, response, command.entries.values()
    )  # fmt: skip


@router.put("/mapping/places", name="map_places", summary="发布地址词对照表(旧名、路名 → 乡镇、村)")
async def map_places(
    command: MapPlaces, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    """Words that stand in addresses instead of the name of a township or village; the next import uses them."""
    return await _publish(Table.PLACES, command, caller, command_id, expected, request, response, command.entries.values())


@router.put("/mapping/phones", name="map_office_phones", summary="发布单位办公电话表")
async def map_office_phones(
    command: MapOfficePhones, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    return await _publish(Table.PHONES, command, caller, command_id, expected, request, response, command.entries)


@router.put("/mapping/limits", name="set_load_limit", summary="设定每人包保上限")
async def set_load_limit(
    command: SetLoadLimit, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    return await _publish(Table.LIMITS, command, caller, command_id, expected, request, response)


@router.get("/mapping/{name}", name="get_mapping", summary="对照表")
async def table(
    name: TableName, _caller: Caller, request: Request, version: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    on: Annotated[WrittenDate | None, Query(description="某日生效的版本,默认今天")] = None,
) -> dict[str, Any]:  # fmt: skip
    """The version in force on a day, today when none is named; or the version asked for, whenever it begins."""
    service: Service = request.app.state.service
    row = await service.pool.fetchrow(
        "select version, entries, since, note from mapping_version where name = $1 and ($2::int is null or version = $2) "
        "and ($2::int is not null or since <= $3) order by since desc, version desc limit 1",
        str(name), version, on or local_date(service.clock()),
    )  # fmt: skip
    if row is None:
        if version is not None:
            raise Unknown(what="mapping", name=str(name), version=version)
        return {"version": 0, "entries": {"limit": str(LOAD_LIMIT)} if name == Table.LIMITS else {}}
    return {**dict(row), "entries": orjson.loads(row["entries"])}


@router.get("/mapping/{name}/versions", name="list_mapping_versions", summary="对照表的历次版本")
async def versions(name: TableName, _caller: Caller, request: Request) -> dict[str, Any]:
    """Every version, with the entries it added, changed or dropped against the one before."""
    service: Service = request.app.state.service
    rows = await service.pool.fetch(
        "select version, since, note, entries from mapping_version where name = $1 order by version", str(name)
    )
    items: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    for row in rows:
        now: dict[str, str] = orjson.loads(row["entries"])
        changed = {
            key: [before.get(key), now.get(key)] for key in sorted(now.keys() | before.keys()) if now.get(key) != before.get(key)
        }
        items.append({**{name: row[name] for name in ("version", "since", "note")}, "entries": len(now), "changed": changed})
        before = now
    return {"name": name, "items": items}


@router.post("/mapping/industries/preview", name="preview_industries", summary="预览行业归口调整会影响哪些企业(不写入)")
async def preview(
    command: MapIndustries, caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """Whom the table would move from its day on, from where to where; who stays because a person decided so; who is in no row."""
    service: Service = request.app.state.service
    the_district(caller)
    lines = await lookups.lines(service.pool, command.entries.values())
    if wrong := sorted({unit for unit in command.entries.values() if lines.get(unit) != (Line.VERTICAL, None)}):
        raise NotADepartment(units=wrong)
    return {"on": command.on, **await moved(service, command.entries, command.on, cursor, limit)}


@router.post(
    "/mapping/industries/apply", name="apply_industries", summary="按已发布的行业归口表调整归属", response_class=StreamingResponse
)
async def apply(
    caller: Caller,
    request: Request,
    version: Annotated[int | None, Query(ge=1, le=100_000, description="版本;默认今天生效的")] = None,
) -> StreamingResponse:
    """Assign by a version in force whom it moves, a few hundred in a transaction. Said again, it goes on where it stopped.

    Answers lines of JSON: ``{"phase","done","total"}`` as it goes and at the end ``{"result": {...}}`` or ``{"problem": "…"}``.
    What a person decided is never overridden.
    """
    service: Service = request.app.state.service
    today = local_date(service.clock())
    the_office(await service.context(caller, "industries"))
    row = await service.pool.fetchrow(
        "select version, entries, since from mapping_version where name = 'industries' and since <= $1 "
        "and ($2::int is null or version = $2) order by since desc, version desc limit 1",
        today, version,
    )  # fmt: skip
    if row is None:
        raise TableUnpublished(version=version)
    work = Remapping(service, caller, row["version"], orjson.loads(row["entries"]), row["since"])
    total = (await moves(service, work.entries, today))["moved"]

    async def told() -> AsyncGenerator[bytes, None]:
        async for line in work.run(total, today):
            yield orjson.dumps(line, default=str) + b"\n"

    return StreamingResponse(told(), media_type="application/x-ndjson")
