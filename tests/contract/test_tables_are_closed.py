"""The type checker proves each table of state × command and of state × fact: one member more is an error in every decider.

Every decider of the catalogue is taken as it stands in the source. To its states, its commands and its facts one is added that no
arm is for, all of them in three copies of the domain, and the type checker is asked once: half a minute on a machine of its own, most of it the checker reading the domain three times.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from support.mutants import PARTS, PROJECT, Table, function_at, mutate, plant, reached, tables

from services.issues.projections import DECIDERS as ISSUES
from services.reporting.domain.month import MONTH
from services.roster.projections import DECIDERS as ROSTER
from services.visits.projections import DECIDERS as VISITS
from shared.language.decider import AnyDecider, NoFactOfThisStream
from shared.language.facts import CATALOGUE

TABLES = tables()
MADE_BY_A_FUNCTION = {"disclosure"}
"""One decider for every service, made for the fact of each (``shared.http.disclosure``): nothing can be added to its one fact."""

ODD = re.compile(r"\bOdd\w+")

MISUSED = """
from uuid import UUID

from services.issues.domain.green import DropGreenCase
from services.issues.domain.parked import PARKED, KnownParked, SkipParked
from shared.language.decider import Actor, Context
from shared.log.handle import Ask, Desk
from shared.http.service import Service


async def number(connection: object, state: object, context: Context[int]) -> Context[KnownParked]: ...
async def nothing(connection: object, state: object, context: Context[int]) -> Context[int]: ...


async def misused(desk: Desk, service: Service, caller: Actor, id_: UUID) -> None:
    good = await service.context(caller, "k", KnownParked("a", 1, "b", "c"))
    bad = await service.context(caller, "k", 3)
    skip, drop = SkipParked(reason="x"), DropGreenCase(reason="x")
    await desk.handle(PARKED, "k", skip, good, command_id=id_)
    await desk.handle(PARKED, "k", skip, bad, command_id=id_, prepare=number)
    Ask(PARKED, "k", skip, good, id_)
    await desk.handle(PARKED, "k", drop, good, command_id=id_)  # An error.
    await desk.handle(PARKED, "k", skip, bad, command_id=id_)  # An error.
    await desk.handle(PARKED, "k", skip, bad, command_id=id_, prepare=nothing)  # An error.
    await desk.handle(PARKED, "k", skip, good, command_id=id_, prepare=number)  # An error.
    Ask(PARKED, "k", drop, good, id_)  # An error.
    Ask(PARKED, "k", skip, bad, id_)  # An error.
"""


def test_every_decider_of_the_catalogue_is_looked_at() -> None:
    kinds = {decider.kind for decider in (*ROSTER, *VISITS, *ISSUES, MONTH)}
    assert kinds == {table.kind for table in TABLES} | MADE_BY_A_FUNCTION


def test_the_deciders_name_their_types() -> None:
    assert not sorted(table.kind for table in TABLES if not table.typed)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the type checker says of all mutants together: by part, decider and what was added, where it objects."""
    root = tmp_path_factory.mktemp("mutants")
    added: dict[str, tuple[Table, str]] = {}
    for part in PARTS:
        plant(root / part)
        for table in TABLES:
            added |= dict.fromkeys(mutate(table, part, root / part), (table, part))
    (root / "fact" / "misused.py").write_text(MISUSED)
    touched = sorted({str(path.parent.relative_to(PROJECT)) for path in (table.path for table in TABLES)})
    environments = [{"root": str(root / part)} for part in PARTS]
    settings = {
        "include": [*(str(root / part / path) for part in PARTS for path in touched), str(root / "fact" / "misused.py")],
        "executionEnvironments": environments,
        "typeCheckingMode": "standard",
        "reportMatchNotExhaustive": "error",
        "pythonVersion": "3.11",
        "failOnWarnings": False,
        "venvPath": str(PROJECT),
        "venv": ".venv",
    }
    (root / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "-p", str(root / "pyrightconfig.json")]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    objections: dict[str, set[tuple[str, str]]] = defaultdict(set)
    misused: set[int] = set()
    for item in answer["generalDiagnostics"]:
        path, line = Path(item["file"]), item["range"]["start"]["line"] + 1
        if item["severity"] != "error":
            continue
        if path.name == "misused.py":
            misused.add(line)
        for name in ODD.findall(item["message"]):
            objections[name].add((path.name, function_at(path, line)))
    return {"added": added, "objections": objections, "misused": misused}


def test_a_command_a_state_and_a_fact_without_an_arm_are_type_errors(said: dict[str, Any]) -> None:
    silent: list[str] = []
    for name, (table, part) in said["added"].items():
        where: set[tuple[str, str]] = said["objections"][name]
        wanted = {"command": (table.decide,), "fact": (table.evolve,), "state": (table.decide, table.evolve)}[part]
        silent += [f"{name}: {start}" for start in wanted if not where & reached(table.path, start)]
    assert not silent
    assert len(said["added"]) >= 3 * len(TABLES)


def test_every_stage_of_a_ticket_says_what_it_does_with_a_new_command(said: dict[str, Any]) -> None:
    """A command of a part of the table is refused whole by the stages of other parts, and has to be named in all of its own."""
    rows = {
        "OddIssueCommandInBeginning": {"reported", "accepted", "declined", "merged", "dispatched"},
        "OddIssueCommandInHandling": {"dispatched", "signed", "tracked", "escalating", "resolved"},
        "OddIssueCommandInFinishing": {"merged", "signed", "resolved", "reviewed", "closed", "archived"},
        "OddIssueCommandInAnytime": {"over"},
    }
    for name, stages in rows.items():
        assert stages <= {function for _, function in said["objections"][name]}, name


def test_what_a_decider_does_not_take_is_a_type_error_where_it_is_handed_over(said: dict[str, Any]) -> None:
    lines = MISUSED.splitlines()
    assert said["misused"] == {number for number, line in enumerate(lines, 1) if line.endswith("# An error.")}


def test_a_fact_of_another_stream_stops_its_reader() -> None:
    """At run time nothing is proved: a stream that holds what no arm is for is not read on as if it were not there."""
    for decider in (*ROSTER, *VISITS, *ISSUES, MONTH):
        _stops(decider)


def _stops(decider: AnyDecider) -> None:
    strange = CATALOGUE["reporting.ledger-signed.v1" if decider.kind != "month" else "issues.duty-published.v1"]
    with pytest.raises(NoFactOfThisStream):
        decider.fold([strange.model_construct()])
