"""What became of the enterprises' demands: K2 to K6, for the district or for one unit."""

from __future__ import annotations

from pydantic import Field

from services.reporting.domain.coverage import Basis
from services.reporting.domain.demands import Demands, document
from services.reporting.queries.question import Asked, AtCut, Rate
from shared.http.answer import Answer


class DemandRates(Answer):
    """K2 to K6 as numerators over denominators."""

    dispatched: Rate = Field(description="交办率:本月采集的有效诉求中已交办的")
    dispatched_promptly: Rate = Field(description="及时交办率:两个工作日内交办的")
    closed: Rate = Field(description="办结率:本月到期的诉求中已办结的")
    on_time: Rate = Field(description="按期办结率:按现行时限")
    on_time_initially: Rate = Field(description="按期办结率:按最初时限,不计延期")
    extended: Rate = Field(description="延期率:本月到期的诉求中延过期的")
    closed_ever: Rate = Field(description="累计办结率:历来采集的有效诉求中已办结的")
    answered: Rate = Field(description="回应率:已到答复期限的诉求中已答复企业的")
    returned: Rate = Field(description="退回率:交办后被退回过的")
    escalated: Rate = Field(description="提级率:提到网格以上办理的")
    satisfied: Rate = Field(description="满意率:评价为基本满意及以上的")
    satisfied_strictly: Rate = Field(description="满意率(严):评价为满意及以上的")
    satisfied_at_once: Rate = Field(description="首次满意率:第一次评价即为基本满意及以上的")
    took_part: Rate = Field(description="参评率:已办结的诉求中企业作过评价的")
    reworked: Rate = Field(description="返工率:办结后重办过的")
    called_back: Rate = Field(description="回访率:答复企业后按要求回访了的")


class DemandCounts(Answer):
    """The collected demands, counted."""

    collected: int = Field(description="本月采集的有效诉求,件")
    district: int = Field(description="其中提到区级的,件")
    city: int = Field(description="其中提到市级的,件")
    tracked: int = Field(description="转为跟踪服务的,件")


class DemandFigures(Answer):
    """The figures of one month on one basis, and the tickets behind those that hurt."""

    rates: DemandRates = Field(description="各项比率")
    counts: DemandCounts = Field(description="各项件数")
    satisfaction_index: str | None = Field(description="满意度指数,0 至 100,两位小数;没有评价的为空")
    interval: list[str] | None = Field(
        min_length=2, max_length=2, description="满意率的 95% 置信区间(下限、上限,百分比);没有评价的为空"
    )
    enough: bool = Field(description="评价是否足够多,可以用来排名;否则为样本不足")
    overdue: list[str] = Field(description="逾期未办结的问题编号")
    undispatched: list[str] = Field(description="尚未交办的问题编号")
    unanswered: list[str] = Field(description="到期尚未答复企业的问题编号")


class DemandReport(AtCut):
    """The figures of one month on both bases."""

    month: str = Field(description="月份 YYYY-MM")
    unit: str | None = Field(description="单位编码;全区的为空")
    filing: DemandFigures = Field(description="报送口径:截至 27 日 24 时")
    whole_month: DemandFigures = Field(description="全月口径:截至月末")


async def demands(question: Asked, month: str, unit: str | None) -> DemandReport:
    """Of the district, or of one unit: what it collected and what it handles."""
    unit = question.narrowed(unit)

    async def figures(basis: Basis) -> DemandFigures:
        return _figures(await question.reader.demands(month, basis, question.cut, question.today, unit))

    filing, whole_month = await figures(Basis.FILING), await figures(Basis.MONTH)
    return DemandReport(month=month, unit=unit, **question.at_cut, filing=filing, whole_month=whole_month)


def _figures(found: Demands) -> DemandFigures:
    return DemandFigures.model_validate(document(found) | {"interval": found.interval and list(found.interval)})
