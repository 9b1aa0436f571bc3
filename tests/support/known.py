"""What a decision of the roster knows, made of what a test tells in words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from services.roster.domain.brand import KnownBrand
from services.roster.domain.calendar import KnownYear
from services.roster.domain.correction import KnownAnswering
from services.roster.domain.delivery import KnownDelivery
from services.roster.domain.enterprise import KnownPlaces
from services.roster.domain.handover import KnownHandover
from services.roster.domain.mapping import KnownMapping
from services.roster.domain.member import KnownMember
from services.roster.domain.project import KnownPlaque, KnownProject
from services.roster.domain.unit import KnownUnit
from shared.decider import Decider

_CLASSES: dict[str, type[Any]] = {
    "brand": KnownBrand, "calendar": KnownYear, "correction": KnownAnswering, "delivery": KnownDelivery, "enterprise": KnownPlaces,
    "handover": KnownHandover, "mapping": KnownMapping, "member": KnownMember, "project": KnownProject, "unit": KnownUnit,
}  # fmt: skip
_ALWAYS = {"code": "T1", "account": "a", "proposal": UUID(int=77)}


def known_of(decider: Decider[Any], **told: Any) -> Any:
    """What the decider's class has a field for; a project's plaque is known where a token is told."""
    if decider.kind == "project" and "token" in told:
        told["plaque"] = _made(KnownPlaque, told)
    return _made(_CLASSES[decider.kind], {**_ALWAYS, **told})


def _made(kind: type[Any], told: dict[str, Any]) -> Any:
    return kind(**{field.name: told[field.name] for field in fields(kind) if field.name in told})
