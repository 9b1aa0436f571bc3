"""A published calendar counts from the answer that acknowledges it, however quickly the next question comes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import orjson
from support.world import District, until

OFFICIAL = Path(__file__).parents[2] / "deploy/data/calendar/2026.json"
DAYS = orjson.loads(OFFICIAL.read_bytes())["days"]
ASKED = "/calendar/2026/workdays?start=2026-02-10&workdays=5"


async def test_a_year_counts_at_once_though_the_calendar_was_read_a_moment_before(district: District) -> None:
    roster = await district.open()
    async with district.client(roster) as office:
        assert (await office.get(ASKED)).json()["provisional"]
        published = await office.put("/calendar/2026", json={"days": DAYS, "source": "国办发明电〔2025〕7号"})
        assert published.is_success, published.text
        told = (await office.get(ASKED)).json()
        assert (told["on"], told["provisional"]) == ("2026-02-24", False)


async def test_a_reading_that_began_before_the_publication_is_not_kept(district: District) -> None:
    """Many ask while one publishes; whoever asks after the acknowledgement gets the new year, whatever was under way."""
    roster = await district.open()
    async with district.client(roster) as office:
        asking = [asyncio.create_task(office.get(ASKED)) for _ in range(20)]
        await asyncio.sleep(0)
        published = await office.put("/calendar/2026", json={"days": DAYS, "source": "国办发明电〔2025〕7号"})
        assert published.is_success, published.text
        assert not (await office.get(ASKED)).json()["provisional"]
        await asyncio.gather(*asking)
        assert not (await office.get(ASKED)).json()["provisional"]


async def test_a_copy_of_the_roster_counts_with_it_as_soon_as_it_has_it(district: District) -> None:
    roster, visits = await district.open(relay=True), await district.open("visits", relay=True)
    async with district.client(roster) as office:
        before = await visits.calendar()
        published = await office.put("/calendar/2026", json={"days": DAYS, "source": str(uuid4())})
        assert published.is_success, published.text

        async def copied() -> bool:
            await visits.calendar()
            return bool(await visits.pool.fetchval("select count(*) from calendar_year"))

        await until(copied, every=0.01)
        await asyncio.sleep(0.01)
        after = await visits.calendar()
        assert (before.version, after.version) != (after.version, after.version)
