"""Every answer of every GET, walked: an address in it is answered, and what is a list is a list.

A small district is filled with the examples of every service's document; then all GETs are asked, by those who see most,
through a gateway as it stands before the services. New routes are found by themselves.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from support.asking import known_of, somebody
from support.fuzz import Known, application, examples, operations, send
from support.gateway import SERVICES, gateway
from support.scene import PEOPLE, a_scene
from support.streams import level
from support.world import District

from deploy.embedded.home import Home
from shared.language import terms
from shared.language.terms import Role, derived_id

ABLE = ("office", "T01-worker1", "T01-head", "T01-deputy", "office-head", "D01-head")
READERS = ("office", "T01-head", "T01-worker1", "office-head", "admin")
ADDRESS = re.compile(r"^(href|path|url|.*_href)$")
CODES = frozenset(
    str(member) for kind in vars(terms).values() if isinstance(kind, type) and issubclass(kind, StrEnum) for member in kind
)
UUIDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EACH = 3


def walked(value: Any, at: str = "", key: str = "") -> Iterator[tuple[str, str, str]]:
    """Every string of an answer: where it stands (without numbers), under which name, and what it says."""
    match value:
        case dict():
            for name, item in value.items():
                yield from walked(item, f"{at}.{name}", str(name))
        case list():
            for item in value:
                yield from walked(item, f"{at}[]", key)
        case str():
            yield at, key, value
        case _:
            pass


def is_a_list_in_disguise(text: str) -> bool:
    """JSON in a string, or codes, field names or ids joined by a mark."""
    if text[:1] in "[{" and text[-1:] in "]}":
        try:
            return isinstance(orjson.loads(text), list | dict)
        except orjson.JSONDecodeError:
            return False
    parts = re.split(r"[,;|、]", text)
    return len(parts) > 1 and all(part in CODES or UUIDS.fullmatch(part) for part in parts)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('["a"]', True),
        ('{"a": 1}', True),
        ("head,deputy", True),
        ("office|head", True),
        ("[某地]", False),
        ("甲、乙", False),
        ("head", False),
        ("", False),
        ("note, and more", False),
    ],
)
def test_a_list_in_disguise_is_known(text: str, *, wrong: bool) -> None:
    assert is_a_list_in_disguise(text) is wrong


async def filled(district: District, known: Known, members: dict[str, UUID]) -> dict[str, Any]:
    """Every example of every document, said by somebody who may; the applications."""
    apps: dict[str, Any] = {}
    for name in SERVICES:
        service = district.services.get(name) or await district.open(name, relay=True)
        await level(district)
        app = apps[name] = application(service)
        clients = [somebody(district, app, account, members) for account in ABLE]
        for operation in operations(app):
            if operation.method.upper() == "GET" or re.search(r"/(erase|rebuild)", operation.path):
                continue
            for case in examples(operation, known, random.Random(operation.label)):
                for client in clients:
                    answer = await send(client, case)
                    for status in (428, 412):
                        if answer is not None and answer.status_code == status:
                            case.headers["If-Match"] = str(answer.json().get("actual", 1))
                            answer = await send(client, case)
                    if answer is None or answer.is_success:
                        break
        for client in clients:
            await client.aclose()
    return apps


def asked(app: Any, known: Known, learnt: dict[str, dict[str, list[str]]], name: str) -> Iterator[str]:
    """Paths of every GET, with ids that are there."""
    for operation in operations(app):
        if operation.method.upper() != "GET":
            continue
        collection = operation.path.strip("/").split("/", maxsplit=1)[0]
        needed = [p for p in operation.definition.raw.get("parameters", []) if p["in"] == "query" and p.get("required")]
        query = "&".join(f"{p['name']}={(known.of(p['name'], collection) or ['2026-09'])[0]}" for p in needed)
        names = re.findall(r"{(\w+)}", operation.path)
        found = {
            n: list(dict.fromkeys([*learnt[name][f"{collection}.{n.rstrip('_')}"][:EACH], *known.of(n, collection)[: 2 * EACH]]))
            for n in names
        }
        for number in range(max((len(values) for values in found.values()), default=1)):
            path = operation.path
            for n, values in found.items():
                path = path.replace(f"{{{n}}}", values[min(number, len(values) - 1)] if values else "1")
            yield f"/api/{name}{path}" + (f"?{query}" if query else "")


async def first_that_may(readers: list[httpx.AsyncClient], path: str) -> httpx.Response:
    """The answer to the first who gets one, or else the last refusal."""
    answers = [await readers[0].get(path)]
    for reader in readers[1:]:
        if not answers[-1].is_success:
            answers.append(await reader.get(path))
    return answers[-1]


def documents(answer: httpx.Response) -> list[Any]:
    """One, or a line each."""
    return [
        orjson.loads(line)
        for line in ([answer.content] if "ndjson" not in answer.headers["content-type"] else answer.content.splitlines())
    ]


async def opened_without_a_record(district: District, told: dict[str, tuple[str, str]]) -> tuple[set[str], set[str]]:
    """Paths whose answers show a text that stands sealed in every log: those the vault has no record of, and those it has."""
    clear = b"\n".join(
        [row["body"] for one in district.services.values() for row in await one.pool.fetch("select body from log.entry")]
    )
    secret = [text for text in district.opened_texts if len(text) > 5 and text.encode() not in clear]
    safe = await district.vault()
    await safe.records.flush()
    rows = await safe.keys.pool.fetch("select request, service, via, by from vault.opening where request <> ''")
    kept = {row["request"]: row for row in rows}
    showing = {request: path for request, (path, answer) in told.items() if any(text in answer for text in secret)}
    for request in showing.keys() & kept.keys():
        row, path = kept[request], showing[request]
        assert path.startswith(f"/api/{row['service']}/") and row["via"], path
        assert row["by"] or "/public/" in path, path
    return {path for request, path in showing.items() if request not in kept}, {
        path for request, path in showing.items() if request in kept
    }


async def test_every_address_is_answered_and_every_list_is_one(district: District, tmp_path: Path) -> None:
    async with a_scene(district) as scene:
        known = await known_of(scene)
        apps = await filled(district, known, scene.members)
        await level(district)
        learnt: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        addresses: dict[str, tuple[str, str]] = {}
        disguised: set[str] = set()
        answered: set[str] = set()
        told: dict[str, tuple[str, str]] = {}
        async with gateway(Home(tmp_path), apps) as at:
            readers: list[httpx.AsyncClient] = []
            for account in READERS:
                unit, role = PEOPLE.get(account, ("", "admin"))
                subject = str(scene.members.get(account, derived_id("member", account)))
                token = district.token(Role(role), unit=unit, account=account, sub=subject)
                headers = {"Authorization": f"Bearer {token}"}
                readers.append(httpx.AsyncClient(base_url=at, timeout=60, trust_env=False, headers=headers))
            for name, app in [*apps.items()] * 2:  # The second time with the ids that the lists of the first have told.
                for path in [path for path in asked(app, known, learnt, name) if path not in answered]:
                    answer = await first_that_may(readers, path)
                    if not answer.is_success or not answer.headers.get("content-type", "").endswith("json"):
                        continue
                    answered.add(path)
                    told[answer.headers["x-correlation-id"]] = (path, answer.text)
                    collection = path.split("/")[3].split("?")[0]
                    for where, key, text in (found for line in documents(answer) for found in walked(line)):
                        if key in ("id", "no", "visit", "batch", "document", "sha256"):
                            ids = learnt[name][f"{collection}.{key}"]
                            if text not in ids:
                                ids.append(text)
                        if is_a_list_in_disguise(text):
                            disguised.add(f"{path.split('?')[0]} {where}: {text[:60]}")
                        if ADDRESS.match(key) and text.startswith("/"):
                            addresses.setdefault(text, (path, where))
            nowhere: list[str] = []
            for address, (path, where) in addresses.items():
                answer = await first_that_may(readers, address)
                theirs = address.startswith("/s/") and answer.status_code == 403  # A link is there, for its first device.
                if not (answer.is_success or theirs):
                    nowhere.append(f"{path} {where}: {address} → {answer.status_code}")
            for reader in readers:
                await reader.aclose()
        unrecorded, recorded = await opened_without_a_record(district, told)
    print(f"{len(answered)} answers, {len(addresses)} addresses")
    assert len(answered) > 150
    kinds = {re.sub(r"[0-9a-f-]{36}|[0-9a-f]{64}|[^/?]+$", "…", address) for address in addresses}
    assert len(kinds) > 3, kinds
    assert len(recorded) > 10, recorded
    assert not unrecorded, "\n".join(sorted(unrecorded))
    assert not nowhere, "\n".join(sorted(nowhere))
    assert not disguised, "\n".join(sorted(disguised))
