"""A small district in which everything is there once, with everybody at his post: T01 is home, T02 has nothing to do with it.

The people of T01, D05, the office and the inspectorate have the accounts of ``tickets``, so that its stories are theirs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import httpx
from fastapi import FastAPI

from shared.http.service import Service
from shared.language.terms import Role, derived_id
from shared.log.background import ended
from support import tickets
from support.enterprises import DEVICE
from support.fuzz import a_photo
from support.roster import credit
from support.world import District, until

START, DAY, MONTH, BEFORE = "2020-01-01", "2026-09-14", "2026-09", "2026-08"
NOW = datetime.fromisoformat("2026-09-15T10:00+08:00")
HERE, THERE = "T01", "T02"
UNITS = (
    ("520502", "district", None),
    ("OFFICE", "office", "520502"),
    ("INSPECT", "inspectorate", "520502"),
    ("T01", "township", "520502"),
    ("T02", "township", "520502"),
    ("T07", "township", "520502"),
    ("T08", "township", "520502"),
    ("T09", "township", "520502"),
    ("D01", "department", "520502"),
    ("D05", "department", "520502"),
    ("T01-1", "village", "T01"),
    ("T02-1", "village", "T02"),
)
ACCOUNTS = {
    "chief": ("520502", Role.CHIEF),
    "office": ("OFFICE", Role.OFFICE),
    "office-head": ("OFFICE", Role.OFFICE_HEAD),
    "inspector": ("INSPECT", Role.INSPECTOR),
    "auditor": ("INSPECT", Role.AUDITOR),
    "h": ("T01", Role.HEAD),
    "d": ("T01", Role.DEPUTY),
    "l": ("T01", Role.LIAISON),
    "l-b": ("T01", Role.BACKUP_LIAISON),
    "w": ("T01", Role.WORKER),
    "w2": ("T01", Role.WORKER),
    "i": ("T01", Role.INFORMANT),
    "watch": ("T01", Role.SUPERVISOR),
    "h-2": ("T02", Role.HEAD),
    "d-2": ("T02", Role.DEPUTY),
    "l-2": ("T02", Role.LIAISON),
    "w-2": ("T02", Role.WORKER),
    "i-2": ("T02", Role.INFORMANT),
    "watch-2": ("T02", Role.SUPERVISOR),
    "hotline": ("OFFICE", Role.HOTLINE),
    "caller": ("OFFICE", Role.CALLER_BACK),
    "admin": ("OFFICE", Role.ADMIN),
    "security-admin": ("OFFICE", Role.SECURITY_ADMIN),
    "audit-admin": ("OFFICE", Role.AUDIT_ADMIN),
    "released": ("T01", Role.WORKER),
}
"""Who asks, by account: each with one post. Besides, a stranger with a token of nobody's, and nobody without one."""
HELPERS = {
    "office2": ("OFFICE", Role.OFFICE),
    "office-head2": ("OFFICE", Role.OFFICE_HEAD),
    "h5": ("D05", Role.HEAD),
    "d5": ("D05", Role.DEPUTY),
    "w5": ("D05", Role.WORKER),
    "security-admin2": ("OFFICE", Role.SECURITY_ADMIN),
}
"""Who does what must be done by somebody else before."""
BRANCHES = {"i": "T01-1", "i-2": "T02-1"}
CODES = [credit(number) for number in (1, 2, 3)]
FITS = {
    "contest": "Declined",
    "answer-sibling": "Merged",
    "dispatch": "Accepted",
    "sign": "Dispatched",
    "return": "Dispatched",
    "approve-extension": "Asking",
    "reject-extension": "Asking",
    "renew": "Tracked",
    "resume": "Tracked",
    "approve": "Resolved",
    "approve-escalation": "Escalating",
    "reject-escalation": "Escalating",
    "record-city-reply": "City",
    "reject": "Resolved",
    "answer-co-handling": "Crossed",
    "call-back": "Reviewed",
    "reopen": "Unhappy",
    "archive": "Long",
    "withdraw": "Signed",
    "close": "Rated",
    "answer-supervision": "Supervised",
    "dispatch.pdf": "Dispatched",
    **dict.fromkeys(
        (
            "reassign",
            "progress",
            "request-extension",
            "track",
            "request-escalation",
            "answer-stage",
            "resolve",
            "supervise",
            "urge",
        ),
        "Signed",
    ),
}
"""At which stage a step is likely to fit: it is tried there first, and only then at all others."""
SPACE = UUID("5205020a-0811-5021-8000-0000000000aa")
SAMPLE = "0198f000-0000-7000-8000-00000000c0de"
"""The id that stands in the documents' examples for whatever is there."""

_CLOSE = """
create function public.closed() returns trigger language plpgsql as
    $$ begin raise exception 'closed' using errcode = '57000'; end $$;
grant execute on function public.closed() to public;
do $$ declare t record; begin
    for t in select schemaname as s, tablename as n from pg_tables where schemaname not in ('pg_catalog', 'information_schema') loop
        execute format('create trigger closed before insert or update or delete on %I.%I for each statement execute function public.closed()', t.s, t.n);
    end loop;
end $$;
"""


def member(account: str) -> str:
    """The id of a member."""
    return str(derived_id("member", account))


def named(what: str) -> str:
    """An id for something, always the same, as a client makes them (version 7: those of version 5 are the platform's own)."""
    made = str(uuid5(SPACE, what))
    return f"{made[:14]}7{made[15:]}"


@dataclass
class Whole:
    """The services, their applications, and what is there."""

    district: District
    services: dict[str, Service] = field(default_factory=dict)
    apps: dict[str, FastAPI] = field(default_factory=dict)
    things: dict[str, list[str]] = field(default_factory=dict)
    """Ids by ``service/collection``: what is asked for there."""
    enterprises: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list[str])
    device: str = DEVICE["Cookie"]
    photo: bytes = field(default_factory=a_photo)
    proposals: dict[str, str] = field(default_factory=dict[str, str])
    """What waits for a second person, by whom or what it is about."""
    filed: str = ""
    """The digest of the ledger that was submitted."""
    drawn: str = ""
    """The number of a ticket that was drawn to be called again."""

    def home(self) -> re.Pattern[bytes]:
        """What names the first enterprise and what is about it, in an answer."""
        ids = {id_ for key, those in self.things.items() for id_ in those if not key.endswith(("/subjects", "/rebuilds"))} - {
            *self.enterprises[1:]
        }
        return re.compile("|".join([*map(re.escape, sorted(ids | {self.enterprises[0]})), CODES[0], "某1公司"]).encode())

    @property
    def digest(self) -> str:
        """Of the photo."""
        return sha256(self.photo).hexdigest()

    def by(self, service: str, account: str) -> httpx.AsyncClient:
        """HTTP into a service as somebody of the roster, or as the enterprise."""
        headers = {"Authorization": f"Bearer {self.district.own_token(account)}"} if account else DEVICE
        transport = httpx.ASGITransport(self.apps[service], raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://guiren", headers=headers, timeout=60)

    async def do(self, service: str, account: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Something that is carried out."""
        async with self.by(service, account) as client:
            answer = await client.request(method, path, **({} if body is None else {"json": body}), **more)
            if answer.status_code == 428 and not more:
                answer = await client.request(method, path, json=body, headers={"If-Match": "1"})
            if answer.status_code == 412 and not more:
                answer = await client.request(method, path, json=body, headers={"If-Match": str(answer.json()["actual"])})
        assert answer.is_success, f"{service} {method} {path}: {answer.text}"
        return answer.json() if answer.headers.get("content-type") == "application/json" else None

    async def level(self) -> None:
        """Wait until everybody knows what everybody told."""
        heads = {name: await service.pool.fetchval("select pos from log.head") for name, service in self.services.items()}

        async def there() -> bool:
            for name, service in self.services.items():
                for row in await service.pool.fetch("select log, pos from view.cursor where log <> $1", name):
                    if row["pos"] < heads.get(row["log"], 0):
                        return False
            return True

        await until(there, seconds=60)

    async def close(self) -> None:
        """From here on nothing is written in any database of a service: whoever tries hears 503. Nothing runs by itself any more."""
        for name, service in self.services.items():
            service.stopping.set()  # A stream of events ends as soon as it has begun, too.
            running: list[asyncio.Task[None]] = vars(service)["_running"]
            await ended(running)
            connection = await self.district.connect(name, "postgres")
            await connection.execute(_CLOSE)
            await connection.close()

    # What is asked for.

    def targets(self, service: str, method: str, path: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Paths with things that are there in the place of their parameters, the likeliest first."""
        names = re.findall(r"{(\w+)}", path)
        collection = path.strip("/").split("/", maxsplit=1)[0]
        made = method == "PUT" and path.count("/") == 2 and names == ["id_"]
        values = {name: [named("new")] if made else self._there(service, method, path, collection, name) for name in names}
        for number in range(max(map(len, values.values()), default=1)):
            found = {name: those[min(number, len(those) - 1)] for name, those in values.items()}
            yield path.format(**found), found

    def _there(self, service: str, method: str, path: str, collection: str, name: str) -> list[str]:
        found = self._candidates(service, method, path, collection, name)
        likely = named(f"issue-{FITS.get(path.rpartition('/')[2])}")
        return [likely, *(one for one in found if one != likely)] if likely in found else found

    def _candidates(self, service: str, method: str, path: str, collection: str, name: str) -> list[str]:
        ending = path.rpartition("/")[2]
        special = {
            ("members", "account"): {"confirm": ["proposed"], "reject": ["proposed"], "appoint": ["new"]}.get(ending, ["w"]),
            ("units", "code"): {
                "confirm": ["T09"],
                "reject": ["T09"],
                "end": ["T08"],
                "move": ["T02-1"],
                "withdraw-end": ["T07"],
                "{code}": ["T03" if method == "PUT" else HERE],
            }.get(ending, [HERE]),
            ("enterprises", "code"): ["91520502MA0009001B"],
            ("mapping", "name"): ["places"],
            ("issues", "form"): ["request"],
            ("duty", "month"): ["2026-10" if method == "PUT" else MONTH],
            ("ledgers", "month"): [MONTH, BEFORE],
            ("queues", "name"): ["unplaced" if service == "roster" else "accept"],
            ("documents", "sha256"): [self.digest],
        }
        plain = {
            "year": ["2027" if ending == "import" else "2026"],
            "month": [MONTH],
            "kpi": ["K3"],
            "unit": [HERE],
            "n": ["1"],
            "no": ["1"],
            "worker": [member("w")],
            "jti": ["a-token"],
            "token": self.tokens,
            "sha256": [self.digest],
            "follower": ["parking"],
            "position": ["7"],
            "code": [HERE],
            "key": self.things["issues/issues"],
            "visit": self.things["visits/visits"],
        }
        found = special.get((collection, name)) or plain.get(name)
        if found is None:
            two = "/".join(path.strip("/").split("/")[:2])
            found = self.things.get(f"{service}/{two}") or self.things.get(f"{service}/{collection}") or self.enterprises
            if method == "PUT":
                found = [*found, named("new")]
        return found

    def value(self, name: str, schema: dict[str, Any]) -> str:
        """For a parameter that is required."""
        if "enum" in schema:
            return str(schema["enum"][0])
        if "$ref" in schema:
            told = self.apps["roster"].openapi()["components"]["schemas"] | self.apps["visits"].openapi()["components"]["schemas"]
            told |= self.apps["issues"].openapi()["components"]["schemas"]
            return str(told[schema["$ref"].rpartition("/")[2]]["enum"][0])
        plain = {"month": MONTH, "unit": HERE, "code": CODES[0], "workdays": "5", "kind": "photo", "at": NOW.isoformat()}
        return plain.get(name, DAY)

    def placed(self, value: Any, path: str, places: dict[str, str], name: str = "") -> Any:
        """An example with what is there in it."""
        if isinstance(value, dict):
            return {key: self.placed(item, path, places, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.placed(item, path, places, name) for item in value]
        if name in ("sha256", "evidence", "first", "second"):
            return self.digest
        if name == "digest":
            return self.filed
        if name == "no" and "answer-supervision" in path:
            return tickets.SLIP
        if name == "no" and "/rechecks" in path:
            return self.drawn
        if name == "on" and "/duty" in path:
            return f"{places['month']}-14"
        if value == SAMPLE:
            return self._real(name, path, places)
        return value

    def _real(self, name: str, path: str, places: dict[str, str]) -> str:
        if name == "proposal":
            return self.proposals.get(next(iter(places.values())), SAMPLE)
        if path.endswith("/document"):
            return named("another-paper")
        if "/duty" in path:
            return member("hotline")
        one = {
            "giver": member("w"),
            "taker": member("w2"),
            "leader": member("h"),
            "handler": member("w2"),
            "worker": member("w2"),
            "document": named("paper"),
            "visits": named("visit"),
            "census": named("censuses"),
            "questionnaire": named("questionnaire"),
            "master": named("issue-Signed"),
            "ids": named("visit"),
            "first_visit": named("visit"),
            "second_visit": named("visit2"),
            "enterprise": self.enterprises[0],
            "invited": self.enterprises[0],
        }
        return one.get(name, member("w"))
