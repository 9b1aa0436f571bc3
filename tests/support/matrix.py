"""Who may ask what: every operation of the documents, asked by everybody, and the table of what came of it.

The operations are taken from the documents as they are served, so that a new route is in by itself. Whoever asks holds real
posts of the small district in ``whole``. The databases are closed to writers meanwhile: what would have been written is a
cell that says so, and thousands of requests leave everything as it was.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI
from starlette.types import Message

from support.whole import ACCOUNTS, CODES, DAY, Whole

OK, EMPTY, IN, NO, NOBODY = "ok", "empty", "in", "-", "401"
"""Answered or carried out; answered with nothing of the home unit; let in, and refused for another reason (its state, what
was sent); refused (403, 404); not signed in.
"""
_FILES = {
    "/imports": "统一社会信用代码,企业名称\n,某某商贸有限公司\n",
    "/calendar": "日期,放假,名称\n2027-10-01,休,国庆\n",
    "/orders": "工单编号,诉求内容\n77,希望解决用电问题\n",
    "/surveys": f"统一社会信用代码,回答,日期\n{CODES[0]},知晓内涵,{DAY}\n",
}
"""What stands in a file, by the beginning of the path it is sent to."""


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    service: str
    method: str
    path: str
    told: dict[str, Any] = field(compare=False, hash=False)

    @property
    def label(self) -> str:
        """How it stands in the table."""
        return f"{self.service}\t{self.method} {self.path}"

    @property
    def public(self) -> bool:
        """What is asked without an account: by enterprises, and the table of labels."""
        return "security" not in self.told

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in ("GET", "HEAD")


@dataclass(frozen=True)
class Asked:
    """An operation about something that is there, as it goes over the wire."""

    operation: Operation
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    status: int
    body: bytes

    @property
    def outcome(self) -> str:
        """In one word."""
        if self.status == 401:
            return NOBODY
        if self.status in (403, 404):
            return NO
        if self.status < 400 or (self.status == 503 and self.problem.get("reason") == "database"):
            return OK
        return IN

    @property
    def problem(self) -> dict[str, Any]:
        """A refusal's document."""
        return orjson.loads(self.body) if self.body[:1] == b"{" else {}


def operations(apps: dict[str, FastAPI]) -> Iterator[Operation]:
    """All operations of all documents."""
    for service, app in apps.items():
        for path, methods in sorted(app.openapi()["paths"].items()):
            for method, told in sorted(methods.items()):
                yield Operation(service, method.upper(), path, told)


def asked(whole: Whole, operation: Operation, **query: str) -> Iterator[Asked]:
    """The operation about everything that it may be about, with what it requires and no more; ``query`` may say otherwise."""
    parameters = operation.told.get("parameters", ())
    required = {
        p["name"]: whole.value(p["name"], p.get("schema", {})) for p in parameters if p["in"] == "query" and p.get("required")
    }
    query = {**required, **query}
    headers = {"if-match": "1"} if any(p["in"] == "header" and p["name"].lower() == "if-match" for p in parameters) else {}
    if any(p["name"] == "Upload-Offset" for p in parameters):
        headers["upload-offset"] = "0"
    if operation.public:
        headers["cookie"] = whole.device
    for path, places in whole.targets(operation.service, operation.method, operation.path):
        kind, body = content(whole, operation, places)
        yield Asked(
            operation,
            path + (f"?{urlencode(query)}" if query else ""),
            {**headers, **({"content-type": kind} if kind else {})},
            body,
        )


def content(whole: Whole, operation: Operation, places: dict[str, str]) -> tuple[str, bytes]:
    """The example of the document with what is there in it, or a file."""
    kinds = operation.told.get("requestBody", {}).get("content", {})
    if not kinds:
        return "", b""
    file = next((text for start, text in _FILES.items() if operation.path.startswith(start)), None)
    if "text/csv" in kinds:
        assert file, f"no file for {operation.label}"
        return "text/csv", file.encode()
    if "application/octet-stream" in kinds:
        return "application/octet-stream", whole.photo
    example = next(iter(kinds["application/json"]["examples"].values()))["value"]
    return "application/json", orjson.dumps(whole.placed(example, operation.path, places))


async def ask(app: FastAPI, one: Asked, token: str) -> Answer:
    """Straight into the application. What never ends is left as soon as it has begun."""
    path, _, query = one.target.partition("?")
    headers = {**one.headers, "host": "guiren", "content-length": str(len(one.body))}
    if token:
        headers["authorization"] = f"Bearer {token}"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": one.operation.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("guiren", None),
    }
    status, parts, sent = 0, [], False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": one.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(status, b"".join(parts))


# The table.

COLUMNS = (*ACCOUNTS, "stranger", "nobody")
_TRYING = ("office-head", "h", "w", "l", "hotline", "security-admin", "admin", "audit-admin")
"""Who is asked first, to find out what an operation may be about."""


@dataclass
class Row:
    """What came of an operation, by account."""

    operation: Operation
    asked: Asked
    answers: dict[str, Answer]
    home: re.Pattern[bytes] = field(default_factory=lambda: re.compile(b""))
    """Finds what is of the home unit in an answer."""

    @property
    def outcomes(self) -> set[str]:
        """What came of it for anybody."""
        return {answer.outcome for answer in self.answers.values()}

    @cached_property
    def cells(self) -> dict[str, str]:
        """In a word each. Where some are shown what is of the home unit, others are shown nothing of it."""
        shown = {account for account, answer in self.answers.items() if answer.outcome == OK and self.home.search(answer.body)}
        told = {account: answer.outcome for account, answer in self.answers.items()}
        if not shown or not self.operation.reads:
            return told
        return {account: EMPTY if outcome == OK and account not in shown else outcome for account, outcome in told.items()}


class Matrix:
    """Everybody asks everything."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._home = whole.home()
        self._tokens = {account: whole.district.own_token(account) for account in (*ACCOUNTS, "stranger")} | {"nobody": ""}
        for service in whole.services.values():
            vars(service)["_gatekeeper"] = Known(vars(service)["_gatekeeper"])

    async def rows(self) -> list[Row]:
        """The whole table, in the order of the documents. Every service is asked one thing at a time, all of them at once."""
        apps = self._whole.apps
        found = await asyncio.gather(*(self._of([*operations({name: app})]) for name, app in apps.items()))
        return [row for rows in found for row in rows]

    async def _of(self, those: Sequence[Operation]) -> list[Row]:
        return [await self.row(operation) for operation in those]

    async def row(self, operation: Operation) -> Row:
        """One line: of the things that it may be about, the first for which somebody is carried out."""
        found: list[Row] = []
        for one in asked(self._whole, operation):
            row = Row(operation, one, {})
            for account in ("nobody",) if operation.public else _TRYING:
                row = await self._tried(row, account)
                if row.answers[account].outcome == OK:
                    break
            found.append(row)
            if OK in row.outcomes:
                break
        row = max(found, key=lambda row: (OK in row.outcomes, IN in row.outcomes))
        for account in COLUMNS:
            if account not in row.answers:
                row.answers[account] = await self.answer(row.asked, account)
        row.home = self._home
        return row

    async def _tried(self, row: Row, account: str) -> Row:
        """One answer more. Whoever is told that there is another version asks again for that one, and so does everybody then."""
        answer = await self.answer(row.asked, account)
        if answer.status == 412 and "actual" in answer.problem:
            seen = {**row.asked.headers, "if-match": str(answer.problem["actual"])}
            row = Row(row.operation, replace(row.asked, headers=seen), {})
            answer = await self.answer(row.asked, account)
        row.answers[account] = answer
        return row

    def token(self, account: str) -> str:
        """With which this account comes."""
        return self._tokens[account]

    async def answer(self, one: Asked, account: str) -> Answer:
        """What this account is told."""
        return await ask(self._whole.apps[one.operation.service], one, self._tokens[account])


class Known:
    """Tokens that were looked at once: who forges one is tried elsewhere."""

    def __init__(self, gatekeeper: Any) -> None:
        self._gatekeeper = gatekeeper
        self._holders: dict[str, Any] = {}

    async def holder(self, token: str) -> Any:
        """Whose it is."""
        if token not in self._holders:
            self._holders[token] = await self._gatekeeper.holder(token)
        return self._holders[token]


def written(rows: Sequence[Row]) -> str:
    """As it is approved: a line an operation, a column an account."""
    lines = ["\t".join(("service", "operation", *COLUMNS))]
    lines += ["\t".join((row.operation.label, *(row.cells[account] for account in COLUMNS))) for row in rows]
    return "\n".join(lines) + "\n"
