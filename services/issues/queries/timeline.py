"""What happened to a ticket, line by line: when, by whom, and the content of each fact without personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from pydantic import Field

from services.issues.queries.facts import (
    AlarmRaisedData,
    AlarmsSetData,
    CallBackRecordedData,
    DeadlineRederivedData,
    DeclineContestedData,
    IssueAcceptedData,
    IssueArchivedData,
    IssueClosedData,
    IssueDeclinedData,
    IssueDispatchedData,
    IssueMergedData,
    IssueReopenedData,
    IssueReportedData,
    IssueSupervisedData,
    IssueSupplementedData,
    IssueUrgedData,
    IssueWithdrawnData,
    MeasureProposedData,
    MeasureRuledData,
    ResolutionApprovedData,
    ResolutionRejectedData,
    SiblingAnsweredData,
    SupervisionAnsweredData,
)
from services.issues.queries.handled import (
    CityRepliedData,
    CoHandlingAnsweredData,
    EscalationApprovedData,
    EscalationRejectedData,
    EscalationRequestedData,
    ExtensionApprovedData,
    ExtensionEndorsedData,
    ExtensionRejectedData,
    ExtensionRequestedData,
    IssueProgressedData,
    IssueReassignedData,
    IssueResolvedData,
    IssueResumedData,
    IssueReturnedData,
    IssueSignedData,
    IssueTrackedData,
    StageAnsweredData,
    TrackingRenewedData,
)
from services.issues.queries.parts import shown
from shared.answer import Answer
from shared.eventlog import Entry
from shared.events import Fact
from shared.terms import Role

TITLES = {
    "issue-reported": "登记",
    "issue-accepted": "受理",
    "issue-declined": "不予受理",
    "decline-contested": "异议",
    "issue-merged": "合并",
    "sibling-answered": "答复合并件",
    "issue-dispatched": "交办",
    "issue-signed": "签收",
    "issue-returned": "退回",
    "issue-reassigned": "改派",
    "issue-progressed": "进展",
    "extension-requested": "延期申请",
    "extension-endorsed": "延期会签",
    "extension-approved": "批准延期",
    "extension-rejected": "驳回延期",
    "issue-tracked": "转跟踪",
    "tracking-renewed": "跟踪续期",
    "issue-resumed": "恢复办理",
    "escalation-requested": "提级申请",
    "escalation-approved": "批准提级",
    "escalation-rejected": "退回提级",
    "city-replied": "市级答复",
    "stage-answered": "阶段答复",
    "co-handling-answered": "协办反馈",
    "issue-resolved": "报结",
    "resolution-approved": "审核通过",
    "resolution-rejected": "审核退回",
    "call-back-recorded": "回访",
    "issue-closed": "办结",
    "issue-reopened": "重办",
    "issue-archived": "归档",
    "issue-withdrawn": "撤回",
    "issue-urged": "催办",
    "issue-supervised": "督办",
    "supervision-answered": "督办回复",
    "issue-supplemented": "补充",
    "alarms-set": "提醒计划",
    "alarm-raised": "提醒",
    "measure-proposed": "系统建议",
    "measure-ruled": "裁定建议",
    "deadline-rederived": "重新推算时限",
}

TicketData = (
    IssueReportedData
    | IssueAcceptedData
    | IssueDispatchedData
    | IssueSignedData
    | IssueProgressedData
    | IssueResolvedData
    | ResolutionApprovedData
    | ResolutionRejectedData
    | CallBackRecordedData
    | IssueClosedData
    | IssueReopenedData
    | IssueArchivedData
    | IssueDeclinedData
    | DeclineContestedData
    | IssueMergedData
    | SiblingAnsweredData
    | IssueReturnedData
    | IssueReassignedData
    | ExtensionRequestedData
    | ExtensionEndorsedData
    | ExtensionApprovedData
    | ExtensionRejectedData
    | IssueTrackedData
    | TrackingRenewedData
    | IssueResumedData
    | EscalationRequestedData
    | EscalationApprovedData
    | EscalationRejectedData
    | CityRepliedData
    | StageAnsweredData
    | CoHandlingAnsweredData
    | IssueWithdrawnData
    | IssueUrgedData
    | IssueSupervisedData
    | SupervisionAnsweredData
    | IssueSupplementedData
    | AlarmsSetData
    | AlarmRaisedData
    | MeasureProposedData
    | MeasureRuledData
    | DeadlineRederivedData
)
"""The content of a fact about a ticket, as it is shown."""
_SHOWN: dict[str, Any] = {model.__name__: model for model in get_args(TicketData)}


class TimelineEntry(Answer):
    """One line of the timeline."""

    version: int = Field(description="办理后的版本号")
    type: str = Field(description="事实类型代码")
    title: str = Field(description="事实的中文名称")
    at: datetime = Field(description="发生时间")
    recorded_at: datetime = Field(description="记入日志的时间")
    actor: UUID | None = Field(description="经办人的人员编号;早年未记的为空")
    roles: list[str] = Field(description="经办人当时的角色(中文名称)")
    unit: str = Field(description="经办人当时的单位编码;没有的为空文")
    data: TicketData = Field(description="所记内容,不含个人信息")


def title_of(type_: str) -> str:
    """A fact's type in Chinese."""
    verb = type_.split(".")[1]
    return TITLES.get(verb, verb)


def content(fact: Fact) -> TicketData:
    """A fact about a ticket, without personal data."""
    return shown(_SHOWN[f"{type(fact).__name__}Data"], fact)


def timeline_entry(entry: Entry) -> TimelineEntry:
    """One line of the timeline, without personal data."""
    envelope = entry.envelope
    return TimelineEntry(
        version=entry.version,
        type=entry.type,
        title=title_of(entry.type),
        at=envelope["time"],
        recorded_at=entry.recorded,
        actor=envelope.get("actorid"),
        roles=[Role(role).label for role in envelope.get("actorrole", "").split(",") if role],
        unit=envelope.get("actorunit", ""),
        data=content(entry.fact),
    )
