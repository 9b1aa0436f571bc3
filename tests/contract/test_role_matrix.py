"""Who may ask what: the table as it was approved (``role_matrix.tsv``), and what must hold of any such table.

The operations come from the documents, so whoever adds a route sees his line here first: ``GUIREN_APPROVE=1`` writes the table
anew, and the difference is read line by line against ``roles.md`` before it is committed. ``ok`` is answered or carried out,
``empty`` answered with nothing of T01's first enterprise where others are shown something of it, ``in`` let in and refused for
what was sent or where the thing stands, ``-`` refused (403, 404), ``401`` not signed in.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from support.filling import a_whole_district
from support.matrix import NO, NOBODY, OK, Answer, Matrix, Row, asked, written
from support.whole import ACCOUNTS, THERE, Whole, named
from support.world import World

APPROVED = Path(__file__).with_name("role_matrix.tsv")
ADMINISTRATORS = ("admin", "security-admin", "audit-admin")
HOME = ("h", "d", "l", "l-b", "w", "w2", "i", "watch")
EVERYBODYS = {"visits GET /materials"}
"""The library is one for the whole district: there a unit is what is looked for, not whose things they are."""
OF_SUBJECTS = ("/subjects", "/erasures")
"""What is erased is looked through before, by who confirms it."""
WAITING = {named("issue-Dispatched"), named("issue-Crossed"), named("issue-City")}
"""Tickets that lie before the unit for one of its workers to take, or to help with."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matrix(world: World) -> AsyncGenerator[tuple[Whole, Matrix, list[Row]], None]:
    """The small district, closed to writers, and what everybody was told."""
    async with a_whole_district(world) as whole:
        await whole.close()
        made = Matrix(whole)
        yield whole, made, await made.rows()


@pytest.fixture(scope="module")
def rows(matrix: tuple[Whole, Matrix, list[Row]]) -> list[Row]:
    return matrix[2]


def name(row: Row) -> str:
    return row.operation.label.replace("\t", " ")


def test_everybody_may_what_was_approved(rows: list[Row]) -> None:
    found = written(rows)
    if os.environ.get("GUIREN_APPROVE"):
        APPROVED.write_text(found)
    known = APPROVED.read_text() if APPROVED.exists() else ""
    changed = list(difflib.unified_diff(known.splitlines(), found.splitlines(), "approved", "found", lineterm="", n=0))
    assert found == known, "\n".join(changed)


def test_every_operation_lets_somebody_in(rows: list[Row]) -> None:
    """Otherwise its line says nothing: what it is about is not there."""
    unmet = [name(row) for row in rows if not row.outcomes - {NO, NOBODY}]
    assert not unmet, "\n".join(unmet)


def test_nothing_fails(rows: list[Row]) -> None:
    failed = {
        f"{name(row)}: {answer.status}"
        for row in rows
        for answer in row.answers.values()
        if answer.status >= 500 and answer.outcome != OK
    }
    assert not failed, failed


def test_without_an_account_there_are_the_public_routes_alone(rows: list[Row]) -> None:
    for row in rows:
        if row.operation.public:
            assert len(row.outcomes) == 1, f"{name(row)}: an account makes a difference"
            continue
        told = {account: row.cells[account] for account in ("nobody", "stranger", "released")}
        assert told == {"nobody": NOBODY, "stranger": NOBODY, "released": NO}, f"{name(row)}: {told}"


def test_administrators_are_told_nothing_of_business(rows: list[Row]) -> None:
    """三员: no answer names an enterprise or what is about one. Who confirms an erasure reads what it would make unreadable."""
    seen = [
        f"{name(row)} to {account}"
        for row in rows
        for account in ADMINISTRATORS
        if not row.operation.public
        and row.home.search(row.answers[account].body)
        and not (
            account == "security-admin"
            and (row.operation.path.startswith(OF_SUBJECTS) or row.operation.path.endswith("/subjects"))
        )
    ]
    assert not seen, "\n".join(seen)


def test_who_reads_his_own_is_told_nothing_of_a_colleagues(matrix: tuple[Whole, Matrix, list[Row]]) -> None:
    """Visits, links and tickets of w's enterprise: neither his colleague nor the informant of the village next door."""
    whole, _, rows = matrix
    theirs = {*whole.things["visits/visits"], *whole.things["visits/links"], *whole.things["issues/issues"]} - WAITING
    names = re.compile("|".join(sorted(theirs)).encode())
    wrong: list[str] = []
    for row in rows:
        for account in () if row.operation.public else ("w2", "i"):
            answer = row.answers[account]
            if (
                name(row) == "visits GET /consultations/{id_}"
            ):  # What the unit talked over, its people read: which visits it was about.
                continue
            about = names.search(row.asked.target.encode()) and named("new") not in row.asked.target
            if (about and answer.outcome != NO) or (answer.status < 300 and names.search(answer.body)):
                wrong.append(f"{name(row)} to {account}: {answer.status}")
    assert not wrong, "\n".join(wrong)


def test_who_watches_or_administers_opens_nothing(rows: list[Row]) -> None:
    opening = [row for row in rows if row.operation.path.endswith("/unmask") or row.operation.path.startswith("/lookups")]
    assert len(opening) > 6
    for row in opening:
        told = {account: row.cells[account] for account in ("auditor", "watch", "watch-2", *ADMINISTRATORS)}
        assert set(told.values()) == {NO}, f"{name(row)}: {told}"
        if row.operation.service != "issues":  # The desk and the callers have the number with the ticket or the call at hand.
            assert row.cells["caller"] == NO, name(row)
            assert row.cells["hotline"] == (OK if row.operation.path == "/lookups/phone" else NO), name(row)


def test_the_auditor_writes_nothing(rows: list[Row]) -> None:
    """What is answered by a POST and writes nothing is read: with the databases closed it is 200 all the same."""
    for row in rows:
        if not row.operation.reads and not row.operation.public:
            answer = row.answers["auditor"]
            assert answer.outcome == NO or answer.status < 300, f"{name(row)}: {answer.status}"


async def test_another_unit_is_refused_never_passed_over(matrix: tuple[Whole, Matrix, list[Row]]) -> None:
    """``?unit=`` of a unit that is not one's own, wherever an operation takes it."""
    whole, made, rows = matrix

    async def of(service: str) -> list[tuple[str, str, Answer]]:
        found: list[tuple[str, str, Answer]] = []
        for row in rows:
            takes = any(p["in"] == "query" and p["name"] == "unit" for p in row.operation.told.get("parameters", ()))
            if row.operation.service == service and row.operation.reads and takes and name(row) not in EVERYBODYS:
                one = next(asked(whole, row.operation, unit=THERE))
                found += [(name(row), account, await made.answer(one, account)) for account in HOME]
        return found

    told = [one for each in await asyncio.gather(*map(of, whole.apps)) for one in each]
    assert len(told) > 40 * len(HOME)
    wrong = [f"{what} to {account}: {answer.status}" for what, account, answer in told if answer.status != 403]
    assert not wrong, "\n".join(wrong)


def test_every_role_is_there() -> None:
    held = {role for _, role in ACCOUNTS.values()}
    from shared.language.terms import Role

    assert held == set(Role) - {Role.SYSTEM}
