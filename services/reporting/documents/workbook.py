"""The ledger of a unit as an Excel workbook: sheets 附件3, 月度汇总 and 明细; 报送后变更 where something came after the filing.

Streams row by row, so that 30,000 rows need little memory. Nothing in it depends on the clock: the same ledger, names and
stamp give the same bytes. What people typed is written as text and as nothing else: ``=cmd`` stays four letters and a sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import groupby
from math import ceil
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from services.reporting.documents.columns import ANNEX, DETAIL, UNKNOWN, VALUES, Column, Kind
from services.reporting.domain.changes import Changes
from services.reporting.domain.ledger import Ledger
from shared.language.months import SHANGHAI
from shared.language.terms import Line, Mode
from shared.paper.sheets import clean

EMPTY = "本月无走访记录(零报告)"
HANDLED = "办结、按期、满意按承办单位统计"
"""Under 月度汇总: who the figures of tickets are of (kpi §3)."""
DRAFT, UNSIGNED, SIGNED, RETURNED = "草稿", "未签发", "已签发", "已退回"
OTHERWISE = "按所选时点计算,非报送件"
AFTERWARDS = "报送后变更"
_A3, _A4 = 8, 9
_EPOCH = date(1899, 12, 30).toordinal()
_CREATED = datetime(2021, 8, 11, tzinfo=UTC).replace(tzinfo=None)
"""The day of the plan. A date of today would make every copy of one ledger a different file."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of the filing. A ledger that was not filed is a draft: it bears no signature and no check code."""

    state: str = DRAFT
    """草稿, 未签发, 已签发, 已退回, or that this is not what was filed."""
    filed_at: datetime | None = None
    """Prints as 报送时间 in China's time, its day as 填报日期."""
    filed_by: str = ""
    """The name of who filed it; empty: the liaison of the header."""
    signed_by: str = ""
    """The name of who signed it; empty while nobody has."""
    revision: int = 0
    digest: str = ""
    """The digest of the ledger as filed: its first 16 digits print as 校验码, by which a paper is compared with the system."""
    district: str = "七星关区"
    brand: str = "贵人服务"
    late: str = ""
    """That it was filed late, and why, as it prints; empty if it was in time."""


@dataclass(frozen=True, slots=True)
class _Styles:
    title: Format
    annex: Format
    block: Format
    head: Format
    text: Format
    centred: Format
    number: Format
    day: Format
    empty: Format

    def of(self, column: Column) -> Format:
        if column.kind is Kind.DAY:
            return self.day
        if column.kind is Kind.NUMBER:
            return self.number
        return self.centred if column.centred else self.text


def write_workbook(
    ledger: Ledger,
    names: Mapping[str, str],
    out: BinaryIO,
    stamp: Stamp | None = None,
    *,
    annex: Sequence[Column] = ANNEX,
    detail: Sequence[Column] = DETAIL,
    since: Changes | None = None,
) -> None:
    """Write the workbook; the same arguments give the same bytes. ``since``: what became of the ledger after it was filed.

    ``names`` resolves the keys of ``ledger.sealed``; telephone numbers come already masked or not, as the reader may see
    them. A name that is missing prints as 〔未知〕. ``annex`` and ``detail`` say which columns stand where.
    """
    known = stamp or Stamp()
    book = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_format_properties": {"font_name": "宋体", "font_size": 10},
        },
    )
    title = f"{known.brand}走访服务企业台账"
    book.set_properties({"title": title, "author": ledger.header["unit_name"], "created": _CREATED})
    styles = _styles(book)
    _annex_sheet(_sheet(book, "附件3"), ledger, names, known, annex, styles)
    _summary_sheet(book.add_worksheet("月度汇总"), ledger, known, styles)
    _detail_sheet(_sheet(book, "明细"), ledger, names, detail, styles)
    if since:
        _changes_sheet(_sheet(book, AFTERWARDS), since, names, annex, styles)
    book.close()


def china(instant: datetime) -> str:
    """``2026年11月27日 13:13``, as people in China read it."""
    at = instant.astimezone(SHANGHAI)
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"


def _filed(stamp: Stamp) -> str:
    """When it was filed; what is no paper of a filed month has no such time, which is not the same as never filed."""
    if stamp.filed_at:
        return china(stamp.filed_at)
    return "未报送" if stamp.state == DRAFT else "—"


@lru_cache(maxsize=4_096)
def _serial(text: str) -> int | None:
    """The number Excel keeps for a day; ``None`` if the text is not one day."""
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH
    except ValueError:
        return None


def _styles(book: xlsxwriter.Workbook) -> _Styles:
    body = {"font_name": "宋体", "font_size": 10, "border": 1, "valign": "vcenter", "text_wrap": True}
    centred = {**body, "align": "center"}
    return _Styles(
        title=book.add_format({"font_name": "方正小标宋简体", "font_size": 22, "align": "center", "valign": "vcenter"}),
        annex=book.add_format({"font_name": "黑体", "font_size": 14}),
        block=book.add_format({"font_name": "宋体", "font_size": 11, "valign": "vcenter"}),
        head=book.add_format({**centred, "font_name": "黑体", "bg_color": "#E7EEF7"}),
        text=book.add_format({**body, "align": "left"}),
        centred=book.add_format(centred),
        number=book.add_format({**centred, "num_format": "0"}),
        day=book.add_format({**centred, "num_format": "yyyy-mm-dd"}),
        empty=book.add_format({**centred, "font_size": 14}),
    )


def _merge(sheet: Worksheet, first: tuple[int, int], last: tuple[int, int]) -> None:
    """Merge cells that are written already. ``merge_range`` goes back to earlier rows, which a streamed sheet can't."""
    if first != last:
        sheet.merge.append([*first, *last])


def _band(sheet: Worksheet, row: int, text: str, width: int, style: Format) -> None:
    """One text across a whole row."""
    sheet.write_string(row, 0, clean(text), style)
    for column in range(1, width):
        sheet.write_blank(row, column, None, style)
    _merge(sheet, (row, 0), (row, width - 1))


def _heads(sheet: Worksheet, row: int, columns: Sequence[Column], style: Format) -> None:
    """Two header rows: groups above, titles below; a column without a group takes both rows."""
    at = 0
    for group, members in groupby(columns, key=lambda column: column.group or column):
        width = len(list(members))
        grouped = isinstance(group, str)
        for column in range(at, at + width):
            sheet.write_string(row, column, group if isinstance(group, str) else group.title, style)
        _merge(sheet, (row, at), (row if grouped else row + 1, at + width - 1))
        at += width
    _titles(sheet, row + 1, columns, style)


def _titles(sheet: Worksheet, row: int, columns: Sequence[Column], style: Format) -> None:
    for at, column in enumerate(columns):
        sheet.write_string(row, at, column.title, style)


def _page(sheet: Worksheet, paper: int, *, landscape: bool) -> None:
    sheet.set_paper(paper)
    if landscape:
        sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C第&P页 共&N页")


def _annex_sheet(
    sheet: _Sheet, ledger: Ledger, names: Mapping[str, str], stamp: Stamp, columns: Sequence[Column], styles: _Styles
) -> None:
    header, width = ledger.header, len(columns)
    _page(sheet, _A3, landscape=True)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
    sheet.write_string(0, 0, "附件3", styles.annex)
    for row, height in ((0, 20), (1, 36), (2, 20), (3, 20)):
        sheet.set_row(row, height)
    marked = "" if stamp.state in (UNSIGNED, SIGNED) else f"({stamp.state})"
    _band(sheet, 1, f"{stamp.brand}走访服务企业台账{marked}", width, styles.title)
    year, month = header["month"].split("-")
    _band(
        sheet,
        2,
        f"填报单位:{header['unit_name']}    网格类型:{Line(header['line']).label}网格    填报月份:{year}年{int(month)}月"
        f"    填报日期:{_filed(stamp).partition(' ')[0]}" + (f"    {stamp.late}" if stamp.late else ""),
        width,
        styles.block,
    )
    _band(
        sheet,
        3,
        f"填报人(联络员):{stamp.filed_by or _holder(names, header['liaison'])}"
        f"    审核人(网格长):{stamp.signed_by or f'        〔{UNSIGNED}〕'}"
        f"    台账版本号:{stamp.revision or '—'}    校验码:{stamp.digest[:16] or '—'}",
        width,
        styles.block,
    )
    sheet.set_row(4, 22)
    sheet.set_row(5, 36)
    _heads(sheet, 4, columns, styles.head)
    sheet.repeat_rows(4, 5)
    sheet.freeze_panes(6, min(2, width))
    if ledger.rows:
        _rows(sheet, 6, ledger.rows, names, columns, styles)
    else:
        sheet.set_row(6, 30)
        _band(sheet, 6, EMPTY, width, styles.empty)
    sheet.print_area(0, 0, 6 + max(len(ledger.rows), 1) - 1, width - 1)


def _holder(names: Mapping[str, str], token: str | None) -> str:
    return names.get(token, UNKNOWN) if token else "—"


class _Sheet(Worksheet):
    """A streamed sheet that takes whole rows as text: a fifth of the time of a call for every cell.

    It writes what ``_write_single_row`` of XlsxWriter writes in its mode of constant memory; the tests read every cell back
    with two other libraries.
    """

    def write_rows(self, first: int, last: int, texts: Iterable[str]) -> None:
        """Write the rows from one number to another."""
        self._write_single_row(first)
        for text in texts:
            self.fh.write(text)
        self.dim_rowmax = max(self.dim_rowmax or 0, last)
        self.previous_row = last + 1


def _sheet(book: xlsxwriter.Workbook, name: str) -> _Sheet:
    made = book.add_worksheet(name, _Sheet)
    assert isinstance(made, _Sheet)  # noqa: S101  the class is what was asked for; the library's type does not say so.
    return made


def _rows(
    sheet: _Sheet,
    first: int,
    rows: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    columns: Sequence[Column],
    styles: _Styles,
) -> None:
    """The body."""
    if rows:
        sheet.write_rows(first, first + len(rows) - 1, _row_texts(first + 1, rows, names, columns, styles))


def _row_texts(
    first: int, rows: Iterable[Mapping[str, Any]], names: Mapping[str, str], columns: Sequence[Column], styles: _Styles
) -> Iterator[str]:
    """Each row as XML. The loop is plain, because it runs a million times for a large unit."""
    plan = [
        (
            VALUES[column.field],
            column.kind,
            f'<c r="{xl_col_to_name(at)}',
            f'" s="{styles.of(column)._get_xf_index()}"',  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            max(column.width - 1.0, 1.0),
        )
        for at, column in enumerate(columns)
    ]
    for number, row in enumerate(rows, first):
        cells: list[str] = []
        lines = 1
        for value_of, kind, head, style, width in plan:
            value = value_of(row, names)
            if value is None or value == "":
                cells.append(f"{head}{number}{style}/>")
                continue
            if kind is not Kind.TEXT:
                shown = value if kind is Kind.NUMBER else _serial(value)
                if shown is not None:
                    cells.append(f"{head}{number}{style}><v>{shown}</v></c>")
                    continue
            text, extent = _cell(value)
            if extent > width or "\n" in value:
                lines = max(lines, _lines(value, width))
            cells.append(f'{head}{number}{style} t="inlineStr"><is>{text}</is></c>')
        height = min(_LINE * lines + _ROW_MARGIN, _HIGHEST)
        yield f'<row r="{number}" spans="1:{len(plan)}" ht="{height}" customHeight="1">{"".join(cells)}</row>'


_LINE, _ROW_MARGIN, _HIGHEST = 14, 6, 409
"""Points. A row says its height, because office suites don't all fit rows of a file that they did not write."""


@lru_cache(maxsize=65_536)
def _cell(value: str) -> tuple[str, int]:
    """A text as XML, and how many columns of a fixed-width font it takes."""
    text = clean(value)
    if "_x" in text:
        text = _ESCAPED.sub("_x005F\\1", text)
    extent = _extent(text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    keep = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f"<t{keep}>{text}</t>", extent


_ESCAPED = re.compile("(_x[0-9A-Fa-f]{4}_)")
"""What Excel would read as an escaped character."""


def _extent(text: str) -> int:
    """Chinese characters are two columns wide and three bytes long."""
    return (len(text) + len(text.encode())) // 2


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a cell."""
    return sum(max(1, ceil(_extent(part) / width)) for part in text.split("\n"))


def _detail_sheet(sheet: _Sheet, ledger: Ledger, names: Mapping[str, str], columns: Sequence[Column], styles: _Styles) -> None:
    _page(sheet, _A3, landscape=True)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
    _titles(sheet, 0, columns, styles.head)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, min(2, len(columns)))
    _rows(sheet, 1, ledger.rows, names, columns, styles)


def _changes_sheet(sheet: _Sheet, since: Changes, names: Mapping[str, str], annex: Sequence[Column], styles: _Styles) -> None:
    """Rows as they stand now, each with what became of it; one that left the ledger as it stood."""
    columns = (Column("change", "变更情况", 20), *annex)
    _page(sheet, _A3, landscape=True)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
    told = "以下内容发生在报送之后,不属于已报送台账"
    _band(
        sheet,
        0,
        f"{told}:新增{len(since.added)}条,修改{len(since.changed)}条,移出{len(since.removed)}条",
        len(columns),
        styles.block,
    )
    _heads(sheet, 1, columns, styles.head)
    sheet.repeat_rows(1, 2)
    sheet.freeze_panes(3, min(3, len(columns)))
    rows = [{**row, "change": "新增"} for row in since.added]
    rows += [{**row, "change": _changed(before, row, names, annex)} for before, row in since.changed]
    rows += [{**row, "change": "移出"} for row in since.removed]
    rows.sort(key=lambda row: (row["visited_on"], row["seq"], row["visit"]))
    _rows(sheet, 3, rows, names, columns, styles)


def _changed(before: Mapping[str, Any], row: Mapping[str, Any], names: Mapping[str, str], annex: Sequence[Column]) -> str:
    """``修改:办理情况、办结日期``: the printed columns that say something else."""
    values = ((column.title, VALUES[column.field]) for column in annex if column.field != "seq")
    titles = [title for title, value in values if value(before, names) != value(row, names)]
    return ":".join(filter(None, ("修改", "、".join(titles))))


def _summary_sheet(sheet: Worksheet, ledger: Ledger, stamp: Stamp, styles: _Styles) -> None:
    _page(sheet, _A4, landscape=False)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 28)
    header, filing, month = ledger.header, ledger.summary["filing"], ledger.summary["month"]
    sheet.set_row(0, 32)
    _band(sheet, 0, f"{stamp.brand}走访服务月度汇总", 3, styles.title)
    _band(sheet, 1, f"填报单位:{header['unit_name']}    填报月份:{header['month']}", 3, styles.block)
    sheet.write_string(2, 0, "指标", styles.head)
    sheet.write_string(2, 1, f"报送口径(截至{filing['until']})", styles.head)
    sheet.write_string(2, 2, f"全月口径(截至{month['until']})", styles.head)
    for row, (title, value_of) in enumerate(_FIGURES, 3):
        lines = max(_lines(str(value_of(figures)), 27) for figures in (filing, month))
        sheet.set_row(row, _LINE * lines + _ROW_MARGIN)
        sheet.write_string(row, 0, title, styles.text)
        for at, figures in ((1, filing), (2, month)):
            value = value_of(figures)
            if isinstance(value, int):
                sheet.write_number(row, at, value, styles.number)
            else:
                sheet.write_string(row, at, value, styles.centred)
    last = 3 + len(_FIGURES)
    sheet.write_string(last, 0, "报送时间", styles.text)
    sheet.write_string(last, 1, _filed(stamp), styles.centred)
    sheet.write_string(last, 2, stamp.state, styles.centred)
    if filing.get("by"):  # Filings of former rules counted everything by the unit that collected.
        _band(sheet, last + 1, HANDLED, 3, styles.block)
    sheet.repeat_rows(2)


def _percent(pct: str | None) -> str:
    return f"{pct}%" if pct is not None else "—"


def _ratio(name: str) -> Callable[[Mapping[str, Any]], str]:
    def text(figures: Mapping[str, Any]) -> str:
        rate = figures[name]
        return f"{_percent(rate['pct'])}({rate['n']}/{rate['d']})" if rate["d"] else "—"

    return text


def _modes(figures: Mapping[str, Any]) -> str:
    return " ".join(f"{mode.label}{figures['modes'].get(str(mode), 0)}" for mode in Mode)


_FIGURES: tuple[tuple[str, Callable[[Mapping[str, Any]], int | str]], ...] = (
    ("应走访企业数", lambda figures: figures["owed"]),
    ("已走访企业数", lambda figures: figures["visited"]),
    ("走访覆盖率", lambda figures: _percent(figures["coverage"])),
    ("未走访企业数", lambda figures: figures["missing"]),
    ("失联核实企业数", lambda figures: figures["lost"]),
    ("尽责覆盖率(含失联核实)", _ratio("diligent")),
    ("新入库宽限企业数(不计入应走访)", lambda figures: figures["grace"]),
    ("走访次数", lambda figures: figures["visits"]),
    ("走访方式分布", _modes),
    ("收集问题数", lambda figures: figures["collected"]),
    ("已交办(交办率)", _ratio("dispatched")),
    ("应办结数", lambda figures: figures["closed"]["d"]),
    ("已办结(办结率)", _ratio("closed")),
    ("按期办结(按期办结率)", _ratio("on_time")),
    ("提级到区数", lambda figures: figures["district"]),
    ("提级到市数", lambda figures: figures["city"]),
    ("跟踪服务中", lambda figures: figures["tracked"]),
    ("问题满意率", _ratio("satisfied")),
    ("问题满意率(严:不含基本满意)", _ratio("satisfied_strictly")),
    ("知晓率(自报)", _ratio("aware")),
    ("知晓率(自报,严:仅知晓内涵)", _ratio("aware_strictly")),
)
