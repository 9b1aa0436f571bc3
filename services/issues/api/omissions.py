"""疑似遗漏: visits that speak of difficulties and brought no demand wait here until somebody rules (R29).

What was heard stands side by side: 心声 (difficulties), 建议 (suggestions), 诉求 (demands). The counts beside the list say of
a unit or month how often each was heard, and whether every demand has its ticket.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.domain.commands import ReportIssue
from services.issues.domain.issue import ISSUE
from services.issues.domain.known import KnownReport, KnownTicket
from services.issues.domain.omission import (
    OMISSION,
    DismissOmission,
    Opened,
    OpenOmission,
    Seen,
    State,
    Unsuspected,
    allowed_actions,
    ticket_of_omission,
)
from services.issues.projections.numbering import numbered
from services.issues.reactions import ITSELF, SOURCES
from shared.asking import Caller, Cursor, Limit, listing, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.eventlog import load
from shared.handle import Ask
from shared.months import local_date
from shared.problems import Unknown
from shared.reach import Reach, reach_of, unit_of
from shared.service import Service
from shared.terms import Mode, derived_id, new_id

router = APIRouter(tags=["疑似遗漏"], route_class=Entrance)

VisitId = Annotated[UUID, Path(description="走访编号")]
_STAGES = {"suspected": "待裁定", "dismissed": "无诉求", "opened": "已转诉求", "cleared": "更正后消除"}


async def _reach(service: Service, caller: Actor) -> Reach:
    """Whose visits the caller may read; neither the hotline nor a caller-back has anything to do with visits."""
    return await reach_of(service.pool, caller, local_date(service.clock()))


@router.get("/queues/omissions", name="list_omissions", summary="疑似遗漏:有困难无诉求的走访")
async def omissions(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None,
    month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="走访月份")] = None,
    stage: Literal["suspected", "dismissed", "opened", "cleared"] = "suspected", cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """The oldest visit first. A row stays on the list until somebody has ruled or the visit was corrected."""
    service: Service = request.app.state.service
    may, unit = await _reach(service, caller), unit_of(caller, unit)
    where, args = _asked({"to_char(visited_on, 'YYYY-MM')": month}, unit if may.own is None else None)
    may.narrowed(where, args, unit="unit = {}")
    stages = await service.pool.fetch(f"select stage, count(*) as n from omission where {' and '.join(where)} group by 1", *args)
    page = await listing(
        service.pool, table="omission", columns="*", where=[*where, f"stage = ${len(args) + 1}"], args=[*args, stage],
        order=["visited_on", "visit"], cursor=cursor, limit=limit,
    )  # fmt: skip
    told = await service.pool.fetch(
        "select visit, no, content from known_demand where visit = any($1) order by no", [item["visit"] for item in page["items"]]
    )
    for item in page["items"]:
        item["clues"] = orjson.loads(item["clues"])
        item["mode_label"], item["stage_label"] = Mode(item["mode"]).label, _STAGES[item["stage"]]
        item["heard"] = {
            "心声": item.pop("difficulties"), "建议": item.pop("suggestions"),
            "诉求": [row["content"] for row in told if row["visit"] == item["visit"]],
        }  # fmt: skip
    counts = {row["stage"]: row["n"] for row in stages}
    return {**page, "counts": {name: counts.get(name, 0) for name in _STAGES}, "heard": await _heard(service, may, unit, month)}


def _asked(columns: dict[str, str | None], unit: str | None) -> tuple[list[str], list[Any]]:
    """Conditions for what was asked."""
    where, args = ["true"], list[Any]()
    for column, value in (*columns.items(), ("unit", unit)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    return where, args


async def _heard(service: Service, may: Reach, unit: str | None, month: str | None) -> dict[str, int]:
    """How many visits spoke of something, how many demands they brought, and how many of these have no ticket."""
    where, args = _asked({"v.month": month, "v.unit": unit if may.own is None else None}, None)
    may.narrowed(where, args, unit="v.unit = {}", enterprise="v.enterprise")
    at = " and ".join(where)
    row = await service.pool.fetchrow(
        "select count(*) as visits, count(*) filter (where btrim(difficulties) <> '') as voices, "
        f"count(*) filter (where btrim(suggestions) <> '') as suggestions from known_visit v where {at}",
        *args,
    )
    demands = await service.pool.fetchrow(
        "select count(*) as demands, count(i.id) as tickets from known_visit v join known_demand d on d.visit = v.id "
        f"left join issue i on i.visit = d.visit and i.demand = d.no where {at}",
        *args,
    )
    return {**dict(row), **dict(demands), "without_ticket": demands["demands"] - demands["tickets"]}


@router.get("/omissions/{visit}", name="get_omission", summary="疑似遗漏详情")
async def omission(visit: VisitId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """One, with why the visit was pointed at and what somebody ruled."""
    service: Service = request.app.state.service
    version, state = await _load(service, visit)
    told = await _shown(service, visit, state, caller)
    response.headers["ETag"] = f'"{version}"'
    return {"version": version, **told}


@router.post("/omissions/{visit}/dismiss", name="dismiss_omission", summary="裁定无诉求(须说明理由)")
async def dismiss(
    visit: VisitId, command: DismissOmission, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    await _shown(service, visit, (await _load(service, visit))[1], caller)
    # No ``Idempotency-Key``: said again it adds nothing, and with another conclusion it is refused.
    done = await service.desk.handle(OMISSION, visit, command, await service.context(caller, visit), command_id=new_id())
    return {**await _shown(service, visit, done.state, caller), **receipt(service, response, done)}


@router.post("/omissions/{visit}/open", name="open_omission", summary="裁定有诉求:登记一件问题")
async def open_(visit: VisitId, command: OpenOmission, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The ruling and the one ticket of this visit, in one transaction."""
    service: Service = request.app.state.service
    _, state = await _load(service, visit)
    await _shown(service, visit, state, caller)
    found = state.found
    ticket = ticket_of_omission(visit)
    report = ReportIssue.model_construct(
        enterprise=found.enterprise.id, unit=found.unit, source=SOURCES[found.mode], content=command.content,
        category=command.category, nature=command.nature, urgency=command.urgency, reporter=found.reporter, phone=found.phone,
        visit=visit,
    )  # fmt: skip
    known = KnownTicket(KnownReport(found.enterprise, found.unit), units=frozenset({found.unit}))
    itself = await service.context(ITSELF, ticket, known)
    ask = Ask(OMISSION, str(visit), command, await service.context(caller, visit), new_id())
    opened = Ask(ISSUE, str(ticket), report, itself, derived_id("issues", "report", str(ticket)), prepare=numbered)
    done = await service.desk.handle_with(ask, [opened])
    return {**await _shown(service, visit, done.state, caller), **receipt(service, response, done)}


async def _load(service: Service, visit: UUID) -> tuple[int, Seen]:
    entries = await load(service.pool, OMISSION.stream(visit))
    state: State = OMISSION.fold(entry.fact for entry in entries)
    if isinstance(state, Unsuspected):
        raise Unknown(what="omission", id=str(visit))
    return len(entries), state


async def _shown(service: Service, visit: UUID, state: State, caller: Actor) -> dict[str, Any]:
    may = await _reach(service, caller)
    if isinstance(state, Unsuspected):
        raise Unknown(what="omission", id=str(visit))
    found = state.found
    may.must_cover([found.unit], found.enterprise.id)
    return {
        "visit": visit, "href": f"/api/visits/visits/{visit}", "stage": state.STAGE[0],
        "stage_label": state.STAGE[1], "unit": found.unit, "enterprise": found.enterprise, "visited_on": found.visited_on,
        "mode": found.mode, "mode_label": found.mode.label, "clues": found.clues, "since": found.on,
        "heard": {"心声": found.difficulties, "建议": found.suggestions, "诉求": []},
        "ticket": state.ruling.ticket if isinstance(state, Opened) else None,
        "ruling": getattr(state, "ruling", None), "clearing": getattr(state, "clearing", None),
        "allowed_actions": allowed_actions(state, await service.context(caller, visit)),
    }  # fmt: skip
