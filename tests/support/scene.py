"""A small district for consultations, publicity, surveys and plans: two departments, two townships, a few enterprises."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.roster.domain.enterprise.decide import ENTERPRISE
from shared.http.service import Service
from shared.language.decider import AnyDecider
from shared.language.facts import Command, Fact
from shared.language.terms import Role, derived_id
from support.roster import credit
from support.world import District, until

START = "2020-01-01"
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
"""Tuesday, the 15th, 10:00 in Asia/Shanghai."""
NOTE = "订单充足,用工稳定,生产经营正常"
UNITS = (
    ("520502", "district", None),
    ("OFFICE", "office", "520502"),
    ("D01", "department", "520502"),
    ("D02", "department", "520502"),
    ("T01", "township", "520502"),
    ("T02", "township", "520502"),
)
PEOPLE = {
    "T01-head": ("T01", "head"),
    "T01-deputy": ("T01", "deputy"),
    "T01-worker1": ("T01", "worker"),
    "T01-worker2": ("T01", "worker"),
    "T01-liaison": ("T01", "liaison"),
    "D01-head": ("D01", "head"),
    "D01-deputy": ("D01", "deputy"),
    "D01-worker1": ("D01", "worker"),
    "T02-worker1": ("T02", "worker"),
    "T02-head": ("T02", "head"),
    "office": ("OFFICE", "office"),
    "office-head": ("OFFICE", "office_head"),
}


class Scene:
    """The services, the members' ids by account, the enterprises' ids by number."""

    def __init__(self, district: District, roster: Service, visits: Service) -> None:
        self.district, self.roster, self.visits = district, roster, visits
        self.members: dict[str, UUID] = {}
        self.enterprises: dict[int, str] = {}

    def who(self, account: str, role: Role | None = None, unit: str = "") -> httpx.AsyncClient:
        """HTTP into visits as this member; somebody unknown gets the role and unit named."""
        known = PEOPLE.get(account)
        roles, home = (Role(known[1]) if role is None and known else role or Role.OFFICE), (known[0] if known else unit)
        client = self.district.client(self.visits, roles, unit=home, account=account)
        subject = str(self.members.get(account, derived_id("member", account)))
        client.headers["Authorization"] = "Bearer " + self.district.token(roles, unit=home, account=account, sub=subject)
        return client

    async def enterprise(
        self,
        number: int,
        *,
        worker: str | None = "T01-worker1",
        township: str = "T01",
        department: str | None = "D01",
        on: str = START,
        **more: Any,
    ) -> str:
        """An invented enterprise with its assignments."""
        lines: list[dict[str, Any]] = [{"line": "horizontal", "unit": township}]
        if worker:
            lines[0]["worker"] = str(self.members[worker])
        if department:
            lines.append({"line": "vertical", "unit": department})
        body = {"code": credit(number), "name": f"某{number}商贸有限公司", "on": on, "assignments": lines, **more}
        async with self.district.client(self.roster) as office:
            made = await office.put(f"/enterprises/{credit(number)}", json=body)
        assert made.status_code == 201, made.text
        self.enterprises[number] = made.json()["id"]
        return self.enterprises[number]

    async def happened(self, number: int, fact: Fact) -> None:
        """A fact of an enterprise, straight into the roster's log: whoever may cause it is the roster's business."""
        decider: AnyDecider = replace(ENTERPRISE, decide=lambda _state, _command, _context: [fact])
        key = UUID(self.enterprises[number])
        context = await self.roster.context(self.district.actor(), key, None)
        await self.roster.desk.handle(decider, key, Command(), context, command_id=uuid4())

    async def known(self) -> None:
        """Wait until visits knows what the roster knows."""
        head = await self.roster.pool.fetchval("select pos from log.head")

        async def there() -> bool:
            return await self.visits.pool.fetchval("select pos from cursor where name = 'directory'") == head

        await until(there)

    async def visit(self, number: int, account: str = "T01-worker1", **more: Any) -> UUID:
        """A visit by phone that counts: number, start and duration are its evidence."""
        id_ = uuid4()
        body = {
            "enterprise": self.enterprises[number],
            "on": "2026-09-14",
            "mode": "phone",
            "note": NOTE,
            "phone": "19900000001",
            "claimed_at": "2026-09-14T10:00:00+08:00",
            "connected_seconds": 300,
            **more,
        }
        async with self.who(account) as client:
            made = await client.put(f"/visits/{id_}", json=body)
        assert made.status_code == 201, made.text
        return id_


@asynccontextmanager
async def a_scene(district: District, enterprises: int = 3) -> AsyncGenerator[Scene, None]:
    """The district with this many enterprises of T01 and D01, on the morning of 2026-09-15."""
    roster, visits = await district.open("roster", relay=True), await district.open("visits", relay=True)
    visits.clock = lambda: NOW
    scene = Scene(district, roster, visits)
    async with district.client(roster) as office:
        for code, kind, parent in UNITS:
            made = await office.put(f"/units/{code}", json={"name": f"某{code}", "kind": kind, "parent": parent, "on": START})
            assert made.status_code == 201, made.text
        for account, (unit, role) in PEOPLE.items():
            await district.appoint(account, name="王某", unit=unit, role=role, on=START)
    await scene.known()
    scene.members = dict(await visits.pool.fetch("select account, id from known_member"))
    for number in range(1, enterprises + 1):
        await scene.enterprise(number)
    await scene.known()
    yield scene
