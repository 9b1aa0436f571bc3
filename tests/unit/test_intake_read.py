"""Extracts as they come: encodings, delimiters, quotes, headers in odd places, workbooks, files that are none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from services.roster.intake.read import Column, FileUnreadable, read
from shared.language.codes import make_code

CODE = make_code("520502", "MA6DP001").text
OTHER = make_code("520502", "MA6DP002").text
HEADER = "统一社会信用代码,企业名称,登记状态,成立日期,住所"
LINE = f"{CODE},七星关区甲商贸有限公司,存续,2016-03-01,毕节市七星关区麻园街道"
TEXT = f"{HEADER}\r\n{LINE}\r\n"


def written(folder: Path, content: bytes | str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_usual_encoding_is_read(tmp_path, encoding):
    (row,) = read(written(tmp_path, TEXT.encode(encoding)))
    assert (row[Column.CODE], row[Column.NAME], row.line) == (CODE, "七星关区甲商贸有限公司", 2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "\uff0c"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    (row,) = read(written(tmp_path, TEXT.replace(",", delimiter)))
    assert row[Column.ADDRESS] == "毕节市七星关区麻园街道"


def test_a_quoted_newline_stays_in_its_cell_and_lines_are_those_of_the_file(tmp_path):
    text = f'{HEADER}\n{CODE},甲公司,存续,2016-03-01,"毕节市\n七星关区, ""麻园"""\n{OTHER},乙公司,存续,2016-03-01,丙\n'
    first, second = read(written(tmp_path, text))
    assert first[Column.ADDRESS] == '毕节市\n七星关区, "麻园"'
    assert (first.line, second.line) == (2, 4)


def test_an_unpaired_quote_breaks_its_own_line_only(tmp_path):
    rows = "\n".join(f"{CODE},甲{i}公司,存续,2016-03-01,丙" for i in range(60))
    text = f'{HEADER}\n{CODE},"甲公司,存续,2016-03-01,丙\n{rows}\n{OTHER},"乙公司",存续,2016-03-01,"丁,戊"\n'
    found = list(read(written(tmp_path, text)))
    assert [row.line for row in found if row.broken] == [2]
    assert len(found) == 62
    assert (found[-1].line, found[-1][Column.ADDRESS]) == (63, "丁,戊")


def test_a_header_below_titles_is_found(tmp_path):
    (row,) = read(written(tmp_path, f"七星关区企业名录,,,,\n导出时间:2026-01-01,,,,\n,,,,\n{TEXT}"))
    assert (row.line, row.layout.line) == (5, 4)


def test_a_header_repeated_on_each_page_is_no_row(tmp_path):
    assert len(list(read(written(tmp_path, f"{TEXT}{HEADER}\n{LINE}\n,,,,\n")))) == 2


def test_unknown_columns_are_kept_and_reported(tmp_path):
    (row,) = read(written(tmp_path, f"{HEADER},天眼评分,\n{LINE},80,\n"))
    assert row.layout.unknown == ("天眼评分",)
    assert row.extra == {"天眼评分": "80"}


def test_headings_are_read_with_stars_brackets_and_blanks(tmp_path):
    text = f"* 社会统一信用代码,企业(机构)名称 ,经营状态:,注册资本(万元),法定代表人(负责人)\n{CODE},甲公司,存续,100,某某\n"
    (row,) = read(written(tmp_path, text))
    assert row.cells == {
        Column.CODE: CODE,
        Column.NAME: "甲公司",
        Column.STANDING: "存续",
        Column.CAPITAL: "100",
        Column.LEGAL_PERSON: "某某",
    }
    assert row.layout.header(Column.CAPITAL) == "注册资本(万元)"


def test_the_more_exact_heading_wins(tmp_path):
    (row,) = read(written(tmp_path, f"注册号,统一社会信用代码,企业名称\n522401000012345,{CODE},甲公司\n"))
    assert row[Column.CODE] == CODE


def test_a_code_written_as_a_formula_is_read(tmp_path):
    (row,) = read(written(tmp_path, f'{HEADER}\n="{CODE}",甲公司,存续,2016-03-01,丙\n'))
    assert row[Column.CODE] == CODE


def test_a_row_too_short_has_empty_cells(tmp_path):
    (row,) = read(written(tmp_path, f"{HEADER}\n{CODE},甲公司\n"))
    assert row[Column.ADDRESS] == ""


def test_a_few_spoilt_bytes_do_not_change_the_encoding(tmp_path):
    lines = "\n".join(LINE for _ in range(20)).encode()
    *_, last = read(written(tmp_path, HEADER.encode() + b"\n" + lines + b"\n" + LINE.encode()[:-2] + b"\xff\n"))
    assert "\ufffd" in last[Column.ADDRESS]
    assert last[Column.NAME] == "七星关区甲商贸有限公司"


def test_a_workbook_is_read_with_its_dates_numbers_and_lines(tmp_path):
    path = tmp_path / "a.bin"  # the name's ending says nothing
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        book.add_worksheet("说明").write(0, 0, "本表由登记机关导出")
        sheet = book.add_worksheet("数据")
        sheet.write_row(2, 0, [*HEADER.split(","), "联系电话", "从业人数"])
        sheet.write_row(3, 0, [CODE, "甲公司", "存续"])
        sheet.write_datetime(3, 3, datetime(2016, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
        sheet.write_row(3, 5, [13800000000, 12.0])
        sheet.write(5, 0, 915205020000000000)
        sheet.write(5, 3, 42430)
    first, second = read(path)
    assert (first.line, first[Column.FOUNDED], first[Column.PHONE], first[Column.STAFF]) == (4, "2016-03-01", "13800000000", "12")
    assert (second.line, second[Column.CODE], second[Column.FOUNDED]) == (6, "9.152050E+17", "42430")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "空"),
        (b"\xef\xbb\xbf\r\n", "空"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"PK\x03\x04 broken", "Excel"),
        (b"\xd0\xcf\x11\xe0 broken", "Excel"),
        ("甲,乙,丙\n1,2,3\n".encode(), "表头"),
        (b"\x00\x01\x02\xff" * 100, "表头"),
    ],
)
def test_a_file_that_is_no_extract_is_refused_with_a_sentence(tmp_path, content, sentence):
    with pytest.raises(FileUnreadable, match=sentence):
        list(read(written(tmp_path, content)))


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(FileUnreadable, match="打不开"):
        list(read(tmp_path / "nothing.csv"))
