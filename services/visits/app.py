"""Visits, put together."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from services.visits import api
from services.visits.api import orphans
from services.visits.api.examples import EXAMPLES
from services.visits.projections import DECIDERS, VIEWS
from shared.http import people
from shared.http.openapi import refusals
from shared.http.service import Periodic, Service
from shared.log import directory
from shared.settings import Settings


def build(settings: Settings) -> Service:
    """The service: its decider, its views, and the read copy of the roster it decides on."""
    return Service(
        "visits",
        settings,
        DECIDERS,
        VIEWS,
        title=f"{settings.brand} · 走访 (visits)",
        refusals=refusals(__package__),
        followers=lambda _service: (people.follower(), directory.follower()),
        examples=EXAMPLES,
        tasks=lambda service: (Periodic("orphans", orphans.EVERY_SECONDS, partial(orphans.sweep, service)),),
    )


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
