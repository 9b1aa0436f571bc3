"""Reporting, put together: it follows the three other logs into its archive and supplements filed ledgers by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fastapi import FastAPI

from services.reporting import api
from services.reporting.archive import ORIGINS, follower, prove
from services.reporting.projections import DECIDERS, VIEWS, Reporting
from services.reporting.reactions import supplement
from shared.http import people
from shared.http.openapi import refusals
from shared.http.service import Periodic, Service
from shared.settings import Settings

_SWEEP_SECONDS = 600
_PROOFS_SECONDS = 60


def _tasks(service: Service) -> Sequence[Periodic]:
    assert isinstance(service, Reporting)  # noqa: S101  it is built right below.
    return (
        Periodic("supplements", _SWEEP_SECONDS, partial(supplement, service)),
        Periodic("proofs", _PROOFS_SECONDS, lambda: prove(service.pool, service.bus)),
    )


def build(settings: Settings) -> Reporting:
    """The service: deciders, views, the followers that fill the archive, the sweep for supplements."""
    return Reporting(
        "reporting",
        settings,
        DECIDERS,
        VIEWS,
        title=f"{settings.brand} · 台账与指标 (reporting)",
        refusals=refusals(__package__),
        followers=lambda _service: [people.follower(), *map(follower, ORIGINS)],
        tasks=_tasks,
    )


def application(settings: Settings) -> FastAPI:
    """Its HTTP application."""
    return build(settings).app(*api.ROUTERS)
