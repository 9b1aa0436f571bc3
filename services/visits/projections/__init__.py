"""The views of visits: one module per kind of stream, each row a pure function of a stream's state."""

from __future__ import annotations

from typing import Any

from services.visits.domain.campaign import CAMPAIGN
from services.visits.domain.consultation import CONSULTATION
from services.visits.domain.distribution import DISTRIBUTION
from services.visits.domain.feedback import FEEDBACK
from services.visits.domain.link import LINK
from services.visits.domain.material import MATERIAL
from services.visits.domain.policy import POLICY
from services.visits.domain.poll import POLL, RESPONSE
from services.visits.domain.questionnaire import QUESTIONNAIRE
from services.visits.domain.reuse import REUSE
from services.visits.domain.survey import SURVEY
from services.visits.domain.switches import SWITCHES
from services.visits.domain.visit.decide import VISIT
from services.visits.projections import (
    campaigns,
    consultations,
    disclosures,
    feedback,
    links,
    materials,
    policies,
    questionnaires,
    surveys,
)
from services.visits.projections.visits import BANDS, FILES, PEOPLE, STATES, UNITS, VISITS, flags
from shared.language.decider import AnyDecider
from shared.log.views import View

DECIDERS: tuple[AnyDecider, ...] = (
    VISIT,
    POLICY,
    SWITCHES,
    REUSE,
    LINK,
    FEEDBACK,
    QUESTIONNAIRE,
    POLL,
    RESPONSE,
    CONSULTATION,
    SURVEY,
    CAMPAIGN,
    MATERIAL,
    DISTRIBUTION,
    disclosures.DISCLOSURE,
)
VIEWS: dict[str, tuple[View[Any], ...]] = {
    "visit": (VISITS, UNITS, PEOPLE, FILES, BANDS),
    "policy": (policies.POLICIES,),
    "switches": (policies.SWITCHES,),
    "reuse": (policies.REUSES,),
    "link": (links.LINKS, links.UNITS),
    "feedback": (feedback.FEEDBACK,),
    "questionnaire": (questionnaires.QUESTIONNAIRES,),
    "poll": (questionnaires.POLLS,),
    "response": (questionnaires.RESPONSES,),
    "consultation": (consultations.CONSULTATIONS, consultations.TASKS, consultations.SUBJECTS),
    "survey": (surveys.SURVEYS,),
    "campaign": (campaigns.CAMPAIGNS, campaigns.CHANNELS),
    "material": (materials.MATERIALS,),
    "distribution": (materials.DISTRIBUTIONS,),
    "disclosure": (disclosures.DISCLOSURES,),
}

__all__ = ["BANDS", "DECIDERS", "FILES", "PEOPLE", "STATES", "UNITS", "VIEWS", "VISITS", "flags"]
