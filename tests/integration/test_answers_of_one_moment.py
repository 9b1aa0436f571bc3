"""What a command is answered is of one moment: a repeat tells the state that the command left, not what others made of it."""

from __future__ import annotations

import time
from typing import Any

from support.world import District

UNIT = {"name": "某区", "kind": "district", "on": "2020-01-01"}


def of_one_moment(answer: Any) -> dict[str, Any]:
    told = answer.json()
    assert answer.headers["ETag"] == f'"{told["version"]}"'
    assert answer.headers["Guiren-Position"].endswith(f":{told['position']}")
    return told


async def test_a_late_repeat_gets_the_original_answer(district: District) -> None:
    roster = await district.open()
    async with district.client(roster) as office:
        await office.put("/units/520502", json=UNIT)
        first = {"json": {"name": "甲", "on": "2026-08-01"}, "headers": {"Idempotency-Key": "one"}}
        then = of_one_moment(await office.post("/units/520502/rename", **first))
        for name, day in (("乙", "2026-09-01"), ("丙", "2026-09-02")):
            assert (await office.post("/units/520502/rename", json={"name": name, "on": day})).is_success
        again = of_one_moment(await office.post("/units/520502/rename", **first))
        assert again == then | {"replayed": True}
        assert (again["name"], again["version"]) == ("甲", 2)
        assert (await office.get("/units/520502")).json()["name"] == "丙", "and nothing was changed by it"


async def test_a_clock_behind_the_log_is_told_and_commands_go_on(district: District) -> None:
    roster = await district.open()
    admin = await district.connect(user="postgres")
    async with district.client(roster) as office:
        await office.put("/units/520502", json=UNIT)
        assert "clock" not in (await office.get("/readyz")).json()["checks"]
        # As if the clock had gone back three days, and the service had been started since.
        newest = await admin.fetchval("update log.head set rec_us = rec_us + 259200000000 returning rec_us")
        roster.desk.instants.begin(time.time_ns() // 1_000, newest)
        told = (await office.get("/readyz")).json()
        assert "clock" in told["degraded"]
        assert "慢 25" in told["checks"]["clock"]["error"]
        assert (await office.post("/units/520502/rename", json={"name": "甲", "on": "2026-08-01"})).is_success
    await admin.close()
