"""The ledger of a unit and month (附件3) as it is answered: header, rows, summary, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, Self

from pydantic import Field

from services.reporting.documents.workbook import DRAFT
from services.reporting.domain.changes import Changes
from services.reporting.domain.ledger import digest
from services.reporting.queries.editions import Edition, shown
from services.reporting.queries.filings import Filed, filed_in
from services.reporting.queries.question import Asked, AtCut, Rate
from services.reporting.queries.rows import VisitRow
from shared.http.answer import Answer, label_of
from shared.language.terms import Line, Mode


class LedgerHeader(Answer):
    """Whose ledger it is, and of which days."""

    unit: str = Field(description="单位编码")
    unit_name: str = Field(description="单位名称,月末的")
    line: Line = Field(description="网格线:纵向或横向")
    line_label: str = label_of("line")
    month: str = Field(description="月份 YYYY-MM")
    first: date = Field(description="当月第一天")
    due: date = Field(description="报送的最后一天")
    last: date = Field(description="当月最后一天")
    liaison: str | None = Field(description="联络员,member: 后接成员编号;没有的为空")
    head: str | None = Field(description="网格长,member: 后接成员编号;没有的为空")


class LedgerSummary(Answer):
    """月度汇总 at one cut-off."""

    until: date = Field(description="截至哪一天(含)")
    owed: int = Field(description="应走访的企业,户")
    visited: int = Field(description="已走访的企业,户")
    coverage: str | None = Field(description="覆盖率,百分比,两位小数;没有应走访企业的为空")
    missing: int = Field(description="未走访的企业,户")
    lost: int = Field(description="核实失联的企业,户")
    diligent: Rate = Field(description="尽责覆盖率:核实失联的也算走访到")
    grace: int = Field(description="新入册、尚在宽限期内不计入分母的企业,户")
    visits: int = Field(description="走访次数")
    modes: dict[Mode, int] = Field(description="按走访方式计的走访次数")
    by: Literal["handling_unit"] | None = Field(
        description="办结、按期、满意按谁计:handling_unit 为承办单位;早先规则(第 3 版及以前)按采集单位,为空"
    )
    collected: int = Field(description="采集的有效诉求,件")
    district: int = Field(description="其中提到区级的,件")
    city: int = Field(description="其中提到市级的,件")
    tracked: int = Field(description="转为跟踪服务的,件")
    dispatched: Rate = Field(description="交办率")
    closed: Rate = Field(description="办结率")
    on_time: Rate = Field(description="按期办结率")
    satisfied: Rate = Field(description="满意率:基本满意及以上")
    satisfied_strictly: Rate = Field(description="满意率(严):满意及以上")
    aware: Rate = Field(description="知晓率(自报):知晓内涵或听说过")
    aware_strictly: Rate = Field(description="知晓率(严):知晓内涵")

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> Self:
        """The figures of a ledger; rules of before don't say whose the tickets are."""
        return cls.model_validate({"by": None, **figures})


class LedgerSummaries(Answer):
    """月度汇总 at both cut-offs."""

    filing: LedgerSummary = Field(description="报送口径:截至 27 日 24 时")
    month: LedgerSummary = Field(description="全月口径:截至月末")


class SinceFiling(Answer):
    """What came after the filing (报送后变更)."""

    added: list[VisitRow] = Field(description="新增的行")
    changed: list[VisitRow] = Field(description="修改的行,现在的内容")
    removed: list[VisitRow] = Field(description="移出的行")

    @classmethod
    def of(cls, since: Changes) -> Self:
        """Rows by what became of them."""
        return cls(
            added=[VisitRow.of(row) for row in since.added],
            changed=[VisitRow.of(row) for _, row in since.changed],
            removed=[VisitRow.of(row) for row in since.removed],
        )


class LedgerShown(AtCut):
    """The ledger of a unit and month (附件3)."""

    unit: str = Field(description="单位编码")
    month: str = Field(description="月份 YYYY-MM")
    header: LedgerHeader = Field(description="表头")
    rows: list[VisitRow] = Field(description="各行")
    summary: LedgerSummaries = Field(description="月度汇总")
    state: Literal["filed", "draft", "now"] = Field(
        description="filed 为报送的内容,draft 为草稿,now 为按现在(或 as_of 时刻)已知的事件计算"
    )
    state_label: str = Field(description="台账的状态:草稿、未签发、已签发、已退回,或注明不是报送的内容")
    rules: int = Field(description="按第几版规则计算")
    digest: str = Field(description="内容的摘要(SHA-256,十六进制)")
    since_filing: SinceFiling | None = Field(description="报送后的变更;所示不是报送内容的为空")
    filed: Filed | None = Field(description="最近一次报送;未报送的为空")


async def ledger(question: Asked, unit: str, month: str, show: Edition | None) -> LedgerShown:
    """The ledger asked for, as it is answered."""
    question.must_see(unit)
    found = await shown(question, unit, month, show)
    item = found.item
    return LedgerShown.model_validate(
        {
            **question.at_cut,
            "unit": unit,
            "month": month,
            "header": LedgerHeader.model_validate(item.header),
            "rows": [VisitRow.of(row) for row in item.rows],
            "summary": LedgerSummaries(**{basis: LedgerSummary.of(figures) for basis, figures in item.summary.items()}),
            "cut": dict(found.cut),
            "state": "filed" if found.filed else "draft" if found.label == DRAFT else "now",
            "state_label": found.label,
            "rules": item.rules,
            "digest": digest(item),
            "since_filing": None if found.since is None else SinceFiling.of(found.since),
            "filed": filed_in(found.told.state),
        }
    )
