"""An ``Idempotency-Key`` stands for one request: its address and its content. Sent with anything else it is refused.

Over every operation of the OpenAPI documents that takes a key and whose example a small district accepts.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest
from support.asking import known_of, somebody, tickets_of
from support.fuzz import Known, anywhere, application, examples, like, operations, send
from support.scene import a_scene
from support.world import District
from test_openapi_fuzz import ABLE, learnt

REUSED = "urn:guiren:problem:key-reused"


def keyed(operation: Any) -> bool:
    return any(p["name"].lower() == "idempotency-key" for p in operation.definition.raw.get("parameters", ()))


def otherwise(body: Any) -> Iterator[Any]:
    """The body with one thing in it said otherwise."""
    for path in leaves(body):
        other = copy.deepcopy(body)
        place = other
        for step in path[:-1]:
            place = place[step]
        value = place[path[-1]]
        match value:
            case bool():
                place[path[-1]] = not value
            case int():
                place[path[-1]] = value + 1
            case str():
                place[path[-1]] = f"{value}改"
            case _:
                continue
        yield other


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from leaves(item, (*path, key))
    if path and not isinstance(value, (dict, list)):
        yield path


def elsewhere(case: Any, known: Known) -> Iterator[Any]:
    """The same request sent to another address."""
    for name, value in (case.path_parameters or {}).items():
        collection = case.operation.path.strip("/").split("/", maxsplit=1)[0]
        for other in (*known.of(name, collection), str(uuid4())):
            if other != value:
                yield like(case, path_parameters={**case.path_parameters, name: other})


async def accepted(clients: dict[str, httpx.AsyncClient], case: Any) -> tuple[str, httpx.Response] | None:
    key = dict(case.headers)
    for who in ABLE:
        case.headers = key
        answer = await send(clients[who], case)
        if answer is not None and answer.status_code == 428:
            case.headers = {**key, "If-Match": "1"}
            answer = await send(clients[who], case)
        if answer is not None and answer.is_success:
            return who, answer
    return None


@pytest.mark.parametrize("name", ["roster", "visits", "issues"])
async def test_a_key_is_of_one_address_and_one_content(district: District, name: str) -> None:
    tried, refused, before = 0, 0, None
    async with a_scene(district) as scene, AsyncExitStack() as stack:
        known = await known_of(scene)
        service = district.services.get(name) or await district.open(name, relay=True)
        if name != "roster":
            await learnt(scene, service)
        if name == "issues":
            known.collections["issues"] += await tickets_of(scene, service)
        app, dice = application(service), random.Random(1)
        clients = {who: await stack.enter_async_context(somebody(district, app, who, scene.members)) for who in ABLE}
        for operation in operations(app):
            for case in examples(operation, known, dice):
                case.headers = {"Idempotency-Key": f"{operation.label} {tried}"} if keyed(operation) else dict(case.headers or {})
                for tries in anywhere(case, known):
                    if (said := await accepted(clients, tries)) is not None:
                        break
                if said is None or not keyed(operation):  # One without a key may bring about what the others are of.
                    continue
                case = tries  # noqa: PLW2901
                who, first = said
                if first.json().get("replayed"):
                    continue  # It was so already: nothing was done under this key.
                tried += 1
                others = [like(case, body=body) for body in otherwise(case.body)] + list(elsewhere(case, known))
                if before is not None and "/public/" not in operation.path:  # Another operation under the key of the one before.
                    others.append(like(case, headers={**case.headers, "Idempotency-Key": before[1]}))
                for other in others:
                    user = before[0] if before and other.headers["Idempotency-Key"] == before[1] else who
                    answer = await send(clients[user], other)
                    assert answer is not None
                    told = json.dumps(other.body, ensure_ascii=False)
                    assert answer.is_error or answer.json().get("done") == 0, (
                        f"{operation.label} {other.path_parameters} {told}: {answer.text[:300]}"
                    )
                    refused += answer.status_code == 409 and answer.json()["type"] == REUSED
                before = (who, case.headers["Idempotency-Key"]) if first.json().get("position") else before
    print(f"{name}: {tried} operations with a key accepted, {refused} other requests refused as KEY_REUSED")
    assert tried >= 5 and refused >= tried, "too few to say anything"
