"""A register over HTTP: one sheet for each township, a list that is complete or is not, and the service that answers meanwhile."""

from __future__ import annotations

import asyncio
import csv
import io
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import xlsxwriter
from support.roster import credit
from support.uploads import UPLOADS
from support.world import District

from shared.language.terms import Role

HEAD = ("统一社会信用代码", "企业名称", "登记状态", "成立日期")
TOWNS = ("甲镇", "乙镇", "丙镇")


def row(n: int) -> list[str]:
    return [credit(n), f"某某{n}商贸有限公司", "存续", "2016-03-01"]


def register(sheets: Sequence[tuple[str, Sequence[Sequence[str]]]], hidden: str = "") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets:
            made = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                made.write_row(number, 0, cells)
            if name == hidden:
                made.hide()
    return out.getvalue()


def by_town(count: int = 4, **more: Any) -> bytes:
    parts = [(town, [HEAD, *(row(place * count + n) for n in range(count))]) for place, town in enumerate(TOWNS)]
    return register(parts, **more)


def text(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEAD, *rows])
    return out.getvalue().encode()


async def imported(client: httpx.AsyncClient, content: bytes, **params: Any) -> tuple[int, dict[str, Any], list[list[str]]]:
    """The status, the result or the problem, and the lines of the report."""
    answer = await client.post("/imports", params=params, content=content)
    if answer.status_code != 200:
        return answer.status_code, answer.json(), []
    told = [orjson.loads(line) for line in answer.text.splitlines()]
    assert "result" in told[-1], told[-1]
    return 200, told[-1]["result"], [line for part in told for line in part.get("report", ())]


async def surviving(client: httpx.AsyncClient) -> int:
    return (await client.get("/enterprises", params={"limit": 1})).json()["total"]


async def test_every_visible_sheet_is_read_and_a_row_is_told_with_its_sheet(district: District) -> None:
    await district.open()
    broken = register(
        [("甲镇", [HEAD, row(1)]), ("=乙镇", [HEAD, row(2), [credit(3), "某某3商贸有限公司", "也许", "2016-03-01"]])]
    )
    async with district.client() as office:
        status, result, report = await imported(office, broken, apply=True)
        assert (status, result["sheets"], result["omitted"]) == (200, ["甲镇", "=乙镇"], [])
        assert (result["registered"], result["set_aside"]) == (2, 1)
        ((line, *_, sheet),) = report
        assert (line, sheet) == ("3", "'=乙镇"), "no spreadsheet takes it for a formula"
        (waiting,) = (await office.get("/queues/rows")).json()["items"]
        assert waiting["sheet"] == "=乙镇"
        assert await surviving(office) == 2


@pytest.mark.parametrize("left_out", ["hidden", "no header"])
async def test_a_file_of_which_something_was_left_out_is_never_complete(district: District, left_out: str) -> None:
    service = await district.open()
    if left_out == "hidden":
        part, name = by_town(hidden="丙镇"), "丙镇"
    else:
        part, name = register([("甲镇", [HEAD, row(0)]), ("说明", [["本表由各镇填报", "请勿改动"], ["某", "某"]])]), "说明"
    async with district.client() as office:
        assert (await imported(office, by_town(), apply=True))[1]["registered"] == 12
        before = await service.pool.fetchval("select pos from log.head")
        for how in ({"apply": True}, {"apply": True, "confirm": 11}, {"preview": True}, {}):
            status, problem, _ = await imported(office, part, complete=True, **how)
            assert (status, [item["sheet"] for item in problem["omitted"]]) == (409, [name])
        assert await service.pool.fetchval("select pos from log.head") == before
        status, result, _ = await imported(office, part)
        assert (status, [item["sheet"] for item in result["omitted"]]) == (200, [name]), "otherwise it is told, and read"


async def test_more_than_one_in_twenty_missing_is_confirmed_by_its_number(district: District) -> None:
    service = await district.open()
    rows = [row(n) for n in range(60)]
    async with district.client() as office:
        await imported(office, text(rows), apply=True)
        before = await service.pool.fetchval("select pos from log.head")
        for confirm in ({}, {"confirm": 3}, {"confirm": 5}):
            status, problem, _ = await imported(office, text(rows[4:]), apply=True, complete=True, **confirm)
            assert (status, problem["missing"], problem["served"]) == (409, 4, 60)
        assert await service.pool.fetchval("select pos from log.head") == before
        _, result, _ = await imported(office, text(rows[4:]), complete=True)
        assert (result["missing"], result["served"]) == (4, 60)
        _, result, _ = await imported(office, text(rows[4:]), preview=True, complete=True)
        assert result["preview"]["gone"] == 4
        _, result, _ = await imported(office, text(rows[3:]), apply=True, complete=True)
        assert result["missed"] == 3, "one in twenty needs nobody's word"
        _, result, _ = await imported(office, text(rows[4:]), apply=True, complete=True)
        assert result["missed"] == 1, "who is missed already is not missed again"


async def test_a_file_that_is_garbled_whole_says_so(district: District) -> None:
    await district.open()
    good = text([row(n) for n in range(5)])
    spoilt = (good.decode().encode("gb18030").decode("latin-1").encode(), good.decode("gb18030", "replace").encode())
    async with district.client() as office:
        for content in spoilt:
            status, problem, _ = await imported(office, content)
            assert (status, "乱码" in problem["title"]) == (422, True), problem
        assert "没有找到表头" in (await imported(office, "甲,乙\n一,二\n".encode()))[1]["title"]


async def test_the_service_answers_while_a_workbook_that_takes_long_is_read(district: District) -> None:
    await district.open()
    wide = register([(f"表{n}", [[f"{line}值{column}" for column in range(40)] for line in range(1_500)]) for n in range(2)])
    async with district.client() as office:
        reading = asyncio.create_task(imported(office, wide))
        waits: list[float] = []
        while not reading.done():
            began = time.monotonic()
            assert (await office.get("/livez")).json() == {"live": True}
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.02)
        status, problem, _ = await reading
        assert (status, "表头" in problem["title"]) == (422, True)
        assert len(waits) > 10, "it was asked while the file was read"
        assert max(waits) < 2, max(waits)


@pytest.fixture
def small_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder on a disk of half a megabyte."""
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", tmp_path], capture_output=True, check=False
    ).returncode:
        pytest.skip("mounting a small disk needs root")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    monkeypatch.undo()
    subprocess.run(["umount", "-l", tmp_path], check=True)


async def test_no_room_for_an_upload_is_told_as_that(district: District, small_folder: Path) -> None:
    """Every route with a file says the disk is full, and not that the file can't be read; with room again it is judged."""
    content = text([row(n) for n in range(400)])
    filling = small_folder / "filling"
    told: dict[str, str] = {}
    for upload in UPLOADS:
        service = district.services.get(upload.service) or await district.open(upload.service)
        async with district.client(service, *(role for role in Role if role is not Role.SYSTEM)) as client:
            with pytest.raises(OSError, match="No space"):
                await asyncio.to_thread(filling.write_bytes, b"x" * 600_000)
            full = await upload.send(client, content)
            await asyncio.to_thread(filling.unlink)
            judged = await upload.send(client, content)
        assert judged.status_code != 503, (upload, judged.text)
        told[str(upload)] = f"{full.status_code} {full.json()['type'].rpartition(':')[2]}"
        assert full.status_code == 503 or full.content == judged.content, (upload, full.text, "it came to no file at all")
    wanted = (
        "roster post /imports",
        "issues post /orders/import",
        "roster post /calendar/{year}/import",
        "visits post /surveys/{id_}/answers/import",
    )
    assert {name: told[name] for name in wanted} == dict.fromkeys(wanted, "503 storage-full"), told
