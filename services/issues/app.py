"""Issues, put together."""

from __future__ import annotations

from fastapi import FastAPI

from services.issues import api
from services.issues.projections import DECIDERS, VIEWS
from services.issues.reactions import reactions
from shared import directory
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    """The service: decider, views, its copy of the roster, and what it does because of visits."""
    return Service(
        "issues", settings, DECIDERS, VIEWS, title=f"{settings.brand} · 诉求与问题 (issues)",
        followers=lambda _service: (directory.follower(),), reactions=reactions,
    )  # fmt: skip


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
