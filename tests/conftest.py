"""Real servers for everybody: started once, a fresh district for each test, and the check every such test ends with."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator

import hypothesis
import pytest_asyncio
from support.scratch import scratch
from support.world import District, World, a_district

from shared.events import issues, reporting, roster, visits
from shared.log.loglines import logging_to

CATALOGUES = (roster, visits, issues, reporting)
"""Read here, so that the catalogue of facts is whole before any test takes its cases from it, whichever file comes first."""

scratch()

# How long an example takes says how busy the machine is, not whether the code is right. A change is judged by the same examples on
# every machine; looking for new ones is a task of its own (make explore).
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=not os.environ.get("GUIREN_EXPLORE"),
)
hypothesis.settings.load_profile("any machine")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world() -> AsyncGenerator[World, None]:
    """PostgreSQL 18 and NATS, real ones."""
    logging_to("json")
    made = World()
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def district(world: World) -> AsyncGenerator[District, None]:
    """A district of its own. At the end all its views are rebuilt, every event delivered twice, and compared."""
    async with a_district(world) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def whole_district(world: World) -> AsyncGenerator[District, None]:
    """Likewise, with databases named as installed: for services that run as processes."""
    async with a_district(world, prefix="") as made:
        yield made
