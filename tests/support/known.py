"""What a decision of the roster or of visits knows, made of what a test tells in words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from services.roster.domain.brand import KnownBrand
from services.roster.domain.calendar import KnownYear
from services.roster.domain.correction import KnownAnswering
from services.roster.domain.delivery import KnownDelivery
from services.roster.domain.enterprise.decide import KnownPlaces
from services.roster.domain.handover import KnownHandover
from services.roster.domain.mapping import KnownMapping
from services.roster.domain.member import KnownMember
from services.roster.domain.project import KnownPlaque, KnownProject
from services.roster.domain.unit import KnownUnit
from services.visits.domain.campaign import KnownCampaign
from services.visits.domain.consultation import KnownPeople
from services.visits.domain.distribution import KnownEditions
from services.visits.domain.survey import KnownPopulation
from services.visits.domain.visit.decide import KnownVisit
from services.visits.domain.visit.record import KnownTelling
from shared.language.decider import AnyDecider
from shared.language.known import KnownEnterprise

_CLASSES: dict[str, type[Any]] = {
    "brand": KnownBrand,
    "calendar": KnownYear,
    "correction": KnownAnswering,
    "delivery": KnownDelivery,
    "enterprise": KnownPlaces,
    "handover": KnownHandover,
    "mapping": KnownMapping,
    "member": KnownMember,
    "project": KnownProject,
    "unit": KnownUnit,
    "campaign": KnownCampaign,
    "consultation": KnownPeople,
    "distribution": KnownEditions,
    "survey": KnownPopulation,
}
_ALWAYS = {"code": "T1", "account": "a", "proposal": UUID(int=77)}


def known_of(decider: AnyDecider, **told: Any) -> Any:
    """What the decider's class has a field for, ``None`` if a test tells none of it; a project's plaque is known where a token
    is told.
    """
    if decider.kind == "project" and "token" in told:
        told["plaque"] = _made(KnownPlaque, told)
    kind = _CLASSES.get(decider.kind)
    return _made(kind, {**_ALWAYS, **told}) if kind else None


def visiting(enterprise: KnownEnterprise, members: Any, units: Any, **more: Any) -> KnownVisit:
    """What is known of a visit, whatever is done with it: the enterprise is the same today."""
    of_the_visit = {field.name for field in fields(KnownVisit)}
    told = {name: value for name, value in more.items() if name not in of_the_visit}
    rest = {name: value for name, value in more.items() if name in of_the_visit}
    return KnownVisit(KnownTelling(enterprise, members, units, **told), enterprise, **rest)


def _made(kind: type[Any], told: dict[str, Any]) -> Any:
    return kind(**{field.name: told[field.name] for field in fields(kind) if field.name in told})
