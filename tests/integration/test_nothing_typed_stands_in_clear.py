"""What people type about people stands in clear nowhere: not in a log, a table, a stream, a log line. Erased, it is gone.

The fields come from the facts and the requests from the documents of the services, so that a new command is tried by itself.
"""

from __future__ import annotations

import io
import itertools
import random
import re
import zipfile
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import orjson
import pytest
import structlog
from support.asking import known_of, somebody
from support.desk import Desk, a_desk
from support.fuzz import application, examples, operations, send
from support.samples import sample
from support.scene import a_scene
from support.world import District, until
from test_openapi_fuzz import ABLE, learnt

from services.issues.domain.ticket.decide import ISSUE
from services.issues.projections.words import grams
from shared.http.service import Service
from shared.language import freetext
from shared.language.decider import AnyDecider, Context
from shared.language.facts import CATALOGUE, Command, Fact
from shared.language.freetext import ERASED, mapped, opened, subject_of, texts
from shared.language.openings import Opening
from shared.language.personal import mask
from shared.language.terms import Role
from shared.log import views

MARK = "遗痕"
NUMBERS = itertools.count(1)
NUMBER = "13900770123"
CLEAR = re.compile(
    r" /(campaigns|materials|policies|questionnaires)/.* (title|content|text|words|introduction)$"  # Published.
    r"| /(censuses|tasks|consultations|polls|surveys|units)/.* title$"  # What a paper or a plan is called.
    r"| /enterprises/.*(standing|custody|assign).* reason$| /queues/.*found.* reason$| /subjects/.* reason$"  # Grounds.
)
"""Typed into a field that goes into a string which says why it stands in clear (``shared/language/freetext.Clear``)."""


def free() -> set[str]:
    """What free text is called in facts."""
    names: set[str] = set()

    def walk(model: Any) -> None:
        for name, shape in freetext._shapes(model):  # pyright: ignore[reportPrivateUsage]
            inner = shape[0] if isinstance(shape, tuple) else shape
            names.add(name) if inner is str else walk(inner)

    for model in CATALOGUE.values():
        walk(model)
    return names


FREE = free()


def planted(value: Any, label: str, marks: dict[str, str], name: str = "") -> Any:
    """The body with a mark of its own in every field that is called as a free text is."""
    if isinstance(value, dict):
        return {key: planted(item, label, marks, key) for key, item in value.items()}
    if isinstance(value, list):
        return [planted(item, label, marks, name) for item in value]
    if isinstance(value, str) and name in FREE:
        mark = f"{MARK}{next(NUMBERS)}号"  # One server keeps the streams of all tests: no two share a mark.
        marks[mark] = f"{label} {name}"
        return f"{value}{mark}"
    return value


async def stands(service: Service, marks: dict[str, str]) -> dict[str, set[str]]:
    """Which marks stand in clear in which tables of a service, its log and the bytes in it included."""
    tables = await service.pool.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema')"
    )
    found: dict[str, set[str]] = {}
    for table in tables:
        rows = await service.pool.fetch(f"select t::text as line from {table['name']} t")
        text = "\n".join(row["line"] for row in rows)
        bare = text + "".join(bytes.fromhex(part.split('"')[0]).decode("utf-8", "replace") for part in _hex(text))
        for mark, said in marks.items():
            if mark in bare and not CLEAR.search(said):
                found.setdefault(table["name"], set()).add(said)
    return found


def _hex(text: str) -> list[str]:
    """The bytes in a row's text: ``\\x…``."""
    parts = (part.split(",")[0].split(")")[0].strip('"') for part in text.split("\\x")[1:])
    return [part for part in parts if part and len(part) % 2 == 0 and not set(part) - set("0123456789abcdef")]


@pytest.mark.parametrize("name", ["roster", "visits", "issues", "reporting"])
async def test_marks_planted_in_every_text_of_every_request_are_nowhere(
    district: District, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()
    marks: dict[str, str] = {}
    accepted: set[str] = set()
    async with a_scene(district) as scene:
        known = await known_of(scene)
        service = district.services.get(name) or await district.open(name, relay=True)
        if name != "roster":
            await learnt(scene, service)
        app = application(service)
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(somebody(district, app, account, scene.members)) for account in ABLE]
            for operation in operations(app):
                label = operation.label
                for case in examples(operation, known, random.Random(label)):
                    if not isinstance(case.body, dict):
                        continue
                    case.body = planted(case.body, label, marks)
                    for client in clients:
                        answer = await send(client, case)
                        if answer is not None and answer.status_code == 428:
                            case.headers = {"If-Match": "1"}  # pyright: ignore[reportAttributeAccessIssue]
                            answer = await send(client, case)
                        if answer is not None and answer.is_success:
                            accepted.add(label)
                            break
        assert len(marks) > (0 if name == "reporting" else 15)
        assert accepted or name == "reporting"
        for one in district.services.values():
            assert not await stands(one, marks), one.name
        stored = [path.read_bytes() for path in district.world.nats.data.rglob("*") if path.is_file()]
        assert any("某1商贸有限公司".encode() in raw for raw in stored), "the names of enterprises are public: the store is read"
        assert not [
            said for mark, said in marks.items() if not CLEAR.search(said) and any(mark.encode() in raw for raw in stored)
        ]
    out = capsys.readouterr().out
    assert not [mark for mark in marks if mark in out]


def _tells(fact: Fact, _state: Any, _command: Command, _context: Context) -> list[Fact]:
    return [fact]


def _nothing(state: Any, _fact: Fact) -> Any:
    return state


async def test_no_fact_of_the_catalogue_is_written_with_its_text(district: District) -> None:
    """Each of them through the desk, by a decider that tells it: what is decided is sealed, whoever decided it."""
    issues = await district.open("issues")
    for type_ in sorted(CATALOGUE):
        fact = mapped(sample(CATALOGUE[type_]), lambda _text: f"{MARK}{NUMBER}")
        decider = AnyDecider("probe", "as it was", partial(_tells, fact), _nothing)
        key = uuid4()
        done = await issues.desk.handle(decider, key, Command(), await issues.context(district.actor(), key), command_id=uuid4())
        body = await issues.pool.fetchval("select body from log.entry where stream = $1", decider.stream(key))
        assert MARK.encode() not in body and NUMBER.encode() not in body, type_
        assert bool(done.hints) is bool(list(texts(fact)))
        [kept] = done.facts
        assert [f"{MARK}{NUMBER}"] * len(list(texts(fact))) == list(texts(await opened(issues.vault, kept, Opening.HANDLE)))
        assert all(text == f"{MARK}{mask(NUMBER)}" for text in texts(await opened(issues.vault, kept)))


async def test_what_was_read_in_clear_is_still_read(district: District) -> None:
    """A fact of before, with its text in clear, is shown as it was and its text is sealed when it is told again."""
    fact = CATALOGUE["issues.issue-progressed.v1"].model_validate({"note": "已上门", "contacted": True, "on": "2026-09-01"})
    issues = await district.open("issues")
    assert await opened(issues.vault, fact, Opening.HANDLE) == fact
    assert list(texts(fact)) == ["已上门"]


async def test_a_token_can_not_be_sent_from_outside(district: District) -> None:
    desk = await a_desk(district)
    id_ = await desk.reported(content=f"{MARK}积水")
    body = orjson.loads(await desk.issues.pool.fetchval("select body from log.entry where stream = $1", ISSUE.stream(id_)))[
        "data"
    ]
    assert body["content"].startswith("${a1.")
    async with desk.who("w-2") as stranger:
        stolen = {"enterprise": desk.enterprises[0], "source": "in_person", "content": body["content"], "nature": "help"}
        answer = await stranger.put(f"/issues/{uuid4()}", json=stolen)
    assert answer.status_code == 422


async def test_erased_words_are_read_and_found_nowhere(district: District) -> None:
    """A number in a text is hinted at, masked, and read with a reason; erasing the ticket's words takes them everywhere."""
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    async with desk.who("w") as worker:
        id_ = str(uuid4())
        body = {"enterprise": desk.enterprises[0], "source": "in_person", "content": f"{MARK}请致电{NUMBER}", "nature": "help"}
        made = (await worker.put(f"/issues/{id_}", json=body)).json()
        assert made["hints"] == ["文中有电话号码,请填入电话栏"]
    other = await desk.reported(enterprise=1, content=f"另一家{MARK}")
    assert (await desk.shown(id_))["content"] == f"{MARK}请致电{mask(NUMBER)}"
    assert await _found(desk, MARK) == sorted([id_, other])
    assert await _found(desk, f"{MARK}请致电") == [id_]
    async with desk.who("w") as worker:
        read = await worker.post(f"/issues/{id_}/unmask", json={"fields": ["content"], "reason": "回访企业核实情况"})
        assert read.json()["content"] == f"{MARK}请致电{NUMBER}"
        assert (await worker.get(f"/issues/{id_}/subjects")).status_code == 403
    async with desk.who("office-head") as head:
        listed = (await head.get(f"/issues/{id_}/subjects")).json()["items"]
    assert [item["subject"] for item in listed] == [str(subject_of(id_))] and not listed[0]["erased"]
    async with district.client(desk.roster, Role.OFFICE_HEAD, account="office-head") as head:
        assert (await head.post(f"/subjects/{listed[0]['subject']}/erase", json={"reason": "本人要求删除"})).status_code == 200

    async def unfound() -> bool:
        return await _found(desk, MARK) == [other]

    await until(unfound)
    assert (await desk.shown(id_))["content"] == ERASED
    assert await _found(desk, f"{MARK}请致电") == []
    async with desk.who("office") as office:
        assert MARK not in (await office.get("/issues", params={"enterprise": desk.enterprises[0]})).text
        book = await office.get("/register/workbook", params={"month": "2026-09"})
        assert book.status_code == 200
        said = [str(cell.value) for line in openpyxl.load_workbook(io.BytesIO(book.content)).active or () for cell in line]
        assert ERASED in said and not [text for text in said if f"{MARK}请" in text]
        package = zipfile.ZipFile(io.BytesIO((await office.get(f"/issues/{id_}/package")).content))
        assert not [name for name in package.namelist() if MARK.encode() in package.read(name)]
    refused = await desk.asked("office", id_, "supplement", words="还要补充的情况")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:guiren:problem:words-erased")
    async with desk.issues.pool.acquire() as connection:
        before = await connection.fetchval("select grams from issue_words where issue = $1", UUID(id_))
        await views.rebuild(connection, desk.issues.deciders, desk.issues.views, "view_after", desk.issues.vault)
        assert before == await connection.fetchval("select grams from view_after.issue_words where issue = $1", UUID(id_))
        assert not set(await desk.issues.vault.blind(grams(MARK))) & set(before.split())
        await connection.execute("drop schema view_after cascade")


async def _found(desk: Desk, question: str) -> list[str]:
    async with desk.who("office") as client:
        answer = await client.get("/issues", params={"q": question})
    assert answer.status_code == 200, answer.text
    return sorted(item["id"] for item in answer.json()["items"])
