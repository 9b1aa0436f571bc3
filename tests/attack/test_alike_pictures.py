"""Pictures that all look alike cost a page and not the square of their number."""

from __future__ import annotations

from uuid import UUID

from support.world import District

from services.visits.domain.reuse import MOST_DISTANCE, bands
from services.visits.queries import reuse

PICTURES = 20_000


async def test_twenty_thousand_alike_are_looked_at_a_page_at_a_time(district: District) -> None:
    visits = await district.open("visits")
    phash = "0f" * 8
    rows = [(UUID(int=n), f"{n:064x}", f"{n:064x}") for n in range(1, PICTURES + 1)]
    async with visits.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local statement_timeout = '20s'")  # The square would be 400,000,000 pairs.
        files = [(*row, phash, "2026-09", True) for row in rows]
        names = ["visit", "sha256", "original", "phash", "month", "live"]
        await connection.copy_records_to_table("visit_file", records=files, columns=names)
        pieces = [(visit, sha256, band) for visit, sha256, _ in rows for band in bands(phash)]
        await connection.copy_records_to_table("visit_file_band", records=pieces, columns=["visit", "sha256", "band"])
        await connection.execute("analyze visit_file; analyze visit_file_band")
        mine = await connection.fetch(reuse._MINE, "2026-09", True, "", UUID(int=0), "", 200)
        columns = [[row[name] for row in mine] for name in ("visit", "sha256", "original", "phash")]
        pairs = await connection.fetch(reuse._PAIRS, *columns, MOST_DISTANCE, reuse._MOST_ALIKE)
        await transaction.rollback()
    assert len(mine) == 200
    assert len(pairs) == 200 * reuse._MOST_ALIKE
    assert {row["distance"] for row in pairs} == {0}
