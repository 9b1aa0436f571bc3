"""``guiren visits plan``."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from deploy.cli import app, visits

ITEM = {
    "name": "某1商贸有限公司",
    "line_label": "横向",
    "done": False,
    "proposed": "2026-09-16",
    "needs": ["融资"],
    "notes": [],
    "reasons": [{"points": 50, "words": "本月未走访"}],
}
PLAN = {
    "worker": "T01-worker1",
    "month": "2026-09",
    "done": 0,
    "waiting": 1,
    "items": [ITEM],
    "forecast": {"sentence": "按当前进度27日将达到25.00%(1/4)"},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=PLAN)

    def client(_home: Any, account: str) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://guiren", headers={"as": account})

    monkeypatch.setattr(visits, "client", client)
    return seen


def test_the_plan_as_json_and_as_a_table(asked: list[httpx.Request]) -> None:
    told = CliRunner().invoke(app, ["visits", "plan", "--worker", "T01-worker1", "--month", "2026-09", "--json"])
    assert (told.exit_code, json.loads(told.stdout)) == (0, PLAN)
    assert str(asked[0].url) == "http://guiren/api/visits/plan?worker=T01-worker1&month=2026-09"
    assert asked[0].headers["as"] == "office-head"
    shown = CliRunner().invoke(app, ["visits", "plan", "--worker", "T01-worker1"])
    assert shown.exit_code == 0
    assert "按当前进度27日将达到25.00%" in shown.stdout
    assert CliRunner().invoke(app, ["visits", "plan"]).exit_code == 2
