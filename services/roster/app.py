"""The roster, put together."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import FastAPI

from services.roster import api
from services.roster.api import privacy
from services.roster.api.examples import EXAMPLES
from services.roster.projections import DECIDERS, VIEWS
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    """The service: deciders, views, and what it does in the background."""
    return Service(
        "roster", settings, DECIDERS, VIEWS, title=f"{settings.brand} · 企业与网格 (roster)", examples=EXAMPLES,
        tasks=lambda service: (partial(_sweeping, service),),
    )  # fmt: skip


async def _sweeping(service: Service) -> None:
    """For ever: destroy the keys of erased subjects that the vault was away for."""
    while True:
        await privacy.sweep(service)
        await asyncio.sleep(60)


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
