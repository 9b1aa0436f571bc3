"""The roster, put together."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from services.roster import api
from services.roster.api import privacy
from services.roster.api.examples import EXAMPLES
from services.roster.projections import DECIDERS, VIEWS
from shared.http.openapi import refusals
from shared.http.people import reading
from shared.http.service import Periodic, Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    """The service: deciders, views, and what it does in the background."""
    return Service(
        "roster",
        settings,
        DECIDERS,
        VIEWS,
        title=f"{settings.brand} · 企业与网格 (roster)",
        refusals=refusals(__package__),
        examples=EXAMPLES,
        people=reading("view.post", "since", "until", "view.revoked"),
        tasks=lambda service: (Periodic("erasures", 60, partial(privacy.sweep, service)),),
    )


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
