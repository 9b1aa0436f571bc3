"""A row of Annex 3 as it is answered: persons stand as tokens, names come with the workbook."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, Self

from pydantic import Field

from shared.http.answer import Answer, label_of
from shared.language.terms import (
    Ack,
    Awareness,
    EvidenceKind,
    IssueStage,
    Level,
    Mode,
    Operation,
    Outcome,
    Rating,
    Review,
    Role,
    RowMark,
    Size,
    Trend,
)

_Nothing = Literal[""]


class RowVisitor(Answer):
    """Somebody who made the visit."""

    member: str = Field(description="走访人,member: 后接成员编号")
    role: Role = Field(description="走访人的岗位")
    role_label: str = label_of("role")
    unit: str = Field(description="走访人的单位编码")
    unit_name: str = Field(description="走访人的单位名称")


class RowEvidence(Answer):
    """What proves the visit."""

    kind: EvidenceKind = Field(description="印证资料的种类")
    kind_label: str = label_of("kind")
    sha256: str = Field(description="文件的 SHA-256,十六进制")


class RowIssue(Answer):
    """A ticket that came of the visit."""

    no: str = Field(description="问题编号")
    leader: str | None = Field(description="责任领导,member: 后接成员编号;未定的为空")
    measures: str = Field(description="解决措施")
    due: date | None = Field(description="办理期限;未定的为空")
    stage: IssueStage = Field(description="办理环节")
    stage_label: str = label_of("stage")
    outcome: Outcome | None = Field(description="办理结果;未办结的为空")
    outcome_label: str | None = label_of("outcome")
    result: str = Field(description="办理情况")
    closed_on: date | None = Field(description="办结日期;未办结的为空")
    level: Level = Field(description="办理层级")
    level_label: str = label_of("level")
    rating: Rating | None = Field(description="企业评价,5 为最好;未评价的为空")
    rating_label: str | None = label_of("rating")


class VisitRow(Answer):
    """A visit as a row of the ledger."""

    seq: int = Field(description="序号,从 1 起")
    visit: str = Field(description="走访编号")
    fact: int = Field(description="该走访在走访日志中的位置")
    enterprise: str = Field(description="企业编号")
    enterprise_name: str = Field(description="企业名称,走访当日的")
    uscc: str = Field(description="统一社会信用代码")
    industry: str = Field(description="行业代码(国民经济行业分类);未知的为空串")
    size: Size | _Nothing | None = Field(description="企业规模;未知的为空串,早先规则(第 2 版及以前)的台账没有此项,为空")
    size_label: str | None = label_of("size")
    vertical_unit: str | None = Field(description="纵向网格单位编码;没有的为空")
    vertical_name: str = Field(description="纵向网格单位名称;没有的为空串")
    horizontal_unit: str | None = Field(description="横向网格单位编码;没有的为空")
    horizontal_name: str = Field(description="横向网格单位名称;没有的为空串")
    village: str | None = Field(description="村(社区)的单位编码;没有的为空")
    village_name: str = Field(description="村(社区)名称;没有的为空串")
    visited_on: date = Field(description="走访日期")
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    joint: bool = Field(description="是否联合走访")
    partners: list[str] = Field(description="联合走访的其他单位名称")
    visitors: list[RowVisitor] = Field(description="走访人")
    interviewee: str | None = Field(description="受访人,sub: 后接主体编号;没有的为空")
    title: str = Field(description="受访人职务")
    phone: str | None = Field(description="受访人电话,sub: 后接主体编号;没有的为空")
    operation: Operation | _Nothing = Field(description="经营状况;未填的为空串")
    operation_label: str = label_of("operation")
    note: str = Field(description="经营状况说明")
    headcount: int | None = Field(description="用工人数,人;未填的为空")
    revenue_trend: Trend | None = Field(description="营业收入变化;未填的为空")
    revenue_trend_label: str | None = label_of("revenue_trend")
    difficulties: str = Field(description="困难和诉求")
    suggestions: str = Field(description="意见建议")
    policies: list[str] = Field(description="宣传的政策")
    onemap_given: int = Field(description="发放「一张图」,份")
    aware: Awareness = Field(description="是否知晓贵人服务")
    aware_label: str = label_of("aware")
    issues: list[RowIssue] = Field(description="由本次走访形成的问题")
    satisfaction: Rating | None = Field(description="企业对走访的评价,5 为最好;未评价或匿名的为空")
    satisfaction_label: str | None = label_of("satisfaction")
    evidence: list[RowEvidence] = Field(description="印证资料")
    ack: Ack = Field(description="企业确认方式")
    ack_label: str = label_of("ack")
    recorded_at: str = Field(description="录入时间,北京时间 YYYY-MM-DD hh:mm:ss")
    review: Review = Field(description="审核状态")
    review_label: str = label_of("review")
    qualified: bool = Field(description="印证资料是否齐全、走访是否有效")
    missing: list[str] = Field(description="尚缺的印证资料")
    marks: list[RowMark] = Field(description="备注标记:late_report 补报,late_entry 补录,handed_over 移交前,joint 联合")
    remark: str = Field(description="备注")

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """A row of the ledger; rules of before have no size in it."""
        return cls.model_validate({"size": None, **row})
