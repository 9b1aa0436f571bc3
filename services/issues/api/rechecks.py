"""Asking again by lot (电话回访服务; R51): a draw anybody can repeat, by people who had no part in the tickets."""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain.issue import ISSUE
from services.issues.domain.recheck import ASKING, DRAWING, RECHECK, Drawn, DrawRecheck, Hands, KnownPopulation, RecordRecheck
from services.issues.domain.states import Archived, Closed, Merged, Reviewed, State, Unreported, units_of, work_of
from services.issues.queries import opening
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.eventlog import load, load_many
from shared.months import Month
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import RecheckKind, Role, Source, derived_id

router = APIRouter(tags=["回访"], route_class=Entrance)

RecheckId = Annotated[UUID, Path(description="抽查的标识(UUIDv7)")]


@router.put("/rechecks/{id_}", name="draw_recheck", summary="抽查回访:抽取样本(种子和总体摘要留存)", status_code=201)
async def draw(id_: RecheckId, command: DrawRecheck, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The seed is the platform's, drawn only now: nobody knows the sample before the population is fixed."""
    service: Service = request.app.state.service
    opening.needs(caller, *DRAWING)
    population = await _population(service, command.kind, Month.parse(command.month))
    context = await service.context(caller, id_, KnownPopulation(secrets.token_hex(16), population))
    done = await service.desk.handle(RECHECK, id_, command, context, command_id=derived_id("issues", "draw-recheck", str(id_)))
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), **await _shown(service, id_, done.state)}


async def _population(service: Service, kind: RecheckKind, month: Month) -> dict[str, Hands]:
    """The tickets of the month, and who had a part in each. The inspectorate's own are not among them."""
    which = (
        "stage = 'withdrawn'"
        if kind is RecheckKind.WITHDRAWN
        else "stage in ('closed', 'archived') and closed_on between $2 and $3"
    )
    rows = await service.pool.fetch(
        f"select id, no from issue where source <> $1 and $2::date <= $3::date and {which} order by no",
        str(Source.ALLEGATION), month.first_day, month.last_day,
    )  # fmt: skip
    found: dict[str, Hands] = {}
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        async with service.pool.acquire() as connection:
            histories = await load_many(connection, [ISSUE.stream(row["id"]) for row in some])
        for row in some:
            entries = histories[ISSUE.stream(row["id"])]
            state = ISSUE.fold(entry.fact for entry in entries)
            if _belongs(state, kind, month):
                found[row["no"]] = _hands(state)
    return found


def _belongs(state: State, kind: RecheckKind, month: Month) -> bool:
    if not isinstance(state, Closed | Archived):
        withdrawal = getattr(state, "withdrawal", None)
        return withdrawal is not None and month.contains(withdrawal.on)
    return month.contains(state.closing.on) and (kind is RecheckKind.CLOSED or state.closing.rating is None)


def _hands(state: State) -> Hands:
    """Units that handled or helped; people who handled, reviewed or called. Whoever only wrote it down had no part in it."""
    if isinstance(state, Unreported):
        return Hands(frozenset(), frozenset())
    worked = work_of(state)
    members = worked.work.handlers | worked.work.reviewers if worked else frozenset[UUID]()
    calls = state.calls if isinstance(state, Reviewed | Closed | Archived | Merged) else ()
    withdrawal = getattr(state, "withdrawal", None)
    people = {call.by for call in calls if call.by} | ({withdrawal.by} if withdrawal else set[UUID]())
    return Hands(frozenset(unit for unit, part in units_of(state) if part != "reported"), members | people)


@router.post("/rechecks/{id_}/record", name="record_recheck", summary="登记一件抽查回访的结果")
async def record(
    id_: RecheckId, command: RecordRecheck, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    opening.needs(caller, *ASKING)
    ticket = await service.pool.fetchval("select id from issue where no = $1", command.no)
    entries = await load(service.pool, ISSUE.stream(ticket)) if ticket else []
    context = await service.context(caller, id_, _hands(ISSUE.fold(entry.fact for entry in entries)))
    done = await service.desk.handle(RECHECK, id_, command, context, command_id=command_id)
    return {**receipt(service, response, done), **await _shown(service, id_, done.state)}


@router.get("/rechecks", name="list_rechecks", summary="抽查回访一览")
async def rechecks(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    service: Service = request.app.state.service
    _reads(caller)
    page = await listing(
        service.pool, table="recheck", columns="*", where=[], args=[], order=["drawn_on", "id"], cursor=cursor, limit=limit
    )
    for item in page["items"]:
        item["kind_label"] = RecheckKind(item["kind"]).label
    return page


def _reads(caller: Actor) -> None:
    """Never people of the units that are checked: a sample known beforehand is no sample."""
    if not caller.holds(*ASKING, Role.CHIEF, Role.AUDITOR, Role.SYSTEM):
        raise Forbidden(needs=[role.label for role in ASKING])


@router.get("/rechecks/{id_}", name="get_recheck", summary="一次抽查:种子、总体摘要、样本和结果")
async def recheck(id_: RecheckId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    _reads(caller)
    entries = await load(service.pool, RECHECK.stream(id_))
    response.headers["ETag"] = f'"{len(entries)}"'
    return {"version": len(entries), **await _shown(service, id_, RECHECK.fold(entry.fact for entry in entries))}


async def _shown(service: Service, id_: UUID, state: Any) -> dict[str, Any]:
    if not isinstance(state, Drawn):
        raise Unknown(what="recheck", id=str(id_))
    draw = state.draw
    rows = await service.pool.fetch(
        "select id, no, enterprise_name, handling_unit, stage from issue where no = any($1::text[])", list(draw.sample)
    )
    tickets = {row["no"]: dict(row) for row in rows}
    return {
        "id": id_, "kind": draw.kind, "kind_label": draw.kind.label, "month": draw.month, "method": draw.method, "seed": draw.seed,
        "population": draw.population, "digest": draw.digest, "by": draw.by, "unit": draw.unit, "on": draw.on,
        "items": [
            {**tickets.get(no, {"no": no}), "found": found and found.model_dump(mode="json")}
            for no in draw.sample
            for found in (state.found.get(no),)
        ],
    }  # fmt: skip
