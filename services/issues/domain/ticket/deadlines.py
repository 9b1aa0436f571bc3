"""When a ticket is due: rule 2026.2, in working days, as a fact with its derivation (``tickets.md``).

A deadline is stored when it arises. An extension adds one, nothing overwrites one, and the first is kept for ever. At city
level the city's reply sets it; until then there are thirty working days, with an answer to the enterprise every ten.
"""

from __future__ import annotations

from datetime import date

from services.issues.domain.ticket.states import Kind
from shared.events.issues import Due
from shared.language.months import Calendar
from shared.language.terms import Level, Nature, Urgency

RULE = "2026.2"
REOPENED_WORKDAYS = 5
"""T19: handled again within five working days."""
ARCHIVED_WORKDAYS = 5
"""T20: the enterprise may object for five working days; then the file is closed."""
SLIP_WORKDAYS = 3
"""T23: a slip is answered within three working days."""
MOST_EXTENSIONS = 2
MOST_EXTENDED = 30
"""T9: twice, and thirty working days together."""
MILESTONE_DAYS = 30
"""T10: tracking is looked at again within thirty days."""
RENEWALS = 3
"""T11: the third renewal proposes the level above."""
STAGE_WORKDAYS = 10
"""T8, T13: the longest an enterprise waits for a word, be it progress or a stage answer."""

_CRITICAL = 1
_CITY = 30
_DIFFICULT = {Level.GRID: 15, Level.DISTRICT: 20}
_WORKDAYS = {
    Level.GRID: {Nature.ENQUIRY: 3, Nature.HELP: 7, Nature.SUGGESTION: 7, Nature.COMPLAINT: 10},
    Level.DISTRICT: {Nature.ENQUIRY: 3, Nature.HELP: 7, Nature.SUGGESTION: 7, Nature.COMPLAINT: 15},
}


def workdays(nature: Nature, urgency: Urgency, level: Level = Level.GRID, *, difficult: bool = False) -> int:
    """The term. 特急 has one day whatever it is, a matter of several departments a longer one."""
    if level is Level.CITY:
        return _CITY
    if urgency is Urgency.CRITICAL:
        return _CRITICAL
    return _DIFFICULT[level] if difficult else _WORKDAYS[level][nature]


def standard(calendar: Calendar, start: date, kind: Kind, level: Level = Level.GRID) -> Due:
    """The deadline the rule gives when the clock starts on this day."""
    what = "交办" if level is Level.GRID else f"{level.label}级交办"
    return _after(calendar, start, workdays(kind.nature, kind.urgency, level, difficult=kind.difficult), what)


def limit(calendar: Calendar, start: date, kind: Kind, external: date | None, level: Level = Level.GRID) -> Due:
    """The latest deadline: the rule's, or the external order's own if that is earlier."""
    rule = standard(calendar, start, kind, level)
    if external is None or external >= rule.on:
        return rule
    return _stated(rule, external, f"外部工单时限 {external},早于 {rule.derivation}")


def stated(latest: Due, on: date) -> Due:
    """An earlier day that whoever dispatches has named."""
    return latest if on == latest.on else _stated(latest, on, f"交办时定为 {on},不晚于 {latest.derivation}")


def reopened(calendar: Calendar, start: date) -> Due:
    """The deadline of a ticket that is handled again."""
    return _after(calendar, start, REOPENED_WORKDAYS, "重办")


def extended(calendar: Calendar, due: Due, days: int) -> Due:
    """A later deadline, counted from the one in force."""
    return _after(calendar, due.on, days, "延期")


def slip(calendar: Calendar, start: date) -> Due:
    """By when a supervision slip is answered."""
    return _after(calendar, start, SLIP_WORKDAYS, "督办回复")


def by_the_city(due: Due, on: date, document: str) -> Due:
    """The day the city has set."""
    return _stated(due, on, f"市级答复 {document} 定为 {on}")


def rederived(calendar: Calendar, due: Due) -> Due:
    """The same term under a newer calendar; a day that was named stays the day that was named."""
    if due.start is None or due.workdays is None:
        return due
    again = _after(calendar, due.start, due.workdays, due.derivation.partition(" ")[0])
    return due if again.on == due.on else again


def _after(calendar: Calendar, start: date, days: int, what: str) -> Due:
    return Due(
        on=calendar.add_workdays(start, days),
        derivation=f"{what} {calendar.explain(start, days)}",
        calendar=calendar.version,
        rule=RULE,
        start=start,
        workdays=days,
    )


def _stated(latest: Due, on: date, derivation: str) -> Due:
    return Due(on=on, derivation=derivation, calendar=latest.calendar, rule=latest.rule)
