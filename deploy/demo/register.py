"""The register: 3,000 enterprises that do not exist, who answers for them, and what happened to them since.

Names are the city's, three characters that mean nothing together, and a trade; the codes are valid and registered here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from random import Random
from uuid import UUID

from deploy.demo.district import District, Unit, invented_name, phone
from deploy.demo.steps import SEED, SYSTEM, Span, Step, moment
from services.roster.domain.enterprise.commands import (
    AssignEnterprise,
    Assignment,
    ChangeStanding,
    ConfirmMove,
    RegisterEnterprise,
    VerifyContactLoss,
)
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownPlaces
from services.roster.domain.row import ROW, SetRowAside
from services.roster.intake.read import RawRow, layout_of
from services.roster.intake.shown import packed
from services.roster.intake.verdict import Fault
from shared.events.roster import Attempt, Doubt
from shared.language.codes import make_code
from shared.language.decider import Actor
from shared.language.facts import Command
from shared.language.months import Month
from shared.language.personal import Personal
from shared.language.terms import EnterpriseKind, Line, Mode, Standing, UnitKind, derived_id

COUNT = 3_000
_BATCH = "演示-1"
_COINED = "澜岫砚黍霁岑蔚苒屿翮珩筠漪榛穗陌栎汀澍禾"
_TRADES = {
    "01": "种植",
    "03": "养殖",
    "05": "农业服务",
    "13": "食品加工",
    "14": "食品",
    "15": "茶业",
    "17": "纺织",
    "20": "竹木制品",
    "21": "家具",
    "26": "化工材料",
    "27": "中药材",
    "28": "化纤",
    "30": "新型建材",
    "33": "金属制品",
    "38": "电器",
    "42": "再生资源",
    "47": "建筑工程",
    "48": "市政工程",
    "50": "装饰工程",
    "51": "商贸",
    "52": "百货",
    "54": "物流运输",
    "60": "快递服务",
    "61": "酒店管理",
    "62": "餐饮管理",
    "64": "网络科技",
    "65": "软件",
    "70": "物业服务",
    "71": "设备租赁",
    "72": "企业管理",
    "75": "科技推广",
    "77": "环保",
    "78": "环境管理",
    "80": "家政服务",
    "81": "汽车维修",
    "82": "保洁服务",
    "83": "教育咨询",
    "84": "诊所管理",
    "85": "养老服务",
    "88": "文化传播",
    "89": "体育发展",
    "90": "娱乐",
}
_WEIGHTS = {"52": 9, "51": 8, "62": 6, "47": 5, "72": 5, "54": 4, "13": 4, "01": 4, "03": 4, "61": 3, "50": 3, "65": 2, "80": 2}


@dataclass(frozen=True)
class Holding:
    """Who answers on a line from a day on. Without a unit: nobody, it waits in the queue."""

    on: date
    unit: str
    sub_unit: str | None
    worker: str
    """An account."""


@dataclass(frozen=True)
class Enterprise:
    """One of the 3,000, with what its life will be."""

    code: str
    name: str
    branch: bool
    industry: str
    standing: Standing
    legal_person: str
    contact: str
    phone: str
    address: str
    founded: date
    staff: int
    entered: date
    held: dict[Line, tuple[Holding, ...]]
    away: bool = False
    """代管."""
    ended: date | None = None
    lost: date | None = None

    @cached_property
    def id(self) -> UUID:
        """As the roster derives it."""
        return derived_id("enterprise", self.code)

    def holder(self, line: Line, on: date) -> Holding | None:
        """Who answers on the day, if it is to be visited at all."""
        if not self.standing.survives or self.away or on < self.entered or (self.ended and on >= self.ended):
            return None
        return next((held for held in reversed(self.held.get(line, ())) if held.on <= on), None)


def register(where: District, span: Span, count: int = COUNT) -> tuple[Enterprise, ...]:
    """All of them. What befalls the few is decided by their number, so that it can be found again."""
    rng = Random(SEED + 1)  # noqa: S311
    townships = [unit for unit in where.filing if unit.kind is UnitKind.TOWNSHIP]
    weights = [3 if "街道" in unit.name else 1 for unit in townships]
    names: set[str] = set()
    divisions = [*where.industries, *_TRADES]
    shares = [_WEIGHTS.get(division, 1) for division in divisions]
    found: list[Enterprise] = []
    for number in range(count):
        division = rng.choices(divisions, shares)[0]
        name = _name(rng, division, names, branch=number % 25 in (7, 19))
        township, vertical = rng.choices(townships, weights)[0], where.industries[division]
        village = rng.choice(where.under[township.code])
        entered = _entered(number, count, span)
        found.append(
            Enterprise(
                code=make_code("520502", "MA" + "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=6))).text,
                name=name,
                branch=name.endswith("分公司"),
                industry=division,
                standing=_standing(number),
                legal_person=invented_name(rng),
                contact=invented_name(rng),
                phone=phone(2_000 + number),
                address=_address(rng, township, village, number),
                founded=date(rng.randint(2004, 2023), rng.randint(1, 12), 9),
                staff=rng.choice((3, 5, 8, 12, 20, 45, 120)),
                entered=entered,
                away=number % 600 == 11,  # noqa: PLR2004
                held=_held(where, span, rng, number, entered, township, village, vertical, townships),
                ended=_day_of(span, number, 250, 101, 12),
                lost=_day_of(span, number, 150, 44, 21),
            )
        )
    return tuple(found)


def _name(rng: Random, division: str, names: set[str], *, branch: bool) -> str:
    while True:
        word = "".join(rng.sample(_COINED, 3))
        if word not in names:
            names.add(word)
            return f"毕节{word}{_TRADES.get(division, '实业')}有限公司" + ("七星关分公司" if branch else "")


def _standing(number: int) -> Standing:
    match number % 100:
        case 3 | 53:
            return Standing.DEREGISTERED
        case 71:
            return Standing.REVOKED
        case 88:
            return Standing.DORMANT
        case _:
            return Standing.OPERATING if number % 7 == 0 else Standing.SURVIVING


def _entered(number: int, count: int, span: Span) -> date:
    if number < count - count // 50:
        return span.founded
    month = span.months[number % 3]
    days = [day for day in span.workdays(month) if span.past(day)]
    return days[number % len(days)] if days else span.founded


def _address(rng: Random, township: Unit, village: Unit, number: int) -> str:
    short = village.name.removesuffix("居民委员会").removesuffix("村民委员会")
    street = f"贵州省毕节市七星关区{township.name}{short}{rng.randint(1, 200)}号"
    return f"贵州省毕节市演示路{rng.randint(1, 300)}号" if number % 200 == 5 else street  # noqa: PLR2004


def _held(
    where: District,
    span: Span,
    rng: Random,
    number: int,
    entered: date,
    township: Unit,
    village: Unit,
    vertical: str,
    townships: list[Unit],
) -> dict[Line, tuple[Holding, ...]]:
    branches = where.under[vertical]
    branch = rng.choice(branches).code if branches and rng.random() < 0.5 else None  # noqa: PLR2004
    horizontal = [Holding(entered, township.code, village.code, f"{township.code}-worker{rng.randint(1, 3)}")]
    moved = _day_of(span, number, 100, 60, 10)
    if moved and moved > entered:
        to = rng.choice([unit for unit in townships if unit != township])
        horizontal.append(Holding(moved, to.code, rng.choice(where.under[to.code]).code, f"{to.code}-worker{rng.randint(1, 3)}"))
    held = {
        Line.VERTICAL: (Holding(entered, vertical, branch, f"{vertical}-worker{rng.randint(1, 3)}"),),
        Line.HORIZONTAL: tuple(horizontal),
    }
    if number % 200 == 5:  # noqa: PLR2004  its address names no township: a person must say which.
        del held[Line.HORIZONTAL]
    if number % 400 == 6:  # noqa: PLR2004  the register gave no industry.
        del held[Line.VERTICAL]
    return held


def _day_of(span: Span, number: int, every: int, which: int, day: int) -> date | None:
    """A working day near this day of one of the months, for every so-many-th enterprise; none if it is not over yet."""
    if number % every != which:
        return None
    month: Month = span.months[number // every % 3]
    found = span.calendar.next_workday_on_or_after(month.first_day + timedelta(days=day - 1))
    return found if span.past(found) else None


def entering(where: District, span: Span, enterprises: tuple[Enterprise, ...]) -> Iterator[Step]:
    """The register as it came in, and then what became of it."""
    office = where.who["office"].actor
    for item in enterprises:
        known = KnownPlaces(where.lines, where.workers)
        at = moment(item.entered, 8, 30)
        command = RegisterEnterprise(
            code=item.code,
            name=item.name,
            kind=EnterpriseKind.BRANCH if item.branch else EnterpriseKind.LIMITED,
            branch=item.branch,
            standing=item.standing,
            standing_on=None if item.standing.survives else item.founded,
            founded=item.founded,
            capital=item.staff * 10_000_00,
            currency="CNY",
            legal_person=Personal(item.legal_person),
            contact=Personal(item.contact),
            phone=Personal(item.phone),
            address=item.address,
            industry="" if Line.VERTICAL not in item.held else item.industry,
            business="演示企业,并不存在",
            registrar="演示登记机关",
            staff=item.staff,
            managed_elsewhere=item.away,
            source="demo",
            batch=_BATCH,
            on=item.entered,
            assignments=tuple(
                Assignment(
                    line=line,
                    unit=held[0].unit,
                    sub_unit=held[0].sub_unit,
                    worker=where.who[held[0].worker].id,
                    confidence=95,
                    reason="演示",
                )
                for line, held in item.held.items()
            ),
        )
        yield Step(at, ENTERPRISE, str(item.id), command, SYSTEM, derived_id("roster", "register", item.code), item.id, known)
        for held in item.held.get(Line.HORIZONTAL, ())[1:]:
            moving = AssignEnterprise(
                line=Line.HORIZONTAL,
                unit=held.unit,
                sub_unit=held.sub_unit,
                worker=where.who[held.worker].id,
                on=held.on,
                reason="企业迁址",
                document="",
            )
            proposal = derived_id("demo", "proposal", item.code, str(held.on))
            yield _later(item, held.on, moving, office, "move", replace(known, proposal=proposal))
            yield _later(item, held.on, ConfirmMove(proposal=proposal), where.who["office-head"].actor, "moved", known)
        if item.ended and item.standing.survives:
            leaving = ChangeStanding(standing=Standing.DEREGISTERED, on=item.ended, reason="企业注销", batch=_BATCH)
            yield _later(item, item.ended, leaving, office, "end", None)
        if item.lost and (held := item.holder(Line.HORIZONTAL, item.lost)):
            tries = (
                Attempt(on=item.lost.replace(day=4), mode=Mode.PHONE),
                Attempt(on=item.lost.replace(day=11), mode=Mode.ON_SITE),
            )
            command = VerifyContactLoss(line=Line.HORIZONTAL, tries=tries, on=item.lost, note="电话停机,注册地址无人办公(演示)")
            yield _later(item, item.lost, command, where.who[f"{held.unit}-deputy"].actor, "lost", None)
    yield from _rows_aside(span)


def _later(item: Enterprise, on: date, command: Command, actor: Actor, what: str, known: KnownPlaces | None) -> Step:
    key = str(item.id)
    return Step(moment(on, 14), ENTERPRISE, key, command, actor, derived_id("demo", what, key), item.id, known)


def _rows_aside(span: Span) -> Iterator[Step]:
    """What an import left for a person: rows that nobody may guess."""
    doubtful = (
        (Fault.SHIFTED, "", "毕节澜岫砚商贸有限公司"),
        (Fault.GARBLED, "企业名称", "锟斤拷锟斤拷"),
        (Fault.NAME_AGAINST_CLASS, "企业名称", "毕节黍霁岑种植专业合作社"),
        (Fault.NO_STANDING, "登记状态", "毕节蔚苒屿餐饮管理有限公司"),
        (Fault.STANDING_UNKNOWN, "登记状态", "毕节翮珩筠物流运输有限公司"),
        (Fault.DUPLICATE, "统一社会信用代码", "毕节漪榛穗百货有限公司"),
    )
    layout = layout_of(1, ("统一社会信用代码", "企业名称", "登记状态", "联系电话"), 4)
    for number, (fault, column, name) in enumerate(doubtful, 1):
        key = derived_id("demo", "row", str(number))
        row = RawRow(number * 431, ("(演示行)", name, "", phone(9_900 + number)), layout)
        command = SetRowAside(
            batch=_BATCH, row=row.line, doubts=(Doubt(fault=fault.value, column=column),), raw=Personal(packed(row))
        )
        yield Step(
            moment(span.founded, 8, 45), ROW, str(key), command, SYSTEM, derived_id("demo", "aside", str(number)), key, None
        )
