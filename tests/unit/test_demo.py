"""The demo district: the same for everybody on the same day, valid throughout, and about nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any

import pytest

from deploy.demo.deeds import doing
from deploy.demo.desk import serving
from deploy.demo.district import DATA, District, district, founding, official_calendar
from deploy.demo.filings import plans
from deploy.demo.life import Visit, visiting, visits
from deploy.demo.pictures import attachments, drawings
from deploy.demo.register import COUNT, Enterprise, entering, register
from deploy.demo.steps import Span, Step, batches
from deploy.demo.team import organising
from shared.language.codes import credit_code
from shared.language.facts import CATALOGUE
from shared.language.months import local_date
from shared.language.personal import personals
from shared.language.terms import Line, UnitKind

TODAY = date(2026, 11, 23)
_INVENTED = re.compile(r"1990000[0-9]{4}")
_PHONE = re.compile(r"1[3-9][0-9]{9}")

SHOWN_BY_HAND = {
    # Reading personal data in clear and erasing them are left to whoever tries the platform.
    "roster.personal-unmasked.v1",
    "roster.erasure-asked.v1",
    "roster.erasure-rejected.v1",
    "roster.subject-erased.v1",
    "visits.personal-unmasked.v1",
    "issues.personal-unmasked.v1",
    # A deadline is derived anew when a year's holidays are published while its ticket is open: here all years were known before.
    "issues.deadline-rederived.v1",
    # An end that is taken back leaves a unit as it was: nothing of it would be seen.
    "roster.unit-end-withdrawn.v1",
    # A sign-in that is refused, and a proposal that came to nothing: somebody who tries the platform makes his own.
    "roster.token-revoked.v1",
    "roster.member-proposal-rejected.v1",
    "roster.unit-end-rejected.v1",
    "roster.enterprise-move-rejected.v1",
    # Rows of another system's log, told afterwards: this district began with the platform.
    "issues.history-recorded.v1",
    # A code shown on site, the telephone that opens it and the call about what it confirmed need somebody who holds them.
    "visits.link-shown.v1",
    "visits.link-opened.v1",
    "visits.confirmation-heard.v1",
    # Passing over an entry that can't be handled is a person's word, where there is such an entry.
    "issues.parked-skipped.v1",
}
"""What the demo leaves out, and why."""


class Demo:
    """Everything the demo is made of on one day."""

    def __init__(self, today: date, count: int = COUNT) -> None:
        self.calendar = official_calendar()
        self.span = Span(today, self.calendar)
        self.where: District = district()
        self.enterprises: tuple[Enterprise, ...] = register(self.where, self.span, count)
        self.planned: list[Visit] = visits(self.where, self.span, self.enterprises)

    @cached_property
    def logs(self) -> tuple[list[Step], ...]:
        """The steps of the roster, of the visits, of the tickets."""
        shown = attachments(drawings())
        told = list(visiting(self.where, self.span, self.planned, shown))
        return (
            [
                *founding(self.where, self.span),
                *entering(self.where, self.span, self.enterprises),
                *organising(self.where, self.span, self.enterprises),
            ],
            [*told, *doing(self.where, self.span, self.planned, shown)],
            serving(self.where, self.span, self.enterprises, self.planned, told),
        )


@pytest.fixture(scope="module")
def demo() -> Demo:
    """Of one day."""
    return Demo(TODAY)


def said(steps: Iterable[Step]) -> list[tuple[Any, ...]]:
    """What a step says, for comparing: personal data compare by their text, and show in no repr."""
    return [(step.at, step.key, step.command, step.actor, step.id) for step in steps]


def texts(steps: Iterable[Step]) -> Iterator[str]:
    """Every personal datum in clear."""
    for step in steps:
        yield from (datum.text or "" for datum in personals(step.command))


def test_the_same_day_gives_the_same_commands(demo: Demo) -> None:
    """A run that was interrupted goes on: everything is the same the second time, ids above all."""
    again = Demo(TODAY)
    for first, second in zip(demo.logs, again.logs, strict=True):
        assert said(first) == said(second)


def test_no_command_has_the_id_of_another(demo: Demo) -> None:
    """Else the second one would be passed over."""
    for steps in demo.logs:
        assert len({step.id for step in steps}) == len(steps)


def test_the_rules_accept_every_step(demo: Demo) -> None:
    """Decided one after the other as the loader does; each one adds facts."""
    for steps in demo.logs:
        states: dict[str, Any] = {}
        for batch in batches(steps):
            assert len({step.decider.stream(step.key) for step in batch}) == len(batch)
            for step in batch:
                stream = step.decider.stream(step.key)
                state = states.get(stream, step.decider.initial)
                facts = step.decider.decide(state, step.command, step.ask(demo.calendar).context)
                assert facts, step
                states[stream] = step.decider.fold(facts, state)


def test_everything_that_can_happen_happens(demo: Demo) -> None:
    """Every kind of fact of roster, visits and issues is there to be seen, but for what has its reason not to be."""
    seen: set[str] = set()
    for steps in demo.logs:
        states: dict[str, Any] = {}
        for step in (step for batch in batches(steps) for step in batch):
            stream = step.decider.stream(step.key)
            state = states.get(stream, step.decider.initial)
            facts = step.decider.decide(state, step.command, step.ask(demo.calendar).context)
            states[stream] = step.decider.fold(facts, state)
            seen.update(fact.TYPE for fact in facts)
    known = {type_ for type_ in CATALOGUE if type_.startswith(("roster.", "visits.", "issues."))}
    assert known - seen == SHOWN_BY_HAND


def test_nothing_lies_in_the_future(demo: Demo) -> None:
    """Today belongs to whoever tries the platform."""
    for steps in demo.logs:
        assert max(local_date(step.at) for step in steps) < TODAY
    assert all(local_date(plan.at) < TODAY for plan in plans(demo.where, demo.span))


def test_enterprises(demo: Demo) -> None:
    """3,000, each with a valid code of its own, in a village that exists, answered for by people of the unit."""
    assert len({item.code for item in demo.enterprises}) == len({item.name for item in demo.enterprises}) == COUNT
    waiting = 0
    for item in demo.enterprises:
        code = credit_code(item.code)
        assert code.is_enterprise
        assert code.division == "520502"
        waiting += len(item.held) < len(Line)
        for line, held in ((line, one) for line, several in item.held.items() for one in several):
            assert demo.where.unit[held.unit].line is line
            assert demo.where.who[held.worker].unit == held.unit
            assert held.sub_unit is None or demo.where.unit[held.sub_unit].parent == held.unit
    assert 0 < waiting < COUNT // 50


def test_nobody_real(demo: Demo) -> None:
    """Every telephone number is of the invented range, and none hides in a name or a row."""
    for steps in demo.logs:
        for text in texts(steps):
            assert all(_INVENTED.fullmatch(number) for number in _PHONE.findall(text)), text


def test_the_divisions_of_the_district(demo: Demo) -> None:
    """48 townships, 567 villages, 32 departments that share all divisions of GB/T 4754."""
    kinds = [unit.kind for unit in demo.where.units]
    assert [kinds.count(kind) for kind in (UnitKind.TOWNSHIP, UnitKind.VILLAGE, UnitKind.DEPARTMENT)] == [48, 567, 32]
    assert sorted(demo.where.industries) == [f"{number:02d}" for number in range(1, 98)]
    assert (DATA / "divisions").is_dir()


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 3, 2), date(2024, 2, 29), date(2028, 4, 30)])
def test_any_day_will_do(today: date) -> None:
    """Also the first of a month, after a short February, and in a year whose holidays nobody has announced."""
    other = Demo(today, 400)
    assert other.planned
    assert all(local_date(step.at) < today for steps in other.logs for step in steps)
    assert len(plans(other.where, other.span)) == 2 * (80 - 2)
