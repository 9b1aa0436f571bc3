"""Files from outside that claim more than there is: every upload route answers with a problem and goes on serving."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import xlsxwriter
from support.uploads import UPLOADS, Upload
from support.world import District

from shared.language.codes import make_code
from shared.language.terms import Role
from shared.paper.foreign import reading
from shared.paper.foreign.reading import FileUnreadable, Limits
from shared.paper.foreign.tables import Line, Sheet, Tables

HEAD = ["统一社会信用代码", "企业名称", "登记状态", "工单编号", "内容", "日期", "放假", "名称"]
ROW = [make_code("520502", "MA700001").text, "某某商贸有限公司", "存续", "1", "内容", "2027-01-01", "休", "元旦"]


def book(fill: Any, options: dict[str, Any] | None = None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **(options or {})}) as made:
        fill(made)
    return out.getvalue()


def far(made: Any) -> None:
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ROW)
    sheet.write(1_048_575, 16_383, "x")


def blank(made: Any) -> None:
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    for line in range(6_000):
        sheet.write_row(1 + line, 0, ROW)
    sheet.write_string(0, 16_383, " ")


def tall(made: Any) -> None:
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write(1_048_575, 900, "x")


def deep(made: Any) -> None:
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ROW)
    sheet.write(1_048_575, 0, "x")


FAR, BLANK, TALL, DEEP = book(far), book(blank), book(tall), book(deep)


def test_the_routes_are_found() -> None:
    assert {
        ("roster", "post", "/imports"),
        ("issues", "post", "/orders/import"),
        ("roster", "post", "/calendar/{year}/import"),
        ("visits", "post", "/surveys/{id_}/answers/import"),
    } <= {(item.service, item.method, item.path) for item in UPLOADS}


@pytest.mark.parametrize("upload", UPLOADS, ids=str)
async def test_a_far_cell_is_a_problem_and_the_service_lives(
    district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upload: Upload
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    service = await district.open(upload.service)
    async with district.client(service, *Role) as client:
        for content in (FAR, BLANK, TALL, DEEP):
            answer = await upload.send(client, content)
            assert 400 <= answer.status_code < 500, answer.text
            assert "/query/" not in answer.text, "it was asked rightly, and the file is the fault"
            assert answer.json()["title"]
            assert (await client.get("/livez")).json() == {"live": True}
    assert not [path for path in tmp_path.rglob("*")], "nothing stays behind"  # noqa: ASYNC240, C416


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a"
    path.write_bytes(content)
    return path


def read(path: Path, **options: Any) -> list[Sheet | Line]:
    with path.open("rb") as file, Tables(file, **options) as tables:
        return list(tables)


@pytest.mark.parametrize("content", [FAR, BLANK, TALL, DEEP])
def test_the_cell_in_the_way_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnreadable, match=r"XFD|共 .* 格,过大|一直用到第 1,048,576 行"):
        read(written(tmp_path, content))


@pytest.mark.parametrize("filled", [1, 3_000])
def test_a_sheet_with_gaps_is_read_as_long_as_it_is_no_larger_than_what_it_holds(tmp_path: Path, filled: int) -> None:
    def fill(made: Any) -> None:
        sheet = made.add_worksheet()
        for line in range(filled):
            sheet.write(2 * line, 0, "x")
        sheet.write(2 * filled + 1_900, 0, "x")

    assert sum(isinstance(item, Line) and any(item.cells) for item in read(written(tmp_path, book(fill)))) == filled + 1


def test_cells_that_only_have_a_format_are_no_cells(tmp_path: Path) -> None:
    def fill(made: Any) -> None:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_blank(5, 16_383, None, made.add_format({"bold": True}))

    assert [item.cells for item in read(written(tmp_path, book(fill))) if isinstance(item, Line)] == [HEAD]


def test_a_child_without_memory_or_time_is_a_problem(tmp_path: Path) -> None:
    def fill(made: Any) -> None:
        sheet = made.add_worksheet()
        for line in range(20_000):
            sheet.write_row(line, 0, [f"{line}值{column}" for column in range(20)])

    path = written(tmp_path, book(fill))
    for limits in (Limits(memory=60 << 20), Limits(processor=1), Limits(seconds=0.05)):
        with pytest.raises(FileUnreadable, match=r"拆分|损坏"):
            read(path, limits=limits)


def test_a_child_that_is_killed_is_a_problem_and_its_place_is_free(tmp_path: Path) -> None:
    path = written(tmp_path, b"a,b\n" * 500_000)
    for _ in range(6):  # more than there are places
        with path.open("rb") as file, Tables(file) as tables:
            items = iter(tables)
            next(items)
            tables.close()
            with pytest.raises(FileUnreadable):
                list(items)
    assert reading._AT_ONCE._value == 4


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 200, os.urandom(2000), b"a\x00" * 900, FAR[:-400]])
def test_damaged_files_are_sentences(tmp_path: Path, content: bytes) -> None:
    try:
        read(written(tmp_path, content), strict=True)
    except FileUnreadable as problem:
        assert problem.title and "/tmp" not in problem.title


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    import zipfile

    out = io.BytesIO()
    plain = book(lambda made: made.add_worksheet().write_row(0, 0, HEAD))
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                text = text.replace(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet', 1)
            new.writestr(name, text)
    with pytest.raises(FileUnreadable, match="Excel"):
        read(written(tmp_path, out.getvalue()))


def test_hidden_rows_merged_cells_errors_and_1904_are_told(tmp_path: Path) -> None:
    def fill(made: Any) -> None:
        sheet = made.add_worksheet("甲")
        sheet.write_row(0, 0, HEAD[:4])
        sheet.merge_range(1, 1, 3, 1, "合并")
        for line in (1, 2, 3):
            sheet.write(line, 0, f"值{line}")
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        sheet.set_row(3, None, None, {"hidden": True})
        hidden = made.add_worksheet("乙")
        hidden.write_row(0, 0, HEAD)
        hidden.hide()

    items = read(written(tmp_path, book(fill, {"date_1904": True})))
    first, *lines, second = items
    assert isinstance(first, Sheet) and isinstance(second, Sheet)
    assert (first.name, first.hidden_rows, first.merged, first.errors, first.base_1904) == ("甲", 1, 1, 1, True)
    assert len(first.notes) == 3 and all("甲" in note for note in first.notes)
    assert (second.name, second.hidden, second.rows) == ("乙", True, 1)
    assert [dict(line.marks) for line in lines if isinstance(line, Line)] == [{}, {}, {1: "merged", 2: "error"}, {1: "merged"}]


async def test_the_limit_stands_in_the_sentence(district: District) -> None:
    service = await district.open("visits")
    async with district.client(service, Role.OFFICE) as client:
        answer: httpx.Response = await client.post(f"/surveys/{uuid4()}/answers/import", content=b"x" * (2 * 2**20 + 1))
        assert (answer.status_code, answer.json()["most"]) == (413, 2 * 2**20)
        assert "2 MB" in answer.json()["title"]
