"""Every command that a document offers, with somebody else's change right behind it: what it is answered is of one moment.

Each example of each write is carried out; before its answer is made another change is written to the same stream, as a busy
office would. Body, ETag and Guiren-Position must all be of the command, and the same command said again gets the same answer.
New routes are found by themselves.
"""

from __future__ import annotations

import random
import re
from collections.abc import Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
from support.asking import known_of, somebody, tickets_of
from support.desk import a_desk, member
from support.fuzz import Known, anywhere, application, examples, operations, send
from support.scene import START, a_scene
from support.streams import level
from support.world import District
from test_answers_walked import ABLE
from test_filed_ledgers import MONTH, an_office

from shared.http.service import Service
from shared.language.decider import AnyDecider
from shared.language.facts import Command, Fact
from shared.language.freetext import holds_token, mapped
from shared.language.terms import Role
from shared.log.handle import Ask, Desk, Done

MORE = "又改"
UNSAID = re.compile(r"/(unmask|erase|rebuild|replay)\b")
"""What discloses, or does nothing to a stream, or ends the data of the test."""


@contextmanager
def interrupted(desk: Desk) -> Generator[list[Done[Any]]]:
    """Whatever is carried out here is followed at once by a change of somebody else's. What was carried out is listed."""
    carried_out: list[Done[Any]] = []
    real, together = desk.handle, desk.handle_with

    async def handle(decider: AnyDecider, key: Any, command: Command, context: Any, **told: Any) -> Done[Any]:
        done = await real(decider, key, command, context, **told)
        if done.facts and not done.replayed:
            carried_out.append(done)
            await real(also(decider, done.facts[-1]), key, Command(), context, command_id=uuid4())
        return done

    async def handle_with(ask: Ask[Any], others: Sequence[Ask[Any]]) -> Done[Any]:
        done = await together(ask, others)
        if done.facts and not done.replayed:
            carried_out.append(done)
            await real(also(ask.decider, done.facts[-1]), ask.key, Command(), ask.context, command_id=uuid4())
        return done

    desk.handle, desk.handle_with = handle, handle_with  # type: ignore[method-assign]
    try:
        yield carried_out
    finally:
        desk.handle, desk.handle_with = real, together  # type: ignore[method-assign]


def also(decider: AnyDecider, fact: Fact) -> AnyDecider:
    """The same fact once more, in other words."""

    def decide(_state: Any, _command: Any, _context: Any) -> list[Fact]:
        return [mapped(fact, otherwise)]

    return replace(decider, decide=decide)


def otherwise(text: str) -> str:
    return text if not text or holds_token(text) else f"{text}{MORE}"


def odd(answer: httpx.Response, done: Done[Any] | None) -> list[str]:
    """What in an answer is of another moment than the command."""
    told = answer.json()
    etag, at = answer.headers.get("ETag"), answer.headers.get("Guiren-Position", "").rpartition(":")[2]
    found: list[str] = []
    if done is not None and (etag, at) != (f'"{done.version}"', str(done.position)):
        found.append(f"headers {etag} {at}, command {done.version} {done.position}")
    if etag is not None and "version" in told and f'"{told["version"]}"' != etag:
        found.append(f"ETag {etag}, body {told['version']}")
    if at and "position" in told and str(told["position"]) != at:
        found.append(f"Guiren-Position {at}, body {told['position']}")
    if MORE in answer.text:
        found.append("the body tells what was written after the command")
    return found


def differing(first: httpx.Response, again: httpx.Response) -> list[str]:
    """Where the answer to the same command said again is another one."""
    if not again.is_success:
        return [f"said again: {again.status_code} {again.text[:200]}"]
    one, other = first.json(), again.json()
    found = [
        f"said again: {name} {first.headers.get(name)} → {again.headers.get(name)}"
        for name in ("ETag", "Guiren-Position")
        if first.headers.get(name) != again.headers.get(name)
    ]
    found += [
        f"said again: {name} {one.get(name)!r:.80} → {other.get(name)!r:.80}"
        for name in sorted({*one, *other})
        if name not in ("replayed", "hints") and one.get(name) != other.get(name)
    ]
    return found


async def carried_out(clients: dict[str, httpx.AsyncClient], case: Any) -> tuple[httpx.AsyncClient, httpx.Response] | None:
    """The first success of a case, and who had it."""
    for client in clients.values():
        answer = await send(client, case)
        for status in (428, 412):
            if answer is not None and answer.status_code == status:
                case.headers["If-Match"] = str(answer.json().get("actual", 1))
                answer = await send(client, case)
        if answer is not None and answer.is_success:
            return client, answer
    return None


async def walked(service: Service, app: Any, clients: dict[str, httpx.AsyncClient], known: Known) -> tuple[set[str], list[str]]:
    """The operations whose answers carry a moment, and what is wrong with them."""
    seen: set[str] = set()
    wrong: list[str] = []
    for operation in operations(app):
        if operation.method.upper() == "GET" or UNSAID.search(operation.path):
            continue
        for number, case in enumerate(examples(operation, known, random.Random(operation.label))):
            case.headers = {  # type: ignore[assignment]
                **(case.headers or {}),
                "Idempotency-Key": f"{operation.label} {number}",
            }
            for tried in anywhere(case, known):
                with interrupted(service.desk) as done:
                    found = await carried_out(clients, tried)
                if found is not None:
                    case = tried  # noqa: PLW2901
                    break
            if found is None or not found[1].headers.get("content-type", "").endswith("json"):
                continue
            client, first = found
            if not {"etag", "guiren-position"} & {*first.headers}:
                continue
            seen.add(operation.label)
            again = await send(client, case)
            assert again is not None
            said = [*odd(first, done[-1] if len(done) == 1 else None), *differing(first, again)]
            wrong += [f"{operation.label}: {what}" for what in said]
    return seen, wrong


async def test_every_answer_to_a_command_is_of_the_moment_of_the_command(district: District) -> None:
    async with a_scene(district) as scene:
        known = await known_of(scene)
        seen: set[str] = set()
        wrong: list[str] = []
        for name in ("roster", "visits", "issues", "reporting"):
            service = district.services.get(name) or await district.open(name, relay=True)
            await level(district)
            if name == "issues":
                known.collections["issues"] += await tickets_of(scene, service)
            app = application(service)
            async with AsyncExitStack() as stack:
                clients = {who: await stack.enter_async_context(somebody(district, app, who, scene.members)) for who in ABLE}
                there, found = await walked(service, app, clients, known)
            seen |= {f"{name} {label}" for label in there}
            wrong += [f"{name} {what}" for what in found]
    print(f"{len(seen)} operations: {', '.join(sorted(seen))}")
    assert len(seen) > 50, sorted(seen)
    assert not wrong, "\n".join(wrong)


async def said_twice(service: Service, client: httpx.AsyncClient, method: str, path: str, **content: Any) -> dict[str, Any]:
    """One command with somebody else's change behind it, and the same again; the first answer."""
    headers = {"Idempotency-Key": path, **content.pop("headers", {})}
    with interrupted(service.desk) as done:
        first = await client.request(method, path, headers=headers, **content)
    assert first.is_success, first.text
    again = await client.request(method, path, headers=headers, **content)
    assert len(done) == 1
    assert not [*odd(first, done[0]), *differing(first, again)]
    return first.json()


async def test_a_brand_a_delivery_a_correction_and_a_main_contact_are_answered_as_they_were_left(district: District) -> None:
    async with a_scene(district) as scene:
        roster, enterprise, correction = scene.roster, scene.enterprises[1], uuid4()
        head = district.client(roster, Role.HEAD, unit="T01", account="T01-head")
        worker = district.client(roster, Role.WORKER, unit="T01", account="T01-worker1")
        async with district.client(roster) as office, head, worker:
            brand = {"brand": "贵人服务", "lead_office": "区优化办", "district": "七星关区", "on": START}
            assert (await said_twice(roster, office, "PUT", "/brand", json=brand))["version"] == 1
            delivery = {
                "unit": "T01",
                "month": "2026-08",
                "channel": "paper",
                "file": "台账.xlsx",
                "sha256": "ab" * 32,
                "received_on": "2026-08-27",
                "note": "两份",
            }
            assert (await said_twice(roster, office, "PUT", f"/deliveries/{uuid4()}", json=delivery))["note"] == "两份"
            chosen = {"line": "horizontal", "on": START}
            await said_twice(roster, head, "POST", f"/enterprises/{enterprise}/choose-main-contact", json=chosen)
            wanted = {"enterprise": enterprise, "changes": {"address": "新路1号"}, "reason": "实地走访"}
            await said_twice(roster, worker, "PUT", f"/corrections/{correction}", json=wanted)
            told = await said_twice(roster, head, "POST", f"/corrections/{correction}/approve", json={})
            assert told["stage"] == "approved"


async def test_a_duty_roster_and_a_call_with_its_ticket_are_answered_as_they_were_left(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00:00")
    days = [{"on": "2026-09-14", "members": [str(member("hotline"))]}]
    async with desk.who("hotline") as hotline, desk.who("office") as office:
        await said_twice(desk.issues, office, "PUT", "/duty/2026-09", json={"days": days})
        more = {"days": [*days, {"on": "2026-09-16", "members": [str(member("hotline"))]}], "reason": "补排"}
        asked = {"json": more, "headers": {"If-Match": '"2"'}}
        assert (await said_twice(desk.issues, office, "POST", "/duty/2026-09/revise", **asked))["reason"] == "补排"
        taken = {
            "caller": "王小明",
            "phone": "19900000021",
            "enterprise": desk.enterprises[0],
            "content": "问什么时候通水",
            "demand": {"content": "厂区停水两天", "category": "utilities"},
        }
        told = await said_twice(desk.issues, hotline, "PUT", f"/calls/{uuid4()}/taken", json=taken)
        assert told["position"] == await desk.issues.pool.fetchval("select pos from log.head") - 1, "all of it is done there"


async def test_a_ledger_is_answered_as_it_was_filed_explained_and_signed(district: District) -> None:
    async with an_office(district) as office:
        await office.scene.visit(1)
        await office.known()
        at = f"/ledgers/T01/{MONTH}"
        async with office.who(Role.LIAISON) as liaison, office.who(Role.HEAD) as head:
            filed = await said_twice(office.reporting, liaison, "POST", f"{at}/submit", json={})
            assert (filed["revision"], filed["stage"], filed["reason_wanted"]) == (1, "filed", True)
            why = {"reason": "停电两天,无法上网"}
            told = await said_twice(office.reporting, liaison, "POST", f"{at}/explain", json=why)
            assert (told["late_reason"], told["reason_wanted"]) == (why["reason"], False)
            paper = await office.paper()
            assert "停电两天" in str([cell.value for sheet in paper for line in sheet for cell in line])
            signed = await said_twice(office.reporting, head, "POST", f"{at}/sign", json={"digest": filed["digest"]})
            assert signed["stage"] == "signed"
