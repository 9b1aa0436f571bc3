"""R07 企业对“贵人服务”品牌知晓率."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

from support.roster import credit
from support.scene import a_scene
from support.world import District


async def test_k8_from_a_survey_weighted_with_interval_and_sample_size(district: District) -> None:
    """K8 from survey, weighted, CI, sample size printed"""
    async with a_scene(district, 0) as scene:
        for number in range(1, 13):
            await scene.enterprise(number, township="T01")
        for number in range(13, 17):
            await scene.enterprise(number, township="T02", worker=None)
        await scene.known()
        at = f"/surveys/{uuid4()}"
        draw = {"title": "2026年三季度知晓率", "conductor": "third_party", "agency": "某调查公司", "sample_size": 10}
        async with scene.who("office") as office, scene.who("T01-worker1") as worker, scene.who("T01-head") as head:
            assert (await worker.put(at, json=draw)).status_code == 403
            assert (await office.put(at, json={**draw, "agency": ""})).status_code == 409
            drawn = await office.put(at, json=draw)
            assert drawn.status_code == 201, drawn.text
            found = drawn.json()
            assert (found["population"], found["sample_size"]) == (16, 10)
            assert [(item["township"], item["population"], item["sample"]) for item in found["strata"]] == [
                ("T01", 12, 8),
                ("T02", 4, 2),
            ]
            again = await office.put(at, json=draw)
            assert (again.status_code, again.json()["seed"]) == (200, found["seed"])
            # An auditor draws the same sample from the seed alone, and the same population's digest.
            sample = [item["code"] for item in (await office.get(f"{at}/sample")).json()["items"]]
            lots = sorted((sha256(f"{found['seed']}|T01||{credit(n)}".encode()).hexdigest(), credit(n)) for n in range(1, 13))
            assert sample[:8] == [code for _, code in lots[:8]]
            lines = sorted((("T01" if n < 13 else "T02"), "", credit(n)) for n in range(1, 17))
            assert found["population_sha256"] == sha256("".join("|".join(line) + "\n" for line in lines).encode()).hexdigest()
            assert (await head.get(f"{at}/sample")).status_code == 403
            # T01: six valid answers, three aware; two not to be had. T02: two of two aware.
            said = [
                "understood",
                "heard",
                "heard",
                "unknown",
                "unknown",
                "unknown",
                "refused",
                "unreached",
                "understood",
                "understood",
            ]
            rows = [{"code": code, "answer": word, "on": "2026-09-15"} for code, word in zip(sample, said, strict=True)]
            assert (await worker.post(f"{at}/answer", json={"answers": rows[:1]})).status_code == 403
            outside = {
                "code": next(credit(n) for n in range(1, 17) if credit(n) not in sample),
                "answer": "heard",
                "on": "2026-09-15",
            }
            assert (await office.post(f"{at}/answer", json={"answers": [outside]})).status_code == 409
            assert (await office.post(f"{at}/answer", json={"answers": rows[:5]})).status_code == 200
            text = "统一社会信用代码,回答,日期\r\n" + "".join(
                f"{row['code']},{label},2026-09-15\r\n"
                for row, label in zip(rows[5:], ["不知道", "拒答", "未联系上", "知晓内涵", "understood"], strict=True)
            )
            bad = await office.post(
                f"{at}/answers/import", content=text.replace("不知道", "大概"), headers={"Content-Type": "text/csv"}
            )
            assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/body/2")
            imported = await office.post(
                f"{at}/answers/import", content=text.encode("gb18030"), headers={"Content-Type": "text/csv"}
            )
            assert (imported.status_code, imported.json()["imported"]) == (200, 5), imported.text
            result = imported.json()["result"]
            # 12/16 · 3/6 + 4/16 · 2/2 = 62.5 %; Var = (3/4)²(1 − 6/12)(1/4)/5 → ±23.24 points.
            assert result["aware"] == {"pct": "62.50", "ci95": ["39.26", "85.74"]}
            assert (result["response"]["n"], result["response"]["d"], result["response"]["pct"]) == (8, 10, "80.00")
            assert result["counts"]["refused"]["n"] == 1
            assert result["understood"]["pct"] == "37.50"
            changed = {**rows[0], "answer": "unknown"}
            assert (await office.post(f"{at}/answer", json={"answers": [changed]})).status_code == 409
            reached = {**rows[7], "answer": "heard"}
            assert (await office.post(f"{at}/answer", json={"answers": [reached]})).json()["result"]["valid"] == 9
            assert (await office.post(f"{at}/close", json={})).json()["closed"]
            assert (await office.post(f"{at}/answer", json={"answers": [rows[6]]})).status_code == 409
            assert (await office.get("/surveys")).json()["items"][0]["answered"] == 10


async def test_independent_and_self_reported_stand_side_by_side(district: District) -> None:
    """Beyond: independent vs self-reported shown side by side"""
    async with a_scene(district, 3) as scene:
        await scene.visit(1, aware="understood")
        await scene.visit(2, aware="unknown")
        await scene.visit(2, aware="heard", on="2026-09-15", claimed_at="2026-09-15T09:00:00+08:00")
        await scene.visit(3)
        async with scene.who("office") as office, scene.who("T01-head") as head:
            alone = (await office.get("/awareness", params={"month": "2026-09"})).json()
            assert alone["independent"] is None
            # The latest answer of each enterprise; those not asked are left out.
            assert alone["self_reported"]["aware"] == {"n": 2, "d": 2, "pct": "100.00"}
            assert alone["self_reported"]["understood"] == {"n": 1, "d": 2, "pct": "50.00"}
            at = f"/surveys/{uuid4()}"
            assert (await office.put(at, json={"title": "抽样"})).status_code == 201
            codes = [item["code"] for item in (await office.get(f"{at}/sample")).json()["items"]]
            rows = [{"code": code, "answer": "unknown", "on": "2026-09-15"} for code in codes]
            assert (await office.post(f"{at}/answer", json={"answers": rows})).status_code == 200
            both = (await office.get("/awareness", params={"month": "2026-09"})).json()
            assert both["independent"]["result"]["aware"] == {"pct": "0.00", "ci95": ["0.00", "0.00"]}
            assert both["self_reported"] == alone["self_reported"]
            assert (await head.get("/awareness", params={"month": "2026-09"})).status_code == 403
