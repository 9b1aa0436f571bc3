"""A desk for tickets: a small district whose issues service believes whatever hour it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from shared.http.service import Service
from shared.language.freetext import opened
from shared.language.openings import Opening
from shared.language.terms import Role, derived_id
from shared.log.eventlog import whole
from support.roster import credit
from support.world import District, until

START = "2021-08-01"
OFF = (
    "01-01",
    *(f"02-{n}" for n in range(16, 20)),
    "04-05",
    "05-01",
    "05-02",
    "06-19",
    "09-25",
    "09-26",
    "09-27",
    *(f"10-0{n}" for n in range(1, 8)),
)
WORKED = ("09-20", "10-10")
UNITS = (
    ("520502", "district", None),
    ("OFFICE", "office", "520502"),
    ("INSPECT", "inspectorate", "520502"),
    ("T01", "township", "520502"),
    ("T02", "township", "520502"),
    ("D05", "department", "520502"),
)
PEOPLE = {
    "w": ("T01", Role.WORKER),
    "w2": ("T01", Role.WORKER),
    "l": ("T01", Role.LIAISON),
    "h": ("T01", Role.HEAD),
    "d": ("T01", Role.DEPUTY),
    "h5": ("D05", Role.HEAD),
    "d5": ("D05", Role.DEPUTY),
    "w5": ("D05", Role.WORKER),
    "h2": ("T02", Role.HEAD),
    "w-2": ("T02", Role.WORKER),
    "office": ("OFFICE", Role.OFFICE),
    "office-head": ("OFFICE", Role.OFFICE_HEAD),
    "caller": ("OFFICE", Role.CALLER_BACK),
    "hotline": ("OFFICE", Role.HOTLINE),
    "chief": ("520502", Role.CHIEF),
    "inspector": ("INSPECT", Role.INSPECTOR),
    "caller2": ("INSPECT", Role.CALLER_BACK),
    "auditor": ("INSPECT", Role.AUDITOR),
}


def at(text: str) -> datetime:
    """``09-14T10:00`` of 2026, on the wall in Asia/Shanghai."""
    return datetime.fromisoformat(f"2026-{text}+08:00")


def member(account: str) -> UUID:
    """The id of somebody of ``PEOPLE``."""
    return derived_id("member", account)


class Desk:
    """The services and the enterprise, and how people ask."""

    def __init__(self, district: District, roster: Service, issues: Service, enterprises: list[str]) -> None:
        self.district, self.roster, self.issues, self.enterprises = district, roster, issues, enterprises

    def now(self, text: str) -> None:
        """From here on it is this hour."""
        self.issues.clock = lambda: at(text)

    def who(self, account: str) -> httpx.AsyncClient:
        """HTTP into issues as somebody of ``PEOPLE``."""
        unit, role = PEOPLE[account]
        return self.district.client(self.issues, role, unit=unit, account=account)

    async def asked(self, account: str, issue: str, verb: str, **body: Any) -> httpx.Response:
        """One step, whatever comes of it."""
        async with self.who(account) as client:
            return await client.post(f"/issues/{issue}/{verb}", json=body)

    async def ask(self, account: str, issue: str, verb: str, **body: Any) -> dict[str, Any]:
        """One step that is carried out."""
        answer = await self.asked(account, issue, verb, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def reported(self, account: str = "w", enterprise: int = 0, **more: Any) -> str:
        """A ticket somebody reported by hand."""
        id_ = str(uuid4())
        body = {
            "enterprise": self.enterprises[enterprise],
            "source": "in_person",
            "content": "厂区门口道路积水",
            "nature": "help",
            **more,
        }
        async with self.who(account) as client:
            made = await client.put(f"/issues/{id_}", json=body)
        assert made.status_code == 201, made.text
        return id_

    async def dispatched(self, **more: Any) -> str:
        """Taken on and given out within the township."""
        id_ = await self.reported(**more)
        await self.ask("l", id_, "accept")
        await self.ask("h", id_, "dispatch", unit="T01", leader=str(member("h")), measures="现场勘察后清淤", due="standard")
        return id_

    async def signed(self, **more: Any) -> str:
        """On the worker's desk."""
        id_ = await self.dispatched(**more)
        await self.ask("w", id_, "sign")
        return id_

    async def shown(self, issue: str, account: str = "office", **params: Any) -> dict[str, Any]:
        """The ticket as somebody sees it."""
        async with self.who(account) as client:
            answer = await client.get(f"/issues/{issue}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def facts(self, issue: str) -> list[tuple[str, dict[str, Any]]]:
        """Its facts, by name, their texts opened."""
        found: list[tuple[str, dict[str, Any]]] = []
        async with self.issues.pool.acquire() as connection:
            async for page in whole(connection):
                found += [(e.type.split(".")[1], orjson.loads(e.body)["data"]) for e in page if e.key == issue]
        return await opened(self.issues.vault, found, Opening.HANDLE)


async def a_desk(district: District) -> Desk:
    """Units, people, two enterprises, the calendar of autumn 2026."""
    roster = await district.open("roster", relay=True)
    made: list[str] = []
    async with district.client(roster) as office:
        for code, kind, parent in UNITS:
            answer = await office.put(f"/units/{code}", json={"name": f"某{code}", "kind": kind, "parent": parent, "on": START})
            assert answer.status_code == 201, answer.text
        for account, (unit, role) in PEOPLE.items():
            await district.appoint(account, name="张三", unit=unit, role=role, on=START)
        for number in (1, 2):
            body = {
                "code": credit(number),
                "name": f"某{number}公司",
                "on": START,
                "assignments": [{"line": "horizontal", "unit": "T01"}, {"line": "vertical", "unit": "D05"}],
            }
            answer = await office.put(f"/enterprises/{credit(number)}", json=body)
            assert answer.status_code == 201, answer.text
            made.append(answer.json()["id"])
        days = [{"date": f"2026-{day}", "off": day in OFF, "name": "节"} for day in sorted((*OFF, *WORKED))]
        answer = await office.put("/calendar/2026", json={"days": days, "source": "国办"})
        assert answer.status_code == 200, answer.text
    issues = await district.open("issues", relay=True)
    head = await roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return await issues.pool.fetchval("select pos from cursor where name = 'directory'") == head

    await until(there)
    issues.forget_calendar()
    return Desk(district, roster, issues, made)
