"""R30 制定具体方案,明确责任领导和解决措施,限时化解."""

from __future__ import annotations

import pytest
from support.desk import a_desk, member
from support.world import District

WHOLE = {"unit": "T01", "leader": str(member("h")), "measures": "现场勘察后清淤", "due": "standard"}


async def test_nothing_is_dispatched_without_unit_leader_measures_and_term(district: District) -> None:
    """交办 impossible without 承办单位, 责任领导, 措施, 时限 (API 422)"""
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    id_ = await desk.reported()
    await desk.ask("l", id_, "accept")
    for name in WHOLE:
        answer = await desk.asked("h", id_, "dispatch", **{key: value for key, value in WHOLE.items() if key != name})
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": f"/body/{name}", "code": "missing", "title": "必填"}]
    assert (await desk.shown(id_))["stage"] == "accepted"
    told = await desk.ask("h", id_, "dispatch", **WHOLE)
    assert told["stage"] == "dispatched"


@pytest.mark.parametrize(
    ("nature", "due", "words"),
    [
        ("enquiry", "2026-09-30", "交办 09-24 + 3 工作日,跳过 09-25…27 → 09-30"),
        ("help", "2026-10-12", "交办 09-24 + 7 工作日,跳过 09-25…27、10-01…07、10-11,含调休上班 10-10 → 10-12"),
    ],
)
async def test_how_the_deadline_came_about_is_shown(district: District, nature: str, due: str, words: str) -> None:
    """Beyond: deadline derivation shown, with the versions of calendar and rule."""
    desk = await a_desk(district)
    desk.now("09-24T10:00:00")
    told = await desk.shown(await desk.dispatched(nature=nature))
    assert (told["due"]["on"], told["due"]["derivation"]) == (due, words)
    assert (told["due"]["calendar"], told["due"]["rule"]) == ("2026.1", "2026.2")
