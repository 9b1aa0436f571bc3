"""Every operation of every service's OpenAPI document, asked for what fits the document and for what does not.

New routes are found by themselves. ``GUIREN_FUZZ=n`` asks n cases of each operation instead of a few. What is checked:
no 5xx, declared statuses and media types, declared shapes, refusals as problem documents with a Chinese title.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from itertools import cycle
from typing import Any
from uuid import UUID

import httpx
import pytest
from support.asking import known_of, somebody
from support.fuzz import Known, application, cases, send, wrong
from support.scene import a_scene
from support.world import District, until

from shared.http.service import Service

EACH = int(os.environ.get("GUIREN_FUZZ", "4"))
WHO: tuple[str, ...] = ("office", "T01-worker1", "T01-head", "nobody", "office", "T01-deputy", "D01-head", "admin")
"""Who asks the first case of an operation, the second, and so on."""

ABLE = ("office", "T01-worker1", "T01-head", "T01-deputy", "office-head", "D01-head")
"""Who tries an example, until somebody may."""


async def asked(
    district: District, service: Service, known: Known, members: dict[str, UUID]
) -> tuple[dict[str, Any], dict[str, Counter[int]]]:
    """What is wrong, by operation; and how often each status was answered."""
    app, failed, seen = application(service), defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[int]](Counter)
    async with AsyncExitStack() as stack:
        clients = {
            account: await stack.enter_async_context(somebody(district, app, account, members)) for account in {*WHO, *ABLE}
        }
        for label, examples, made in cases(app, known, EACH):
            asks = [*((who, case) for case in examples for who in ABLE), *zip(cycle(WHO), made, strict=False)]
            accepted = False
            for who, case in asks:
                if accepted and case in examples:
                    continue
                answer = await send(clients[who], case)
                if answer is not None and answer.status_code == 428 and case in examples:
                    case.headers = {"If-Match": "1"}
                    answer = await send(clients[who], case)
                if answer is None:
                    continue
                seen[label][answer.status_code] += 1
                accepted = accepted or answer.is_success
                if case in examples and os.environ.get("GUIREN_FUZZ_SHOW"):
                    print(f"  {answer.status_code} {label} {who}: {answer.text[:300] if answer.is_error else ''}")
                if said := wrong(case, answer):
                    failed[label][f"{said} ← {answer.request.method} {answer.request.url} {sent(answer.request)}"] += 1
    return {label: list(found)[:3] for label, found in failed.items()}, seen


async def learnt(scene: Any, service: Service) -> None:
    """Wait until the service knows what the roster told."""
    head = await scene.roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return bool(await service.pool.fetchval("select bool_and(pos >= $1) from view.cursor where log = 'roster'", head))

    await until(there)


def sent(request: httpx.Request) -> str:
    try:
        return request.content[:600].decode("utf-8", "backslashreplace")
    except httpx.RequestNotRead:
        return "(stream)"


@pytest.mark.parametrize("name", ["roster", "visits", "issues", "reporting"])
async def test_nothing_a_client_sends_surprises(district: District, name: str) -> None:
    async with a_scene(district) as scene:
        known = await known_of(scene)
        service = district.services.get(name) or await district.open(name, relay=True)
        if name != "roster":
            await learnt(scene, service)
        failed, seen = await asked(district, service, known, scene.members)
    total = Counter[int]()
    for counted in seen.values():
        total.update(counted)
    print(f"{name}: {len(seen)} operations, {dict(sorted(total.items()))}")
    unmet = sorted(label for label, counted in seen.items() if not any(status < 400 for status in counted))
    print(f"  never accepted: {len(unmet)}: {', '.join(unmet)}")
    assert not failed, "\n".join(f"{label}\n    " + "\n    ".join(found) for label, found in sorted(failed.items()))
