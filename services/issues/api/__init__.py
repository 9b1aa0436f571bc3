"""HTTP of issues: a request becomes a command; an answer comes from the log and its views."""

from services.issues.api import (
    answering,
    callbacks,
    dates,
    green,
    hotline,
    live,
    omissions,
    orders,
    papers,
    parked,
    privacy,
    public,
    queues,
    steps,
    tickets,
    timers,
)

ROUTERS = (
    dates.router,
    papers.router,
    tickets.router,
    omissions.router,
    answering.router,
    queues.router,
    callbacks.router,
    hotline.router,
    orders.router,
    green.router,
    live.router,
    steps.router,
    timers.router,
    parked.router,
    privacy.router,
    public.router,
)
"""``dates`` first: ``/issues/deadline`` is no ticket; ``answering`` before ``queues``: ``/queues/unanswered`` is no queue of tasks."""
