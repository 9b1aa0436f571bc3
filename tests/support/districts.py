"""Random districts, the same for the same seed: units that end, enterprises that move and go, visits, tickets to the end."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import KnownReport
from shared.events import roster, visits
from shared.language.decider import Context
from shared.language.months import SHANGHAI, Calendar, Year, local_date
from shared.language.problems import Problem
from shared.language.terms import Awareness, Line, Mode, Rating, Standing
from support import tickets as t
from support.invitations import PEOPLE, inviting
from support.stories import AUTUMN_2026, H, Story, V, ident

TOWNSHIPS, DEPARTMENTS = ("T01", "T02", "T03"), ("D05", "D06")
UNITS = (*((code, H) for code in TOWNSHIPS), *((code, V) for code in DEPARTMENTS))
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
LONGER = Calendar.of(
    {2026: Year(2026, "2", {**AUTUMN_2026.years[2026].days, **{date(2026, 9, day): True for day in (8, 17, 21)}})}
)
"""The same year with three days off more: what it was not when most of the deadlines were derived."""
ENDED, SURVIVING = (Standing.DEREGISTERED, Standing.REVOKED), (Standing.SURVIVING, Standing.DORMANT)


class District:
    """What happened, told in order of the logs. ``names`` are the short names of its enterprises."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.story = Story()
        self.visited: set[Any] = set()
        self._units()
        self.names = [f"E{number}" for number in range(self.chance.randint(3, 7))]
        for name in self.names:
            self._enterprise(name)
        for number in range(self.chance.randint(4, 9)):
            self._ticket(number)

    def day(self, least: int = -20, most: int = 32) -> str:
        """A day near September; most of them in it."""
        return (FIRST + timedelta(days=self.chance.randint(least, most))).isoformat()

    def _units(self) -> None:
        for code, line in UNITS:
            kind = "township" if line is H else "department"
            said = {"code": code, "name": f"某{code}", "kind": kind, "on": date(2020, 1, 1)}
            self.story.tell(f"unit/{code}", roster.UnitEstablished.model_validate(said))
        if self.chance.random() < 0.5:
            heirs = self.chance.sample(["T01", "T02"], self.chance.randint(0, 2))
            on = self.day(10, 30)
            self.story.tell("unit/T03", roster.UnitEnded.model_validate({"on": on, "successors": heirs}))

    def _enterprise(self, name: str) -> None:
        chance, story = self.chance, self.story
        code = "" if chance.random() < 0.9 else "92520502MA00000000"
        story.enterprise(name, code=code, managed_elsewhere=chance.random() < 0.15)
        for line, units in ((H, TOWNSHIPS), (V, DEPARTMENTS)):
            if chance.random() < 0.9:
                story.assign(name, line, chance.choice(units), chance.choice(["2026-01-05", self.day()]))
            for _ in range(chance.choice([0, 0, 1, 2])):
                story.assign(name, line, chance.choice(units), self.day(0, 30))
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            story.standing(name, chance.choice([*ENDED, *SURVIVING]), self.day())
        if chance.random() < 0.15:
            said = {"managed_elsewhere": chance.random() < 0.5, "on": self.day()}
            story.tell(f"enterprise/{ident(name)}", roster.CustodyChanged.model_validate(said))
        if chance.random() < 0.2:
            tries = [(self.day(0, 28), chance.choice([Mode.PHONE, Mode.ON_SITE])) for _ in range(3)]
            story.lost(name, chance.choice([H, V]), self.day(0, 30), *tries)
        for _ in range(chance.randint(0, 4)):
            self._visit(name)

    def _visit(self, name: str) -> None:
        chance = self.chance
        units = chance.sample([code for code, _ in UNITS], chance.choice([1, 1, 1, 2]))
        state = chance.choice(["good", "good", "good", "voided", "returned", "unproven", "denied", "corrected"])
        rating = chance.choice([None, *Rating])
        mode, on, aware = chance.choice(list(Mode)), self.day(), chance.choice(list(Awareness))
        if (name, on, tuple(units), mode) in self.visited:
            return
        self.visited.add((name, on, tuple(units), mode))
        key = self.story.visit(
            name,
            on,
            *units,
            mode=mode,
            joint=len(units) > 1 and chance.random() < 0.8,
            qualified=state != "unproven",
            voided=state == "voided",
            returned=state == "returned",
            aware=aware,
            **({"satisfaction": rating} if rating else {}),
        )
        if state == "denied":
            self.story.tell(f"visit/{key}", visits.VisitDenied())
            if chance.random() < 0.5:
                self.story.tell(f"visit/{key}", visits.VisitUpheld.model_validate({"reason": "核实属实"}))
        if state == "corrected":
            visitors = [{"member": ident(unit), "unit": unit, "role": "worker"} for unit in units]
            who = {"id": ident(name), "code": "91", "name": name}
            said = {
                "enterprise": who,
                "on": self.day(),
                "mode": mode,
                "visitors": visitors,
                "joint": len(units) > 1,
                "aware": aware,
            }
            self.story.tell(f"visit/{key}", visits.VisitCorrected.model_validate(said))

    def _ticket(self, number: int) -> None:
        """By the real decider, by whoever may, hours or days apart; refused steps leave nothing behind."""
        chance, state = self.chance, ISSUE.initial
        now = datetime.combine(FIRST + timedelta(days=chance.randint(-15, 28)), datetime.min.time(), SHANGHAI).replace(hour=9)
        report = KnownReport(t.ENTERPRISE, chance.choice(["T01", "T01", "D05"]))
        known = replace(t.KNOWN, no=f"QXG-202609-T01-{number + 1:04d}", report=report)
        subject = UUID(f"01990000-0000-7000-8000-{number + 1:012x}")  # As clients make them: others are the platform's.
        for _ in range(chance.randint(2, 45)):
            command, who = chance.choice(inviting(state, local_date(now)))
            calendar = AUTUMN_2026
            if state is not ISSUE.initial and chance.random() < 0.08:  # A new year is published: its deadlines are derived anew.
                command, who, calendar = c.RederiveDeadline(), "system", LONGER
            elif chance.random() < 0.02:
                command, who = t.of(c.WithdrawIssue), "caller"
            actor = next(person for person in PEOPLE if person.account == who)
            try:
                facts = ISSUE.decide(state, command, Context(actor, now, local_date(now), calendar, subject, known))
            except Problem:
                facts = []
            for fact in facts:
                self.story.tell(f"issue/{subject}", fact, now.isoformat())
            state = ISSUE.fold(facts, state)
            now += timedelta(hours=chance.choice([1, 1, 2, 3, 24, 24, 72]))


def districts(seeds: Sequence[int]) -> list[District]:
    """Those of these seeds."""
    return [District(seed) for seed in seeds]


def line_of(unit: str) -> Line:
    """The line a unit of these districts is on."""
    return dict(UNITS)[unit]
