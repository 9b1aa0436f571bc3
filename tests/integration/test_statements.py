"""How many statements a command sends: what is looked up again, or written again as it stood, shows here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from support.desk import a_desk, at, member
from support.scene import a_scene
from support.statements import statements
from support.world import District


def within(found: Sequence[str], limit: int) -> None:
    assert len(found) <= limit, "\n".join(found)


def in_transaction(found: Sequence[str]) -> list[str]:
    """From the last ``begin`` to its end: what the desk sends."""
    start = max(n for n, text in enumerate(found) if text.upper().startswith("BEGIN"))
    end = next(n for n, text in enumerate(found[start:], start) if text.upper().startswith("COMMIT"))
    return list(found[start : end + 1])


async def test_a_step_of_a_ticket_sends_ten_at_most(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    id_ = await desk.reported()
    steps: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("l", "accept", {}),
        ("h", "dispatch", {"unit": "T01", "leader": str(member("h")), "measures": "现场勘察后清淤", "due": "standard"}),
        ("w", "sign", {}),
        ("w", "progress", {"note": "已到现场", "contacted": True}),
    )
    for account, verb, body in steps:
        async with statements(desk.issues.pool) as found:
            await desk.ask(account, id_, verb, **body)
        within(in_transaction(found), 10)
    assert at("09-14T10:00") == desk.issues.clock()


@pytest.mark.parametrize(("at_once", "limit"), [(1, 14), (8, 10)])
async def test_a_visit_sends_few(district: District, at_once: int, limit: int) -> None:
    """Alone, and of those who record at the same moment each its share."""
    async with a_scene(district, enterprises=at_once + 1) as scene:
        await scene.visit(at_once + 1)
        await scene.visits.calendar()
        async with statements(scene.visits.pool) as found:
            await asyncio.gather(*(scene.visit(number) for number in range(1, at_once + 1)))
        within(found, limit * at_once)
