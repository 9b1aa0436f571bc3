"""企业投诉变味 is the inspectorate's alone, in every service: to everybody else the district is the same as if nobody had spoken.

An enterprise says through its link that a visit became an inspection. Before and after, every GET of every service is asked by
everybody else: not one answer may differ, in a list, a count, a file or a refusal. What is marked stands nowhere.
"""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import prometheus_client
from starlette.types import Message
from support.filling import a_whole_district
from support.matrix import NO, OK, Answer, Asked, Matrix, Operation, asked, operations
from support.whole import Whole
from support.world import World, until

MARK = "甄某某索要检查台账二三七"
OTHERS = (
    "chief",
    "office",
    "office-head",
    "auditor",
    "h",
    "d",
    "l",
    "w",
    "i",
    "watch",
    "h-2",
    "hotline",
    "caller",
    "admin",
    "security-admin",
    "audit-admin",
)
"""One of every role but the inspectorate's."""
ERASING = ("office-head", "security-admin")
"""Who erases people's data (decision 47) hears whose a ticket keeps that somebody names to them, and nothing of what it says."""
GROWING = {"cut", "position", "as_of", "behind", "at", "generated_at"}
"""What tells how far a log or the hour has got: that somebody somewhere said something, not what."""


async def everything(whole: Whole, made: Matrix) -> dict[tuple[str, str], Answer]:
    """Every GET about everything that is there, answered to everybody else. All services at once, one question at a time each."""

    async def of(service: str) -> dict[tuple[str, str], Answer]:
        found: dict[tuple[str, str], Answer] = {}
        for operation in operations({service: whole.apps[service]}):
            if operation.method == "GET" and not operation.path.endswith(
                ("/live", "/security-log")
            ):  # One never ends, one is of oneself.
                one = next(asked(whole, operation))
                for account in ("nobody",) if operation.public else OTHERS:
                    found[service + one.target, account] = await made.answer(one, account)
        return found

    told = await asyncio.gather(*map(of, whole.apps))
    return {key: answer for each in told for key, answer in each.items()}


def plain(answer: Answer) -> Any:
    """An answer without what grows by itself: a document, the members of a workbook or package, or its first bytes."""
    if answer.body[:1] in (b"{", b"["):
        return answer.status, without(orjson.loads(answer.body))
    if answer.body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.body)) as file:
            return answer.status, {
                name: re.sub(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^<]*", b"", file.read(name)) for name in file.namelist()
            }
    return answer.status, answer.body[:4]


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without(item) for key, item in value.items() if key not in GROWING}
    return [without(item) for item in value] if isinstance(value, list) else value


async def listening(whole: Whole, made: Matrix, account: str, over: asyncio.Event, heard: dict[str, bytes]) -> None:
    """The live events that this account gets until it is over."""
    app, said = whole.apps["issues"], bytearray()

    async def receive() -> Message:
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        said.extend(message.get("body", b""))
        heard[account] = bytes(said)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/live",
        "raw_path": b"/live",
        "query_string": b"",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("guiren", None),
        "headers": [(b"host", b"guiren"), (b"authorization", f"Bearer {made.token(account)}".encode())],
    }
    await app(scope, receive, send)


async def alleged(whole: Whole) -> str:
    """It is said, through the link of a visit of w; the ticket it becomes."""
    headers = {"Idempotency-Key": "said-once"}
    said = await whole.do("visits", "", "POST", f"/public/{whole.tokens[0]}/allege", {"words": MARK}, headers=headers)
    issues = whole.services["issues"].pool

    async def opened() -> Any:
        return await issues.fetchval("select true from issue where id = $1", UUID(said["key"]))

    await until(opened, seconds=30)
    await whole.level()
    return str(said["key"])


def about(operation: Operation, one: Asked, ticket: str) -> Asked:
    """The same, about the ticket."""
    return replace(one, target=operation.path.format(id_=ticket, form="request", n="1"))


async def test_to_everybody_else_nothing_has_happened(world: World) -> None:
    async with a_whole_district(world) as whole:
        made, over, heard = Matrix(whole), asyncio.Event(), dict[str, bytes]()
        before = await everything(whole, made)
        listeners = [
            asyncio.create_task(listening(whole, made, account, over, heard))
            for account in ("inspector", "w", "h", "office", "auditor", "watch")
        ]

        async def listened() -> bool:
            return len(heard) == len(listeners)

        async def heard_of() -> bool:
            return ticket.encode() in heard["inspector"]

        await until(listened)
        quiet = {account: said.count(b"event: issue") for account, said in heard.items()}
        ticket = await alleged(whole)
        await until(heard_of)
        over.set()
        await asyncio.wait(listeners, timeout=5)
        after = await everything(whole, made)
        different = [
            f"{account}: {target}"
            for (target, account), answer in after.items()
            if plain(answer) != plain(before[target, account])
        ]
        assert not different, "\n".join(different)
        secret = re.compile(f"{MARK}|{ticket}".encode())
        assert not [key for key, answer in after.items() if secret.search(answer.body)]
        told = {
            account: said.count(b"event: issue") - quiet[account] for account, said in heard.items() if account != "inspector"
        }
        assert not any(told.values()), told
        assert b"allege" not in prometheus_client.generate_latest()
        read = await whole.do("visits", "inspector", "GET", "/feedback?kind=allegation")
        assert MARK in str(read), "the inspectorate reads it"
        await steps(whole, made, ticket)


async def steps(whole: Whole, made: Matrix, ticket: str) -> None:
    """Whoever finds its id and says something of it hears what everybody hears of a ticket that is not his, and nothing is written.
    What 承办≠审核≠回访 needs of the office and the chief they may say; they are told nothing but its stage.
    """
    position = await whole.services["issues"].pool.fetchval("select pos from log.head")
    wrong: list[str] = []
    for operation in operations({"issues": whole.apps["issues"]}):
        if not operation.path.startswith("/issues/{id_}"):
            continue
        one = about(operation, next(asked(whole, operation)), ticket)
        for account in OTHERS:
            if operation.path.endswith("/subjects") and account in ERASING:
                continue
            answer = await made.answer(one, account)
            if answer.outcome == OK or re.search(MARK, answer.body.decode("utf-8", "replace")):
                wrong.append(f"{operation.label} to {account}: {answer.status}")
            elif answer.outcome != NO and account not in ("chief", "office", "office-head"):
                wrong.append(f"{operation.label} to {account}: {answer.status} {answer.body[:200]!r}")
    assert not wrong, "\n".join(wrong)
    assert await whole.services["issues"].pool.fetchval("select pos from log.head") == position
