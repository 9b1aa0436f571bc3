"""What two streams may not say of each other stays so when both are told at the same moment."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from support.roster import DISTRICT, unit
from support.world import District

ON = "2026-08-01"


async def test_no_two_units_become_each_other_s_successor(district: District) -> None:
    roster = await district.open()
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    async with district.client(roster) as office:

        async def end(code: str, successor: str) -> int:
            said = {"on": "2026-10-01", "successors": [successor]}
            return (await office.post(f"/units/{code}/end", json=said, headers={"Idempotency-Key": str(uuid4())})).status_code

        for turn in range(8):
            pair = f"A{turn}", f"B{turn}"
            for code in pair:
                said = {"name": code, "kind": "township", "parent": "520502", "on": ON}
                assert (await office.put(f"/units/{code}", json=said)).status_code == 201
            assert sorted(await asyncio.gather(end(*pair), end(*reversed(pair)))) == [200, 409]
