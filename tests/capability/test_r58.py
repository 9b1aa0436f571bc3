"""R58 明确专人(联络员)负责收集…资料."""

from __future__ import annotations

from support.net import DAY, ok, the_net
from support.world import District

from shared.language.terms import Role


async def test_every_unit_has_a_liaison_and_a_back_up_or_is_red(district: District) -> None:
    """≥1 联络员 + 1 备份 per unit; change = event; unit without one is red"""
    service = await district.open()
    async with district.client() as office:
        await the_net(office)

        async def red() -> dict[tuple[str, str], str]:
            pages = [
                await ok(await office.get("/team/violations", params={"role": role})) for role in ("liaison", "backup_liaison")
            ]
            return {(item["unit"], item["role"]): item["colour"] for page in pages for item in page["items"]}

        units = ("D01", "D02", "T01", "T02")
        assert await red() == {(u, r): "red" for u in units for r in ("liaison", "backup_liaison")}
        for account, role in (("T01-l1", "liaison"), ("T01-b1", "backup_liaison")):
            body = {"name": f"某{account}", "unit": "T01", "role": role, "on": DAY, "document": "东镇办〔2026〕1号"}
            await ok(await office.post(f"/members/{account}/appoint", json=body))
        assert {unit for unit, _ in await red()} == {"D01", "D02", "T02"}
        await ok(await office.post("/members/T01-l1/release", json={"unit": "T01", "role": "liaison", "on": "2026-06-01"}))
        assert (await red())["T01", "liaison"] == "red"
        body = {"name": "某接任", "unit": "T01", "role": "liaison", "on": "2026-06-10", "document": "东镇办〔2026〕2号"}
        await ok(await office.post("/members/T01-l2/appoint", json=body))
        assert ("T01", "liaison") not in await red()
        told = (await ok(await office.get("/team/liaisons?unit=T01")))["items"]
        assert [(item["account"], item["role"], item["since"], item["until"], item["document"]) for item in told] == [
            ("T01-b1", "backup_liaison", DAY, None, "东镇办〔2026〕1号"),
            ("T01-l1", "liaison", DAY, "2026-06-01", "东镇办〔2026〕1号"),
            ("T01-l2", "liaison", "2026-06-10", None, "东镇办〔2026〕2号"),
        ]
        events = await service.pool.fetch(
            "select type from log.entry where stream in (select 'member/' || member from post where account in "
            "('T01-l1', 'T01-l2')) order by pos"
        )
        assert [row["type"] for row in events] == [
            "roster.member-proposed.v1",
            "roster.member-appointed.v1",
            "roster.member-released.v1",
            "roster.member-proposed.v1",
            "roster.member-appointed.v1",
        ]
        async with district.client(service, Role.WORKER, unit="T02", account="T02-w1") as stranger:
            assert (await stranger.get("/team/liaisons?unit=T01")).status_code == 403
