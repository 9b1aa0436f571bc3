"""HTTP of visits: a request becomes a command; an answer comes from a projection."""

from services.visits.api import briefing as helping
from services.visits.api import (
    campaigns,
    consultations,
    evidence,
    feedback,
    links,
    materials,
    planning,
    policies,
    privacy,
    public,
    questionnaires,
    reuse,
    review,
    surveys,
    visits,
)

ROUTERS = (
    visits.router,
    evidence.router,
    planning.router,
    links.router,
    feedback.router,
    questionnaires.router,
    public.router,
    public.opening,
    public.alleging,
    consultations.router,
    surveys.router,
    campaigns.router,
    materials.router,
    helping.router,
    policies.router,
    review.router,
    reuse.router,
    privacy.router,
)
