"""The desk as tables: its roster by day, its calls with numbers sealed, transferred orders that wait for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.issues.domain import call, duty, order
from shared.language.personal import Personal
from shared.log.views import View


def _token(datum: Personal | None) -> str | None:
    return orjson.dumps(datum.token).decode() if datum and datum.token else None


def sealed(text: str | None) -> Personal | None:
    """The datum of a sealed column."""
    return Personal.read(orjson.loads(text)) if text else None


def _days(key: str, _version: int, state: duty.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, duty.Published):
        yield from ((key, day.on, place, member) for day in state.days for place, member in enumerate(day.members))


def _calls(key: str, version: int, state: call.State) -> Iterable[tuple[Any, ...]]:
    match state:
        case call.Unheard():
            return
        case call.Taken(call=told):
            yield (
                UUID(key),
                version,
                str(state.STAGE),
                told.on,
                told.at,
                told.by,
                _token(told.caller),
                _token(told.phone),
                told.enterprise and told.enterprise.id,
                told.enterprise and told.enterprise.name,
                told.content,
                told.ticket,
                None,
                0,
                None,
                None,
            )
        case call.Missed(call=lost, tries=tries) | call.Followed(call=lost, tries=tries):
            found = next((attempt for attempt in reversed(tries) if attempt.enterprise), None)
            firm = found.enterprise if found else lost.enterprise
            said = next((attempt.caller for attempt in reversed(tries) if attempt.caller), None)
            ticket = next((attempt.ticket for attempt in tries if attempt.ticket), None)
            yield (
                UUID(key),
                version,
                str(state.STAGE),
                lost.on,
                lost.at,
                lost.by,
                _token(said),
                _token(lost.phone),
                firm and firm.id,
                firm and firm.name,
                lost.note,
                ticket,
                lost.due.on,
                len(tries),
                tries[0].on if tries else None,
                tries[-1].on if isinstance(state, call.Followed) else None,
            )


def _orders(key: str, version: int, state: order.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, order.Unheld):
        return
    held = state.order
    yield (
        UUID(key),
        version,
        str(state.STAGE),
        held.external_no,
        held.enterprise_name,
        held.enterprise_code,
        held.content,
        str(held.category),
        str(held.nature),
        str(held.urgency),
        held.external_due,
        held.called,
        _token(held.reporter),
        _token(held.phone),
        orjson.dumps(held.reasons).decode(),
        held.on,
        state.end.ticket if isinstance(state, order.Matched) else None,
        state.end.reason if isinstance(state, order.Dismissed) else None,
        None if isinstance(state, order.Held) else state.end.on,
    )


DUTY_DAYS = View[duty.State](
    "duty_day",
    {"month": "text", "on_day": "date", "place": "int", "member": "uuid"},
    ("on_day", "place"),
    _days,
    "month",
)
CALLS = View[call.State](
    "call",
    {
        "id": "uuid",
        "ver": "int",
        "stage": "text",
        "on_day": "date",
        "at": "timestamptz",
        "by_member": "uuid",
        "caller": "jsonb",
        "phone": "jsonb",
        "enterprise": "uuid",
        "enterprise_name": "text",
        "content": "text",
        "ticket": "uuid",
        "due": "date",
        "tries": "int",
        "first_try": "date",
        "followed_on": "date",
    },
    ("id",),
    _calls,
    "id",
    indexes=("(at, id)", "(due) where stage = 'missed'", "(enterprise)"),
)
ORDERS = View[order.State](
    "held_order",
    {
        "id": "uuid",
        "ver": "int",
        "stage": "text",
        "external_no": "text",
        "enterprise_name": "text",
        "enterprise_code": "text",
        "content": "text",
        "category": "text",
        "nature": "text",
        "urgency": "text",
        "external_due": "date",
        "called": "text",
        "reporter": "jsonb",
        "phone": "jsonb",
        "reasons": "jsonb",
        "held_on": "date",
        "ticket": "uuid",
        "reason": "text",
        "settled_on": "date",
    },
    ("id",),
    _orders,
    "id",
    indexes=("(stage, held_on, id)", "(external_no)"),
)
