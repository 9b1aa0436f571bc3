"""Coverage against a second implementation, written straight from the sets of kpi §2, on random small districts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from support.stories import AUTUMN_2026, H, Story, V

from services.reporting.domain.coverage import Basis
from shared.language.terms import Line, Mode, Standing

UNITS = {H: ("H1", "H2", "H3"), V: ("V1", "V2")}
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
days = st.integers(-20, 40).map(lambda n: FIRST + timedelta(days=n))


@dataclass
class Told:
    """One enterprise, as the test knows it."""

    moves: dict[Line, list[tuple[date, str]]]
    standings: list[tuple[date, Standing]]
    visits: list[tuple[date, tuple[str, ...], bool, str]] = field(default_factory=list)
    lost: list[tuple[Line, date, list[tuple[date, Mode]]]] = field(default_factory=list)


moves = {line: st.dictionaries(days, st.sampled_from(UNITS[line]), max_size=3) for line in UNITS}
some_visits = st.lists(
    st.tuples(
        days,
        st.lists(st.sampled_from(UNITS[H] + UNITS[V]), min_size=1, max_size=2, unique=True).map(tuple),
        st.booleans(),
        st.sampled_from(["good", "good", "good", "voided", "returned", "unproven"]),
    ),
    max_size=3,
)
losses = st.lists(
    st.tuples(
        st.sampled_from([H, V]),
        days,
        st.lists(st.tuples(days, st.sampled_from([Mode.PHONE, Mode.ON_SITE])), min_size=1, max_size=3),
    ),
    max_size=1,
)
enterprises = st.builds(
    lambda h, v, ends, seen, lost: Told(
        {H: sorted(h.items()), V: sorted(v.items())},
        [(date(2026, 1, 1), Standing.SURVIVING), *sorted(ends.items())],
        seen,
        lost,
    ),
    moves[H],
    moves[V],
    st.dictionaries(days, st.sampled_from([Standing.DEREGISTERED, Standing.DORMANT, Standing.REVOKED]), max_size=2),
    some_visits,
    losses,
)


def back(until: date, workdays: int) -> date:
    """The first of the last so many working days."""
    worked = [until - timedelta(days=n) for n in range(60) if AUTUMN_2026.is_workday(until - timedelta(days=n))]
    return worked[workdays - 1]


class Sets:
    """kpi §2, read aloud: holders day by day, sets of enterprises, nothing clever."""

    def __init__(self, told: list[Told], until: date) -> None:
        self.told, self.until = told, until
        self.freeze, self.grace = back(until, 5), back(until, 10)
        self.giver = min(self.freeze, back(date(2026, 9, 27), 5))

    def holder(self, e: Told, line: Line, on: date) -> str | None:
        held = [unit for since, unit in e.moves[line] if since <= on]
        return held[-1] if held else None

    def before(self, e: Told, line: Line, on: date, since: date) -> str | None:
        """Who held it on the eve of the freeze; the first holder, if nobody did."""
        return self.holder(e, line, min(on, since - timedelta(days=1))) or next(
            (unit for _, unit in e.moves[line] if _ <= on), None
        )

    def survives(self, e: Told, on: date) -> bool:
        return [standing for since, standing in e.standings if since <= on][-1].survives

    def left(self, e: Told) -> date | None:
        gone = [
            on
            for on in (FIRST + timedelta(days=n) for n in range((self.until - FIRST).days + 1))
            if not self.survives(e, on) and self.survives(e, on - timedelta(days=1))
        ]
        return gone[-1] if gone else None

    def counted(self, e: Told, line: Line, upto: date) -> bool:
        for on, units, joint, state in e.visits:
            credited = set(units) if joint else {units[0]}
            answering = {self.holder(e, line, on), self.before(e, line, on, self.giver)} - {None}
            if state == "good" and FIRST <= on <= upto and credited & answering:
                return True
        return False

    def owed(self, e: Told, line: Line) -> tuple[str, bool] | None:
        """(unit, visited) if the enterprise is in D of a unit on this line."""
        if self.survives(e, self.until):
            visited = self.counted(e, line, self.until)
            first = min((since for since, _ in e.moves[line]), default=None)
            if first is None or first > self.until or (first >= self.grace and not visited):
                return None
            unit = self.holder(e, line, self.until) if visited else self.before(e, line, self.until, self.freeze)
            return (unit, visited) if unit else None
        gone = self.left(e)
        if gone and (unit := self.holder(e, line, gone)) and self.counted(e, line, gone):
            return unit, True
        return None

    def lost(self, e: Told, line: Line) -> bool:
        return any(
            line is on_line
            and FIRST <= on <= self.until
            and len({day for day, _ in tries if day <= on}) >= 2
            and len({mode for day, mode in tries if day <= on}) >= 2
            for on_line, on, tries in e.lost
        )

    def figures(self) -> dict[str, tuple[int, int]]:
        found: dict[str, list[bool]] = {"either": [], "both": []}
        for e in self.told:
            owed = {line: owing for line in (H, V) if (owing := self.owed(e, line))}
            for line, (unit, visited) in owed.items():
                found.setdefault(f"{unit} strict", []).append(visited)
                found.setdefault(f"{unit} diligent", []).append(visited or self.lost(e, line))
            if owed:
                found["either"].append(any(visited for _, visited in owed.values()))
                found["both"].append(all(visited for _, visited in owed.values()))
        return {name: (sum(hits), len(hits)) for name, hits in found.items()}


def tell(told: list[Told]) -> Story:
    story = Story()
    for number, e in enumerate(told):
        name = f"E{number}"
        story.enterprise(name)
        for on, standing in e.standings[1:]:
            story.standing(name, standing, on.isoformat())
        for line, moved in e.moves.items():
            for on, unit in moved:
                story.assign(name, line, unit, on.isoformat())
        for turn, (on, units, joint, state) in enumerate(e.visits):
            story.visit(
                name,
                on.isoformat(),
                *units,
                joint=joint,
                qualified=state != "unproven",
                voided=state == "voided",
                returned=state == "returned",
                mode=list(Mode)[turn],
            )
        for line, on, tries in e.lost:
            story.lost(name, line, on.isoformat(), *((when.isoformat(), mode) for when, mode in tries))
    return story


@settings(max_examples=300, deadline=None)
@given(st.lists(enterprises, min_size=1, max_size=5), st.sampled_from([Basis.FILING, Basis.MONTH]))
def test_coverage_is_what_the_sets_of_the_rule_say(told: list[Told], basis: Basis) -> None:
    found = tell(told).at(basis)
    expected = Sets(told, date(2026, 9, 27) if basis is Basis.FILING else LAST).figures()
    figures = {"either": (found.either.n, found.either.d), "both": (found.both.n, found.both.d)}
    for (unit, _), item in found.units.items():
        if item.strict.d:
            figures[f"{unit} strict"] = (item.strict.n, item.strict.d)
            figures[f"{unit} diligent"] = (item.diligent.n, item.diligent.d)
    assert figures == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(enterprises, min_size=1, max_size=5), st.sampled_from([Basis.FILING, Basis.MONTH]))
def test_coverage_never_exceeds_its_whole_and_lists_exactly_what_is_missing(told: list[Told], basis: Basis) -> None:
    found = tell(told).at(basis)
    for item in found.units.values():
        assert 0 <= item.strict.n <= item.diligent.n <= item.strict.d
        assert len(item.missing) == item.strict.d - item.strict.n
    assert found.both.n <= found.either.n <= found.either.d
    assert found.either.d <= found.horizontal.d + found.vertical.d


@settings(max_examples=100, deadline=None)
@given(st.lists(enterprises, min_size=1, max_size=4))
def test_what_counts_on_the_day_of_filing_counts_at_the_end_of_the_month(told: list[Told]) -> None:
    story = tell([Told(e.moves, e.standings[:1], e.visits) for e in told])
    assert story.at(Basis.FILING).either.n <= story.at(Basis.MONTH).either.n
