"""Coverage (K1) and the list of the not yet visited."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from services.reporting.domain.coverage import Basis, Figure, UnitCoverage
from services.reporting.domain.coverage import Coverage as Found
from services.reporting.domain.histories import Histories
from services.reporting.queries.question import Asked, AtCut, Rate
from shared.http.answer import Answer, Page, label_of
from shared.language.terms import Line


class CoverageOfUnit(Rate):
    """One unit on one line. Numerator and denominator: enterprises visited, and to be visited."""

    unit: str = Field(description="单位编码")
    name: str = Field(description="单位名称")
    line: Line = Field(description="网格线:纵向或横向")
    line_label: str = label_of("line")
    diligent: Rate = Field(description="尽责覆盖率:核实失联的也算走访到")
    lost: int = Field(description="核实失联的企业,户")
    grace: int = Field(description="新入册、尚在宽限期内不计入分母的企业,户")
    unvisited: int = Field(description="尚未走访的企业,户")


class CoverageOfDistrict(Answer):
    """The district's four figures."""

    horizontal: Rate = Field(description="横向网格覆盖率")
    vertical: Rate = Field(description="纵向网格覆盖率")
    either: Rate = Field(description="任一线走访到的")
    both: Rate = Field(description="每条线都走访到的(双线)")


class CoverageOnBasis(Answer):
    """The coverage of a month at one cut-off."""

    until: date = Field(description="截至哪一天(含)")
    units: list[CoverageOfUnit] = Field(description="各单位各网格线,按单位编码")
    district: CoverageOfDistrict | None = Field(description="全区四项;看不到全区的为空")


class CoverageReport(AtCut):
    """The coverage of a month on both bases."""

    month: str = Field(description="月份 YYYY-MM")
    filing: CoverageOnBasis = Field(description="报送口径:截至 27 日 24 时")
    whole_month: CoverageOnBasis = Field(description="全月口径:截至月末")


class Unvisited(Answer):
    """An enterprise that no counted visit of the month has reached on a line."""

    enterprise: str = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")
    sub_unit: str | None = Field(description="分支机构或村(社区)的单位编码;没有的为空")
    worker: str | None = Field(description="网格员的成员编号;没有的为空")
    notes: list[str] = Field(description="已知的原因,如失联已核实、移交冻结、走访待补证")
    line: Line = Field(description="网格线:纵向或横向")
    line_label: str = label_of("line")


class UnvisitedList(Page[Unvisited], AtCut):
    """The enterprises of a unit that were not yet visited."""

    month: str = Field(description="月份 YYYY-MM")
    unit: str = Field(description="单位编码")


def _rate(figure: Figure) -> Rate:
    return Rate(n=figure.n, d=figure.d, pct=figure.pct)


def _of_unit(item: UnitCoverage, name: str) -> CoverageOfUnit:
    return CoverageOfUnit(
        **dict(_rate(item.strict)),
        unit=item.unit,
        name=name,
        line=item.line,
        diligent=_rate(item.diligent),
        lost=item.lost,
        grace=item.grace,
        unvisited=len(item.missing),
    )


def _on_basis(found: Found, grid: Histories, unit: str | None, *, district: bool) -> CoverageOnBasis:
    until = found.period.until
    units = [_of_unit(item, grid.unit_name(code, until)) for (code, _), item in found.units.items() if unit in (None, code)]
    whole = CoverageOfDistrict(
        horizontal=_rate(found.horizontal), vertical=_rate(found.vertical), either=_rate(found.either), both=_rate(found.both)
    )
    return CoverageOnBasis(until=date.fromisoformat(until), units=units, district=whole if district else None)


async def coverage(question: Asked, month: str, unit: str | None) -> CoverageReport:
    """Of every unit, or of one; whoever sees the district sees its four figures beside."""
    unit = question.narrowed(unit)
    grid, _ = await question.reader.grid(question.cut)

    async def on(basis: Basis) -> CoverageOnBasis:
        found = await question.reader.coverage(month, basis, question.cut)
        return _on_basis(found, grid, unit, district=question.sees_district)

    filing, whole_month = await on(Basis.FILING), await on(Basis.MONTH)
    return CoverageReport(month=month, **question.at_cut, filing=filing, whole_month=whole_month)


async def unvisited(question: Asked, month: str, unit: str, *, whole_month: bool) -> UnvisitedList:
    """The enterprises of a unit that no counted visit of the month reached yet, and why where it is known."""
    question.must_see(unit)
    found = await question.reader.coverage(month, Basis.MONTH if whole_month else Basis.FILING, question.cut)
    items = [
        Unvisited(
            enterprise=missing.enterprise,
            code=missing.code,
            name=missing.name,
            sub_unit=missing.sub_unit,
            worker=missing.worker,
            notes=list(missing.notes),
            line=line,
        )
        for (code, line), of_unit in found.units.items()
        if code == unit
        for missing in of_unit.missing
    ]
    return UnvisitedList.whole(items, month=month, unit=unit, **question.at_cut)
