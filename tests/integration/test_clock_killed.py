"""The clock dies between an alarm and its commit, on a real PostgreSQL: nothing is lost, nothing rings twice."""

from __future__ import annotations

import contextlib
from typing import Any

import asyncpg
import pytest
from support.desk import a_desk
from support.world import District

from services.issues import clock
from shared.language.problems import Problem

ESCALATING = ["sign", "blue", "yellow", "red", "red_5", "red_10"]


@pytest.mark.parametrize("place", [1, 2, 4, 6])
async def test_killed_between_an_alarm_and_its_commit_the_next_sweep_rings_it_once(
    district: District, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00:00")
    id_ = await desk.dispatched()
    desk.now("12-01T10:00:00")
    append, calls = desk.issues.desk._append, 0

    async def killed(connection: Any, decided: Any) -> int:
        nonlocal calls
        calls += 1
        position = await append(connection, decided)
        if calls == place:  # The alarm and what follows from it are written; the connection dies before the commit.
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
        return position

    monkeypatch.setattr(desk.issues.desk, "_append", killed)
    with contextlib.suppress(Problem, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await clock.sweep(desk.issues)
    assert calls >= place
    monkeypatch.undo()
    before = [data["kind"] for type_, data in await desk.facts(id_) if type_ == "alarm-raised"]
    assert len(before) < len(ESCALATING)

    assert await clock.sweep(desk.issues) > 0
    assert await clock.sweep(desk.issues) == 0
    facts = await desk.facts(id_)
    rung = [data for type_, data in facts if type_ == "alarm-raised"]
    assert len(rung) == len({(data["kind"], data["deadline"]) for data in rung})
    assert [data["kind"] for data in rung if data["kind"] in ESCALATING] == ESCALATING
    assert [type_ for type_, _ in facts].count("issue-supervised") == 1
    assert [type_ for type_, _ in facts].count("issue-signed") == 1
    shown = await desk.shown(id_)
    assert shown["due"]["on"] == shown["first_due"]["on"] == "2026-09-22"
    assert [slip["no"] for slip in shown["slips"]] == ["贵服督〔2026〕1号"]
