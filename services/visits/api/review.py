"""What waits for a person: visits to review many at once, flagged ones, held ones, and what came back to its visitor."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from services.visits.api import lookups
from services.visits.domain.access import sees_district
from services.visits.domain.commands import AcceptVisit, HearConfirmation, ReturnVisit, RuleVisit, VoidVisit, Words
from services.visits.domain.refusals import NotYourCall
from services.visits.domain.visit import CALLING, VISIT, NotYourReview, State, Unrecorded, may_rule
from services.visits.domain.wording import smells_of
from services.visits.projections import read
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor, Context
from shared.directory import Directory
from shared.entrance import Entrance
from shared.events import Command
from shared.freetext import opened
from shared.months import local_date
from shared.problems import Forbidden, Malformed, Problem, Unknown
from shared.reach import reads
from shared.service import Service
from shared.terms import Mode, Review, Role, VisitFlag, derived_id

router = APIRouter(tags=["走访审核"], route_class=Entrance)

REVIEWING = (Role.DEPUTY, Role.HEAD)
_COLUMNS = (
    'id, ver as version, enterprise, enterprise_name, on_date as "on", month, mode, review, counted, proved, disputed, flags, '
    "state->>'words' as words, (select array_agg(u.unit order by u.unit) from visit_unit u where u.visit = visit.id) as units"
)


class ReviewVisits(Command):
    """One word on many visits; a return or a voiding says why."""

    ids: tuple[UUID, ...] = Field(min_length=1, max_length=100)
    verdict: Literal["accept", "return", "void"]
    reason: Words | None = None


@router.post("/visits/review", name="review_visits", summary="批量审核")
async def review(
    body: ReviewVisits, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """Each visit is decided by itself and answers for itself; one ``Idempotency-Key`` makes the whole repeatable."""
    service: Service = request.app.state.service
    if not caller.holds(*REVIEWING, Role.OFFICE, Role.OFFICE_HEAD):
        raise NotYourReview
    command = _verdict(body)
    results: list[dict[str, Any]] = []
    strange = 0
    for id_ in dict.fromkeys(body.ids):
        try:
            _, state = await lookups.recorded(service, id_)
            await lookups.may_read(service, state, caller)
            done = await service.desk.handle(
                VISIT, id_, command, await service.context(caller, id_),
                command_id=derived_id("visits", "review-many", str(command_id), str(id_)),
            )  # fmt: skip
            receipt(service, response, done)
            results.append({"id": id_, "ok": True, "version": done.version, "replayed": done.replayed})
        except Problem as problem:
            strange += isinstance(problem, Forbidden)
            results.append({"id": id_, "ok": False, "problem": problem.document()})
    if strange == len(results):  # None of them is the caller's to judge: so it is said, and nothing else.
        raise NotYourReview
    if "ETag" in response.headers:  # Many versions have no one tag.
        del response.headers["ETag"]
    return {"results": results, "done": sum(item["ok"] for item in results), "refused": sum(not item["ok"] for item in results)}


@router.post("/visits/{id_}/rule", name="rule_visit", summary="裁定离线补传的走访(采纳/不采纳)")
async def rule(
    id_: Annotated[UUID, Path(description="走访编号")], command: RuleVisit, caller: Caller, command_id: CommandId,
    expected: Expected, request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """By the unit that answers for the enterprise now, or the office; never by whoever told it."""
    service: Service = request.app.state.service
    _, state = await lookups.recorded(service, id_)
    told = state.details.told
    enterprise = await Directory(service.pool).enterprise(told.enterprise.id, local_date(service.clock()))
    may_rule(frozenset(held.unit for held in enterprise.assigned.values()), state.details, caller)
    found = await lookups.known(service, told.enterprise.id, [], told.on)

    async def prepared(connection: Any, state: State, context: Context) -> Context:
        more = await lookups.prepare(service, id_, told.mode, told.on, connection, state, context)
        return Context(more.actor, more.now, more.today, more.calendar, more.subject, {**more.known, "enterprise": enterprise})

    done = await service.desk.handle(
        VISIT, id_, command, await service.context(caller, id_, **found), command_id=command_id, expected=expected,
        prepare=prepared,
    )  # fmt: skip
    if isinstance(done.state, Unrecorded):
        raise Unknown(what="visit", id=str(id_))
    return {**receipt(service, response, done), **await lookups.shown(service, id_, done.version, done.state, caller)}


@router.post("/visits/{id_}/hear", name="hear_confirmation", summary="回访核实企业确认(属实/不属实)")
async def hear(
    id_: Annotated[UUID, Path(description="走访编号")], command: HearConfirmation, caller: Caller, command_id: CommandId,
    expected: Expected, request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """By somebody outside the unit that came. Until then the confirmation is neither evidence nor rating."""
    service: Service = request.app.state.service
    context = await service.context(caller, id_)
    done = await service.desk.handle(VISIT, id_, command, context, command_id=command_id, expected=expected)
    heard = None if isinstance(done.state, Unrecorded) else done.state.details.heard
    return {**receipt(service, response, done), "id": id_, "stands": heard and heard.stands}


@router.get("/queues/unheard", name="list_unheard", summary="待回访核实的企业确认")
async def unheard(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """For those who call, of units other than their own: which visit, and how its confirmation came about. No rating."""
    service: Service = request.app.state.service
    if not caller.holds(*CALLING):
        raise NotYourCall
    page = await listing(
        service.pool, table="visit",
        columns='id, ver as version, enterprise, enterprise_name, on_date as "on", mode, state->\'confirmed\'->\'came\' as came, '
        "(select array_agg(u.unit order by u.unit) from visit_unit u where u.visit = visit.id) as units",
        where=["flags ? $1", "review <> 'voided'", "id not in (select visit from visit_unit where unit = $2)"],
        args=[str(VisitFlag.UNHEARD), caller.unit], order=["on_date", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        came = orjson.loads(item.pop("came") or "null") or {}
        item["came"] = {
            "way": came.get("way"),
            "minutes": came.get("minutes"),
            "unit": came.get("unit"),
            "staff": came.get("staff"),
        }
        item["mode_label"] = Mode(item["mode"]).label
    return page


@router.get("/queues/rulings", name="list_rulings", summary="待裁定的走访")
async def rulings(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Head and deputy see those of enterprises their unit answers for now; the office and the district's readers all."""
    service: Service = request.app.state.service
    where, args = ["review = 'held'"], list[Any]()
    if not _reviews_district(caller):
        args = [caller.unit, local_date(service.clock())]
        where.append(
            "enterprise in (select enterprise from (select distinct on (enterprise, line) enterprise, unit from known_assignment "
            "where started_on <= $2 and enterprise in (select enterprise from visit where review = 'held') "
            "order by enterprise, line, started_on desc) as now where now.unit = $1)"
        )
    return await _page(service, where, args, cursor, limit)


@router.get("/queues/flagged", name="list_flagged", summary="需人工查看的走访(疑似检查用语、时间偏差、企业否认)")
async def flagged(
    caller: Caller, request: Request, flag: VisitFlag | None = None,
    review: Annotated[Review | None, Query(description="审核状态;不填为未作废的全部")] = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """With the words that were found and what stands around them. Nothing follows from a flag by itself."""
    service: Service = request.app.state.service
    where, args = ["flags <> '[]'", "review <> 'voided'"], list[Any]()
    if flag is not None:
        args.append(str(flag))
        where.append(f"flags ? ${len(args)}")
    if review is not None:
        args.append(str(review))
        where.append(f"review = ${len(args)}")
    if not _reviews_district(caller):
        args.append(caller.unit)
        where.append(f"id in (select visit from visit_unit where unit = ${len(args)})")
    page = await _page(service, where, args, cursor, limit)
    states = await service.pool.fetch("select id, state from visit where id = any($1)", [item["id"] for item in page["items"]])
    told = await opened(service.vault, {row["id"]: read(row["state"]).details.told for row in states})
    for item in page["items"]:
        item["smells"] = [
            {"field": name, **vars(smell)} for name, found in smells_of(told[item["id"]]).items() for smell in found
        ]
        item["skew_hours"] = told[item["id"]].skew_hours
    return page


@router.get("/my/returned", name="list_my_returned", summary="退回给我的走访(含企业否认)")
async def returned(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """What the caller told and a reviewer sent back, or the enterprise denied; ``words`` says why."""
    service: Service = request.app.state.service
    reads(caller)
    where = ["(review = 'returned' or disputed)", "review <> 'voided'", "state->'tellers' ? $1"]
    return await _page(service, where, [str(caller.id)], cursor, limit)


async def _page(service: Service, where: list[str], args: list[Any], cursor: str | None, limit: int) -> dict[str, Any]:
    page = await listing(
        service.pool, table="visit", columns=_COLUMNS, where=where, args=args, order=["on_date", "id"], cursor=cursor, limit=limit
    )
    for item in page["items"]:
        item["flags"] = [{"flag": flag, "label": VisitFlag(flag).label} for flag in orjson.loads(item["flags"])]
        item["review_label"] = Review(item["review"]).label
    return page


def _reviews_district(caller: Actor) -> bool:
    """Whether the queues of every unit are seen; refuses those who review nothing."""
    if sees_district(caller):
        return True
    if not caller.holds(*REVIEWING):
        raise Forbidden
    return False


def _verdict(body: ReviewVisits) -> AcceptVisit | ReturnVisit | VoidVisit:
    if body.verdict == "accept":
        return AcceptVisit(note=body.reason or "")
    if body.reason is None:
        raise Malformed(errors=[{"pointer": "/body/reason", "code": "missing", "title": "退回或作废须说明理由"}])
    return ReturnVisit(reason=body.reason) if body.verdict == "return" else VoidVisit(reason=body.reason)
