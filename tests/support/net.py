"""A small net over HTTP: two departments, two townships with their branches and villages, people at their posts, enterprises."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import httpx

from shared.language.terms import derived_id
from support.roster import credit

DAY = "2026-01-01"
UNITS = (
    ("520502", "某区", "district", None),
    ("D01", "甲局", "department", "520502"),
    ("D02", "乙局", "department", "520502"),
    ("T01", "东镇", "township", "520502"),
    ("T02", "西镇", "township", "520502"),
    ("D01-1", "甲一所", "branch", "D01"),
    ("T01-1", "东一村", "village", "T01"),
    ("T01-2", "东二村", "village", "T01"),
)
PEOPLE = (
    ("chief", "520502", "chief"),
    ("D01-head", "D01", "head"),
    ("D01-w1", "D01", "worker"),
    ("D02-w1", "D02", "worker"),
    ("T01-head", "T01", "head"),
    ("T01-dep", "T01", "deputy"),
    ("T01-w1", "T01", "worker"),
    ("T01-w2", "T01", "worker"),
    ("T02-w1", "T02", "worker"),
)


def member(account: str) -> str:
    return str(derived_id("member", account))


async def ok(answer: httpx.Response, *statuses: int) -> Any:
    assert answer.status_code in (statuses or (200, 201)), answer.text
    return answer.json()


async def the_net(client: httpx.AsyncClient) -> None:
    for code, name, kind, parent in UNITS:
        await ok(await client.put(f"/units/{code}", json={"name": name, "kind": kind, "parent": parent, "on": DAY}))
    for account, unit, role in PEOPLE:
        person = {"name": f"某{account}", "phone": "19900001234", "unit": unit, "role": role, "on": DAY}
        await ok(await client.post(f"/members/{account}/appoint", json=person))


async def enterprise(client: httpx.AsyncClient, number: int, **more: Any) -> str:
    content = {"code": credit(number), "name": f"某某商贸有限公司{number}", "on": DAY, "standing": "surviving", **more}
    return (await ok(await client.put(f"/enterprises/{credit(number)}", json=content)))["id"]


async def assign(client: httpx.AsyncClient, id_: str | UUID, line: str, unit: str, on: str | date = DAY, **more: Any) -> Any:
    content = {"line": line, "unit": unit, "on": str(on), **more}
    return await ok(await client.post(f"/enterprises/{id_}/assign", json=content))


async def served(client: httpx.AsyncClient, number: int, department: str = "D01", township: str = "T01", **more: Any) -> str:
    """An enterprise with a worker on both lines."""
    id_ = await enterprise(client, number, **more)
    await assign(client, id_, "vertical", department, worker=member(f"{department}-w1"), document="甲文1号")
    await assign(client, id_, "horizontal", township, worker=member(f"{township}-w1"))
    return id_
