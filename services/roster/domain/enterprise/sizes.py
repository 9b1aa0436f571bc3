"""The size class of an enterprise (划型): 《统计上大中小微型企业划分办法(2017)》, 国统字〔2017〕213号.

Large, medium and small need the lower bound of every criterion of their industry, else they are one class lower; for micro
one criterion is enough (附注). What the table does not name (金融、铁路运输、教育、卫生、公共管理) has no class here.
Staff in persons; revenue and assets in fen of CNY. What is not known is never guessed: the class is then ``None`` and the
basis says what is missing, unless a known criterion alone makes it micro.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from shared.language.terms import Size

RULE = "国统字〔2017〕213号"
_TEN_THOUSAND = 1_000_000
"""万元 in fen."""


class Bounds(NamedTuple):
    """From where on a criterion is small, medium, large."""

    small: int
    medium: int
    large: int


class Row(NamedTuple):
    """One industry of the table: lower bounds of staff (人), revenue and assets (万元)."""

    name: str
    staff: Bounds | None = None
    revenue: Bounds | None = None
    assets: Bounds | None = None


FARMING = Row("农、林、牧、渔业", revenue=Bounds(50, 500, 20_000))
INDUSTRY = Row("工业", Bounds(20, 300, 1_000), Bounds(300, 2_000, 40_000))
BUILDING = Row("建筑业", None, Bounds(300, 6_000, 80_000), Bounds(300, 5_000, 80_000))
WHOLESALE = Row("批发业", Bounds(5, 20, 200), Bounds(1_000, 5_000, 40_000))
RETAIL = Row("零售业", Bounds(10, 50, 300), Bounds(100, 500, 20_000))
TRANSPORT = Row("交通运输业", Bounds(20, 300, 1_000), Bounds(200, 3_000, 30_000))
STORAGE = Row("仓储业", Bounds(20, 100, 200), Bounds(100, 1_000, 30_000))
POST = Row("邮政业", Bounds(20, 300, 1_000), Bounds(100, 2_000, 30_000))
LODGING = Row("住宿业", Bounds(10, 100, 300), Bounds(100, 2_000, 10_000))
CATERING = Row("餐饮业", Bounds(10, 100, 300), Bounds(100, 2_000, 10_000))
INFORMATION = Row("信息传输业", Bounds(10, 100, 2_000), Bounds(100, 1_000, 100_000))
SOFTWARE = Row("软件和信息技术服务业", Bounds(10, 100, 300), Bounds(50, 1_000, 10_000))
ESTATE = Row("房地产开发经营", None, Bounds(100, 1_000, 200_000), Bounds(2_000, 5_000, 10_000))
PROPERTY = Row("物业管理", Bounds(100, 300, 1_000), Bounds(500, 1_000, 5_000))
LEASING = Row("租赁和商务服务业", Bounds(10, 100, 300), None, Bounds(100, 8_000, 120_000))
OTHER = Row("其他未列明行业", Bounds(10, 100, 300))

ROWS = (
    FARMING,
    INDUSTRY,
    BUILDING,
    WHOLESALE,
    RETAIL,
    TRANSPORT,
    STORAGE,
    POST,
    LODGING,
    CATERING,
    INFORMATION,
    SOFTWARE,
    ESTATE,
    PROPERTY,
    LEASING,
    OTHER,
)

_DIVISIONS: tuple[tuple[range, tuple[Row, ...]], ...] = (
    (range(1, 6), (FARMING,)),
    (range(6, 47), (INDUSTRY,)),
    (range(47, 51), (BUILDING,)),
    (range(51, 52), (WHOLESALE,)),
    (range(52, 53), (RETAIL,)),
    (range(54, 59), (TRANSPORT,)),
    (range(59, 60), (TRANSPORT, STORAGE)),
    (range(60, 61), (POST,)),
    (range(61, 62), (LODGING,)),
    (range(62, 63), (CATERING,)),
    (range(63, 65), (INFORMATION,)),
    (range(65, 66), (SOFTWARE,)),
    (range(70, 71), (ESTATE, PROPERTY, OTHER)),
    (range(71, 73), (LEASING,)),
    (range(73, 83), (OTHER,)),
    (range(85, 91), (OTHER,)),
)
_GROUPS = {"591": TRANSPORT, "701": ESTATE, "702": PROPERTY, "703": OTHER, "704": None, "709": OTHER}
"""Where a division holds several rows, the group (three digits) tells; 592 to 599 are all storage."""
_CLASSES = (Size.MICRO, Size.SMALL, Size.MEDIUM, Size.LARGE)


@dataclass(frozen=True)
class Sizing:
    """A class, or why there is none; ``basis`` says in words what it was derived from."""

    size: Size | None
    basis: str


def size_of(industry: str, staff: int | None, revenue: int | None, assets: int | None) -> Sizing:
    """The class of an enterprise of this GB/T 4754 code (two digits or more) with these numbers."""
    rows = rows_of(industry)
    if not rows:
        return Sizing(None, "行业未填或不在划型表内" if not industry else f"行业 {industry[:10]} 不在划型表内")
    found = {sizing.size: sizing for sizing in (_by(row, staff, revenue, assets) for row in rows)}
    if len(found) > 1:
        names = "、".join(row.name for row in rows)
        return Sizing(None, f"行业 {industry[:10]} 兼有{names},填到中类才能划型")
    return next(iter(found.values()))


def rows_of(industry: str) -> tuple[Row, ...]:
    """The rows of the table that an industry code may mean; none where the table does not name it."""
    digits = re.sub(r"^[A-Ta-t]", "", industry)
    if not re.fullmatch(r"[0-9]{2,4}", digits):
        return ()
    division, group = int(digits[:2]), digits[:3]
    if group in _GROUPS:
        row = _GROUPS[group]
        return (row,) if row else ()
    if len(group) > 2 and division == 59:  # noqa: PLR2004
        return (STORAGE,)
    return next((rows for divisions, rows in _DIVISIONS if division in divisions), ())


def _by(row: Row, staff: int | None, revenue: int | None, assets: int | None) -> Sizing:
    """The lowest class any criterion allows: each lower bound must be met, one micro criterion makes it micro."""
    criteria = (
        ("从业人员", "人", row.staff, staff, 1),
        ("营业收入", "万元", row.revenue, revenue, _TEN_THOUSAND),
        ("资产总额", "万元", row.assets, assets, _TEN_THOUSAND),
    )
    levels: list[int] = []
    said: list[str] = []
    missing: list[str] = []
    for name, unit, bounds, value, scale in criteria:
        if bounds is None:
            continue
        if value is None:
            missing.append(name)
            continue
        levels.append(sum(value >= bound * scale for bound in bounds))
        said.append(f"{name} {value // scale} {unit}")
    basis = f"{row.name}:{','.join(said) or '无数据'}"
    if missing and 0 not in levels:
        return Sizing(None, f"{basis};缺{'、'.join(missing)}")
    return Sizing(_CLASSES[min(levels)], basis)
