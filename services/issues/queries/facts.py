"""What happened to a ticket, as it is shown: the content of each fact, without personal data."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.issues.queries.parts import CoDeadline, Deadline, NamedEnterprise, RingToCome
from shared.http.answer import Answer, label_of
from shared.language.terms import (
    Alarm,
    CallOutcome,
    Category,
    Colour,
    DeclineReason,
    Level,
    Measure,
    Nature,
    Rating,
    Source,
    Urgency,
)


class IssueReportedData(Answer):
    """T1 登记. ``no`` is QXG-YYYYMM-unit-nnnn; ``visit`` and ``demand`` name the demand it came from."""

    no: str = Field(description="问题的流水编号")
    enterprise: NamedEnterprise = Field(description="企业")
    unit: str = Field(description="登记单位编码")
    source: Source = Field(description="来源")
    source_label: str = label_of("source")
    visit: UUID | None = Field(description="所出自的走访编号;不是走访所得的为空")
    demand: int | None = Field(description="在该次走访中的诉求序号;不是走访所得的为空")
    content: str = Field(description="诉求内容")
    category: Category = Field(description="诉求类别")
    category_label: str = label_of("category")
    nature: Nature = Field(description="诉求性质")
    nature_label: str = label_of("nature")
    urgency: Urgency = Field(description="紧急程度")
    urgency_label: str = label_of("urgency")
    external_no: str = Field(description="外部工单编号;没有的为空文")
    external_due: date | None = Field(description="外部工单要求的时限;没有的为空")
    on: date = Field(description="登记日期")
    at: datetime | None = Field(description="登记时刻;不按小时计时的为空")
    by: UUID | None = Field(description="登记人或走访人的人员编号;企业自报的为空")


class IssueAcceptedData(Answer):
    """T2 受理."""

    category: Category = Field(description="诉求类别")
    category_label: str = label_of("category")
    nature: Nature = Field(description="诉求性质")
    nature_label: str = label_of("nature")
    urgency: Urgency = Field(description="紧急程度")
    urgency_label: str = label_of("urgency")
    on: date | None = Field(description="受理日期;早年未记的为空")
    difficult: bool = Field(description="是否多部门疑难")


class IssueDispatchedData(Answer):
    """T5 交办: impossible without unit, leader, measures and due date (R30). The clock starts here."""

    unit: str = Field(description="主办单位编码")
    co_units: list[str] = Field(description="协办单位编码")
    leader: UUID = Field(description="责任领导的人员编号")
    measures: str = Field(description="办理措施")
    due: Deadline = Field(description="办理时限")
    level: Level = Field(description="办理层级")
    level_label: str = label_of("level")
    on: date = Field(description="交办日期")
    at: datetime | None = Field(description="交办时刻;不按小时计时的为空")
    co_dues: list[CoDeadline] = Field(description="各协办单位的时限")


class ResolutionApprovedData(Answer):
    """T16 审核通过, by somebody who did not handle it."""

    note: str = Field(description="审核意见;没有的为空文")
    by: UUID | None = Field(description="审核人的人员编号;早年未记的为空")
    on: date = Field(description="日期")


class ResolutionRejectedData(Answer):
    """T17 审核退回: the deadline stays as it was."""

    reason: str = Field(description="退回的理由")
    by: UUID | None = Field(description="审核人的人员编号;早年未记的为空")
    on: date = Field(description="日期")


class CallBackRecordedData(Answer):
    """One call-back by somebody outside the handling unit (R51)."""

    outcome: CallOutcome = Field(description="回访结果")
    outcome_label: str = label_of("outcome")
    rating: Rating | None = Field(description="企业评价;没有的为空")
    rating_label: str | None = label_of("rating")
    reason: str = Field(description="企业不满意的原因;没有的为空文")
    note: str = Field(description="回访记录;没有的为空文")
    by: UUID | None = Field(description="回访人的人员编号;早年未记的为空")
    on: date = Field(description="日期")


class IssueClosedData(Answer):
    """T18 办结. Without a rating only after three tries on two days or more."""

    rating: Rating | None = Field(description="企业评价;没有的为空")
    rating_label: str | None = label_of("rating")
    on: date = Field(description="办结日期")
    ruling: str = Field(description="企业不满意而仍办结时区优化办的说明;没有的为空文")


class IssueReopenedData(Answer):
    """T19 重办: handled again within five working days."""

    reason: str = Field(description="重办的理由")
    due: Deadline = Field(description="重办的时限")
    on: date = Field(description="日期")
    by_enterprise: bool = Field(description="是否由企业提出")


class IssueArchivedData(Answer):
    """T20 归档."""

    file_no: str = Field(description="档案编号;没有的为空文")
    on: date = Field(description="日期")
    retention_years: int | None = Field(description="保管期限,年;未定的为空")


class IssueDeclinedData(Answer):
    """T3 不予受理: a legal reason, and the text the enterprise gets. ``final`` once its objection was heard."""

    reason: DeclineReason = Field(description="不予受理的法定理由")
    reason_label: str = label_of("reason")
    text: str = Field(description="告知企业的内容")
    on: date = Field(description="日期")
    final: bool = Field(description="是否异议后的最终决定")


class DeclineContestedData(Answer):
    """The enterprise objects to the refusal, once: it is looked at anew."""

    words: str = Field(description="企业的异议")
    on: date = Field(description="日期")


class IssueMergedData(Answer):
    """T4 合并 into another ticket. The enterprise keeps its own answer and its own call-back."""

    master: UUID = Field(description="并入的问题编号")
    master_no: str = Field(description="并入的问题的流水编号")
    reason: str = Field(description="合并的理由;没有的为空文")
    on: date = Field(description="日期")


class SiblingAnsweredData(Answer):
    """The answer to the enterprise whose ticket was merged into another one."""

    reply: str = Field(description="答复企业的内容")
    on: date = Field(description="日期")
    by: UUID | None = Field(description="答复人的人员编号;早年未记的为空")


class IssueWithdrawnData(Answer):
    """T21 撤回 by the enterprise, confirmed in a recorded call by somebody who does not handle it."""

    reason: str = Field(description="撤回的理由")
    call: str = Field(description="核实通话的记录编号")
    by: UUID = Field(description="核实人的人员编号")
    on: date = Field(description="日期")


class IssueUrgedData(Answer):
    """T22 催办: ``kind`` is who urges (auto, office, head, enterprise), ``to`` whom."""

    kind: str = Field(description="催办方(auto 平台、office 区优化办、head 网格长、enterprise 企业)")
    to: str = Field(description="被催办的单位或人;未记的为空文")
    words: str = Field(description="催办的话;没有的为空文")
    on: date = Field(description="日期")


class IssueSupervisedData(Answer):
    """T23 督办: a numbered slip that has to be answered within three working days."""

    no: str = Field(description="督办单编号")
    colour: Colour = Field(description="颜色")
    colour_label: str = label_of("colour")
    words: str = Field(description="督办要求")
    reply_due: Deadline = Field(description="回复时限")
    by: UUID | None = Field(description="签发人的人员编号;平台自动签发的为空")
    on: date = Field(description="日期")


class SupervisionAnsweredData(Answer):
    """The unit's answer to a slip."""

    no: str = Field(description="督办单编号")
    reply: str = Field(description="对督办单的回复")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class IssueSupplementedData(Answer):
    """The enterprise, or whoever took its call, adds something. No clock moves."""

    words: str = Field(description="补充的情况")
    on: date = Field(description="日期")


class AlarmsSetData(Answer):
    """All alarms to come from now on, with the calendar they were derived by."""

    rings: list[RingToCome] = Field(description="今后的各次提醒")
    calendar: str = Field(description="推算所用节假日历的版本")


class AlarmRaisedData(Answer):
    """An alarm rang, once. ``late_minutes``: how long after its instant, when the platform had been down."""

    kind: Alarm = Field(description="提醒种类")
    kind_label: str = label_of("kind")
    deadline: date = Field(description="所提醒的时限日")
    at: datetime = Field(description="应提醒的时刻")
    late_minutes: int = Field(description="晚于应提醒时刻,分钟")
    unit: str = Field(description="当时承办的单位编码;未记的为空文")


class MeasureProposedData(Answer):
    """The platform proposes; nothing follows until a person has ruled."""

    measure: Measure = Field(description="建议的措施")
    measure_label: str = label_of("measure")
    unit: str = Field(description="所涉单位编码")
    reason: str = Field(description="建议的依据")
    on: date = Field(description="日期")


class MeasureRuledData(Answer):
    """A person takes a proposal up, or does not, with words."""

    measure: Measure = Field(description="建议的措施")
    measure_label: str = label_of("measure")
    taken: bool = Field(description="是否采纳")
    words: str = Field(description="裁定的理由")
    by: UUID = Field(description="经办人的人员编号")
    on: date = Field(description="日期")


class DeadlineRederivedData(Answer):
    """A newly published calendar moves the deadline of an open ticket; what was before stays known."""

    due: Deadline = Field(description="重新推算的时限")
    was: date = Field(description="此前的时限日")
    on: date = Field(description="日期")
