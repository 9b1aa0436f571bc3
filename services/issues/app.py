"""Issues, put together."""

from __future__ import annotations

from fastapi import FastAPI

from services.issues import api, clock
from services.issues.api.examples import EXAMPLES
from services.issues.projections import DECIDERS, VIEWS, heard, links
from services.issues.reactions import reactions
from shared.http import people
from shared.http.openapi import refusals
from shared.http.service import Service
from shared.log import directory
from shared.settings import Settings


def build(settings: Settings) -> Service:
    """The service: decider, views, its copy of the roster, what it does because of others, and its clock."""
    return Service(
        "issues",
        settings,
        DECIDERS,
        VIEWS,
        title=f"{settings.brand} · 诉求与问题 (issues)",
        refusals=refusals(__package__),
        followers=lambda _service: (people.follower(), directory.follower(), links.follower(), heard.follower()),
        reactions=reactions,
        tasks=lambda service: (clock.task(service),) if service.settings.clock else (),
        examples=EXAMPLES,
    )


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
