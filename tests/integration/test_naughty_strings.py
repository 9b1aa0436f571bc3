"""Strings that break things, in every field where somebody may type freely; the fields are found in the OpenAPI document.

``tests/data/blns.json`` is the Big List of Naughty Strings (licence beside it). Each string is either refused with a clear
422, or accepted and comes back byte for byte: in the log (personal data through the vault), and where a GET shows the field.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import category
from uuid import UUID, uuid5

import httpx
import orjson
import pytest
from support.asking import SPACE, known_of, somebody
from support.fuzz import application, examples, operations, refusal_wrong
from support.roster import credit
from support.scene import a_scene
from support.world import District

from shared.http.service import Service
from shared.language import freetext
from shared.language.numbers import numbers
from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.log.eventlog import after

EVERY: list[str] = orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes())
NAUGHTY = [text for text in EVERY if not any(numbers(text))]
"""What may be a telephone's number does not come back, in no script: the desk keeps it out of every clear text."""
WORST = [
    "",
    " ",
    "\t\n",
    "\x00",
    "a\x00b",
    "\u202e反",
    "\ufeff头",
    "e\u0301",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "=1+1",
    "\x01\x1f\x7f",
    "\u2028",
    "长" * 20_001,
    " 前后 空格 ",
]
ABLE = ("office", "T01-worker1", "T01-head", "T01-deputy", "office-head", "D01-head")
LEAST_ROOM = 50
FEW = 6
"""Strings a field gets beside the worst; which ones goes round, so that all fields together get all of them."""
FRESH = {"/enterprises/{code}": lambda n: credit(10_000 + n), "/units/{code}": lambda n: f"N-{n}"}
"""Where a path names what is new by a code and not by an id."""
FORMATTED = {"phone", "code", "link", "number", "no", "sha256", "account", "url", "cursor", "batch", "site", "email", "region"}
"""Fields that hold something with a form, which a validator asks for; free text everywhere else."""


def fields(
    schema: dict[str, Any], schemas: dict[str, Any], at: tuple[str | int, ...] = (), deep: int = 0
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Where text can be typed freely: its place in the body, and its schema."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from fields(choice, schemas, at, deep + 1)
    if deep > 8:
        return
    if schema.get("type") == "object":
        for name, part in schema.get("properties", {}).items():
            yield from fields(part, schemas, (*at, name), deep + 1)
    elif schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], schemas, (*at, 0), deep + 1)
    elif schema.get("type") == "string" and not {"pattern", "enum", "format", "const"} & schema.keys():
        yield at, schema


def planted(body: Any, at: tuple[str | int, ...], text: str) -> Any | None:
    """The body with the text at a place; nothing where the example has nothing to plant it into."""
    made = deepcopy(body)
    here = made
    for step, following in pairwise(at):
        if isinstance(step, str):
            here = here.setdefault(step, [] if isinstance(following, int) else {}) if isinstance(here, dict) else None
        elif isinstance(here, list):
            if not here:
                here.append([] if isinstance(following, int) else {})
            here = here[0]
        if here is None:
            return None
    last = at[-1]
    if isinstance(last, int):
        here[:] = [text]
    else:
        here[last] = text
    return made


@dataclass
class Tally:
    """What came of it."""

    asked: int = 0
    came_back: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)


def chosen(number: int) -> list[str]:
    return [*WORST, *(NAUGHTY[(number * FEW + n) % len(NAUGHTY)] for n in range(FEW))]


def unclear(answer: httpx.Response, at: tuple[str | int, ...], schema: dict[str, Any], text: str) -> str | None:
    """What is wrong with a refusal: that it is a 500, is said badly, or has no reason in the text."""
    if answer.status_code >= 500 or (said := refusal_wrong(answer)):
        return f"{answer.status_code} {said if answer.status_code < 500 else ''}"
    if answer.status_code != 422:
        return None
    place = "/body/" + "/".join(map(str, at))
    for error in (e for e in answer.json().get("errors", []) if e["pointer"] == place):
        match error["code"]:
            case "string_too_long" if len(text) > schema.get("maxLength", 0):
                pass
            case "string_too_short" if len(text) < schema.get("minLength", 0):
                pass
            case "value_error" if error["title"] == "文字过长" and len(text) > LEAST_ROOM:
                pass  # A personal datum: its schema says the most of any, its validator what this one holds.
            case "code" if str(at[-1]) in FORMATTED:
                pass
            case "value_error" if strange(text) or len(text) > schema.get("maxLength", 10**6) or str(at[-1]) in FORMATTED:
                pass
            case "reason" if error["title"] == "请写明查看原因" and sum(map(str.isalnum, text)) < 4:
                pass  # A reason that gives none.
            case "string_unicode":
                pass
            case _:
                return f"refused without reason: {error}"
    return None


def strange(text: str) -> bool:
    """Nothing a person reads: empty, blank, or with what can't be stored."""
    return not re.search(r"[^\W_]", text) or any(
        c not in "\t\n\r" and category(c) in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"} for c in text
    )


async def told(service: Service, since: int) -> tuple[list[str], list[Personal]]:
    """Every text, and every sealed datum, in what the log got since."""
    texts: list[str] = []
    sealed: list[Personal] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict) and "$enc" in part:
            sealed.append(Personal.read(part))
        elif isinstance(part, dict):
            for name, item in part.items():
                texts.append(name)
                walk(item)
        elif isinstance(part, list):
            for item in part:
                walk(item)
        elif isinstance(part, str):
            texts.append(part)

    for entry in await after(service.pool, since, 50):
        walk(await freetext.opened(service.vault, orjson.loads(entry.body)["data"], Opening.HANDLE))
    return texts, sealed


@pytest.mark.parametrize("name", ["roster", "visits"])
async def test_every_string_comes_back_or_is_refused_clearly(district: District, name: str) -> None:
    tally = Tally()
    async with a_scene(district) as scene, AsyncExitStack() as stack:
        known, service = await known_of(scene), district.services[name]
        app = application(service)
        clients = {who: await stack.enter_async_context(somebody(district, app, who, scene.members)) for who in ABLE}
        schemas = app.openapi()["components"]["schemas"]
        number = 0
        for operation in operations(app):
            body = operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json")
            found = examples(operation, known, random.Random(operation.label))
            if not body or not found:
                continue
            path, who = dict(found[0].path_parameters or {}), None
            for at, schema in fields(body["schema"], schemas):
                number += 1
                for turn, text in enumerate(chosen(number)):
                    made = planted(found[0].body, at, text)
                    if made is None:
                        continue
                    if operation.method.upper() == "PUT" and operation.path in FRESH:
                        path["code"] = FRESH[operation.path](number * 100 + turn)
                        if "code" in made and at != ("code",):
                            made["code"] = path["code"]
                    if operation.method.upper() == "PUT" and "id_" in path:
                        path["id_"] = str(uuid5(SPACE, f"{operation.label}{at}{turn}"))
                    who = await one(service, clients, operation, path, made, at, schema, text, who, tally)
    print(
        f"{name}: {number} fields, {tally.asked} asked; came back for {len(tally.came_back)} fields, {tally.came_back.total()} texts"
    )
    print("  not shown to come back:", ", ".join(sorted(tally.tried - set(tally.came_back))))
    assert not tally.wrong, "\n".join(dict.fromkeys(tally.wrong))
    assert tally.came_back.total() > 200


async def one(
    service: Service,
    clients: dict[str, httpx.AsyncClient],
    operation: Any,
    path: dict[str, Any],
    body: Any,
    at: tuple[str | int, ...],
    schema: dict[str, Any],
    text: str,
    who: str | None,
    tally: Tally,
) -> str | None:
    """Send one text; who may is remembered for the next."""
    url = re.sub(r"\{(\w+)\}", lambda found: str(path.get(found[1], "x")), operation.path)
    since = await service.pool.fetchval("select pos from log.head")
    answer = None
    for account in [who] if who else ABLE:
        answer = await clients[account].request(operation.method.upper(), url, json=body)
        if answer.status_code == 428:
            seen = await clients[account].get(re.sub(r"/[a-z-]+$", "", url))
            answer = await clients[account].request(
                operation.method.upper(), url, json=body, headers={"If-Match": seen.headers.get("etag", "1")}
            )
        tally.asked += 1
        if answer.status_code not in (401, 403):
            break
    assert answer is not None
    label = f"{operation.label} {'.'.join(map(str, at))}"
    tally.tried.add(label)
    if not answer.is_success:
        if said := unclear(answer, at, schema, text):
            tally.wrong.append(f"{label} {text[:40]!r}: {said} {answer.text[:200]}")
        return account if answer.status_code != 403 else who
    if answer.json().get("replayed") or not text or await service.pool.fetchval("select pos from log.head") == since:
        return account
    texts, sealed = await told(service, since)
    clear = await service.vault.open(sealed, Opening.HANDLE) if sealed else []
    if text not in texts and text not in clear:
        tally.wrong.append(
            f"{label}: {text[:60]!r} is not in the log: {[t for t in (*texts, *clear) if t and len(t) < 80][-12:]}"
        )
        return account
    tally.came_back[label] += 1
    if operation.path.endswith("/unmask"):
        return account  # Told of the reader, not of who was read.
    shown = await clients[account].get(url if operation.method.upper() == "PUT" else re.sub(r"/[a-z-]+$", "", url))
    if shown.status_code >= 500:
        tally.wrong.append(f"GET after {label} {text[:40]!r}: {shown.text[:200]}")
    elif shown.is_success and text not in clear and (values := list(named(shown.json(), str(at[-1])))) and text not in values:
        tally.wrong.append(f"GET after {label}: {text[:60]!r} is shown as {values[:3]!r}")
    return account


def named(part: Any, name: str) -> Iterator[str]:
    """Texts under this name, anywhere in an answer."""
    if isinstance(part, dict):
        for key, item in part.items():
            if key == name and isinstance(item, str):
                yield item
            yield from named(item, name)
    elif isinstance(part, list):
        for item in part:
            yield from named(item, name)


async def test_a_sealed_token_is_not_taken_from_a_client(district: District) -> None:
    """Whoever saw a token in a log could else have it opened as their own; and one that opens nothing would break reading."""
    token = {"$enc": "a1", "sub": str(UUID(int=1)), "n": "AAAAAAAAAAAAAAAA", "ct": "AAAA"}
    async with a_scene(district, 1) as scene, scene.who("T01-worker1") as worker, district.client(scene.roster) as office:
        enterprise = scene.enterprises[1]
        visit = {"enterprise": enterprise, "on": "2026-09-14", "mode": "on_site", "note": "订单充足,生产经营正常"}
        version = (await office.get(f"/enterprises/{enterprise}")).headers["etag"]
        person = {"name": token, "unit": "T01", "role": "worker", "on": "2026-09-14"}
        answers = [
            await worker.put(f"/visits/{UUID(int=7)}", json={**visit, "interviewee": token}),
            await office.post(f"/enterprises/{enterprise}/amend", json={"contact": token}, headers={"If-Match": version}),
            await office.post("/members/T01-new/appoint", json=person),
        ]
        assert [answer.status_code for answer in answers] == [422] * 3, [answer.text for answer in answers]
        assert (await office.get(f"/enterprises/{enterprise}")).status_code == 200
        assert (await office.get("/members")).status_code == 200
