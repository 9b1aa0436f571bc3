"""Call-backs (电话回访服务; R51): the queue with script and tries, the rate, and asking again by lot."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.api import opening, queues
from services.issues.domain.callbacks import A_DAY, DAYS, SCRIPT, TRIES, next_on, percentage, round_of
from services.issues.domain.issue import ISSUE
from services.issues.domain.recheck import ASKING, DRAWING, RECHECK, Drawn, DrawRecheck, Hands, RecordRecheck
from services.issues.domain.states import Archived, Closed, Merged, Reviewed, State, Unreported, units_of, work_of
from shared.decider import Actor
from shared.eventlog import load, load_many
from shared.months import Month, local_date
from shared.problems import Forbidden, Unknown
from shared.service import Caller, CommandId, Cursor, Limit, Service, listing, receipt
from shared.terms import CallOutcome, Rating, RecheckKind, Role, Source, derived_id
from shared.vault import mask

router = APIRouter(tags=["回访"])

RecheckId = Annotated[UUID, Path(description="抽查的标识(UUIDv7)")]
MonthQuery = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份,如 2026-09")]
_WATCHING = (Role.SUPERVISOR, *opening.DISTRICT)


@router.get("/call-backs", name="list_call_backs", summary="待回访队列:话术、结果代码、已拨次数和下次拨打日")
async def call_backs(
    caller: Caller, request: Request, *, ready: Annotated[bool, Query(description="只看今天可以拨打的")] = False,
    cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict[str, Any]:  # fmt: skip
    """Tickets whose enterprise is to be asked by somebody outside the units that handled it, the nearest day first."""
    service: Service = request.app.state.service
    page = await queues.queue("call-backs", caller, request, mine=False, cursor=cursor, limit=limit)
    ids = [item["id"] for item in page["items"]]
    async with service.pool.acquire() as connection:
        histories = await load_many(connection, [ISSUE.stream(id_) for id_ in ids])
    states = {id_: ISSUE.fold(entry.fact for entry in histories[ISSUE.stream(id_)]) for id_ in ids}
    reports = [getattr(states[id_], "report") for id_ in ids]  # noqa: B009  every ticket of a queue has been reported.
    texts = await service.vault.open([datum for report in reports for datum in (report.reporter, report.phone)])
    today = local_date(service.clock())
    for n, item in enumerate(page["items"]):
        item.update(_tries(states[item["id"]], today), reporter=mask(texts[2 * n]), phone=mask(texts[2 * n + 1]))
    if ready:
        page["items"] = [item for item in page["items"] if item["next_on"] <= today]
    return {
        **page, "script": SCRIPT, "outcomes": [{"code": term, "label": term.label} for term in CallOutcome],
        "ratings": [{"code": term, "label": term.label} for term in Rating],
        "rule": {"tries": TRIES, "days": DAYS, "a_day": A_DAY},
    }  # fmt: skip


def _tries(state: State, today: date) -> dict[str, Any]:
    calls = state.calls if isinstance(state, Reviewed | Merged) else ()
    found = None if isinstance(state, Unreported) else round_of(state)
    since = found.since if found else today
    reply = state.resolution.reply if isinstance(state, Reviewed) else getattr(getattr(state, "answer", None), "reply", None)
    return {
        "tries": len(calls), "days": len({call.on for call in calls}), "attempted": bool(found and found.attempted),
        "calls": [{"on": c.on, "outcome": c.outcome, "outcome_label": c.outcome.label, "note": c.note} for c in calls],
        "next_on": next_on([call.on for call in calls], since), "reply": reply,
    }  # fmt: skip


@router.get("/call-backs/rate", name="get_call_back_rate", summary="回访率(按规定拨打的 / 应回访的)")
async def rate(month: MonthQuery, caller: Caller, request: Request) -> dict[str, Any]:
    """Of the tickets whose answer was let out in the month: how many enterprises were called as the rule asks (K6)."""
    service: Service = request.app.state.service
    opening.needs(caller, Role.CALLER_BACK, *_WATCHING)
    at = Month.parse(month)
    rows = await service.pool.fetch(
        "select r.unit, count(*) as due, count(*) filter (where attempted) as attempted, count(*) filter (where answered) "
        "as answered, count(r.rating) as rated from call_round r join issue i on i.id = r.issue where since between $1 and $2 "
        "and i.source <> 'allegation' group by 1 order by 1",
        at.first_day, at.last_day,
    )  # fmt: skip
    open_ = await service.pool.fetch(
        "select i.no, i.enterprise_name, r.tries, r.days, r.since from call_round r join issue i on i.id = r.issue where since "
        "between $1 and $2 and not attempted and i.source <> 'allegation' order by r.since, i.no limit 500",
        at.first_day, at.last_day,
    )  # fmt: skip
    total = {name: sum(row[name] for row in rows) for name in ("due", "attempted", "answered", "rated")}
    units = [{**dict(row), "pct": percentage(row["attempted"], row["due"])} for row in rows]
    return {
        "month": month,
        **total,
        "pct": percentage(total["attempted"], total["due"]),
        "units": units,
        "open": [dict(r) for r in open_],
    }


@router.put("/rechecks/{id_}", name="draw_recheck", summary="抽查回访:抽取样本(种子和总体摘要留存)", status_code=201)
async def draw(id_: RecheckId, command: DrawRecheck, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The seed is the platform's, drawn only now: nobody knows the sample before the population is fixed."""
    service: Service = request.app.state.service
    opening.needs(caller, *DRAWING)
    population = await _population(service, command.kind, Month.parse(command.month))
    context = await service.context(caller, id_, seed=secrets.token_hex(16), population=population)
    done = await service.desk.handle(
        RECHECK, id_, command, context, command_id=derived_id("issues", "draw-recheck", str(id_))
    )  # fmt: skip
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), **await _shown(service, id_, done.state)}


async def _population(service: Service, kind: RecheckKind, month: Month) -> dict[str, Hands]:
    """The tickets of the month, and who had a part in each. The inspectorate's own are not among them."""
    stages = {"withdrawn"} if kind is RecheckKind.WITHDRAWN else {"closed", "archived"}
    rows = await service.pool.fetch(
        "select id, no from issue where stage = any($1::text[]) and source <> $2 order by no",
        sorted(stages),
        str(Source.ALLEGATION),
    )
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
    context = await service.context(caller, id_, hands=_hands(ISSUE.fold(entry.fact for entry in entries)))
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
