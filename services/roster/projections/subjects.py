"""Subjects of personal data as tables: which enterprise a contact stands for, and who was erased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import subject
from services.roster.domain.enterprise import states as enterprise
from shared.events.roster import PersonalUnmasked
from shared.http.disclosure import disclosures
from shared.language.personal import Personal
from shared.log.views import View


def _erased(key: str, _version: int, state: subject.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, subject.Erased):
        yield UUID(key), state.fact.on, state.fact.reason, state.fact.by


def _asked(key: str, _version: int, state: subject.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, subject.Readable) and state.asked is not None:
        yield UUID(key), state.asked.id, state.asked.reason, state.asked.by, state.asked.on


def _contact(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    phone: Personal | None = state.particulars.get("phone") if isinstance(state, enterprise.Registered) else None
    if phone is not None and phone.subject is not None:
        yield phone.subject, UUID(key)


ERASED = View[subject.State](
    "erased", {"subject": "uuid", "on_date": "date", "reason": "text", "by": "uuid"}, ("subject",), _erased, "subject"
)
ASKED = View[subject.State](
    "erasure",
    {"subject": "uuid", "id": "uuid", "reason": "text", "by": "uuid", "on_date": "date"},
    ("subject", "id"),
    _asked,
    "subject",
)
CONTACTS = View[enterprise.State]("contact", {"subject": "uuid", "enterprise": "uuid"}, ("subject",), _contact, "enterprise")
DISCLOSURE, DISCLOSURES = disclosures(PersonalUnmasked)
