"""What the command line says and sends: any reason goes into a request, every outcome has a word, and who acts is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.cli import app, importing, parked
from deploy.cli.importing import Asked, told
from deploy.cli.outlet import OFFICE_ACCOUNT, said_once
from shared.language.terms import Change


def test_a_reason_in_chinese_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"replayed": False})

    def client(_home: object, _account: str) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://guiren")

    monkeypatch.setattr(parked, "client", client)
    for reason in ("已电话核实并人工登记", "已电话核实并人工登记", "另一个原因"):
        done = CliRunner().invoke(app, ["parked", "skip", "tickets-from-visits", "7", "--reason", reason])
        assert done.exit_code == 0, done.exception
    keys = [request.headers["Idempotency-Key"] for request in seen]
    assert keys[0] == keys[1] != keys[2]


@given(st.lists(st.text(), min_size=1))
def test_what_was_said_makes_a_header_whatever_it_was(said: list[str]) -> None:
    httpx.Request("POST", "http://guiren", headers=said_once(*said))


def test_every_change_that_a_file_can_make_has_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(importing.console, "print", lambda line, **_: lines.append(line))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    counts = ("rows", "accepted", "refused", "set_aside", "outside", "repeated")
    result: dict[str, Any] = {
        "file": "a.csv",
        **dict.fromkeys(counts, 1),
        "sheets": [],
        "omitted": [],
        "remarks": [],
        "notes": {},
        "lines": {},
        "report": Path("a"),
        "preview": dict.fromkeys(Change, 1),
        "changes": [{"what": change.value, "code": "C", "name": "某公司"} for change in Change],
    }
    told(result, Asked(apply=False, preview=True, complete=False, confirm=None))
    for change in Change:
        assert any(line.startswith(f"{change.label} C 某公司") for line in lines)
        assert any(f"{change.label} 1 户" in line for line in lines)


def _commands(group: Any) -> Iterator[Any]:
    yield group
    for command in getattr(group, "commands", {}).values():
        yield from _commands(command)


def test_who_acts_by_default_is_the_account_that_init_makes() -> None:
    defaults = {
        command.name: option.default
        for command in _commands(typer.main.get_command(app))
        for option in command.params
        if option.name == "account" and not option.required
    }
    assert {"init", "import", "list", "skip"} <= set(defaults)
    assert {defaults.pop(name) for name in ("init", "import", "list", "skip")} == {OFFICE_ACCOUNT}
    assert set(defaults.values()) <= {OFFICE_ACCOUNT, "admin", "audit-admin"}  # The others see no business data.
