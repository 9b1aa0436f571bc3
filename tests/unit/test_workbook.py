"""The ledger as an Excel workbook, read back with two other libraries."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from python_calamine import CalamineWorkbook
from support.stories import AUTUMN_2026, H, Story, sealed, settled, ticket

from services.reporting.documents.columns import ANNEX, DETAIL, VALUES, Column
from services.reporting.documents.workbook import EMPTY, SIGNED, Stamp, clean, write_workbook
from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import Ledger, ledger
from shared.events import visits
from shared.language.terms import EvidenceKind

STAMP = Stamp(SIGNED, datetime(2026, 9, 27, 8, 5, tzinfo=UTC), "王某", "李某", revision=2, digest="0123456789abcdef" * 4)


def a_ledger(story: Story) -> Ledger:
    return ledger("H1", H, "2026-09", fold(story.entries), AUTUMN_2026)


def written(item: Ledger, names: dict[str, str] | None = None, stamp: Stamp = STAMP) -> bytes:
    out = BytesIO()
    write_workbook(item, names or {}, out, stamp)
    return out.getvalue()


def read(content: bytes, sheet: str) -> Any:
    return openpyxl.load_workbook(BytesIO(content))[sheet]


def body(content: bytes) -> list[dict[str, Any]]:
    sheet = read(content, "附件3")
    return [
        dict(zip([column.field for column in ANNEX], [cell.value for cell in row], strict=True))
        for row in sheet.iter_rows(min_row=7)
    ]


def full() -> tuple[Ledger, dict[str, str], str]:
    story = settled("毕节酒业")
    key = story.visit(
        "毕节酒业",
        "09-03",
        "H1",
        "V1",
        interviewee=sealed("王"),
        title="总经理",
        phone=sealed("138"),
        note="订单增加",
        policies=("稳岗返还",),
        onemap_given=1,
        remark="=1+1",
    )
    for _ in range(2):
        story.tell(
            f"visit/{key}", visits.EvidenceAttached(sha256="ab" * 32, kind=EvidenceKind.PHOTO, media_type="image/jpeg", size=9)
        )
    ticket(story, key, "QXG-202609-H1-0001", due="09-15")
    item = a_ledger(story)
    names = dict.fromkeys(item.sealed, "王某") | {f"{key}:phone": "138****1234"}
    return item, names, key


def test_the_workbook_has_the_form_the_summary_and_the_details() -> None:
    item, names, _ = full()
    book = openpyxl.load_workbook(BytesIO(written(item, names)))
    assert book.sheetnames == ["附件3", "月度汇总", "明细"]
    form = book["附件3"]
    assert form["A1"].value == "附件3"
    assert form["A2"].value == "贵人服务走访服务企业台账"
    assert "填报单位:H1" in form["A3"].value
    assert "2026年9月" in form["A3"].value
    assert "填报日期:2026年9月27日" in form["A3"].value
    assert form["A4"].value == "填报人(联络员):王某    审核人(网格长):李某    台账版本号:2    校验码:0123456789abcdef"


def test_a_row_prints_words_and_resolved_names_and_real_dates() -> None:
    item, names, _ = full()
    (row,) = body(written(item, names))
    assert row["seq"] == 1
    assert row["visited_on"].date() == date(2026, 9, 3)
    assert row["deadline"].date() == date(2026, 9, 15)
    assert row["mode"] == "实地走访"
    assert row["interviewee"] == "王某(总经理)"
    assert row["phone"] == "138****1234"
    assert row["operation"] == "正常;订单增加"
    assert row["policies"] == "稳岗返还;发放服务一张图1份"
    assert row["evidence"] == "图片2"
    assert row["status"] == "待签收"
    assert row["remark"] == "联合;=1+1"
    assert row["visitors"] == "〔未知〕(网格员)、〔未知〕(网格员)"


def test_two_libraries_read_the_same_cells() -> None:
    item, names, _ = full()
    content = written(item, names)
    theirs = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_name("附件3").to_python()[6]
    ours = [cell.value for cell in next(read(content, "附件3").iter_rows(min_row=7))]
    plain = [value.date() if isinstance(value, datetime) else value or "" for value in ours]
    assert [value if isinstance(value, (str, date)) else int(value) for value in theirs] == plain


def test_the_same_ledger_gives_the_same_bytes() -> None:
    item, names, _ = full()
    assert written(item, names) == written(item, names)


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "https://example.org", "0123", " a ", "a<b>&c"])
def test_what_people_typed_stays_the_text_they_typed(text: str) -> None:
    story = settled()
    story.visit("E", "09-03", "H1", difficulties=text)
    content = written(a_ledger(story))
    cell = next(cell for row in read(content, "附件3").iter_rows(min_row=7) for cell in row if cell.value == text)
    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_what_looks_like_an_escaped_character_is_escaped_itself() -> None:
    story = settled()
    story.visit("E", "09-03", "H1", difficulties="_x0041_")
    with ZipFile(BytesIO(written(a_ledger(story)))) as parts:
        assert "<t>_x005F_x0041_</t>" in parts.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x08c\x1fd\x7f", "a␀b␈c␟d␡"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("\ufffe\uffffz", "\ufffd\ufffdz"),
        ("家\U00020bb7", "家\U00020bb7"),
    ],
)
def test_characters_that_xml_forbids_are_shown_by_their_pictures(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("character", ["长", "\U00020bb7"])
def test_a_text_too_long_for_a_cell_is_clipped_and_says_so(character: str) -> None:
    clipped = clean(character * 40_000)
    assert len(clipped.encode("utf-16-le")) // 2 <= 32_767
    assert clipped.endswith("…〔超长已截断〕")
    assert clean("a" * 32_767) == "a" * 32_767


def test_an_empty_month_says_so_across_the_whole_form() -> None:
    sheet = read(written(a_ledger(settled())), "附件3")
    assert sheet["A7"].value == EMPTY
    assert any(str(area) == f"A7:{sheet.cell(7, len(ANNEX)).coordinate}" for area in sheet.merged_cells.ranges)


def test_it_prints_on_a3_landscape_one_page_wide_with_heads_repeated_and_pages_numbered() -> None:
    item, names, _ = full()
    sheet = read(written(item, names), "附件3")
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (8, "landscape")
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)  # One is the default.
    assert sheet.print_title_rows == "$5:$6"
    assert sheet.oddFooter.center.text == "第&P页 共&N页"
    assert sheet.freeze_panes == "C7"
    assert sheet.print_area.endswith("$A$1:$Y$7")


def test_no_column_is_too_narrow_for_what_cannot_wrap() -> None:
    for column in (*ANNEX, *DETAIL):
        if column.field in {"visited_on", "deadline", "closed_on"}:
            assert column.width >= len("2026-09-27") + 1


def test_groups_of_columns_stand_under_one_merged_head() -> None:
    item, names, _ = full()
    merged = {str(area) for area in read(written(item, names), "附件3").merged_cells.ranges}
    assert {"A5:A6", "B5:F5", "G5:P5", "Q5:V5", "Y5:Y6", "A2:Y2"} <= merged


def test_the_summary_has_both_cut_offs_beside_each_other() -> None:
    item, names, _ = full()
    sheet = read(written(item, names), "月度汇总")
    told = {row[0].value: (row[1].value, row[2].value) for row in sheet.iter_rows(min_row=3)}
    assert told["指标"] == ("报送口径(截至2026-09-27)", "全月口径(截至2026-09-30)")
    assert told["应走访企业数"] == (1, 1)
    assert told["走访覆盖率"] == ("100.00%", "100.00%")
    assert told["已交办(交办率)"] == ("100.00%(1/1)", "100.00%(1/1)")
    assert told["报送时间"] == ("2026年9月27日 16:05", "已签发")


def test_the_office_can_map_the_columns_otherwise_without_code() -> None:
    item, names, _ = full()
    out = BytesIO()
    mine = (Column("uscc", "代码", 20), Column("enterprise_name", "名称", 20))
    write_workbook(item, names, out, annex=mine, detail=mine)
    sheet = read(out.getvalue(), "附件3")
    assert [cell.value for cell in sheet[7]] == ["91", "毕节酒业"]
    assert sheet["A4"].value.endswith("审核人(网格长):        〔未签发〕    台账版本号:—    校验码:—")


def test_every_column_has_something_to_print() -> None:
    assert {column.field for column in (*ANNEX, *DETAIL)} <= VALUES.keys()


def test_a_large_ledger_is_well_formed_and_complete() -> None:
    names = [f"企业{number}" for number in range(300)]
    story = settled(*names)
    for number, name in enumerate(names):
        story.visit(name, f"09-{number % 30 + 1:02d}", "H1", difficulties="融资困难\n用工困难" * (number % 3))
    rows = body(written(a_ledger(story)))
    assert [row["seq"] for row in rows] == list(range(1, 301))
    assert {row["enterprise_name"] for row in rows} == set(names)


def test_the_clock_is_nowhere_in_the_file() -> None:
    item, names, _ = full()
    with ZipFile(BytesIO(written(item, names))) as parts:
        assert {info.date_time[0] for info in parts.infolist()} == {1980}
        assert set(re.findall(r"\d{4}-\d\d-\d\dT", parts.read("docProps/core.xml").decode())) == {"2021-08-11T"}
