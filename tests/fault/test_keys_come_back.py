"""The keys have a second home: an older vault gets them back, and an erased subject stays erased whatever is put back."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest
from support.roster import DISTRICT, unit
from support.world import District, until

from deploy.restore import restore_keys
from services.vault.copies import TABLE, Brought, Copied
from shared.http.service import Service
from shared.language.personal import ERASED, UNREADABLE, Personal
from shared.log.bus import WrongSequence


async def sealed(roster: Service, text: str) -> Personal:
    datum = Personal(text, uuid4())
    await roster.vault.seal([datum])
    return datum


async def opened(district: District, *data: Personal) -> list[str]:
    district.keys._read_at.clear()  # As after a restart: nothing is remembered.
    return await district.keys.open(data)


async def all_copied(district: District) -> None:
    async def copied() -> bool:
        return not await district.keys.pool.fetchval("select count(*) from vault.subject_key where copied <> rev")

    await until(copied)


async def put_back(vault: asyncpg.Connection, rows: list[asyncpg.Record]) -> None:
    """The table of keys as a backup had it."""
    await vault.execute("truncate vault.subject_key")
    await vault.executemany(
        "insert into vault.subject_key (subject, wrapped, mk, rev, copied, seq) values ($1, $2, $3, $4, $5, $6)",
        [tuple(row[name] for name in ("subject", "wrapped", "mk", "rev", "copied", "seq")) for row in rows],
    )


async def brought(district: District, *, apply: bool) -> Brought:
    world = district.world
    return await restore_keys(world.place, district.bus(service=""), apply=apply, prefix=district.prefix)


async def test_an_older_vault_gets_its_keys_back_and_what_was_erased_stays_erased(district: District) -> None:
    roster = await district.open("roster", relay=True)
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    before, later_erased = await sealed(roster, "甲"), await sealed(roster, "乙")
    await all_copied(district)
    vault = await district.connect("vault", user="postgres")
    backup = await vault.fetch("select * from vault.subject_key")
    since, since_erased = await sealed(roster, "丙"), await sealed(roster, "丁")
    for gone in (later_erased, since_erased):
        assert gone.subject
        await roster.vault.erase(gone.subject)
    await all_copied(district)
    await put_back(vault, backup)
    assert await opened(district, before, later_erased, since, since_erased) == ["甲", "乙", UNREADABLE, UNREADABLE]
    assert await brought(district, apply=False) == Brought(1, 2, 0)
    assert await opened(district, since) == [UNREADABLE], "looking changes nothing"
    assert await brought(district, apply=True) == Brought(1, 2, 0)
    assert await opened(district, before, later_erased, since, since_erased) == ["甲", ERASED, "丙", ERASED]
    assert await brought(district, apply=True) == Brought(0, 0, 0)
    await vault.close()


async def test_a_late_copy_never_lands_on_the_trace_of_an_erasure(district: District) -> None:
    roster = await district.open("roster", relay=True)
    datum = await sealed(roster, "甲")
    assert datum.subject
    await all_copied(district)
    row = await district.keys.pool.fetchrow("select wrapped, mk, seq from vault.subject_key where subject = $1", datum.subject)
    await roster.vault.erase(datum.subject)
    await all_copied(district)
    late = Copied(row["wrapped"], row["mk"]).written()
    for after in (0, row["seq"]):
        with pytest.raises(WrongSequence):
            await district.bus(service="vault").put_value(TABLE, str(datum.subject), late, after)
    assert await wrapped_in_the_stream(district, datum.subject) is None


async def wrapped_in_the_stream(district: District, subject: UUID) -> bytes | None:
    found = await district.bus(service="vault").value_of(TABLE, str(subject))
    assert found
    return Copied.read(found[1]).wrapped


async def test_a_key_that_lives_again_in_an_old_vault_is_erased_by_its_copier(district: District) -> None:
    """Without anybody restoring: as soon as it would be copied, the trace is found."""
    roster = await district.open("roster", relay=True)
    datum = await sealed(roster, "甲")
    assert datum.subject
    vault = await district.connect("vault", user="postgres")
    row = await vault.fetchrow("update vault.subject_key set copied = 0, seq = 0 returning *")
    await roster.vault.erase(datum.subject)
    await all_copied(district)
    await put_back(vault, [row])
    await all_copied(district)
    assert await opened(district, datum) == [ERASED]
    await vault.close()


async def test_a_wiped_stream_is_filled_again_and_no_command_waits_for_it(district: District) -> None:
    roster = await district.open("roster", relay=True)
    first = await sealed(roster, "甲")
    await all_copied(district)
    district.world.nats.kill()
    second = await sealed(roster, "乙")
    district.world.wipe_nats()
    assert first.subject
    assert second.subject

    async def both() -> bool:
        found = [await district.bus(service="vault").value_of(TABLE, str(datum.subject)) for datum in (first, second)]
        return all(found)

    await until(both, 30)


async def test_the_trace_of_an_erasure_that_a_crash_took_from_the_stream_is_told_again(district: District) -> None:
    """The key that comes to light under it would be brought back by the next restoring."""
    roster = await district.open("roster", relay=True)
    before, gone = await sealed(roster, "甲"), await sealed(roster, "乙")
    await all_copied(district)
    assert gone.subject
    await roster.vault.erase(gone.subject)
    await all_copied(district)
    admin = district.bus(service="")
    (kept, there), (seq, _) = [await admin.value_of(TABLE, str(each.subject)) for each in (before, gone)]  # type: ignore[misc]
    await admin.drop_stream(TABLE)  # As the crash leaves it: both keys as they were, the trace not there.
    await admin.make_streams([], [TABLE])
    for datum in (before, gone):
        await admin.put_value(TABLE, str(datum.subject), there, 0)
    assert (await admin.extent(TABLE))[0] == 2
    assert seq > kept

    async def erased() -> bool:
        found = await admin.value_of(TABLE, str(gone.subject))
        return found is not None and Copied.read(found[1]).wrapped is None

    await until(erased)
