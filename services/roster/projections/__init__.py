"""The roster's views: each row is a pure function of a stream's state, written in the transaction of the fact."""

from __future__ import annotations

from typing import Any

from services.roster.domain.brand import BRAND
from services.roster.domain.calendar import CALENDAR
from services.roster.domain.census import CENSUS
from services.roster.domain.correction import CORRECTION
from services.roster.domain.delivery import DELIVERY
from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.domain.handover import HANDOVER
from services.roster.domain.mapping import MAPPING
from services.roster.domain.member import MEMBER
from services.roster.domain.project import PROJECT
from services.roster.domain.revocation import REVOCATION
from services.roster.domain.row import ROW
from services.roster.domain.subject import SUBJECT
from services.roster.domain.task import TASK
from services.roster.domain.unit import UNIT
from services.roster.projections import (
    brand,
    calendar,
    censuses,
    enterprises,
    handovers,
    mapping,
    members,
    projects,
    revocations,
    rows,
    spans,
    subjects,
    tasks,
    units,
)
from shared.language.decider import AnyDecider
from shared.log.views import View

DECIDERS: tuple[AnyDecider, ...] = (
    UNIT,
    MEMBER,
    ENTERPRISE,
    CALENDAR,
    MAPPING,
    BRAND,
    DELIVERY,
    PROJECT,
    ROW,
    CENSUS,
    CORRECTION,
    TASK,
    HANDOVER,
    SUBJECT,
    REVOCATION,
    subjects.DISCLOSURE,
)
VIEWS: dict[str, tuple[View[Any], ...]] = {
    "unit": (*units.VIEWS, *spans.OF_UNITS),
    "member": members.VIEWS,
    "enterprise": (*enterprises.VIEWS, *spans.OF_ENTERPRISES, subjects.CONTACTS),
    "calendar": calendar.VIEWS,
    "mapping": mapping.VIEWS,
    "brand": (brand.BRANDS,),
    "delivery": (brand.DELIVERIES,),
    "project": projects.VIEWS,
    "row": rows.VIEWS,
    "census": (censuses.CENSUSES,),
    "correction": (censuses.CORRECTIONS,),
    "task": tasks.VIEWS,
    "handover": handovers.VIEWS,
    "subject": (subjects.ERASED, subjects.ASKED),
    "revocation": (revocations.REVOKED,),
    "disclosure": (subjects.DISCLOSURES,),
}
