"""Subjects of personal data as tables: which enterprise a contact stands for, and who was erased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import enterprise, subject
from shared.disclosure import disclosures
from shared.events.roster import PersonalUnmasked
from shared.projector import View


def _erased(key: str, _version: int, state: subject.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, subject.Erased):
        yield UUID(key), state.fact.on, state.fact.reason, state.fact.by


def _contact(key: str, _version: int, state: enterprise.State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, enterprise.Registered) and state.particulars.get("phone"):
        yield enterprise.subject(UUID(key), "phone"), UUID(key)


ERASED = View[subject.State](
    "erased", {"subject": "uuid", "on_date": "date", "reason": "text", "by": "uuid"}, ("subject",), _erased, "subject"
)
CONTACTS = View[enterprise.State]("contact", {"subject": "uuid", "enterprise": "uuid"}, ("subject",), _contact, "enterprise")
DISCLOSURE, DISCLOSURES = disclosures(PersonalUnmasked)
