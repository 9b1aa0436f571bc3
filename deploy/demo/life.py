"""Two months and a bit of visits: who is diligent and who lags, what proves a visit, what the reviewer says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID

from deploy.demo.district import District, Person
from deploy.demo.register import Enterprise, Holding
from deploy.demo.steps import SEED, Span, Step, moment
from deploy.demo.words import DEMANDS, DIFFICULTIES, NOTES, POLICIES, RETURNS, SUGGESTIONS
from services.visits.domain.visit.commands import (
    AcceptVisit,
    AttachEvidence,
    CorrectVisit,
    RecordVisit,
    ReturnVisit,
    VoidVisit,
    Wanted,
)
from services.visits.domain.visit.decide import VISIT, KnownVisit
from services.visits.domain.visit.record import KnownTelling
from shared.language.facts import Command
from shared.language.known import Assigned, KnownEnterprise, KnownMember, KnownUnit, Post
from shared.language.months import Month
from shared.language.personal import Personal
from shared.language.terms import Ack, Awareness, EvidenceKind, Line, Mode, Operation, Rating, Standing, Trend, derived_id

Pictures = Mapping[EvidenceKind, Sequence[AttachEvidence]]
"""Stored files, ready to be attached."""

_MODES = ((Mode.PHONE, 50), (Mode.ON_SITE, 32), (Mode.QUESTIONNAIRE, 11), (Mode.VIDEO, 7))
_RATINGS = (
    (Rating.VERY_SATISFIED, 55),
    (Rating.SATISFIED, 30),
    (Rating.FAIRLY_SATISFIED, 11),
    (Rating.DISSATISFIED, 3),
    (None, 6),
)
_AWARE = ((Awareness.UNDERSTOOD, 50), (Awareness.HEARD, 30), (Awareness.UNKNOWN, 12), (Awareness.NOT_ASKED, 8))
_OPERATION = ((Operation.NORMAL, 84), (Operation.REDUCED, 8), (Operation.EXPANDING, 6), (Operation.PREPARING, 2))
_TREND = ((Trend.UP, 25), (Trend.FLAT, 45), (Trend.DOWN, 18), (Trend.UNTOLD, 12))
_PICTURE = {Mode.ON_SITE: EvidenceKind.PHOTO, Mode.VIDEO: EvidenceKind.SCREENSHOT, Mode.QUESTIONNAIRE: EvidenceKind.RESPONSE}


@dataclass(frozen=True)
class Visit:
    """One visit as planned: what becomes of it follows."""

    id: UUID
    enterprise: Enterprise
    on: date
    mode: Mode
    line: Line
    held: Holding
    joint: Holding | None
    entered: datetime
    command: RecordVisit
    known: KnownTelling = field(repr=False)
    exemplary: bool = False
    """Of a unit that gets everything right: nothing is returned, nothing lacks."""

    @property
    def worker(self) -> str:
        """The account of whoever went."""
        return self.held.worker


def pace(where: District) -> dict[str, float]:
    """What part of its enterprises each unit visits: some all, most nearly all, some lag."""
    rng = Random(SEED + 2)  # noqa: S311
    return {
        unit.code: 1.0 if number % 7 == 2 else rng.uniform(0.55, 0.68) if number % 11 == 4 else rng.uniform(0.86, 0.985)  # noqa: PLR2004
        for number, unit in enumerate(where.filing)
    }


def visits(where: District, span: Span, enterprises: Sequence[Enterprise]) -> list[Visit]:
    """Every visit of the three months, up to yesterday."""
    rng = Random(SEED + 3)  # noqa: S311
    known = Known(where)
    paces = pace(where)
    found: list[Visit] = []
    for month in span.months:
        days = span.workdays(month)
        for item in enterprises:
            found += _of_month(where, span, rng, known, paces, month, days, item)
    return list(_one_questionnaire(found))


def _one_questionnaire(planned: Sequence[Visit]) -> Iterator[Visit]:
    """One questionnaire an enterprise and month: the other line calls instead."""
    asked: set[tuple[UUID, str]] = set()
    for visit in planned:
        key = (visit.enterprise.id, f"{visit.on:%Y-%m}")
        if visit.mode is Mode.QUESTIONNAIRE and key in asked:
            change = {
                "mode": Mode.PHONE,
                "connected_seconds": 90,
                "claimed_at": moment(visit.on, 10),
                "ack": Ack.NONE,
                "asked_required": None,
                "answered_required": None,
            }
            yield replace(visit, mode=Mode.PHONE, command=visit.command.model_copy(update=change))
            continue
        if visit.mode is Mode.QUESTIONNAIRE:
            asked.add(key)
        yield visit


def _of_month(
    where: District,
    span: Span,
    rng: Random,
    known: Known,
    paces: dict[str, float],
    month: Month,
    days: list[date],
    item: Enterprise,
) -> list[Visit]:
    if item.lost and Month.of(item.lost) == month:
        return []
    found: list[Visit] = []
    joint = rng.random() < 0.1  # noqa: PLR2004
    early = [day for day in days if day.day <= 26]  # noqa: PLR2004
    for line in (Line.HORIZONTAL, Line.VERTICAL):
        on = rng.choice(early if rng.random() < 0.96 else days)  # noqa: PLR2004
        held = item.holder(line, on)
        if held is None or not span.past(on) or rng.random() >= paces[held.unit] or (on.day > 26 and paces[held.unit] == 1):  # noqa: PLR2004
            continue
        other = item.holder(Line.VERTICAL, on) if joint and line is Line.HORIZONTAL else None
        visit = _planned(where, span, rng, known, item, line, on, held, other, exemplary=paces[held.unit] == 1)
        if span.past(visit.entered.date()):
            found.append(visit)
        if other:
            break
    return found


def _planned(
    where: District,
    span: Span,
    rng: Random,
    known: Known,
    item: Enterprise,
    line: Line,
    on: date,
    held: Holding,
    joint: Holding | None,
    *,
    exemplary: bool,
) -> Visit:
    mode = Mode.ON_SITE if joint else _pick(rng, _MODES)
    entered = span.instant(on if rng.random() < 0.93 else span.later(on, 1), rng, 10)  # noqa: PLR2004
    visitors = [where.who[held.worker]]
    if mode is Mode.ON_SITE:
        visitors.append(where.who[f"{held.unit}-worker{int(held.worker[-1]) % 3 + 1}"])
    if joint:
        visitors.append(where.who[joint.worker])
    id_ = derived_id("demo", "visit", item.code, str(on), str(line))
    command = RecordVisit(
        enterprise=item.id, visitors=tuple(p.id for p in visitors), **_telling(rng, item, on, mode, exemplary=exemplary)
    )
    known_now = KnownTelling(known.enterprise(item, on), known.members(visitors), known.units, known.policies)
    return Visit(id_, item, on, mode, line, held, joint, entered, command, known_now, exemplary)


def _telling(rng: Random, item: Enterprise, on: date, mode: Mode, *, exemplary: bool) -> dict[str, Any]:
    wanted = (
        tuple(
            Wanted(no=number, content=content, category=category, nature=nature)
            for number, (content, category, nature) in enumerate(rng.sample(DEMANDS, rng.choice((1, 1, 1, 2))), 1)
        )
        if rng.random() < 0.1  # noqa: PLR2004
        else ()
    )
    telling: dict[str, Any] = {
        "on": on,
        "mode": mode,
        "interviewee": Personal(item.contact),
        "title": rng.choice(("总经理", "办公室主任", "财务负责人", "店长")),
        "operation": Operation.CLOSED if item.standing is Standing.DORMANT else _pick(rng, _OPERATION),
        "note": rng.choice(NOTES),
        "headcount": item.staff,
        "revenue_trend": _pick(rng, _TREND),
        "difficulties": wanted[0].content if wanted else rng.choice(DIFFICULTIES),
        "suggestions": rng.choice(SUGGESTIONS),
        "demands": wanted,
        "policy_ids": tuple(policy_id(title) for title in rng.sample(POLICIES, rng.choice((0, 1, 1, 2)))),
        "onemap_given": rng.choice((0, 1)),
        "aware": _pick(rng, _AWARE),
        "satisfaction": _pick(rng, _RATINGS),
        "phone": Personal(item.phone),
    }
    careless = not exemplary and rng.random() < 0.02  # noqa: PLR2004
    if careless:
        telling["note"] = "情况正常"
    if mode in (Mode.PHONE, Mode.VIDEO):
        telling["connected_seconds"] = rng.randint(45, 600)
        telling["claimed_at"] = moment(on, rng.choice((9, 10, 15)), rng.randint(0, 59))
    if mode is Mode.QUESTIONNAIRE:
        telling |= {"asked_required": 12, "answered_required": rng.randint(10, 12), "ack": Ack.SCAN}
    return telling


def visiting(where: District, span: Span, planned: Sequence[Visit], pictures: Pictures) -> Iterator[Step]:
    """The steps of every visit."""
    rng = Random(SEED + 4)  # noqa: S311
    for visit in planned:
        for step in _one(where, span, rng, visit, visit.command, pictures):
            if not span.past(step.at.date()):
                break
            yield step


def _one(where: District, span: Span, rng: Random, visit: Visit, command: RecordVisit, pictures: Pictures) -> Iterator[Step]:
    worker, deputy = where.who[visit.worker].actor, where.who[f"{visit.held.unit}-deputy"].actor

    def step(at: datetime, what: str, asked: Command, by: Any, known: KnownTelling | None = None) -> Step:
        key = str(visit.id)
        return Step(at, VISIT, key, asked, by, derived_id("demo", what, key), visit.id, KnownVisit(known))

    yield step(visit.entered, "record", command, worker, visit.known)
    kind = _PICTURE.get(command.mode)
    proved = kind is None or visit.exemplary or rng.random() < 0.975  # noqa: PLR2004
    if kind is not None and proved:
        yield step(visit.entered, "attach", rng.choice(pictures[kind]), worker)
    fit = len(command.note) >= 10 and (proved or command.ack is not Ack.NONE)  # noqa: PLR2004  what lacks waits: 待补证.
    looked = span.instant(span.later(visit.entered.date(), rng.choice((1, 1, 2, 3))), rng, 15)
    chance = rng.random()
    if visit.exemplary or chance < 0.9:  # noqa: PLR2004
        if fit:
            yield step(looked, "accept", AcceptVisit(note=""), deputy)
    elif chance < 0.93:  # noqa: PLR2004
        yield step(looked, "return", ReturnVisit(reason=rng.choice(RETURNS)), deputy)
        if chance < 0.925:  # noqa: PLR2004  the rest is still to be corrected
            told = command.model_dump(exclude={"enterprise", "interviewee", "phone", "demands"})
            told["note"] = "经核实,企业生产经营正常,用工稳定,暂无其他困难。"
            if not command.demands:  # As the note says, there is nothing more to it.
                told |= {"difficulties": "", "suggestions": ""}
            corrected = CorrectVisit(**told, demands=command.demands)
            mended = span.instant(span.later(looked.date(), 1), rng, 9, 12)
            yield step(mended, "correct", corrected, worker, visit.known)
            if proved:
                yield step(span.instant(span.later(mended.date(), 1), rng, 15), "accept", AcceptVisit(note="已更正"), deputy)
    elif chance < 0.934:  # noqa: PLR2004
        yield step(looked, "void", VoidVisit(reason="与前次走访重复录入"), deputy)


def known_units(where: District) -> dict[str, KnownUnit]:
    """The units, as the directory would answer."""
    return {unit.code: KnownUnit(unit.code, unit.name, unit.kind, unit.parent) for unit in where.units}


class Known:
    """What the deciders of visits want to know, as the directory would answer."""

    def __init__(self, where: District) -> None:
        self._where = where
        self.units = known_units(where)
        self.policies = {policy_id(title): title for title in POLICIES}
        self._members = {p.id: KnownMember(p.id, p.account, (Post(p.unit, p.role, None),)) for p in where.people}

    def members(self, people: Sequence[Person]) -> dict[UUID, KnownMember]:
        """Those that are named."""
        return {person.id: self._members[person.id] for person in people}

    def enterprise(self, item: Enterprise, on: date) -> KnownEnterprise:
        """As it was answered for on the day."""
        assigned: dict[Line, Assigned] = {}
        for line in Line:
            if held := item.holder(line, on):
                assigned[line] = Assigned(held.unit, held.sub_unit, self._where.who[held.worker].id)
        return KnownEnterprise(item.id, item.code, item.name, item.standing, assigned)


def policy_id(title: str) -> UUID:
    """Where a policy lies in the library."""
    return derived_id("demo", "policy", title)


def _pick(rng: Random, shares: Sequence[tuple[Any, int]]) -> Any:
    return rng.choices([value for value, _ in shares], [share for _, share in shares])[0]
