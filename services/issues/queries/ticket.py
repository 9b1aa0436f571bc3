"""A ticket as people read it: where it stands, what its stage holds, what happened, and what the reader may do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.issues.domain.ticket.decide import ISSUE, allowed_actions
from services.issues.domain.ticket.states import (
    Archived,
    Closed,
    Declined,
    Escalating,
    Merged,
    Resolved,
    Reviewed,
    State,
    Tracked,
    Unreported,
    Withdrawn,
    clocked,
    colour,
    order_of,
    units_of,
    work_of,
)
from services.issues.domain.ticket.states import Ticket as TicketState
from services.issues.queries.facts import (
    CallBackRecordedData,
    IssueArchivedData,
    IssueClosedData,
    IssueDeclinedData,
    IssueDispatchedData,
    IssueMergedData,
    IssueReportedData,
    IssueSupervisedData,
    IssueWithdrawnData,
    MeasureProposedData,
    ResolutionApprovedData,
    SiblingAnsweredData,
)
from services.issues.queries.handled import (
    CityRepliedData,
    EscalationRequestedData,
    ExtensionRequestedData,
    IssueResolvedData,
    IssueTrackedData,
    TrackingRenewedData,
)
from services.issues.queries.parts import Deadline, RingToCome, ShownT, shown
from services.issues.queries.reading import Actions, IssueId, IssueNo, UnitCode, Version, reach
from services.issues.queries.timeline import TimelineEntry, timeline_entry
from shared.http.answer import Answer, Receipt, label_of
from shared.http.service import Service
from shared.language.decider import Actor, Context
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import Colour, IssueStage
from shared.log.eventlog import load


class TicketStanding(Answer):
    """Where a ticket stands."""

    id: IssueId
    no: IssueNo
    stage: IssueStage = Field(description="办理环节")
    stage_label: str = label_of("stage")
    due: Deadline | None = Field(description="现行时限;未交办的为空")
    first_due: Deadline | None = Field(description="首次时限,延期、提级也不改变;未交办的为空")
    colour: Colour = Field(description="时限颜色")
    colour_label: str = label_of("colour")
    allowed_actions: Actions


class TicketReceipt(Receipt, TicketStanding):
    """A ticket after a command."""


class UnitOfTicket(Answer):
    """A unit that has a part in a ticket."""

    unit: UnitCode
    part: str = Field(description="reported 登记、handling 主办、co 协办")


class SlipOfTicket(IssueSupervisedData):
    """A slip, and whether the unit has answered it."""

    answered: bool = Field(description="是否已回复")


class Ticket(TicketStanding, IssueReportedData):
    """A ticket, whole."""

    version: Version
    difficult: bool = Field(description="是否多部门疑难")
    visit_href: str | None = Field(description="所出自的走访的地址;不是走访所得的为空")
    units: list[UnitOfTicket] = Field(description="有关单位")
    order: IssueDispatchedData | None = Field(description="现行交办;未交办的为空")
    handler: UUID | None = Field(description="承办人的人员编号;未签收的为空")
    contacted: bool = Field(description="是否已首次联系企业")
    reopened: int = Field(description="重办次数")
    resolution: IssueResolvedData | None = Field(description="报结;未报结的为空")
    approval: ResolutionApprovedData | None = Field(description="审核通过;未通过的为空")
    calls: list[CallBackRecordedData] = Field(description="审核通过后的历次回访")
    closing: IssueClosedData | None = Field(description="办结;未办结的为空")
    tracking: IssueTrackedData | TrackingRenewedData | None = Field(description="跟踪服务;不在跟踪的为空")
    escalation: EscalationRequestedData | None = Field(description="待审批的提级申请;没有的为空")
    refusal: IssueDeclinedData | None = Field(description="不予受理;不是的为空")
    merging: IssueMergedData | None = Field(description="合并;不是的为空")
    sibling_answer: SiblingAnsweredData | None = Field(description="对被合并问题的答复;没有的为空")
    withdrawal: IssueWithdrawnData | None = Field(description="撤回;不是的为空")
    extension_asked: ExtensionRequestedData | None = Field(description="待审批的延期申请;没有的为空")
    city_replies: list[CityRepliedData] = Field(description="市级历次答复")
    slips: list[SlipOfTicket] = Field(description="督办单")
    proposals: list[MeasureProposedData] = Field(description="尚未裁定的系统建议")
    alarms: list[RingToCome] = Field(description="今后的各次提醒")
    filing: IssueArchivedData | None = Field(description="归档;未归档的为空")
    reporter: str | None = Field(description="反映人姓名,已脱敏;未填的为空")
    phone: str | None = Field(description="反映人电话,已脱敏;未填的为空")
    timeline: list[TimelineEntry] = Field(description="办理过程,由远及近")


def standing(id_: UUID, state: State, context: Context[object]) -> dict[str, Any]:
    """What every answer about a ticket says, as fields."""
    assert not isinstance(state, Unreported)  # noqa: S101  a command that was carried out has reported it.
    ordered = clocked(state)
    return {
        "id": id_,
        "no": state.report.no,
        "stage": state.STAGE,
        "due": _shown(Deadline, ordered and ordered.due),
        "first_due": _shown(Deadline, ordered and ordered.first),
        "colour": colour(state),
        "allowed_actions": allowed_actions(state, context),
    }


async def ticket(service: Service, caller: Actor, id_: UUID, as_of: datetime | None) -> Ticket:
    """Folded from the log, so it is as new as the last command, or as old as asked for. Personal data are masked."""
    may = await reach(service, caller)
    entries = [e for e in await load(service.pool, ISSUE.stream(id_)) if as_of is None or e.recorded <= as_of]
    state = ISSUE.fold(entry.fact for entry in entries)
    if isinstance(state, Unreported):
        raise Unknown(what="issue", id=str(id_))
    if not may.covers(state):
        raise Forbidden
    reporter, phone = await service.vault.masked([state.report.reporter, state.report.phone])
    return Ticket(
        **{
            **_fields(IssueReportedData, state.report),
            **vars(state.kind),
            **standing(id_, state, await service.context(caller, id_)),
        },
        **_answers(state),
        **_handling(state),
        version=len(entries),
        visit_href=f"/api/visits/visits/{state.report.visit}" if state.report.visit else None,
        units=[UnitOfTicket(unit=unit, part=part) for unit, part in units_of(state)],
        refusal=_shown(IssueDeclinedData, state.refusal if isinstance(state, Declined) else None),
        merging=_shown(IssueMergedData, state.merging if isinstance(state, Merged) else None),
        sibling_answer=_shown(SiblingAnsweredData, state.answer if isinstance(state, Merged) else None),
        withdrawal=_shown(IssueWithdrawnData, state.withdrawal if isinstance(state, Withdrawn) else None),
        slips=[
            SlipOfTicket(**_fields(IssueSupervisedData, slip), answered=slip.no not in state.notes.unanswered)
            for slip in state.notes.slips
        ],
        proposals=_all(MeasureProposedData, state.notes.proposals),
        alarms=_all(RingToCome, state.notes.rings),
        reporter=reporter,
        phone=phone,
        timeline=[timeline_entry(entry) for entry in entries],
    )


def _handling(state: TicketState) -> dict[str, Any]:
    """Who has it, and what happened on their desk."""
    ordered, worked = order_of(state), work_of(state)
    tracking = state.tracking if isinstance(state, Tracked) else None
    return {
        "order": _shown(IssueDispatchedData, ordered and ordered.order),
        "handler": worked and worked.work.handler,
        "contacted": bool(worked and worked.work.contacted),
        "reopened": worked.work.reopened if worked else 0,
        "tracking": tracking and shown(_DATA_OF_TRACKING[type(tracking).__name__], tracking),
        "escalation": _shown(EscalationRequestedData, state.request if isinstance(state, Escalating) else None),
        "extension_asked": _shown(ExtensionRequestedData, worked and worked.work.asking),
        "city_replies": _all(CityRepliedData, worked.work.city if worked else ()),
    }


def _answers(state: TicketState) -> dict[str, Any]:
    """What came of it."""
    answered = state if isinstance(state, Resolved | Reviewed | Closed | Archived) else None
    approved = state if isinstance(state, Reviewed | Closed | Archived) else None
    closed = state if isinstance(state, Closed | Archived) else None
    return {
        "resolution": _shown(IssueResolvedData, answered and answered.resolution),
        "approval": _shown(ResolutionApprovedData, approved and approved.approval),
        "calls": _all(CallBackRecordedData, approved.calls if approved else ()),
        "closing": _shown(IssueClosedData, closed and closed.closing),
        "filing": _shown(IssueArchivedData, state.filing if isinstance(state, Archived) else None),
    }


_DATA_OF_TRACKING = {"IssueTracked": IssueTrackedData, "TrackingRenewed": TrackingRenewedData}


def _shown(model: type[ShownT], part: BaseModel | None) -> ShownT | None:
    return shown(model, part) if part is not None else None


def _all(model: type[ShownT], parts: Sequence[BaseModel]) -> list[ShownT]:
    return [shown(model, part) for part in parts]


def _fields(model: type[Answer], part: BaseModel) -> dict[str, Any]:
    """The fields of a fact that its model has; what is personal in it stays behind."""
    return part.model_dump(include=set(model.model_fields))
