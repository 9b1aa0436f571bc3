"""The roster, put together."""

from __future__ import annotations

from fastapi import FastAPI

from services.roster import api
from services.roster.projections import DECIDERS, VIEWS
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    """The service: deciders, views, and what it does in the background."""
    return Service("roster", settings, DECIDERS, VIEWS, title=f"{settings.brand} · 企业与网格 (roster)")


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
