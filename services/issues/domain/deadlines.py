"""When a ticket is due: rule 2026.1, in working days from 交办, as a fact with its derivation (``tickets.md``).

Only level L1 is dispatched yet; the districts' and the city's terms come with escalation.
"""

from __future__ import annotations

from datetime import date

from shared.events.issues import Due
from shared.months import Calendar
from shared.terms import Nature, Urgency

RULE = "2026.1"
REOPENED_WORKDAYS = 5
"""T19: handled again within five working days."""
ARCHIVED_WORKDAYS = 5
"""T20: the enterprise may object for five working days; then the file is closed."""

_CRITICAL = 1
_WORKDAYS = {Nature.ENQUIRY: 3, Nature.HELP: 7, Nature.SUGGESTION: 7, Nature.COMPLAINT: 10}


def workdays(nature: Nature, urgency: Urgency) -> int:
    """The term at grid level. 特急 has one day whatever it is."""
    return _CRITICAL if urgency is Urgency.CRITICAL else _WORKDAYS[nature]


def standard(calendar: Calendar, start: date, nature: Nature, urgency: Urgency) -> Due:
    """The deadline the rule gives when the clock starts on this day."""
    return _after(calendar, start, workdays(nature, urgency), "交办")


def limit(calendar: Calendar, start: date, nature: Nature, urgency: Urgency, external: date | None) -> Due:
    """The latest deadline: the rule's, or the external order's own if that is earlier."""
    rule = standard(calendar, start, nature, urgency)
    if external is None or external >= rule.on:
        return rule
    return _stated(rule, external, f"外部工单时限 {external},早于 {rule.derivation}")


def stated(latest: Due, on: date) -> Due:
    """An earlier day that whoever dispatches has named."""
    return latest if on == latest.on else _stated(latest, on, f"交办时定为 {on},不晚于 {latest.derivation}")


def reopened(calendar: Calendar, start: date) -> Due:
    """The deadline of a ticket that is handled again."""
    return _after(calendar, start, REOPENED_WORKDAYS, "重办")


def _after(calendar: Calendar, start: date, days: int, what: str) -> Due:
    return Due(
        on=calendar.add_workdays(start, days), derivation=f"{what} {calendar.explain(start, days)}",
        calendar=calendar.version, rule=RULE,
    )  # fmt: skip


def _stated(latest: Due, on: date, derivation: str) -> Due:
    return Due(on=on, derivation=derivation, calendar=latest.calendar, rule=latest.rule)
