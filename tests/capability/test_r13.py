"""R13: 一张…覆盖所有企业的服务网."""

from __future__ import annotations

from support.net import assign, enterprise, ok, served, the_net
from support.world import District

from shared.language.terms import Role


async def test_the_net_shows_every_cell_and_looks_into_it(district: District) -> None:
    """matrix view 部门×乡镇 with counts; cell drill-down"""
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        inside = [await served(client, 1), await served(client, 2), await served(client, 3, "D02", "T02")]
        half, nobody = await enterprise(client, 4), await enterprise(client, 5)
        await assign(client, half, "vertical", "D01")
        await ok(
            await client.put("/units/T09", json={"name": "北镇", "kind": "township", "parent": "520502", "on": "2026-01-01"})
        )
        gone = await served(client, 6)
        await ok(await client.post(f"/enterprises/{gone}/change-standing", json={"standing": "deregistered", "on": "2026-02-01"}))

        net = await ok(await client.get("/matrix"))
        cells = {(c["department"], c["township"]): c for c in net["cells"]}
        assert {key: c["in_scope"] for key, c in cells.items()} == {
            ("D01", "T01"): 2,
            ("D02", "T02"): 1,
            ("D01", "-"): 1,
            ("-", "-"): 1,
        }
        assert cells["D01", "T01"]["both_workers"] == 2 and cells["D01", "T01"]["gaps"] == 0
        assert cells["-", "-"]["neither"] == 1, "a gap on both lines stands out"
        assert net["total"] == {"in_scope": 5, "both_units": 3, "both_workers": 3, "gaps": 2, "neither": 1}
        assert {d["unit"]: (d["name"], d["in_scope"]) for d in net["departments"]} == {
            "-": ("未落实", 1),
            "D01": ("甲局", 3),
            "D02": ("乙局", 1),
        }
        assert {t["unit"]: t["in_scope"] for t in net["townships"]} == {"-": 2, "T01": 2, "T02": 1}

        seen, cursor = [], ""
        while cursor is not None:
            page = await ok(await client.get(f"/matrix/cell?department=D01&township=T01&limit=1{cursor and '&cursor=' + cursor}"))
            assert page["total"] == 2
            seen += [item["enterprise"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert sorted(seen) == sorted(inside[:2])
        gaps = await ok(await client.get("/matrix/cell?gaps=true"))
        assert {i["enterprise"] for i in gaps["items"]} == {half, nobody}
        before = await ok(await client.get("/matrix?on=2026-01-15"))
        assert before["total"]["in_scope"] == 6, "the one deregistered since was to be served then"
        async with district.client(service, Role.HEAD, unit="T02", account="T02-head") as other:
            assert (await ok(await other.get("/matrix")))["total"]["in_scope"] == 1, "each unit sees its own row or column"
