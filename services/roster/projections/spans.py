"""What held from which day to which: names of units and enterprises, whether an enterprise is to be served, its main contact.

Each row is a half-open interval, so a question about any day is one comparison; several questions about intervals are
PostgreSQL's own ranges.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import unit
from services.roster.domain.enterprise import states as enterprise
from shared.language.dated import on_day, spans
from shared.log.views import View


def _unit_name(key: str, _version: int, state: unit.State) -> Iterable[tuple[Any, ...]]:
    standing = state.was if isinstance(state, unit.Ended) else state
    if isinstance(standing, unit.Standing):
        for since, until, name in spans(standing.names):
            yield key, since, until, name


def _enterprise_name(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Registered) and len(state.names) > 1:  # With one name the register itself answers.
        for since, until, name in spans(state.names):
            yield UUID(key), since, until, name


def _scope(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    """When it was to be served: surviving, in the register, and not managed by another administration (kpi §1)."""
    if not isinstance(state, enterprise.Registered):
        return
    since = state.since
    days = sorted({max(day, since) for day, _ in (*state.standings, *state.custodies)})
    served = [(day, on_day(state.standings, day).survives and not on_day(state.custodies, day)) for day in days]
    for start, until, yes in spans(served):
        if yes:
            yield UUID(key), start, until


def _main_contact(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Registered):
        for since, until, line in spans((item.on, str(item.line)) for item in state.main):
            yield UUID(key), since, until, line


UNIT_NAMES = View[unit.State](
    "unit_name", {"code": "text", "since": "date", "until": "date", "name": "text"}, ("code", "since"), _unit_name, "code"
)
ENTERPRISE_NAMES = View[enterprise.State](
    "enterprise_name",
    {"enterprise": "uuid", "since": "date", "until": "date", "name": "text"},
    ("enterprise", "since"),
    _enterprise_name,
    "enterprise",
)
SCOPES = View[enterprise.State](
    "scope", {"enterprise": "uuid", "since": "date", "until": "date"}, ("enterprise", "since"), _scope, "enterprise"
)
MAIN_CONTACTS = View[enterprise.State](
    "main_contact",
    {"enterprise": "uuid", "since": "date", "until": "date", "line": "text"},
    ("enterprise", "since"),
    _main_contact,
    "enterprise",
)
OF_UNITS = (UNIT_NAMES,)
OF_ENTERPRISES = (ENTERPRISE_NAMES, SCOPES, MAIN_CONTACTS)
