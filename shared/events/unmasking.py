"""What every service records before it shows personal data in clear; each under a type of its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.language.facts import Fact
from shared.language.freetext import Code, FreeText


class Unmasked(Fact):
    """Somebody read personal data in clear: what of whom, why, and never the data themselves (个人信息保护法 第五十一条)."""

    what: Code
    about: Code
    unit: Code = ""
    fields: tuple[Code, ...]
    reason: FreeText
    by: UUID
    role: Code
    at: datetime

    @property
    def told_of(self) -> str:
        """Why somebody was asked about belongs to whom it was asked about."""
        return self.about
