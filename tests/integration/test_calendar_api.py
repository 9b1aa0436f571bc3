"""The calendar over HTTP: lists are imported as people have them, versions stay, a year without one says so."""

from __future__ import annotations

import io
from pathlib import Path

import orjson
import pytest
import xlsxwriter
from support.net import ok
from support.world import District

from services.roster.intake.holidays import ListUnreadable, read_days
from shared.language.terms import Role

CSV = "日期,放假,名称\n2027-01-01,休,元旦\n2027-02-06,班,春节\n"
PUBLIC = {
    "papers": ["国办发明电"],
    "year": 2027,
    "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": True}, {"name": "春节", "date": "2027-02-06", "isOffDay": False}],
}


async def test_a_year_is_imported_and_every_version_stays(district: District) -> None:
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="T01", account="h") as head:
        assert (await ok(await client.get("/calendar/2027")))["provisional"] is True
        assert (await ok(await client.get("/calendar/2027/workdays?start=2027-01-01&workdays=1")))["provisional"] is True
        await ok(await client.post("/calendar/2027/import", content=orjson.dumps(PUBLIC)))
        same = await ok(await client.post("/calendar/2027/import?source=国办发明电", content=CSV.encode("gb18030")))
        assert same["version"] == 1, "the same list from another form is nothing new"
        await ok(
            await client.post("/calendar/2027/import?source=补充", content=("\ufeff" + CSV + "2027-05-03,休,调整\n").encode())
        )
        year = await ok(await head.get("/calendar/2027"))
        assert (year["version"], len(year["days"]), year["source"], year["provisional"]) == (2, 3, "补充", True)
        assert year["missing"] == ["春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"]
        assert len((await ok(await head.get("/calendar/2027?version=1")))["days"]) == 2
        assert (await head.get("/calendar/2027?version=3")).status_code == 404
        versions = (await ok(await head.get("/calendar/2027/versions")))["items"]
        assert [v["changed"] for v in versions] == [["2027-01-01", "2027-02-06"], ["2027-05-03"]]
        assert (await head.post("/calendar/2027/import", content=CSV.encode())).status_code == 403
        assert (await client.post("/calendar/2026/import", content=CSV.encode())).status_code == 409
        for wrong in (
            b"",
            b"{",
            b"[]",
            b"[1]",
            b'{"days": 7}',
            b"\xff\xff",
            b"a,b\n1,2\n",
            "日期,放假\n2027-02-30,休\n".encode(),
            b"x" * 300_000,
        ):
            assert (await client.post("/calendar/2027/import", content=wrong)).status_code in (413, 422), wrong[:20]
        await ok(await client.put("/calendar/2028", json={"days": [], "source": "空"}))
        assert (await ok(await client.get("/calendar/2028")))["provisional"] is True, "an empty list announces nothing"


def test_our_own_form_is_read_too():
    days, source, _ = read_days(orjson.dumps({"days": [{"date": "2027-01-01", "off": True, "name": "元旦"}], "source": "通知"}))
    assert (days[0].off, source) == (True, "通知")


@pytest.mark.parametrize("text", ["日期,放假\n2027-01-01,也许\n", "date,off\n,true\n", "[" * 100_000])
def test_a_list_that_makes_no_sense_says_where(text):
    with pytest.raises(ListUnreadable):
        read_days(text.encode())


async def test_the_official_list_that_crosses_new_year_is_taken_and_a_refusal_names_the_day(district: District) -> None:
    await district.open()
    listed = orjson.loads((Path(__file__).parents[2] / "deploy" / "data" / "calendar" / "2023.json").read_bytes())
    days = [{"date": "2022-12-31", "off": True, "name": "元旦"}, *(day for day in listed["days"] if day["date"] > "2023")]
    async with district.client() as client:
        await ok(await client.post("/calendar/2023/import", content=orjson.dumps({"days": days, "source": "国办"})))
        year = await ok(await client.get("/calendar/2023"))
        assert (year["provisional"], year["missing"], year["days"][0]["date"]) == (False, [], "2022-12-31")
        found = await ok(await client.get("/calendar/2022/workdays?start=2022-12-30&workdays=1"))
        assert found["on"] == "2023-01-03"
        for more, named in (
            ([{"date": "2022-11-30", "off": True}], {"outside": ["2022-11-30"], "twice": []}),
            ([{"date": "2024-02-01", "off": True}], {"outside": ["2024-02-01"], "twice": []}),
            ([days[0]], {"outside": [], "twice": ["2022-12-31"]}),
        ):
            refused = await client.post("/calendar/2023/import", content=orjson.dumps({"days": days + more}))
            assert refused.status_code == 409 and {name: refused.json()[name] for name in named} == named
        refused = await client.post("/calendar/2023/import", content="日期,放假\n2023-02-30,休\n".encode())
        assert "2023-02-30" in refused.json()["errors"][0]["title"]


def test_a_hidden_sheet_of_a_list_is_not_passed_over_in_silence() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        for name, day in (("公布", "2027-01-01"), ("补充", "2027-02-06")):
            sheet = made.add_worksheet(name)
            sheet.write_row(0, 0, ("日期", "放假", "名称"))
            sheet.write_row(1, 0, (day, "休", "节"))
        sheet.hide()
    with pytest.raises(ListUnreadable, match="“补充”是隐藏的"):
        read_days(out.getvalue())
