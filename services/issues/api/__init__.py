"""HTTP of issues: a request becomes a command; an answer comes from the log and its views."""

from services.issues.api import dates, parked, tickets

ROUTERS = (dates.router, tickets.router, parked.router)
"""``dates`` first: ``/issues/deadline`` is no ticket."""
