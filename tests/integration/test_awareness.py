"""知晓率(自报) has one definition: the district's, a unit's beside its one-map sheets, and the ledger's (kpi §6)."""

from __future__ import annotations

from support.scene import NOTE, a_scene
from support.world import District, until


async def test_the_ledger_and_the_office_ask_the_same_answers(district: District) -> None:
    async with a_scene(district, 4) as scene:
        reporting = await district.open("reporting", relay=True)
        await scene.visit(1, aware="unknown", on="2026-09-10", claimed_at="2026-09-10T10:00:00+08:00")
        await scene.visit(1, aware="understood")
        await scene.visit(2, aware="heard")
        await scene.visit(2, "D01-worker1", aware="unknown", on="2026-09-11", claimed_at="2026-09-11T10:00:00+08:00")
        await scene.visit(3, aware="not_asked")
        # What nothing proves tells nobody's answer: it was the fault of one of the two definitions.
        await scene.visit(4, mode="on_site", aware="unknown", note=NOTE)
        head = await scene.visits.pool.fetchval("select pos from log.head")

        async def known() -> bool:
            return await reporting.pool.fetchval("select pos from view.cursor where name = 'mirror-visits'") == head

        await until(known)
        async with scene.who("office") as office, district.client(reporting) as reader:
            of_district = (await office.get("/awareness", params={"month": "2026-09"})).json()["self_reported"]
            beside = (await office.get("/distribution", params={"month": "2026-09"})).json()["items"]
            of_units = {item["unit"]: item["self_reported_awareness"] for item in beside}
            ledgers = {unit: (await reader.get(f"/ledgers/{unit}/2026-09")).json()["summary"]["month"] for unit in ("T01", "D01")}
        assert (of_district["aware"]["n"], of_district["aware"]["d"]) == (2, 2)
        assert (of_units["T01"]["n"], of_units["T01"]["d"]) == (2, 2)
        assert (of_units["D01"]["n"], of_units["D01"]["d"]) == (0, 1)
        assert {unit: ledger["aware"] for unit, ledger in ledgers.items()} == of_units
        assert ledgers["T01"]["aware_strictly"] == {"n": 1, "d": 2, "pct": "50.00"}
