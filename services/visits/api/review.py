"""What waits for a person: visits to review many at once, flagged ones, held ones, and what came back to its visitor."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from services.visits.domain.visit.commands import AcceptVisit, HearConfirmation, ReturnVisit, RuleVisit, VoidVisit, Words
from services.visits.domain.visit.decide import VISIT, KnownVisit
from services.visits.domain.visit.permissions import may_rule
from services.visits.domain.visit.refusals import NotYourReview
from services.visits.domain.visit.states import Unrecorded
from services.visits.queries import lookups
from services.visits.queries import visits as asked
from services.visits.queries.review import Heard, Refusal, ReviewedVisit, ReviewedVisits
from services.visits.queries.visit import VisitReceipt, visit
from services.visits.queries.visits import REVIEWING, FlaggedVisit, UnheardVisit, WaitingVisit
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.facts import Command
from shared.language.months import local_date
from shared.language.problems import Forbidden, Malformed, Problem, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Review, VisitFlag, derived_id
from shared.log.directory import Directory

router = APIRouter(tags=["走访审核"], route_class=Entrance)


class ReviewVisits(Command):
    """One word on many visits; a return or a voiding says why."""

    ids: tuple[UUID, ...] = Field(min_length=1, max_length=100)
    verdict: Literal["accept", "return", "void"]
    reason: Words | None = None


@router.post("/visits/review", name="review_visits", summary="批量审核")
async def review(
    body: ReviewVisits, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> ReviewedVisits:
    """Each visit is decided by itself and answers for itself; one ``Idempotency-Key`` makes the whole repeatable."""
    service: Service = request.app.state.service
    if not caller.holds(*REVIEWING, *OFFICE):
        raise NotYourReview
    command = _verdict(body)
    results: list[ReviewedVisit] = []
    strange = 0
    for id_ in dict.fromkeys(body.ids):
        try:
            _, state = await lookups.recorded(service, id_)
            await lookups.may_read(service, state, caller)
            done = await service.desk.handle(
                VISIT,
                id_,
                command,
                await service.context(caller, id_, KnownVisit()),
                command_id=derived_id("visits", "review-many", str(command_id), str(id_)),
            )
            receipt(service, response, done)
            results.append(ReviewedVisit(id=id_, ok=True, version=done.version, replayed=done.replayed, problem=None))
        except Problem as problem:
            strange += isinstance(problem, Forbidden)
            results.append(ReviewedVisit(id=id_, ok=False, version=None, replayed=None, problem=Refusal(**problem.document())))
    if strange == len(results):  # None of them is the caller's to judge: so it is said, and nothing else.
        raise NotYourReview
    if "ETag" in response.headers:  # Many versions have no one tag.
        del response.headers["ETag"]
    accepted = sum(item.ok for item in results)
    return ReviewedVisits(results=results, done=accepted, refused=len(results) - accepted)


@router.post("/visits/{id_}/rule", name="rule_visit", summary="裁定离线补传的走访(采纳/不采纳)")
async def rule(
    id_: Annotated[UUID, Path(description="走访编号")],
    command: RuleVisit,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> VisitReceipt:
    """By the unit that answers for the enterprise now, or the office; never by whoever told it."""
    service: Service = request.app.state.service
    _, state = await lookups.recorded(service, id_)
    told = state.details.told
    enterprise = await Directory(service.pool).enterprise(told.enterprise.id, local_date(service.clock()))
    may_rule(frozenset(held.unit for held in enterprise.assigned.values()), state.details, caller)
    done = await service.desk.handle(
        VISIT,
        id_,
        command,
        await service.context(caller, id_, KnownVisit(enterprise=enterprise)),
        command_id=command_id,
        expected=expected,
        prepare=partial(lookups.prepare, service, id_, told.enterprise.id, told.mode, told.on),
    )
    if isinstance(done.state, Unrecorded):
        raise Unknown(what="visit", id=str(id_))
    shown = await visit(service, id_, done.version, done.state, caller)
    return VisitReceipt.of(receipt(service, response, done), shown)


@router.post("/visits/{id_}/hear", name="hear_confirmation", summary="回访核实企业确认(属实/不属实)")
async def hear(
    id_: Annotated[UUID, Path(description="走访编号")],
    command: HearConfirmation,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> Heard:
    """By somebody outside the unit that came. Until then the confirmation is neither evidence nor rating."""
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownVisit())
    done = await service.desk.handle(VISIT, id_, command, context, command_id=command_id, expected=expected)
    heard = None if isinstance(done.state, Unrecorded) else done.state.details.heard
    return Heard.of(receipt(service, response, done), id=id_, stands=heard.stands if heard else None)


@router.get("/queues/unheard", name="list_unheard", summary="待回访核实的企业确认")
async def unheard(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[UnheardVisit]:
    """For those who call, of units other than their own: which visit, and how its confirmation came about. No rating."""
    return await asked.unheard(request.app.state.service, caller, cursor, limit)


@router.get("/queues/rulings", name="list_rulings", summary="待裁定的走访")
async def rulings(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[WaitingVisit]:
    """Head and deputy see those of enterprises their unit answers for now; the office and the district's readers all."""
    return await asked.rulings(request.app.state.service, caller, cursor, limit)


@router.get("/queues/flagged", name="list_flagged", summary="需人工查看的走访(疑似检查用语、时间偏差、企业否认)")
async def flagged(
    caller: Caller,
    request: Request,
    flag: VisitFlag | None = None,
    review: Annotated[Review | None, Query(description="审核状态;不填为未作废的全部")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[FlaggedVisit]:
    """With the words that were found and what stands around them. Nothing follows from a flag by itself."""
    return await asked.flagged(request.app.state.service, caller, flag, review, cursor, limit)


@router.get("/my/returned", name="list_my_returned", summary="退回给我的走访(含企业否认)")
async def returned(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[WaitingVisit]:
    """What the caller told and a reviewer sent back, or the enterprise denied; ``words`` says why."""
    return await asked.returned(request.app.state.service, caller, cursor, limit)


def _verdict(body: ReviewVisits) -> AcceptVisit | ReturnVisit | VoidVisit:
    if body.verdict == "accept":
        return AcceptVisit(note=body.reason or "")
    if body.reason is None:
        raise Malformed(errors=[{"pointer": "/body/reason", "code": "missing", "title": "退回或作废须说明理由"}])
    return ReturnVisit(reason=body.reason) if body.verdict == "return" else VoidVisit(reason=body.reason)
