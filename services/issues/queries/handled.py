"""What happened to a ticket while somebody handled it, as it is shown: the content of each fact, without personal data."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from services.issues.queries.parts import Deadline
from shared.http.answer import Answer, label_of
from shared.language.terms import Cause, Level, Outcome


class IssueSignedData(Answer):
    """T6 签收."""

    handler: UUID = Field(description="承办人的人员编号")
    on: date = Field(description="签收日期")
    auto: bool = Field(description="是否到期自动签收(按超时计)")


class IssueProgressedData(Answer):
    """T8 首次联系 / 进展."""

    note: str = Field(description="联系或进展情况")
    contacted: bool = Field(description="是否已首次联系企业")
    next_on: date | None = Field(description="下次填报进展的日期;未定的为空")
    on: date = Field(description="日期")


class IssueResolvedData(Answer):
    """T15 报结: what came of it, and the answer the enterprise gets, in words."""

    outcome: Outcome = Field(description="办结类型")
    outcome_label: str = label_of("outcome")
    result: str = Field(description="办理结果")
    reply: str = Field(description="答复企业的内容")
    on: date = Field(description="日期")


class IssueReturnedData(Answer):
    """T7 退回 by the unit it was dispatched to, once, with the rule it rests on. The clock keeps running."""

    reason: str = Field(description="退回的职责依据")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class IssueReassignedData(Answer):
    """Another handler within the unit; no clock moves."""

    handler: UUID = Field(description="承办人的人员编号")
    reason: str = Field(description="改派的理由")
    on: date = Field(description="日期")


class ExtensionRequestedData(Answer):
    """T9 延期申请: so many working days more, why, by which plan, and that the enterprise was told."""

    workdays: int = Field(description="申请延长,工作日")
    reason: str = Field(description="延期的理由")
    plan: str = Field(description="后续办理计划")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class ExtensionEndorsedData(Answer):
    """One of the two signatures a second extension needs."""

    by: UUID = Field(description="经办人的人员编号")
    role: str = Field(description="会签人的角色代码")
    note: str = Field(description="会签意见;没有的为空文")
    on: date = Field(description="日期")


class ExtensionApprovedData(Answer):
    """T9 延期批准: a deadline is added, the first one stays known."""

    due: Deadline = Field(description="延期后的时限")
    workdays: int = Field(description="批准延长,工作日")
    note: str = Field(description="批准意见;没有的为空文")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class ExtensionRejectedData(Answer):
    """T9 延期驳回: the deadline stays."""

    reason: str = Field(description="驳回的理由")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class IssueTrackedData(Answer):
    """T10 转跟踪: can't be solved now, stays unsolved, and is looked at again by the milestone (R31)."""

    cause: Cause = Field(description="不能解决的原因")
    cause_label: str = label_of("cause")
    analysis: str = Field(description="原因分析")
    measures: str = Field(description="跟踪措施")
    milestone: date = Field(description="下一节点日期")
    on: date = Field(description="日期")


class TrackingRenewedData(Answer):
    """T11 续期 with what was done since and the next milestone."""

    progress: str = Field(description="此前的进展")
    measures: str = Field(description="跟踪措施")
    milestone: date = Field(description="下一节点日期")
    on: date = Field(description="日期")


class IssueResumedData(Answer):
    """T11 恢复办理. The deadline is the one it had: tracking stops no clock for good."""

    note: str = Field(description="恢复办理的说明")
    on: date = Field(description="日期")


class EscalationRequestedData(Answer):
    """T12 提级申请 with the number of its 报请单, what was tried and what is asked for, signed by the head."""

    no: str = Field(description="报请单编号")
    to: Level = Field(description="提级到的层级")
    to_label: str = label_of("to")
    tried: str = Field(description="已采取的措施")
    request: str = Field(description="请求事项")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class EscalationApprovedData(Answer):
    """T13: the level above has it, with a clock of its own; the unit below stays as co-handler."""

    level: Level = Field(description="提级后的层级")
    level_label: str = label_of("level")
    unit: str = Field(description="提级后的主办单位编码")
    leader: UUID = Field(description="责任领导的人员编号")
    handler: UUID = Field(description="承办人的人员编号")
    due: Deadline = Field(description="提级后的时限")
    document: str = Field(description="文号;没有的为空文")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class EscalationRejectedData(Answer):
    """T14 退回提级 with directions; the old clock has run on."""

    directions: str = Field(description="退回的要求")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class CityRepliedData(Answer):
    """The city's reply: its document number, its words, and the deadline it sets if it does."""

    document: str = Field(description="市级答复的文号")
    reply: str = Field(description="市级答复的内容")
    due: date | None = Field(description="市级答复所定的时限;未定的为空")
    on: date = Field(description="日期")


class StageAnsweredData(Answer):
    """阶段答复: what the enterprise was told while it waits."""

    reply: str = Field(description="答复企业的内容")
    on: date = Field(description="日期")


class CoHandlingAnsweredData(Answer):
    """A co-handler's part is done, or what it has to say."""

    unit: str = Field(description="协办单位编码")
    result: str = Field(description="协办结果")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")
