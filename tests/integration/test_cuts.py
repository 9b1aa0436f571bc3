"""What was known at an instant: a cut holds every append whole or not at all, whatever an index thinks of equal times."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from support.logs import a_write, entire
from support.world import District, until

from services.reporting.archive import ORIGINS, Archive, follower
from services.reporting.projections import Reporting
from shared.log.eventlog import Entry, after, append
from shared.log.views import apply


async def told(district: District, origin: str, sizes: Iterable[int]) -> list[Entry]:
    """A log with appends of these many facts, as its relay reads it."""
    pool = await district.pool(origin)
    try:
        for number, size in enumerate(sizes):
            await append(pool, [a_write(f"{origin}-{number}", facts=size)])
        return await after(pool, 0, 10_000)
    finally:
        await pool.close()


def ends(entries: Sequence[Entry]) -> list[Entry]:
    """The last entry of each append."""
    return [
        entry
        for entry, following in zip(entries, [*entries[1:], None], strict=True)
        if following is None or following.rec_us != entry.rec_us
    ]


async def test_a_cut_at_an_appends_instant_holds_the_whole_append_before_and_after_reindexing(district: District) -> None:
    service = await district.open("reporting")
    archive, chance = Archive(service.pool), random.Random(7)
    logs = {origin: await told(district, origin, [chance.randint(1, 40) for _ in range(25)]) for origin in ORIGINS}
    for origin, entries in logs.items():
        for start in range(0, len(entries), 7):
            await apply(service.pool, follower(origin), entries[start : start + 7])
    asked = [(origin, last) for origin, entries in logs.items() for last in ends(entries)]
    before = [await archive.cut(last.recorded) for _, last in asked]
    await service.pool.execute("reindex index mirror.entry_recorded")
    after_it = [await archive.cut(last.recorded) for _, last in asked]
    assert before == after_it
    for (origin, last), cut in zip(asked, after_it, strict=True):
        assert cut[origin] == last.pos, "all facts of the append, and nothing of the next"
    assert await archive.cut() == {origin: entries[-1].pos for origin, entries in logs.items()}


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_mirror_that_holds_half_of_an_append_cuts_before_it(district: District, origin: str) -> None:
    service = await district.open("reporting")
    archive = Archive(service.pool)
    entries = await told(district, origin, [3, 9, 4])
    whole = {3, 12, 16}
    for entry in entries:
        await apply(service.pool, follower(origin), [entry])
        now, then = await archive.cut(), await archive.cut(entry.recorded)
        expected = max((pos for pos in whole if pos <= entry.pos), default=0)
        assert now[origin] == then[origin] == expected


async def test_how_much_of_an_append_is_still_to_come_is_read_from_the_log_and_carried_by_the_stream(district: District) -> None:
    roster, service = await district.open("roster", relay=True), await district.open("reporting", relay=True)
    await append(roster.pool, [a_write("big", facts=900)])
    await append(roster.pool, [a_write("small", facts=2)])
    roster.desk.written(0)
    assert [entry.rest for entry in await after(roster.pool, 895, 10)] == [4, 3, 2, 1, 0, 1, 0]
    assert isinstance(service, Reporting)

    seen: set[int] = set()

    async def mirrored() -> bool:
        seen.add((await service.reader.archive.cut())["roster"])
        return 902 in seen

    await until(mirrored, 30, 0)
    assert seen <= {0, 900, 902}, "never a part of an append, while batches of 400 arrive"
    rests = await service.pool.fetch("select pos, rest from mirror.entry where origin = 'roster' order by pos desc limit 4")
    assert [tuple(row) for row in rests] == [(902, 0), (901, 1), (900, 0), (899, 1)]
    assert len(await entire(roster.pool)) == 902
