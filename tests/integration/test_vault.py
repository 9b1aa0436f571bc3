"""Personal data: sealed before anything is written, gone when erased, and every hash stays as it was."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from support.logs import entire, leaf
from support.roster import DAY, credit
from support.streams import in_stream, stream_equals_log
from support.world import District, until

from services.roster.domain.enterprise.decide import subject
from services.vault.keys import Keys
from shared.events.roster import MemberAppointed
from shared.http.service import Service
from shared.language.facts import encode
from shared.language.openings import Opening
from shared.language.personal import ERASED, UNREADABLE, NotSealed, Personal, mask
from shared.language.problems import Unavailable
from shared.language.terms import Role, derived_id

NAME, PHONE, LEGAL = "欧阳种植测", "13987650421", "慕容种植验"
PLANTED = (NAME.encode(), PHONE.encode(), LEGAL.encode(), ascii(NAME)[1:-1].encode(), ascii(LEGAL)[1:-1].encode())


async def plant(client: httpx.AsyncClient, second: str = "") -> UUID:
    """Personal data through every door of the roster. Answers the enterprise."""
    day = {"on": "2026-08-01"}
    for code, kind, parent in (("520502", "district", None), ("T01", "township", "520502")):
        assert (await client.put(f"/units/{code}", json={"name": code, "kind": kind, "parent": parent, **day})).status_code == 201
    member = {"name": NAME, "phone": PHONE, "unit": "T01", "role": "worker", **day}
    appointed = await client.post("/members/w1/appoint", json=member)
    if second:
        confirm = {"proposal": appointed.json()["proposal"]}
        appointed = await client.post("/members/w1/confirm", json=confirm, headers={"Authorization": f"Bearer {second}"})
    assert appointed.status_code == 200
    firm = {"code": credit(1), "name": "某某公司", "legal_person": LEGAL, "contact": NAME, "phone": PHONE, **day}
    made = await client.put(f"/enterprises/{credit(1)}", json=firm)
    assert made.status_code == 201, made.text
    at = f"/enterprises/{made.json()['id']}"
    amended = await client.post(f"{at}/amend", json={"phone": PHONE, "contact": LEGAL}, headers={"If-Match": '"1"'})
    assert amended.status_code == 200
    # And through the doors that refuse it.
    assert (await client.post("/members/w2/appoint", json={**member, "role": NAME})).status_code == 422
    assert (await client.post("/members/w2/appoint", json={**member, "unit": "T09"})).status_code == 409
    assert (await client.put(f"/enterprises/{credit(2)}", json={**firm, "code": PHONE})).status_code == 422
    return UUID(made.json()["id"])


def masters(district: District) -> bytes:
    return bytes.fromhex(district.world.home.secret("master-key"))


def planted_in(raw: bytes) -> list[str]:
    return [word.decode() for word in PLANTED if word in raw]


async def dump(service: Service) -> bytes:
    """Every row of every table of a service's database, as text and as stored bytes."""
    parts: list[bytes] = []
    tables = await service.pool.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema')"
    )
    for table in tables:
        rows = await service.pool.fetch(f"select t.*, t::text as whole_row from {table['name']} t")
        for row in rows:
            parts += [value if isinstance(value, bytes) else str(value).encode() for value in row.values()]
    return b"\n".join(parts)


async def test_clear_text_stands_in_no_log_stream_mirror_view_file_or_log_line(whole_district: District) -> None:
    district = whole_district
    await district.database("roster")
    await district.vault()
    process = district.process("roster")
    auth = {"Authorization": f"Bearer {await district.installed()}"}
    second = await district.installed("head", Role.OFFICE_HEAD)
    process.start()
    async with httpx.AsyncClient(base_url=process.url, headers=auth, timeout=10) as client:
        enterprise = await plant(client, second)
        shown = (await client.get(f"/enterprises/{enterprise}")).json()
        assert shown["phone"] == mask(PHONE) == "139****0421"
        assert shown["legal_person"] == "慕****"
    roster = await district.open()
    reporting = await district.open("reporting", relay=True)
    await stream_equals_log(district.bus(), roster.pool)

    async def mirrored() -> bool:
        return await reporting.pool.fetchval("select count(*) from mirror.entry") == 8

    await until(mirrored)
    assert not planted_in(await dump(roster))
    assert not planted_in(await dump(reporting))
    assert not planted_in(b"\n".join(entry.body for entry in await in_stream(district.bus())))
    process.stop()
    connection = await district.connect(user="postgres")
    await connection.execute("checkpoint")
    await connection.close()
    home = district.world.home.path
    looked = 0
    for file in [
        process.log,
        district.world.postgres.log,
        district.world.nats.log,
        *(home / "nats").rglob("*"),
        *_database(home),
    ]:
        if file.is_file():
            looked += 1
            assert not planted_in(file.read_bytes()), file
    assert looked > 5
    assert await roster.vault.open([_of(await entire(roster.pool), "name")], Opening.HANDLE) == [NAME], "and yet it is there"


def _database(home: Path) -> list[Path]:
    return [*(home / "postgres" / "pg_wal").rglob("0*")]


def _of(entries: list, field: str) -> Personal:  # type: ignore[type-arg]
    return [getattr(entry.fact, field) for entry in entries if entry.type == "roster.member-appointed.v1"][-1]


async def test_an_erased_subject_reads_as_deleted_and_every_hash_stays(district: District) -> None:
    service = await district.open(relay=True)
    async with district.client(service) as client:
        enterprise = await plant(client)
        before = {entry.pos: leaf(entry) for entry in await entire(service.pool)}
        member = derived_id("member", "w1")
        await service.vault.erase(member)
        await service.vault.erase(subject(enterprise, "phone"))
        listed = (await client.get("/members")).json()["items"]
        assert [(row["account"], row["name"], row["phone"]) for row in listed] == [("w1", ERASED, ERASED)]
        shown = (await client.get(f"/enterprises/{enterprise}")).json()
        assert (shown["phone"], shown["contact"], shown["legal_person"]) == (ERASED, ERASED, "慕****")
        entries = await entire(service.pool)
        assert {entry.pos: leaf(entry) for entry in entries} == before
        stored = {row["pos"]: row["leaf_hash"] for row in await service.pool.fetch("select pos, leaf_hash from log.entry")}
        assert stored == before
        assert await service.vault.open([_of(entries, "name"), _of(entries, "phone")], Opening.HANDLE) == [ERASED, ERASED]
        # Whoever has the account after that is another person, with a key of his own; who was erased stays so.
        again = {"name": NAME, "phone": PHONE, "unit": "T01", "role": "deputy", "on": "2026-09-01"}
        assert (await client.post("/members/w1/appoint", json=again)).status_code == 200
        assert {row["name"] for row in (await client.get("/members")).json()["items"]} == {NAME}
        assert await service.vault.open([_of(entries, "name")], Opening.HANDLE) == [ERASED]
    assert not planted_in(await dump(service))
    await stream_equals_log(district.bus(), service.pool)


async def test_a_process_that_had_the_key_forgets_it_when_the_subject_is_erased_elsewhere(district: District) -> None:
    await district.open()
    secret = bytes.fromhex(district.world.home.secret("master-key"))
    mine, other = Keys(district.keys.pool, secret), Keys(district.keys.pool, secret, remember_seconds=0.5)
    who = uuid4()
    datum = Personal(NAME, who)
    await mine.seal([datum])
    assert await other.open([datum]) == [NAME]
    await mine.erase(who)

    async def forgotten() -> bool:
        return await other.open([datum]) == [ERASED]

    await until(forgotten, 3)


async def test_one_subject_has_one_key_however_many_seal_at_once(district: District) -> None:
    await district.open()
    secret = bytes.fromhex(district.world.home.secret("master-key"))
    who = uuid4()
    data = [Personal(f"{NAME}{n}", who) for n in range(20)]
    await asyncio.gather(*(Keys(district.keys.pool, secret).seal([datum]) for datum in data))
    assert await Keys(district.keys.pool, secret).open(data) == [f"{NAME}{n}" for n in range(20)]
    assert await district.keys.pool.fetchval("select count(*) from vault.subject_key") == 1


async def test_a_key_forgotten_while_another_is_fetched_is_still_used(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory for keys holds fewer than one question needs: nothing reads as deleted, nothing is kept unreadable."""
    monkeypatch.setattr("services.vault.keys._CACHED_KEYS", 1)
    service = await district.open()
    subjects = [uuid4() for _ in range(4)]
    for subject_ in subjects[:2]:
        await service.vault.seal([Personal(text=NAME, subject=subject_)])
    data = [Personal(text=f"{NAME}{n}", subject=subject_) for n, subject_ in enumerate(subjects)]
    await service.vault.seal(data)
    assert await service.vault.open(data, Opening.HANDLE) == [f"{NAME}{n}" for n in range(4)]


async def test_a_key_is_believed_only_once_it_is_kept(district: District) -> None:
    """The transaction that makes it breaks; the next one makes another, and what that one seals can be read elsewhere."""
    service = await district.open()
    subject_ = uuid4()
    admin = await district.connect("vault", "postgres")
    await admin.execute("alter table vault.blind rename to gone")
    with pytest.raises(asyncpg.UndefinedTableError):
        await district.keys.seal([Personal(text=PHONE, subject=subject_, found_by=PHONE)])
    await admin.execute("alter table vault.gone rename to blind")
    await admin.close()
    datum = Personal(text=PHONE, subject=subject_, found_by=PHONE)
    await service.vault.seal([datum])
    elsewhere = Keys(district.keys.pool, masters(district))
    assert await elsewhere.open([datum]) == [PHONE]
    assert await elsewhere.find(PHONE) == [subject_]


async def test_a_sealed_datum_opens_for_its_own_subject_only(district: District) -> None:
    service = await district.open()
    one, other = Personal(NAME, uuid4()), Personal(LEGAL, uuid4())
    await service.vault.seal([one, other])
    assert one.token is not None
    assert other.token is not None
    moved = Personal.read({**one.token, "sub": other.token["sub"]})
    swapped = Personal.read({**one.token, "n": other.token["n"]})
    assert await service.vault.open([one, moved, swapped, None], Opening.HANDLE) == [NAME, UNREADABLE, UNREADABLE, ""]


async def test_the_keys_are_wrapped_and_useless_without_the_master_key(district: District) -> None:
    service = await district.open()
    datum = Personal(NAME, uuid4())
    await service.vault.seal([datum])
    wrapped = await district.keys.pool.fetchval("select wrapped from vault.subject_key")
    assert len(wrapped) == 12 + 32 + 16
    stranger = Keys(district.keys.pool, bytes(32))
    with pytest.raises(Exception):  # noqa: B017  whichever: it must not open.
        assert await stranger.open([datum]) == []


async def test_only_the_role_vault_reads_keys(district: District) -> None:
    await district.open()
    with pytest.raises(asyncpg.PostgresError):
        await asyncpg.connect(
            host="127.0.0.1",
            port=district.world.postgres.port,
            user="roster",
            timeout=5,
            password=district.world.home.secret("roster"),
            database=await district.database("vault"),
        )


def test_a_clear_personal_datum_can_not_be_written_and_does_not_show() -> None:
    clear = Personal(NAME, uuid4())
    fact = MemberAppointed(account="w1", name=clear, unit="T01", role=Role.WORKER, on=DAY)
    with pytest.raises(Exception, match="NotSealed"):
        encode(fact, event_id=uuid4(), source="/x", subject="y", happened=datetime.now(UTC), actor={}, links={})
    assert NAME not in f"{clear!r} {clear} {fact!r} {fact}"


async def test_a_datum_about_nobody_is_not_sealed(district: District) -> None:
    service = await district.open()
    with pytest.raises(NotSealed):
        await service.vault.seal([Personal(NAME)])


async def test_a_key_that_is_missing_is_not_an_erasure(district: District) -> None:
    """A vault put back from an old backup: 〔无法解密〕 for what was lost, 〔已删除〕 only for what was asked for."""
    service = await district.open()
    lost, gone, kept = (Personal(NAME, uuid4()) for _ in range(3))
    await service.vault.seal([lost, gone, kept])
    for item in (lost, gone, kept):
        assert item.subject is not None
    await service.vault.erase(gone.subject)  # type: ignore[arg-type]
    admin = await district.connect("vault", user="postgres")
    await admin.execute("delete from vault.subject_key where subject = $1", lost.subject)
    vault = Keys(district.keys.pool, masters(district))
    assert await vault.open([lost, gone, kept]) == [UNREADABLE, ERASED, NAME]
    assert mask(UNREADABLE) == UNREADABLE
    assert await vault.unerased([lost.subject, gone.subject, kept.subject]) == sorted([lost.subject, kept.subject])  # type: ignore[list-item, type-var]
    await vault.seal([later := Personal(LEGAL, lost.subject)])
    assert await vault.open([lost, later]) == [UNREADABLE, LEGAL], "a new key doesn't make the old one's data erased either"
    await admin.execute("update vault.subject_key set mk = 'unknown' where subject = $1", kept.subject)
    again = Keys(district.keys.pool, masters(district))
    assert await again.open([kept]) == [UNREADABLE]
    with pytest.raises(Unavailable):
        await again.seal([Personal(LEGAL, kept.subject)])
    await admin.close()
