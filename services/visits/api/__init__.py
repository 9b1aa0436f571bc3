"""HTTP of visits: a request becomes a command; an answer comes from a projection."""

from services.visits.api import evidence, visits

ROUTERS = (visits.router, evidence.router)
