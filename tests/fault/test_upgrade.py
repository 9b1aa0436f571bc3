"""Today's code on homes that earlier versions made: everything works, nothing acts on the past by itself.

The archives are made by ``make_home.py``, each by the code of the commit it is named after.
"""

from __future__ import annotations

import functools
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from support.world import District, until

from deploy.install import ROLES, install
from services.issues import clock
from services.reporting.domain.ledger import digest
from services.reporting.domain.month import MONTH, Filed
from services.reporting.projections import Reporting
from shared.http.service import Service
from shared.language.terms import Role, derived_id
from shared.log.eventlog import Entry, head, load, whole
from tests.fault.make_home import HOMES, MASTER_KEY, NOTE, T

COMMITS = sorted(path.name.removesuffix(".tar.gz") for path in HOMES.glob("*.tar.gz"))
SERVICES = ("roster", "visits", "issues", "reporting")


@dataclass
class OldHome:
    """A restored home: what its archive says of it, its services of today, where its logs stood."""

    facts: dict[str, Any]
    services: dict[str, Service]
    heads: dict[str, int]

    async def since(self, name: str) -> list[Entry]:
        """What was written to a log after the restoration."""
        async with self.services[name].pool.acquire() as connection:
            return [entry async for page in whole(connection) for entry in page if entry.pos > self.heads[name]]

    async def caught_up(self) -> bool:
        for service in self.services.values():
            checks = await service.checks()
            if any("unready" in check or check.get("lag") for check in checks.values()):
                return False
        return True


async def restored(district: District, commit: str, scratch: Path) -> OldHome:
    """The databases as they were, then what an administrator's start does today, then the services of today."""
    with tarfile.open(HOMES / f"{commit}.tar.gz") as archive:
        contents = {item.name: archive.extractfile(item).read() for item in archive}  # type: ignore[union-attr]
    admin = await district.world.place.connect()
    for name in ROLES:
        await admin.execute(f'create database "{district.prefix}guiren_{name}" template template0')
        connection = await district.world.place.connect(f"{district.prefix}guiren_{name}")
        await connection.execute(contents[f"{name}.sql"].decode())
        await connection.close()
    await admin.close()
    district._made.update(ROLES)
    await install(district.world.place, district.world.home.passwords(), demo=True, prefix=district.prefix)
    key = scratch / "master-key"
    key.write_text(MASTER_KEY, encoding="utf-8")
    district.settings = functools.partial(district.settings, clock=True, longest_silence_days=36_500)  # type: ignore[method-assign]
    await district.vault(master_key_file=key)
    heads: dict[str, int] = {}
    for name in SERVICES:
        connection = await district.connect(name)
        heads[name] = await head(connection)
        await connection.close()
    services = {name: await district.open(name, relay=True) for name in SERVICES}
    return OldHome(orjson.loads(contents["facts.json"]), services, heads)


async def nothing_rings_that_was_never_planned(home: OldHome) -> None:
    issues = home.services["issues"]
    async with issues.pool.acquire() as connection:
        planned = [e for page in [p async for p in whole(connection)] for e in page if e.type == "issues.alarms-set.v1"]
    if not planned:
        issues.clock = lambda: datetime(2026, 11, 30, 2, tzinfo=UTC)  # Monday, 10:00 in Asia/Shanghai.
        assert await clock.sweep(issues) == 0


async def what_was_filed_still_folds(home: OldHome) -> None:
    reporting = home.services["reporting"]
    assert isinstance(reporting, Reporting)
    async with reporting.pool.acquire() as connection:
        state = MONTH.fold(entry.fact for entry in await load(connection, MONTH.stream(f"{T}-2026-10")))
    assert isinstance(state, Filed)
    assert digest(await reporting.reader.filed(T, "2026-10", state.filing)) == home.facts["filed"]["digest"]


@pytest.mark.parametrize("commit", COMMITS)
async def test_a_home_of_an_earlier_version_works_and_stays_silent_about_its_past(
    district: District, commit: str, tmp_path: Path
) -> None:
    home = await restored(district, commit, tmp_path)
    await until(home.caught_up, seconds=60)
    for name in SERVICES:
        assert await home.since(name) == [], f"{name} acted on the past"
    await nothing_rings_that_was_never_planned(home)
    await what_was_filed_still_folds(home)

    visit = str(uuid4())
    body = {
        "enterprise": home.facts["enterprises"][0],
        "on": "2026-11-10",
        "mode": "phone",
        "note": NOTE,
        "connected_seconds": 90,
        "ack": "sms",
        "visitors": [str(derived_id("member", f"{T}-worker"))],
        "demands": [{"no": 1, "content": "希望协调厂区用电增容", "category": "labour", "nature": "help"}],
    }
    async with district.client(home.services["visits"], Role.WORKER, unit=T, account=f"{T}-worker") as worker:
        recorded = await worker.put(f"/visits/{visit}", json=body)
        assert recorded.status_code == 201, recorded.text
        old = (await worker.get(f"/visits/{home.facts['visits'][0]}")).json()
        assert old["interviewee"] not in ("", "〔已删除〕", "〔无法解密〕"), "its keys open what it sealed"
    async with district.client(home.services["issues"], Role.LIAISON, unit=T, account=f"{T}-liaison") as liaison:

        async def ticket() -> Any:
            return (await liaison.get("/issues", params={"visit": visit})).json()["items"]

        assert len(await until(ticket)) == 1
        assert (await liaison.get(f"/issues/{home.facts['ticket']}")).is_success
    await until(home.caught_up, seconds=60)
    assert {entry.stream for entry in await home.since("visits")} == {f"visit/{visit}"}
    told = [entry for entry in await home.since("issues") if entry.stream.partition("/")[0] == "issue"]
    assert {entry.type for entry in told} >= {"issues.issue-reported.v1"}
    assert len({entry.stream for entry in told}) == 1, "one ticket, and nothing about any other"
    assert await home.since("roster") == []

    async with district.client(home.services["reporting"], Role.LIAISON, unit=T, account=f"{T}-liaison") as liaison:
        ledger = (await liaison.get(f"/ledgers/{T}/2026-10")).json()
        assert len(ledger["rows"]) == home.facts["rows"]


@pytest.mark.parametrize("commit", COMMITS)
async def test_its_copies_are_made_anew_in_todays_shape(district: District, commit: str, tmp_path: Path) -> None:
    """Every table of every follower has the columns of today, whatever the home had."""
    home = await restored(district, commit, tmp_path)
    await until(home.caught_up, seconds=60)
    for name in ("visits", "issues"):
        pool = home.services[name].pool
        columns = {
            row["column_name"]
            for row in await pool.fetch(
                "select column_name from information_schema.columns where table_schema = 'view' and table_name = 'known_enterprise'"
            )
        }
        assert {"industry", "size"} <= columns
        assert await pool.fetchval("select count(*) from known_enterprise") == len(home.facts["enterprises"])
