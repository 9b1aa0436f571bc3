"""Call-backs (电话回访服务; R51): the queue with script and tries, and the rate."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.issues.domain.callbacks import A_DAY, DAYS, SCRIPT, TRIES, next_on, round_of
from services.issues.domain.issue import ISSUE
from services.issues.domain.states import Merged, Reviewed, State, Unreported
from services.issues.queries import opening, queues
from shared.asking import Caller, Cursor
from shared.entrance import Entrance
from shared.eventlog import load_many
from shared.months import Month, local_date
from shared.percent import percentage
from shared.reach import DISTRICT
from shared.service import Service
from shared.terms import CallOutcome, Rating, Role

router = APIRouter(tags=["回访"], route_class=Entrance)

MonthQuery = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份,如 2026-09")]
_WATCHING = (Role.SUPERVISOR, *DISTRICT)


@router.get("/call-backs", name="list_call_backs", summary="待回访队列:话术、结果代码、已拨次数和下次拨打日")
async def call_backs(
    caller: Caller, request: Request, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict[str, Any]:  # fmt: skip
    """Tickets whose enterprise is to be asked by somebody outside the units that handled it, the nearest day first.

    ``ready`` says whether another try makes sense today.
    """
    service: Service = request.app.state.service
    page = (await queues.queue(service, caller, "call-backs", mine=False, cursor=cursor, limit=limit)).model_dump()
    ids = [item["id"] for item in page["items"]]
    async with service.pool.acquire() as connection:
        histories = await load_many(connection, [ISSUE.stream(id_) for id_ in ids])
    states = {id_: ISSUE.fold(entry.fact for entry in histories[ISSUE.stream(id_)]) for id_ in ids}
    reports = [getattr(states[id_], "report") for id_ in ids]  # noqa: B009  every ticket of a queue has been reported.
    texts = await service.vault.masked([datum for report in reports for datum in (report.reporter, report.phone)])
    today = local_date(service.clock())
    for n, item in enumerate(page["items"]):
        item.update(_tries(states[item["id"]], today), reporter=texts[2 * n], phone=texts[2 * n + 1])
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
    following = next_on([call.on for call in calls], since)
    return {
        "tries": len(calls), "days": len({call.on for call in calls}), "attempted": bool(found and found.attempted),
        "calls": [{"on": c.on, "outcome": c.outcome, "outcome_label": c.outcome.label, "note": c.note} for c in calls],
        "next_on": following, "ready": following <= today, "reply": reply,
    }  # fmt: skip


@router.get("/call-backs/rate", name="get_call_back_rate", summary="回访率(按规定拨打的 / 应回访的)")
async def rate(month: MonthQuery, caller: Caller, request: Request) -> dict[str, Any]:
    """Of the tickets whose answer was let out in the month: how many enterprises were called as the rule asks (K6), by
    today; as it stood at T it is reporting's ``/demands`` (``called_back``).
    """
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
