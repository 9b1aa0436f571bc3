"""Whatever stands in whichever cell of a foreign file, it is nowhere in clear: no table, no event, no message, no report."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
from support.desk import a_desk
from support.roster import credit
from support.streams import in_stream, stream_equals_log
from support.world import District

from services.issues.domain.transferred import Field
from services.roster.intake.read import Column
from shared.http.service import Service
from shared.language.terms import Role

COLUMNS = list(Column)
GOOD = {
    Column.NAME: "七星关区甲商贸有限公司",
    Column.KIND: "有限责任公司",
    Column.STANDING: "存续",
    Column.FOUNDED: "2016-03-01",
    Column.CAPITAL: "100万元",
    Column.ADDRESS: "毕节市七星关区麻园街道某路1号",
    Column.STAFF: "5",
    Column.PROVINCE: "贵州省",
}


def marker(n: int) -> str:
    return f"甄某某1391111{n:04d}"


def clear(text: str, n: int) -> bool:
    return f"1391111{n:04d}" in text


async def everywhere(district: District, service: Service, *seen: str) -> str:
    """All that the service keeps: every table of its database, every message of its stream in NATS. ``seen`` must be there."""
    bus = district.bus()
    await stream_equals_log(bus, service.pool, service.name)
    messages = "\n".join(f"{entry.stream} {entry.type} {entry.body.decode()}" for entry in await in_stream(bus, service.name))
    connection = await district.connect(service.name, "postgres")
    found: list[str] = []
    try:
        tables = await connection.fetch(
            "select table_schema as s, table_name as t from information_schema.tables "
            "where table_schema in ('view', 'log', 'mirror', 'public') and table_type = 'BASE TABLE'"
        )
        for table in tables:
            for row in await connection.fetch(f'select * from "{table["s"]}"."{table["t"]}"'):
                found += [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row.values()]
    finally:
        await connection.close()
    tables_told = "\n".join(found)
    assert all(word in messages and word in tables_told for word in seen), "the search sees the events"
    return messages + tables_told


def text_of(headings: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([headings, *rows])
    return out.getvalue().encode()


async def test_no_cell_of_a_register_is_kept_in_clear(district: District) -> None:
    service = await district.open(relay=True)
    headings = ["序号", *(column.label for column in COLUMNS), "备注"]
    rows: list[list[str]] = [[marker(0)] * len(headings)]
    for n, column in enumerate(COLUMNS, 1):
        cells = {**GOOD, Column.CODE: credit(n), column: marker(n)}
        rows.append([str(n), *(cells.get(one, "") for one in COLUMNS), ""])
        cells[Column.STANDING] = "也许" if column is not Column.STANDING else marker(n)
        cells[Column.CODE] = credit(100 + n) if column is not Column.CODE else marker(n)
        rows.append([str(n), *(cells.get(one, "") for one in COLUMNS), marker(n)])
    content = text_of(headings, rows)
    async with district.client() as office:
        told = ""
        for params in ({}, {"preview": True}, {"apply": True}):
            answer = await office.post("/imports", params={"name": "a.csv", **params}, content=content)
            assert answer.status_code == 200, answer.text
            told += "".join(line for line in answer.text.splitlines(keepends=True) if '"changes"' not in line)
        result = orjson.loads(answer.text.splitlines()[-1])["result"]
        assert result["set_aside"] >= len(COLUMNS)
        queue = await office.get("/queues/rows", params={"limit": 500})
        assert queue.json()["total"] >= len(COLUMNS) - 1
        kept = await everywhere(district, service, "row-set-aside", "enterprise-registered")
        for n in range(len(COLUMNS) + 1):
            assert not clear(told, n), f"the report tells what stands in {headings[n]}"
            assert not clear(queue.text, n), f"the queue tells what stands in {headings[n]}"
            assert not clear(kept, n), f"{headings[n]} is kept in clear"


async def test_a_row_is_opened_with_a_reason_that_is_written_down(district: District) -> None:
    await district.open()
    row = {**GOOD, Column.CODE: credit(1), Column.LEGAL_PERSON: marker(1)}
    content = text_of([column.label for column in row], [list(row.values())])
    async with district.client() as office:
        await office.post("/imports", params={"apply": True}, content=content)
        (item,) = (await office.get("/queues/rows")).json()["items"]
        assert item["name"] == GOOD[Column.NAME] and item["code"] == credit(1)
        assert item["raw"][-1] and not clear(item["raw"][-1], 1) and "法定代表人" in item["reasons"][0]
        at = f"/queues/rows/{item['id']}/unmask"
        assert (await office.post(at, json={})).status_code == 422
        opened = (await office.post(at, json={"reason": "核对原始登记资料"})).json()
        assert opened["raw"][-1] == marker(1) and marker(1) in opened["reasons"][0]
        assert opened["line"] == 2
    async with district.client(None, Role.AUDITOR, account="auditor") as auditor:
        (kept,) = (await auditor.get("/disclosures", params={"about": item["id"]})).json()["items"]
        assert (kept["what"], kept["reason"]) == ("row", "核对原始登记资料")
    async with district.client(None, Role.WORKER, unit="T01", account="w") as worker:
        assert (await worker.get("/queues/rows")).status_code == 403
        assert (await worker.post(at, json={"reason": "核对原始登记资料"})).status_code == 403


async def test_next_months_file_adds_nothing_and_a_row_in_order_ends_its_doubt(district: District) -> None:
    await district.open()
    headings = ["序号", "统一社会信用代码", "企业名称", "登记状态", "成立日期", "住所"]

    def month(shift: int, standing: str) -> bytes:
        rows = [[str(n + shift), credit(n), f"某某{n}商贸有限公司", standing, f"2016-03-0{n}", "某路"] for n in (1, 2, 3)]
        return text_of(headings, [*rows, [str(9 + shift), "", "存续", "某某公司", "2016-13-40", "甲,乙", "丙"]])

    async def waiting() -> dict[str, list[str]]:
        items = (await office.get("/queues/rows")).json()["items"]
        return {item["id"]: item["reasons"] for item in items}

    async with district.client() as office:
        await office.post("/imports", params={"apply": True}, content=month(0, "也许"))
        first = await waiting()
        assert len(first) == 4
        for shift in (1, 7):
            await office.post("/imports", params={"apply": True}, content=month(shift, "也许"))
            assert await waiting() == first
        await office.post("/imports", params={"apply": True}, content=month(8, ""))
        changed = await waiting()
        assert changed.keys() == first.keys() and changed != first, "another doubt of the same enterprise is the same entry"
        answer = await office.post("/imports", params={"apply": True}, content=month(9, "存续"))
        assert orjson.loads(answer.text.splitlines()[-1])["result"]["repaired"] == 3
        assert len(await waiting()) == 1
        await office.post("/imports", params={"apply": True}, content=month(10, "也许"))
        assert (await waiting()).keys() == first.keys(), "a doubt that comes back waits again"


async def test_no_cell_of_an_order_but_its_words_is_kept_in_clear(district: District) -> None:
    """The words themselves are what somebody said: they belong to the ticket."""
    desk = await a_desk(district)
    fields = [field for field in Field if field is not Field.CONTENT]
    rows: list[list[str]] = []
    for n, field in enumerate(fields, 1):
        good: dict[Any, str] = {Field.NO: f"N{n}", Field.CONTENT: "某内容", Field.ENTERPRISE: "某公司"}
        rows.append([{**good, field: marker(n)}.get(one, "") for one in Field] + [marker(n)])
    content = text_of([*(field.label for field in Field), "备注"], rows)
    async with desk.who("office") as office:
        told = await office.post("/orders/import", params={"apply": True}, content=content)
        assert told.status_code == 200, told.text
        assert told.json()["counts"] == {"held": len(fields)}
        kept = await everywhere(district, desk.issues, "order-held")
        queue = (await office.get("/orders/held", params={"limit": 500})).text
    for n, field in enumerate(fields, 1):
        assert not clear(kept, n), f"{field.label} is kept in clear"
        assert not clear(queue, n), f"the queue tells {field.label}"


async def test_no_cell_of_a_calendar_is_kept_in_clear(district: District) -> None:
    """A day's name and where the list comes from are texts; a date and a yes or no can be nothing else."""
    service = await district.open(relay=True)
    columns = ("日期", "放假", "名称", "备注")
    good = ("2027-01-01", "休", "元旦", "")
    async with district.client() as office:
        told = ""
        for n, _ in enumerate(columns):
            row = [marker(n) if n == place else cell for place, cell in enumerate(good)]
            answer = await office.post("/calendar/2027/import", content=text_of(list(columns), [row]))
            assert answer.status_code == (422 if n < 2 else 200), answer.text
            told += answer.text * answer.is_success  # A refusal may quote the cell to whoever sent it; it is kept nowhere.
        for n, days in (
            (5, [{"date": "2027-01-01", "off": True, "name": marker(5)}]),
            (6, [{"date": "2027-01-01", "off": True}]),
        ):
            body = orjson.dumps({"days": days, "source": marker(7)})
            told += (await office.post("/calendar/2027/import", content=body)).text
            told += (await office.put(f"/calendar/{2020 + n}", content=body.replace(b"2027", f"{2020 + n}".encode()))).text
        told += (await office.get("/calendar/2027/versions")).text + (await office.get("/calendar/2027")).text
    kept = await everywhere(district, service, "year-published")
    for n in range(8):
        assert not clear(kept, n) and not clear(told, n), n


async def test_no_cell_of_a_survey_is_taken_but_a_code_an_answer_and_a_day(district: District) -> None:
    """A line with anything else in these is named and refused; further columns are not read at all."""
    service = await district.open("visits", relay=True)
    columns = ("统一社会信用代码", "回答", "日期", "备注", marker(9))
    good = (credit(1), "知晓内涵", "2026-09-15", "", "")
    at = "/surveys/01990000-0000-7000-8000-000000000001/answers/import"
    async with district.client(service) as office:
        told = ""
        for n, _ in enumerate(columns):
            row = [marker(n) if n == place else cell for place, cell in enumerate(good)]
            answer = await office.post(at, content=text_of(list(columns), [row]))
            assert answer.status_code == (422 if n < 3 else 404), answer.text
            told += answer.text
    kept = await everywhere(district, service)
    for n in (*range(5), 9):
        assert not clear(kept, n) and not clear(told, n), n
