"""Whoever gets at the streams, even with the installer's rights: what the log's service did not write, nobody believes."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from support.logs import a_write
from support.roster import DISTRICT, unit
from support.streams import stream_equals_log
from support.world import District, until

from deploy.fsck import fsck
from deploy.keys import SERVICES
from deploy.restore import Asked, restore_from
from deploy.streams import install_streams, prepare_streams
from services.reporting.archive import prove
from services.roster.domain.unit import RenameUnit
from shared.events.issues import IssueReported
from shared.events.roster import MemberAppointed
from shared.http.service import Service
from shared.language.facts import encode
from shared.language.personal import Personal
from shared.language.terms import Role, derived_id
from shared.log.bus import Bus, subject
from shared.log.eventlog import Entry, after, append, head, whole
from shared.log.signatures import Forged

READERS = ("visits", "issues", "reporting")


async def appointment(roster: Service, position: int) -> Entry:
    """Whoever forges wants to be the head of the office."""
    member = derived_id("member", "evil")
    name = Personal("某人", member)
    await roster.vault.seal([name])
    fact = MemberAppointed(account="evil", name=name, unit="office", role=Role.OFFICE_HEAD, on=date(2026, 8, 1))
    body = encode(
        fact,
        event_id=uuid4(),
        source="/520502/roster",
        subject=f"member/{member}",
        happened=datetime(2026, 8, 1, tzinfo=UTC),
        actor={},
        links={"causationid": str(uuid4())},
    )
    return Entry(position, 4_000_000_000_000_000, f"member/{member}", 1, MemberAppointed.TYPE, body)


def unsigned(_district: District, entry: Entry, _known: list[Entry]) -> Entry:
    return entry


def signed_by_another_service(district: District, entry: Entry, _known: list[Entry]) -> Entry:
    signatures = district.bus(service="visits").signatures
    assert signatures
    return replace(entry, proof=signatures.proofs("roster", [entry])[0])


def signed_for_another_log(district: District, entry: Entry, _known: list[Entry]) -> Entry:
    signatures = district.bus(service="visits").signatures
    assert signatures
    return replace(entry, proof=signatures.proofs("visits", [entry])[0])


def with_the_proof_of_a_true_entry(_district: District, entry: Entry, known: list[Entry]) -> Entry:
    return replace(entry, proof=known[-1].proof)


def a_true_entry_of_another_type(_district: District, entry: Entry, known: list[Entry]) -> Entry:
    return replace(known[-1], type=entry.type, stream=entry.stream, pos=entry.pos)


WAYS = (
    unsigned,
    signed_by_another_service,
    signed_for_another_log,
    with_the_proof_of_a_true_entry,
    a_true_entry_of_another_type,
)


async def publish(bus: Bus, entry: Entry, origin: str = "roster") -> None:
    """As a relay would, with whatever proof it carries."""
    await bus.connect()
    headers = {
        "Guiren-Pos": str(entry.pos),
        "Guiren-Rec": str(entry.rec_us),
        "Guiren-Stream": entry.stream,
        "Guiren-Version": str(entry.version),
        "Guiren-Type": entry.type,
        "Guiren-Rest": str(entry.rest),
        "Guiren-Proof": base64.b64encode(entry.proof).decode(),
    }
    await bus._js.publish(subject(bus.district, origin, entry.type), entry.body, headers=headers)


async def a_roster(district: District) -> Service:
    service = await district.open("roster", relay=True)
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    await stream_equals_log(district.bus(), service.pool)
    return service


async def halted(service: Service, names: Callable[[str], bool]) -> list[str]:
    """Wait until all of these say why they halted."""

    async def told() -> list[str]:
        found = [health.halted for name, health in service.health.items() if names(name)]
        return found if found and all(found) else []

    return await until(told)


async def test_no_way_of_forging_gets_past_a_reader(district: District) -> None:
    roster, admin = await district.open("roster"), district.bus(service="")
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    known = [entry async for page in whole(roster.pool) for entry in page]
    last = known[-1].pos
    forged = await appointment(roster, last + 1)
    proofs = district.bus().signatures.proofs("roster", known)  # type: ignore[union-attr]
    true = [replace(entry, proof=proof) for entry, proof in zip(known, proofs, strict=True)]
    for forge in WAYS:
        await admin.drop_stream("roster")
        await install_streams(admin)
        assert await district.bus().publish("roster", known) == last
        await publish(admin, forge(district, forged, true))
        reader = await admin.reader("roster", 0)
        assert await reader.fetch(100, 5) == known, "what stands before it is handed on"
        for ask in (reader.fetch(100, 1), admin.entry_at("roster", last + 1)):
            with pytest.raises(Forged, match=f"roster 第 {last + 1} 条没有该服务的有效签名"):
                await ask
        await reader.close()


async def test_a_forged_appointment_is_believed_by_nobody_and_the_forger_is_nobody_after_a_restart(district: District) -> None:
    roster = await a_roster(district)
    readers = [await district.open(name, relay=True) for name in READERS]
    last = await head(roster.pool)
    await publish(district.bus(service=""), await appointment(roster, last + 1))
    for reader in readers:
        following = {each.name for each in (*reader.followers(reader), *reader.reactions(reader)) if each.log == "roster"}
        for why in await halted(reader, following.__contains__):
            assert f"roster 第 {last + 1} 条没有该服务的有效签名" in why
        assert (await reader.checks())[min(following)]["unready"] == "halted"
    assert await readers[2].pool.fetchval("select max(pos) from mirror.entry where origin = 'roster'") == last
    await halted(roster, "relay".__eq__)
    await roster.close()

    again = await district.open("roster", relay=True)
    assert not (await restored(district, apply=True, mirror=True))["roster"].restored
    found = (await restored(district, apply=True))["roster"]
    assert (found.restored, "没有该服务的有效签名" in found.trouble) == (False, True)
    assert await head(again.pool) == last
    assert not await again.pool.fetchval("select count(*) from post where account = 'evil'")
    assert not await readers[0].pool.fetchval("select count(*) from known_member where account = 'evil'")
    said = [item.said for item in await audited(district) if (item.service, item.kind) == ("roster", "stream")]
    assert any("没有该服务的有效签名" in each for each in said)


@pytest.mark.parametrize("origin", SERVICES)
async def test_a_forged_entry_of_any_log_halts_everybody_who_follows_it(district: District, origin: str) -> None:
    """Who follows which log the services say themselves: whoever is added to them is asked here."""
    services = {name: await district.open(name, relay=True) for name in SERVICES}
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    await stream_equals_log(district.bus(), services["roster"].pool)
    last = await head(services[origin].pool)
    await publish(district.bus(service=""), await appointment(services["roster"], last + 1), origin)
    asked = 0
    for service in services.values():
        names = {each.name for each in (*service.followers(service), *service.reactions(service)) if each.log == origin}
        asked += len(names)
        if names:
            said = await halted(service, names.__contains__)
            assert len(said) == len(names)
            assert all(f"{origin} 第 {last + 1} 条没有该服务的有效签名" in why for why in said)
    assert asked or origin == "reporting", "nobody follows what reporting writes but itself"
    await halted(services[origin], "relay".__eq__)
    assert await head(services[origin].pool) == last
    district.services.clear()
    for service in services.values():
        await service.close()


async def test_what_is_taken_back_out_is_followed_again(district: District) -> None:
    """Once a person has put the right stream there, who halted goes on by itself."""
    roster = await a_roster(district)
    visits = await district.open("visits", relay=True)
    await publish(district.bus(service=""), await appointment(roster, await head(roster.pool) + 1))
    await halted(visits, {"directory", "people"}.__contains__)
    await roster.close()
    admin = district.bus(service="")
    await admin.drop_stream("roster")
    await prepare_streams(district.world.place, admin, district.prefix)
    again = await district.open("roster", relay=True)
    assert (await restored(district, apply=True))["roster"].trouble == ""

    async def well() -> bool:
        return all(not health.halted and not health.lag for health in (*visits.health.values(), *again.health.values()))

    await until(well)
    await stream_equals_log(district.bus(), again.pool)


async def test_a_mirror_that_makes_entries_up_restores_nothing(district: District) -> None:
    roster = await a_roster(district)
    reporting = await district.open("reporting", relay=True)
    last = await head(roster.pool)

    async def mirrored() -> bool:
        return await reporting.pool.fetchval("select count(*) from mirror.entry where origin = 'roster'") == last

    await until(mirrored)
    forged = await appointment(roster, last + 1)
    await reporting.pool.execute(
        "insert into mirror.entry (origin, pos, rec_us, stream, ver, type, body, proof) "
        "select 'roster', $1, $2, $3, $4, $5, $6, proof from mirror.entry where origin = 'roster' and pos = $7",
        forged.pos,
        forged.rec_us,
        forged.stream,
        forged.version,
        forged.type,
        forged.body,
        last,
    )
    found = (await restored(district, apply=True, mirror=True))["roster"]
    assert (found.restored, f"第 {last + 1} 条没有该服务的有效签名" in found.trouble) == (False, True)
    assert await head(roster.pool) == last
    await reporting.pool.execute("delete from mirror.entry where pos = $1", last + 1)


async def test_what_was_mirrored_before_signatures_gets_them_where_the_stream_says_the_same(district: District) -> None:
    roster = await a_roster(district)
    reporting = await district.open("reporting", relay=True)
    last = await head(roster.pool)

    async def mirrored() -> bool:
        return await reporting.pool.fetchval("select count(*) from mirror.entry where origin = 'roster'") == last

    await until(mirrored)
    await reporting.pool.execute("update mirror.entry set proof = null, ver = ver + (pos = 1)::int")
    found = (await restored(district, apply=False, mirror=True))["roster"]
    assert "第 1 条没有该服务的有效签名" in found.trouble
    await prove(reporting.pool, reporting.bus)
    assert [row["pos"] for row in await reporting.pool.fetch("select pos from mirror.entry where proof is null")] == [1]
    await reporting.pool.execute("update mirror.entry set ver = 1 where pos = 1")
    await prove(reporting.pool, reporting.bus)
    assert not (await restored(district, apply=False, mirror=True))["roster"].trouble


async def test_what_a_service_is_answered_never_stands_in_another_log(district: District) -> None:
    """The server answers to any subject it is told, also one of another's log: there it is said in the asker's own account."""
    roster = await a_roster(district)
    visits = await district.open("visits", relay=True)
    bus = district.bus(service="issues")
    await bus.connect()
    where = subject(district.code, "roster", MemberAppointed.TYPE)
    await bus._nc.publish(f"LOGS.STREAM.INFO.GUIREN_{district.code}_ROSTER", b"", reply=where)
    await bus._nc.publish(subject(district.code, "issues", IssueReported.TYPE), b"{}", reply=where)
    await bus._nc.flush()
    assert await until(lambda: bus.last_sequence("issues")) == 1
    await unit(district, "520502", RenameUnit(name="某某区", on=date(2026, 9, 1)), command_id=uuid4())
    last = await head(roster.pool)

    async def followed() -> bool:
        return await visits.pool.fetchval("select bool_and(pos = $1) from view.cursor where log = 'roster'", last)

    await until(followed)
    assert await district.bus(service="").last_sequence("roster") == last
    assert not [name for name, told in (await visits.checks()).items() if "unready" in told]


async def test_a_stream_from_before_signatures_is_made_anew_if_the_log_holds_all_of_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, admin = await district.pool(), district.bus(service="")
    for name in SERVICES:
        await district.database(name)
    await append(pool, [a_write("a", facts=3)])
    with monkeypatch.context() as patch:
        patch.setattr("shared.log.signatures.Signatures.proofs", lambda _self, _service, entries: [b""] * len(entries))
        await district.bus().publish("roster", await after(pool, 0, 10))
    with pytest.raises(Forged):
        await admin.entry_at("roster", 1)
    other = await district.connect("roster", user="postgres")
    await other.execute("set session_replication_role = replica")
    flip = "update log.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where pos = 2"
    await other.execute(flip)
    await prepare_streams(district.world.place, admin, district.prefix)
    assert await admin.last_sequence("roster") == 3, "it may be the only copy"
    await other.execute(flip)
    await other.close()
    await prepare_streams(district.world.place, admin, district.prefix)
    assert await admin.last_sequence("roster") == 0
    service = await district.open("roster", relay=True)
    await stream_equals_log(district.bus(), service.pool)
    await prepare_streams(district.world.place, admin, district.prefix)
    assert await admin.last_sequence("roster") == 3, "what is signed stays"
    await pool.close()


async def restored(district: District, *, apply: bool, mirror: bool = False, forget: bool = False) -> dict[str, Any]:
    for name in SERVICES:
        await district.database(name)
    asked = Asked(apply, district.settings().checkpoints, forget, district.prefix)
    return await restore_from(district.world.place, district.bus(service=""), asked, mirror=mirror)


async def audited(district: District) -> list[Any]:
    await asyncio.sleep(0)
    return await fsck(district.world.place, district.bus(service=""), district.settings("roster"), district.prefix)
