"""The units and the four-tier team: real divisions, real names of offices, invented people."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from random import Random
from uuid import UUID

from deploy.demo.steps import SEED, SYSTEM, Span, Step, moment
from services.roster.domain.calendar import CALENDAR, KnownYear, PublishYear
from services.roster.domain.mapping import MAPPING, KnownMapping, MapIndustries
from services.roster.domain.member import MEMBER, AppointMember, KnownMember
from services.roster.domain.unit import UNIT, EstablishUnit, KnownUnit, Placed
from shared.events.roster import Day
from shared.language.decider import Actor
from shared.language.months import Calendar, Year
from shared.language.personal import Personal
from shared.language.terms import Line, Role, UnitKind, derived_id

DATA = Path(__file__).parents[1] / "data"
DISTRICT, OFFICE, INSPECTORATE = "520502", "office", "inspectorate"
MARK = "演示数据"
"""Stands in the first entry of the roster's log with the day of the load, so that a second run knows both."""

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方"
_GIVEN = "知行 思远 明哲 若水 承安 以宁 清和 望舒 景行 怀瑾 乐山 子衿 予安 长风 晓岚 静姝 文澜 书言 秋实 春晖 致远 凌霄 雨桐 星河"
_OFFICES = (
    ("chief", Role.CHIEF, DISTRICT, "总网格长"),
    ("office", Role.OFFICE, OFFICE, "调度员"),
    ("office-head", Role.OFFICE_HEAD, OFFICE, "主任"),
    ("caller", Role.CALLER_BACK, OFFICE, "回访员"),
    ("hotline", Role.HOTLINE, OFFICE, "热线坐席"),
    ("admin", Role.ADMIN, OFFICE, "系统管理员"),
    ("inspector", Role.INSPECTOR, INSPECTORATE, "督查专员"),
    ("inspector-caller", Role.CALLER_BACK, INSPECTORATE, "回访员"),
    ("auditor", Role.AUDITOR, INSPECTORATE, "审计员"),
)
_KEEPERS = (
    ("security", Role.SECURITY_ADMIN, OFFICE, "安全管理员"),
    ("security-2", Role.SECURITY_ADMIN, OFFICE, "安全管理员(复核)"),
    ("audit-admin", Role.AUDIT_ADMIN, OFFICE, "审计管理员"),
)
"""After all the others, who keep their names and numbers."""
_TEAM = (
    ("head", Role.HEAD, "主要负责人"),
    ("deputy", Role.DEPUTY, "分管负责人"),
    ("liaison", Role.LIAISON, "办公室工作人员"),
    ("worker1", Role.WORKER, "网格员"),
    ("worker2", Role.WORKER, "网格员"),
    ("worker3", Role.WORKER, "网格员"),
    ("backup", Role.BACKUP_LIAISON, "办公室工作人员"),
)


@dataclass(frozen=True)
class Unit:
    """A unit."""

    code: str
    name: str
    kind: UnitKind
    parent: str | None

    @property
    def files(self) -> bool:
        """Whether it files ledgers."""
        return self.kind in (UnitKind.TOWNSHIP, UnitKind.DEPARTMENT)

    @property
    def line(self) -> Line:
        """The line it stands on."""
        return Line.HORIZONTAL if self.kind in (UnitKind.TOWNSHIP, UnitKind.VILLAGE) else Line.VERTICAL


@dataclass(frozen=True)
class Person:
    """Somebody invented."""

    account: str
    name: str
    phone: str
    unit: str
    role: Role
    post: str

    @cached_property
    def id(self) -> UUID:
        """As the roster derives it."""
        return derived_id("member", self.account)

    @cached_property
    def actor(self) -> Actor:
        """As the bearer token would say."""
        return Actor(self.id, self.account, frozenset({self.role}), self.unit)


@dataclass(frozen=True)
class District:
    """Everything that stands still."""

    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    industries: dict[str, str]

    @cached_property
    def filing(self) -> tuple[Unit, ...]:
        """The units that file ledgers."""
        return tuple(unit for unit in self.units if unit.files)

    @cached_property
    def unit(self) -> dict[str, Unit]:
        """By code."""
        return {unit.code: unit for unit in self.units}

    @cached_property
    def under(self) -> dict[str, list[Unit]]:
        """The villages or branches of a unit that files."""
        found: dict[str, list[Unit]] = {unit.code: [] for unit in self.filing}
        for unit in self.units:
            if unit.parent in found:
                found[unit.parent].append(unit)
        return found

    @cached_property
    def who(self) -> dict[str, Person]:
        """By account."""
        return {person.account: person for person in self.people}

    @cached_property
    def lines(self) -> dict[str, Placed]:
        """As the roster's deciders want to know it."""
        kinds = (UnitKind.TOWNSHIP, UnitKind.VILLAGE, UnitKind.DEPARTMENT, UnitKind.BRANCH)
        return {unit.code: (unit.line, None if unit.files else unit.parent) for unit in self.units if unit.kind in kinds}

    @cached_property
    def workers(self) -> dict[UUID, set[str]]:
        """Likewise."""
        return {person.id: {person.unit} for person in self.people}

    @cached_property
    def posts(self) -> dict[UUID, dict[str, frozenset[Role]]]:
        """Member → unit → roles."""
        return {person.id: {person.unit: frozenset({person.role})} for person in self.people}


def phone(number: int) -> str:
    """A number of the invented range 199 0000 xxxx."""
    return f"1990000{number % 10_000:04d}"


def invented_name(rng: Random) -> str:
    """A name of nobody in particular."""
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN.split())


def district() -> District:
    """The units and the people."""
    rng = Random(SEED)  # noqa: S311  the same for everybody, that is the point.
    units = [
        Unit(DISTRICT, "七星关区", UnitKind.DISTRICT, None),
        Unit(OFFICE, "区优化营商环境工作领导小组办公室", UnitKind.OFFICE, DISTRICT),
        Unit(INSPECTORATE, "区督查考核局", UnitKind.INSPECTORATE, DISTRICT),
    ]
    industries: dict[str, str] = {}
    for row in _rows("departments.csv"):
        units.append(Unit(row["code"], row["name"], UnitKind.DEPARTMENT, DISTRICT))
        industries |= dict.fromkeys(row["divisions"].split(), row["code"])
        for number, name in enumerate(filter(None, row["branches"].split(";")), 1):
            units.append(Unit(f"{row['code']}-{number:02d}", name, UnitKind.BRANCH, row["code"]))
    units += [Unit(row["code"], row["name"], UnitKind.TOWNSHIP, DISTRICT) for row in _rows("divisions/townships.csv")]
    units += [Unit(row["code"], row["name"], UnitKind.VILLAGE, row["township_code"]) for row in _rows("divisions/villages.csv")]
    posts = [*_OFFICES]
    for unit in units:
        if unit.files:
            posts += [(f"{unit.code}-{what}", role, unit.code, post) for what, role, post in _TEAM]
    posts += _KEEPERS
    people = [
        Person(account, invented_name(rng), phone(number), unit, role, post)
        for number, (account, role, unit, post) in enumerate(posts)
    ]
    return District(tuple(units), tuple(people), industries)


def official_years() -> list[tuple[int, PublishYear]]:
    """The announced years, as commands."""
    found: list[tuple[int, PublishYear]] = []
    for path in sorted((DATA / "calendar").glob("*.json")):
        year = json.loads(path.read_text(encoding="utf-8"))
        days = tuple(Day.model_validate(day) for day in year["days"])
        found.append((year["year"], PublishYear(days=days, source=year["source"])))
    return found


def official_calendar() -> Calendar:
    """The same, as the deciders see it."""
    return Calendar.of(
        {year: Year.read(year, 1, [day.model_dump() for day in command.days]) for year, command in official_years()}
    )


def founding(where: District, span: Span) -> Iterator[Step]:
    """Units from the top down, then people, industries, years."""
    at, on = moment(span.founded, 8), span.founded
    kinds = {unit.code: unit.kind for unit in where.units}
    parents = {unit.code: unit.parent for unit in where.units}
    order = (UnitKind.DISTRICT, UnitKind.OFFICE, UnitKind.INSPECTORATE, UnitKind.DEPARTMENT, UnitKind.TOWNSHIP)
    rank = {kind: n for n, kind in enumerate(order)}
    for unit in sorted(where.units, key=lambda unit: rank.get(unit.kind, len(order))):
        command = EstablishUnit(
            name=unit.name, kind=unit.kind, parent=unit.parent, on=_since(unit, on), document=f"{MARK} {span.today}"
        )
        known = KnownUnit(unit.code, derived_id("demo", "proposal", unit.code), kinds.get(unit.parent or ""))
        yield Step(
            at,
            UNIT,
            unit.code,
            command,
            SYSTEM,
            derived_id("roster", "establish", unit.code),
            derived_id("roster", unit.code),
            known,
        )
    for person in where.people:
        command = AppointMember(
            name=Personal(person.name),
            phone=Personal(person.phone),
            unit=person.unit,
            role=person.role,
            post=person.post,
            duty="",
            on=on,
            document=MARK,
        )
        yield Step(
            at,
            MEMBER,
            str(person.id),
            command,
            SYSTEM,
            derived_id("demo", "appoint", person.account),
            person.id,
            KnownMember(person.account, derived_id("demo", "proposal", person.account), parents),
        )
    mapping = MapIndustries(entries=where.industries, on=on, note=MARK)
    yield Step(
        at,
        MAPPING,
        "industries",
        mapping,
        SYSTEM,
        derived_id("demo", "industries"),
        derived_id("roster", "industries"),
        KnownMapping(where.lines),
    )
    for year, published in official_years():
        yield Step(
            at,
            CALENDAR,
            str(year),
            published,
            SYSTEM,
            derived_id("demo", "year", str(year)),
            derived_id("roster", str(year)),
            KnownYear(year),
        )


def _since(unit: Unit, on: date) -> date:
    return min(on, date(2021, 10, 1)) if unit.code == "520502014" else min(on, date(2021, 8, 11))  # 甘河街道 split off then.


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
