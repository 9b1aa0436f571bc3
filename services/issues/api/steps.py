"""What is done with a ticket: one route per command, all alike. A request becomes the command, the answer shows the ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain.ticket import commands as asked
from services.issues.domain.ticket.commands import TicketCommand
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import NOTHING, KnownTicket
from services.issues.domain.ticket.numbers import DocumentKind
from services.issues.domain.ticket.states import State
from services.issues.projections.numbering import documented, merging, with_siblings
from services.issues.queries import lookups
from services.issues.queries.reading import must_concern
from services.issues.queries.ticket import TicketReceipt, standing
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Expected, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.log.handle import Prepare

router = APIRouter(tags=["问题办理"], route_class=Entrance)

IssueId = Annotated[UUID, Path(description="问题的标识(UUIDv7)")]

STEPS: tuple[tuple[str, str, type[TicketCommand], str], ...] = (
    ("accept", "accept_issue", asked.AcceptIssue, "受理"),
    ("decline", "decline_issue", asked.DeclineIssue, "不予受理(须有法定理由)"),
    ("contest", "contest_decline", asked.ContestDecline, "对不予受理提出异议(一次)"),
    ("merge", "merge_issue", asked.MergeIssue, "合并到另一问题"),
    ("answer-sibling", "answer_sibling", asked.AnswerSibling, "答复被合并的问题"),
    ("dispatch", "dispatch_issue", asked.DispatchIssue, "交办(主办单位、责任领导、措施、时限缺一不可)"),
    ("sign", "sign_issue", asked.SignIssue, "签收"),
    ("return", "return_issue", asked.ReturnIssue, "退回(一次,须有职责依据)"),
    ("reassign", "reassign_issue", asked.ReassignIssue, "改派承办人"),
    ("progress", "progress_issue", asked.ProgressIssue, "首次联系、进展"),
    ("request-extension", "request_extension", asked.RequestExtension, "申请延期"),
    ("approve-extension", "approve_extension", asked.ApproveExtension, "批准延期"),
    ("reject-extension", "reject_extension", asked.RejectExtension, "驳回延期"),
    ("track", "track_issue", asked.TrackIssue, "转跟踪服务"),
    ("renew", "renew_tracking", asked.RenewTracking, "跟踪续期"),
    ("resume", "resume_issue", asked.ResumeIssue, "恢复办理"),
    ("request-escalation", "request_escalation", asked.RequestEscalation, "提级申请(报请单)"),
    ("approve-escalation", "approve_escalation", asked.ApproveEscalation, "批准提级"),
    ("reject-escalation", "reject_escalation", asked.RejectEscalation, "退回提级"),
    ("record-city-reply", "record_city_reply", asked.RecordCityReply, "登记市级答复"),
    ("answer-stage", "answer_stage", asked.AnswerStage, "阶段答复企业"),
    ("answer-co-handling", "answer_co_handling", asked.AnswerCoHandling, "协办反馈"),
    ("resolve", "resolve_issue", asked.ResolveIssue, "报结"),
    ("approve", "approve_resolution", asked.ApproveResolution, "审核通过"),
    ("reject", "reject_resolution", asked.RejectResolution, "审核退回"),
    ("call-back", "record_call_back", asked.RecordCallBack, "回访"),
    ("close", "close_issue", asked.CloseIssue, "办结"),
    ("reopen", "reopen_issue", asked.ReopenIssue, "重办"),
    ("archive", "archive_issue", asked.ArchiveIssue, "归档"),
    ("withdraw", "withdraw_issue", asked.WithdrawIssue, "撤回(企业要求,经回访核实)"),
    ("urge", "urge_issue", asked.UrgeIssue, "催办"),
    ("supervise", "supervise_issue", asked.SuperviseIssue, "督办"),
    ("answer-supervision", "answer_supervision", asked.AnswerSupervision, "回复督办单"),
    ("supplement", "supplement_issue", asked.SupplementIssue, "补充情况"),
    ("rule", "rule_measure", asked.RuleMeasure, "裁定系统建议"),
)

_PREPARED: dict[type[TicketCommand], Prepare[State, KnownTicket, KnownTicket]] = {
    asked.CloseIssue: with_siblings,
    asked.SuperviseIssue: partial(documented, DocumentKind.SLIP),
    asked.RequestEscalation: partial(documented, DocumentKind.REQUEST),
}
"""What only the transaction can tell."""


async def carry_out(
    service: Service, id_: UUID, command: TicketCommand, caller: Actor, command_id: UUID, expected: int | None, response: Response
) -> TicketReceipt:
    """One command to one ticket."""
    await must_concern(service, caller, id_)
    context = await service.context(caller, id_, await _known(service, command))
    prepare = partial(merging, command.master) if isinstance(command, asked.MergeIssue) else _PREPARED.get(type(command))
    done = await service.desk.handle(ISSUE, id_, command, context, command_id=command_id, expected=expected, prepare=prepare)
    return TicketReceipt.of(receipt(service, response, done), **standing(id_, done.state, context))


async def _known(service: Service, command: TicketCommand) -> KnownTicket:
    """What the decision must know of the roster and of other tickets."""
    today = local_date(service.clock())
    match command:
        case asked.DispatchIssue():
            units = await lookups.units(service, [command.unit, *command.co_units], today)
            return KnownTicket(units=units, posts=await lookups.posts(service, [command.leader], today))
        case asked.ApproveEscalation():
            units = await lookups.units(service, [command.unit], today)
            return KnownTicket(units=units, posts=await lookups.posts(service, [command.leader, command.handler], today))
        case asked.SignIssue(handler=UUID() as handler) | asked.ReassignIssue(handler=handler):
            return KnownTicket(posts=await lookups.posts(service, [handler], today))
        case _:
            return NOTHING


def _route(kind: type[TicketCommand]) -> Callable[..., Awaitable[TicketReceipt]]:
    async def step(
        id_: IssueId,
        command: TicketCommand,
        caller: Caller,
        command_id: CommandId,
        expected: Expected,
        request: Request,
        response: Response,
    ) -> TicketReceipt:
        return await carry_out(request.app.state.service, id_, command, caller, command_id, expected, response)

    step.__annotations__["command"] = kind
    step.__doc__ = kind.__doc__
    return step


for verb, name, kind, summary in STEPS:
    router.add_api_route(f"/issues/{{id_}}/{verb}", _route(kind), methods=["POST"], name=name, summary=summary)
