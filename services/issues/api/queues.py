"""Queues: what waits for whom. Each is a question to the table of tasks, within the caller's reach, the nearest day first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from services.issues.domain.issue import ISSUE, allowed_actions
from services.issues.queries.reading import reach
from shared.asking import Caller, Cursor, listing
from shared.decider import Actor
from shared.directory import units_on
from shared.entrance import Entrance
from shared.eventlog import load_many
from shared.months import local_date
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import Colour, IssueStage, Role

router = APIRouter(tags=["待办"], route_class=Entrance)

_OFFICE = (Role.OFFICE, Role.OFFICE_HEAD)
_LEADING = (Role.HEAD, Role.DEPUTY)
_LIAISON = (Role.LIAISON, Role.BACKUP_LIAISON)
_ANYBODY = tuple(Role)
_SOON_WORKDAYS = 2

_EVERYWHERE, _MINE, _MY_UNIT = "true", "t.member = $1", "t.unit = $2"
_GRID, _ABOVE = "t.unit = $2 and issue.level = 'grid'", "issue.level <> 'grid'"
_OUTSIDE = "not exists (select 1 from issue_unit o where o.issue = issue.id and o.unit = $2 and o.part <> 'reported')"
_OWN = "t.unit = $2 and issue.source = 'allegation'"
"""The inspectorate's own tickets, which nobody else handles."""
_INSPECTORS = ((Role.INSPECTOR,), _OWN)
_TASKS = (
    "(select issue, kind, ref, unit, member, since, due from task union all select id, 'deadline', '', "
    "coalesce(handling_unit, unit), handler, coalesce(dispatched_on, opened_on), due from issue where open) t "
    "join issue on issue.id = t.issue"
)
"""Every task, and every open ticket once more as one that has a deadline."""


@dataclass(frozen=True)
class Queue:
    """Kinds of tasks, and for whom: roles, each with what part of the tasks is theirs ($1 is oneself, $2 one's unit)."""

    label: str
    kinds: tuple[str, ...]
    parts: tuple[tuple[tuple[Role, ...], str], ...]

    def condition(self, caller: Actor) -> str | None:
        """What the caller's part of it is; nothing if there is none."""
        parts = [condition for roles, condition in self.parts if caller.holds(*roles)]
        if not parts:
            return None
        kinds = ", ".join(f"'{kind}'" for kind in self.kinds)
        return f"(t.kind in ({kinds}) and ({' or '.join(f'({part})' for part in parts)}))"


QUEUES: dict[str, Queue] = {
    "my-contacts": Queue("待我首次联系", ("contact",), ((_ANYBODY, _MINE),)),
    "my-progress": Queue("待我填报进展", ("progress",), ((_ANYBODY, _MINE),)),
    "my-resolutions": Queue("待我报结", ("resolve",), ((_ANYBODY, _MINE),)),
    "my-stage-answers": Queue("待我阶段答复企业", ("stage-answer",), ((_ANYBODY, _MINE),)),
    "my-tracking": Queue("我的跟踪事项", ("milestone",), ((_ANYBODY, _MINE),)),
    "slips": Queue("待回复督办单", ("slip",), ((_LEADING, _MY_UNIT), _INSPECTORS)),
    "accept": Queue("待受理", ("accept",), ((_OFFICE, _EVERYWHERE), ((*_LIAISON, *_LEADING), _MY_UNIT), _INSPECTORS)),
    "dispatch": Queue("待交办", ("dispatch",), ((_OFFICE, _EVERYWHERE), (_LEADING, _MY_UNIT), _INSPECTORS)),
    "redispatch": Queue("退回待重新交办", ("redispatch",), ((_OFFICE, _EVERYWHERE),)),
    "sign": Queue("待签收", ("sign",), (((Role.WORKER, *_LIAISON), _MY_UNIT), _INSPECTORS)),
    "review": Queue("待审核", ("review",), ((_LEADING, _GRID), (_OFFICE, _ABOVE), _INSPECTORS)),
    "co-handle": Queue("待协办反馈", ("co-handle",), (((Role.WORKER, *_LIAISON, *_LEADING), _MY_UNIT),)),
    "tracking": Queue("跟踪节点", ("milestone",), (((Role.HEAD, Role.DEPUTY), _MY_UNIT), (_OFFICE, _EVERYWHERE), _INSPECTORS)),
    "answer-siblings": Queue("待答复合并件", ("answer-sibling",), ((_OFFICE, _EVERYWHERE), ((*_LIAISON, *_LEADING), _MY_UNIT))),
    "extensions": Queue("待审批延期", ("extension",), ((_OFFICE, _EVERYWHERE),)),
    "second-extensions": Queue("待审批第二次延期", ("extension-second",), (((Role.INSPECTOR, Role.CHIEF), _EVERYWHERE),)),
    "escalations": Queue("待审批提级(区级)", ("escalation",), ((_OFFICE, _EVERYWHERE),)),
    "city-escalations": Queue("待审批提级(市级)", ("escalation-city",), (((Role.CHIEF,), _EVERYWHERE),)),
    "call-backs": Queue("待回访", ("call-back",), (((Role.CALLER_BACK, *_OFFICE), _OUTSIDE),)),
    "proposals": Queue("待裁定系统建议", ("rule",), (((Role.OFFICE_HEAD, Role.CHIEF), _EVERYWHERE),)),
    "due-soon": Queue("两个工作日内到期", ("deadline",), ((_ANYBODY, "t.due between $3::date and $4::date"),)),
    **{
        colour: Queue(f"{colour.label}色", ("deadline",), ((_ANYBODY, f"issue.colour = '{colour}'"),))
        for colour in (Colour.BLUE, Colour.YELLOW, Colour.RED)
    },
}
_KINDS = {
    "accept": "受理", "dispatch": "交办", "redispatch": "重新交办", "sign": "签收", "contact": "首次联系", "progress": "填报进展",
    "resolve": "报结", "review": "审核", "call-back": "回访", "slip": "回复督办单", "co-handle": "协办反馈", "milestone": "跟踪",
    "answer-sibling": "答复合并件", "extension": "审批延期", "extension-second": "审批第二次延期", "escalation": "审批提级",
    "escalation-city": "审批提级", "stage-answer": "阶段答复", "rule": "裁定建议", "deadline": "办理时限",
}  # fmt: skip
_DESKS = {"accept": "受理(联络员、副网格长)", "dispatch": "交办(副网格长、网格长)", "redispatch": "重新交办(区优化办)"}


@router.get("/queues", name="list_queues", summary="我的待办:各队列件数")
async def queues(caller: Caller, request: Request) -> dict[str, Any]:
    """Every queue in which the caller has a part: how many wait, how many of them past their day, since when."""
    service: Service = request.app.state.service
    conditions = {name: asked for name, queue in QUEUES.items() if (asked := queue.condition(caller)) is not None}
    where, args = await _reach(service, caller)
    counted = ", ".join(
        f"count(*) filter (where {c}) as n{n}, count(*) filter (where {c} and t.due < $3::date) as late{n}, "
        f"min(t.since) filter (where {c}) as since{n}"
        for n, c in enumerate(conditions.values())
    )
    row = await service.pool.fetchrow(f"select {counted} from {_TASKS} where {' and '.join(where)}", *args)
    items = [
        {
            "name": str(name),
            "label": QUEUES[name].label,
            "count": row[f"n{n}"],
            "late": row[f"late{n}"],
            "since": row[f"since{n}"],
        }
        for n, name in enumerate(conditions)
    ]
    return {"items": items, "today": args[2]}


@router.get("/queues/undispatched", name="list_undispatched", summary="登记超过一个工作日仍未交办的问题,按单位列名")
async def undispatched(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None, cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Whose desk each lies on, and for how many working days since it was reported (R06)."""
    service: Service = request.app.state.service
    (await reach(service, caller)).must_ask(unit)
    where, args = await _reach(service, caller)
    calendar = await service.calendar()
    args.append(calendar.workdays_back(args[2], 2))
    where += ["t.kind in ('accept', 'dispatch', 'redispatch')", f"issue.opened_on < ${len(args)}::date"]
    desks = await service.pool.fetch(
        f"select t.unit, t.kind, count(*), min(issue.opened_on) as since from {_TASKS} where {' and '.join(where)} "
        "group by t.unit, t.kind order by min(issue.opened_on), t.unit, t.kind",
        *args,
    )
    if unit is not None:
        args.append(unit)
        where.append(f"t.unit = ${len(args)}")
    page = await _page(service, where, args, ["issue.opened_on", "issue.no"], cursor, limit)
    names = await _names(service, {row["unit"] for row in desks})
    for item in page["items"]:
        item.update(desk=_DESKS[item["kind"]], waited=calendar.workdays_between(item["opened_on"], args[2]))
    page["desks"] = [
        {"unit": row["unit"], "unit_name": names.get(row["unit"], row["unit"]), "desk": _DESKS[row["kind"]], "count": row["count"],
         "waited": calendar.workdays_between(row["since"], args[2])}
        for row in desks
    ]  # fmt: skip
    return page


@router.get("/queues/{name}", name="get_queue", summary="一个待办队列")
async def queue(
    name: Annotated[str, Path(max_length=40)], caller: Caller, request: Request,
    mine: Annotated[bool, Query(description="只看由我承办的")] = False, cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict[str, Any]:  # fmt: skip
    """Its tasks, the nearest day first, each with what the caller may do with the ticket now."""
    service: Service = request.app.state.service
    if name not in QUEUES:
        raise Unknown(what="queue", id=name)
    condition = QUEUES[name].condition(caller)
    if condition is None:
        raise Forbidden(needs=[role.label for roles, _ in QUEUES[name].parts for role in roles])
    where, args = await _reach(service, caller)
    where += [condition, *([_MINE] if mine else [])]
    order = ["coalesce(t.due, 'infinity'::date)", "t.since", "issue.no", "t.kind", "t.ref"]
    page = await _page(service, where, args, order, cursor, limit)
    allowed = await _allowed(service, caller, [item["id"] for item in page["items"]])
    for item in page["items"]:
        item["allowed_actions"] = allowed[item["id"]]
    return {"name": name, "label": QUEUES[name].label, **page}


async def _reach(service: Service, caller: Actor) -> tuple[list[str], list[Any]]:
    """The caller's reach, after what the conditions of queues speak of: oneself, one's unit, today, soon."""
    context = await service.context(caller, caller.id)
    soon = context.calendar.add_workdays(context.today, _SOON_WORKDAYS)
    args: list[Any] = [caller.id, caller.unit, context.today, soon]
    where, args = (await reach(service, caller)).conditions(args)
    # Every argument has a type, whichever of them the queue at hand speaks of.
    return ["$1::uuid is not null and $2::text is not null and $3::date <= $4::date", *where], args


async def _page(
    service: Service, where: list[str], args: list[Any], order: list[str], cursor: str | None, limit: int
) -> dict[str, Any]:
    page = await listing(
        service.pool, table=_TASKS,
        columns="t.kind, t.ref, t.unit, t.member, t.since, t.due as task_due, issue.id, issue.no, issue.enterprise, "
        "issue.enterprise_name, issue.content, issue.stage, issue.source, issue.category, issue.nature, issue.urgency, issue.level, "
        "issue.opened_on, issue.due, issue.colour",
        where=where, args=args, order=order, cursor=cursor, limit=limit,
    )  # fmt: skip
    names = await _names(service, {item["unit"] for item in page["items"]})
    today: date = args[2]
    for item in page["items"]:
        due = item["task_due"]
        item.update(
            kind_label=_KINDS[item["kind"]], unit_name=names.get(item["unit"], item["unit"]), late=due is not None and due < today,
            stage_label=IssueStage(item["stage"]).label, colour_label=Colour(item["colour"]).label,
        )  # fmt: skip
    return page


async def _allowed(service: Service, caller: Actor, ids: list[UUID]) -> dict[UUID, list[str]]:
    """Asked of the tickets' histories, read together, by the guards that would judge the action."""
    async with service.pool.acquire() as connection:
        histories = await load_many(connection, [ISSUE.stream(id_) for id_ in set(ids)])
    context = await service.context(caller, caller.id)
    states = {id_: ISSUE.fold(entry.fact for entry in histories.get(ISSUE.stream(id_), [])) for id_ in set(ids)}
    return {id_: allowed_actions(state, context) for id_, state in states.items()}


async def _names(service: Service, codes: set[str]) -> dict[str, str]:
    rows = await service.pool.fetch(
        f"select code, name from {units_on('$2')} u where code = any($1::text[])", sorted(codes), local_date(service.clock())
    )
    return {row["code"]: row["name"] for row in rows}
