"""Register extracts as rows: CSV in any usual Chinese encoding, XLSX and XLS.

The header is found among the first lines by the words registries and company directories use; unknown columns are kept and
reported. CSV is streamed and every row knows its line in the file. The type is told by content, never by file name.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path

from python_calamine import CalamineWorkbook, SheetVisibleEnum

from shared import writing
from shared.terms import Term


class Column(Term):
    """What a column of an extract means."""

    CODE = "code", "统一社会信用代码"
    NAME = "name", "企业名称"
    KIND = "kind", "企业类型"
    STANDING = "standing", "登记状态"
    STANDING_ON = "standing_on", "状态日期"
    FOUNDED = "founded", "成立日期"
    CAPITAL = "capital", "注册资本"
    CURRENCY = "currency", "币种"
    LEGAL_PERSON = "legal_person", "法定代表人"
    CONTACT = "contact", "联系人"
    PHONE = "phone", "联系电话"
    MORE_PHONES = "more_phones", "更多电话"
    EMAIL = "email", "邮箱"
    ADDRESS = "address", "注册地址"
    BUSINESS_ADDRESS = "business_address", "经营地址"
    INDUSTRY_CODE = "industry_code", "行业代码"
    INDUSTRY = "industry", "所属行业"
    INDUSTRY_SECTION = "industry_section", "行业门类"
    BUSINESS = "business", "经营范围"
    REGISTRAR = "registrar", "登记机关"
    DISTRICT = "district", "所属区县"
    STAFF = "staff", "从业人数"
    PROVINCE = "province", "所属省份"
    CITY = "city", "所属城市"


# Within one meaning the earlier word wins when a file has several such columns; the others stay as unknown columns.
_WORDS: Mapping[Column, str] = {
    Column.CODE: "统一社会信用代码 统一社会信用代码/注册号 统一社会信用代码(注册号) 统一信用代码 社会统一信用代码 社会信用代码 信用代码 "
    "统一代码 统一社会信用码 USCC 注册号/统一社会信用代码 社会信用代码/注册号 企业注册号/统一社会信用代码 纳税人识别号 税号 营业执照号 注册号 "
    "unifiedSocialCreditCode creditCode code",
    Column.NAME: "企业名称 市场主体名称 主体名称 公司名称 企业(机构)名称 企业(字号)名称 经营主体名称 单位名称 机构名称 名称 企业名 商户名称 "
    "字号名称 企业全称 公司全称 单位全称 name",
    Column.KIND: "企业类型 市场主体类型 主体类型 企业(机构)类型 公司类型 经营主体类型 企业类型名称 机构类型 市场主体类型名称 组织形式 类型 "
    "登记注册类型 企业性质 经济类型 character companyType",
    Column.STANDING: "登记状态 经营状态 企业状态 市场主体状态 主体状态 企业登记状态 存续状态 状态 公司状态 企业经营状态 登记经营状态 operatingStatus status",
    Column.STANDING_ON: "状态日期 注销日期 吊销日期 注吊销日期 注销/吊销日期 吊销/注销日期 注(吊)销日期 吊销注销日期 注销时间 吊销时间 迁出日期",
    Column.FOUNDED: "成立日期 成立时间 注册日期 注册时间 设立日期 登记日期 开业日期 企业成立日期 成立年月 注册成立日期 establishmentDate registrationDay",
    Column.CAPITAL: "注册资本 注册资金 注册资本(金) 注册资本金 注册资本数额 认缴资本 认缴出资额 出资额 资金数额 认缴注册资本 registeredCapital capital",
    Column.CURRENCY: "币种 注册资本币种 资本币种 注册资本(金)币种 注册资金币种",
    Column.LEGAL_PERSON: "法定代表人 法人 法人代表 法定代表人(负责人) 法定代表人/负责人 法定代表人姓名 法人姓名 法定代表人或负责人 "
    "法定代表人(负责人、经营者) 法定代表人/经营者 负责人 经营者 经营者姓名 投资人 执行事务合伙人 企业法人 legalRepresentative",
    Column.CONTACT: "联系人 联络员 联系人姓名 企业联系人 联络人 工商联络员",
    Column.PHONE: "联系电话 电话 企业联系电话 电话号码 公司电话 联系方式 手机 手机号 手机号码 企业电话 有效手机号 固定电话 联系人电话 "
    "法人电话 法定代表人电话 联络员电话 注册电话 企业公示的联系电话",
    Column.MORE_PHONES: "更多电话 其他电话 其它电话 备用电话 更多号码 企业公示的联系电话(更多)",
    Column.EMAIL: "邮箱 电子邮箱 联系邮箱 企业邮箱 EMAIL 公司邮箱 邮件",
    Column.ADDRESS: "住所 注册地址 企业地址 企业注册地址 公司地址 登记住所 住所(经营场所) 住所/经营场所 企业住所 公司住所 地址 注册地 登记地址 "
    "单位地址 详细地址 主要经营场所 住址 营业场所 address",
    Column.BUSINESS_ADDRESS: "经营场所 经营地址 生产经营地 生产经营地址 实际经营地址 通信地址 通讯地址 最新年报地址 企业经营地址 实际经营场所 "
    "办公地址 联系地址 经营地点",
    Column.INDUSTRY_CODE: "行业代码 国民经济行业代码 行业小类代码 行业编码 国标行业代码 行业大类代码 国民经济行业分类代码 所属行业代码",
    Column.INDUSTRY: "国标行业大类 行业大类 所属行业 行业 行业名称 国民经济行业 行业分类 国民经济行业分类 国民经济行业大类 行业类别 国标行业 "
    "行业大类名称 主营行业",
    Column.INDUSTRY_SECTION: "国标行业门类 行业门类 所属门类 行业门类代码 行业门类名称 国民经济行业门类 门类",
    Column.BUSINESS: "经营范围 业务范围 主营业务 经营(业务)范围 经营范围及方式 经营业务范围 主营产品 businessScope",
    Column.REGISTRAR: "登记机关 发证机关 注册机关 登记管理机关 所属登记机关 管辖单位 管辖机关 属地监管所 所属工商所 登记机关名称 registry",
    Column.DISTRICT: "所属区县 所属县区 区县 所属地区 行政区划 所在区县 所属区域 县区 所属区(县) 所属行政区划",
    Column.STAFF: "从业人数 从业人员 从业人员数 参保人数 员工人数 人员规模 用工人数 职工人数 从业人员人数 社保人数",
    Column.PROVINCE: "所属省份 所在省份 省份 所属省 省 province",
    Column.CITY: "所属城市 所在城市 城市 地区 所属市 地市 市州 city",
}  # fmt: skip

_HEADER_WITHIN = 10
_LEAST_KNOWN = 2
_LARGEST_FILE = 300 * 1024 * 1024
_LARGEST_UNPACKED = 1024 * 1024 * 1024
_LONGEST_RECORD = 40
_CLEAR = 200
_SAMPLE = 1 << 20
_EXACT_FLOAT = 2**53
_DELIMITERS = (",", "\t", ";", "|", "\uff0c")  # a full-width comma happens
_BLANKS = " \t\r\n\u3000\xa0\u200b\ufeff"
_PARENTHESIS = re.compile(r"\([^()]*\)")
_HEAD_NOISE = re.compile(r"[\s*:_\"'#]+")


def _fold(text: str) -> str:
    return _HEAD_NOISE.sub("", writing.narrow(text)).upper()


_RANKED: Mapping[str, tuple[int, Column]] = {
    _fold(word): (rank, column) for column, words in _WORDS.items() for rank, word in enumerate(words.split())
}


class FileUnreadable(Exception):
    """The file can't be read as a register extract; ``str`` is the Chinese sentence people see."""

    title = "登记数据文件无法读取"

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.facts = facts


Record = tuple[int, list[str], bool]
"""The line it begins on, its cells, whether its quotes are broken."""


@dataclass(frozen=True)
class Layout:
    """Which cell means what: found once, shared by every row of the file."""

    line: int
    headers: tuple[str, ...]
    places: Mapping[Column, int] = field(hash=False)
    cells: int
    """How many cells a row has, the nameless ones at the end included."""
    exact: bool = False
    """The file's first rows all have that many: then one with more is shifted, one with fewer suspect."""

    def too_wide(self, raw: Sequence[str]) -> bool:
        """Whether a row has cells that no column explains."""
        return len(raw) > self.width and (any(raw[self.width :]) or (self.exact and len(raw) > self.cells))

    def odd_width(self, raw: Sequence[str]) -> bool:
        """Whether a row has more or fewer cells than the file's rows have."""
        return self.exact and len(raw) != self.cells

    @property
    def width(self) -> int:
        """Up to the last column that has a name."""
        return len(self.headers)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Columns whose meaning is not known: kept in ``RawRow.extra`` and reported, never refused."""
        known = set(self.places.values())
        return tuple(text for place, text in enumerate(self.headers) if place not in known and text)

    def header(self, column: Column) -> str:
        """The column's own heading in the file, or its usual name."""
        place = self.places.get(column)
        return column.label if place is None else self.headers[place]

    def heading(self, place: int) -> str:
        """The heading above a cell."""
        return self.headers[place] if place < self.width and self.headers[place] else f"第 {place + 1} 列"


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file: nothing normalised but the blanks around each cell. ``line`` counts from 1."""

    line: int
    raw: tuple[str, ...]
    layout: Layout
    broken: bool = False
    """The quotes of this line do not pair: its cells can't be trusted."""

    def __getitem__(self, column: Column) -> str:
        """The cell of a column; empty when the file has no such column or the row is too short."""
        place = self.layout.places.get(column)
        return "" if place is None or place >= len(self.raw) else self.raw[place]

    @property
    def cells(self) -> dict[Column, str]:
        """Every known column with its text."""
        return {column: self[column] for column in self.layout.places}

    @property
    def extra(self) -> dict[str, str]:
        """The cells of columns whose meaning is not known, by heading."""
        known = set(self.layout.places.values())
        return {self.layout.heading(i): cell for i, cell in enumerate(self.raw) if i not in known and cell}


def read(path: Path | str) -> Iterator[RawRow]:
    """Every row below the header, in the file's order. Raises ``FileUnreadable`` before the first row."""
    path = Path(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8192)
    except OSError as error:
        msg = f"文件打不开:{path.name}"
        raise FileUnreadable(msg, file=path.name) from error
    if size == 0 or not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        msg = f"文件是空的:{path.name}"
        raise FileUnreadable(msg, file=path.name)
    if size > _LARGEST_FILE:
        msg = f"文件过大({size // 1024 // 1024} MB),请拆分后再导入"
        raise FileUnreadable(msg, file=path.name, bytes=size)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        records = _workbook(path, zipped=head.startswith(b"PK"))
        return _rows(path, [records])
    if re.match(rb"\s*<(!doctype|html|table|\?xml|meta|head)", head.removeprefix(codecs.BOM_UTF8), re.IGNORECASE):
        msg = f"{path.name} 其实是网页(HTML/XML),请用表格软件另存为 xlsx 或 csv"
        raise FileUnreadable(msg, file=path.name)
    encoding = _encoding(path, head)
    return _rows(path, [_text(path, encoding, delimiter) for delimiter in _candidates(path, encoding)])


def _rows(path: Path, readings: Sequence[Iterator[Record]]) -> Iterator[RawRow]:
    """Try each reading of the file and keep the one whose header names most columns."""
    best: tuple[int, Layout, Iterator[Record]] | None = None
    for reading in readings:
        first = list(islice(reading, 2 * _HEADER_WITHIN))
        layout = _header(first[:_HEADER_WITHIN])
        if layout and (best is None or len(layout.places) > best[0]):
            best = len(layout.places), _measured(layout, first), chain([item for item in first if item[0] > layout.line], reading)
    if best is None:
        msg = f"{path.name} 前 {_HEADER_WITHIN} 行没有找到表头(至少要有统一社会信用代码或企业名称,以及其他列)"
        raise FileUnreadable(msg, file=path.name)
    return _below(best[1], best[2])


def _measured(layout: Layout, records: Sequence[Record]) -> Layout:
    """Learn from the first rows how many cells a row has: exports may end each row, but not the header, with a delimiter."""
    widths = Counter(len(cells) for line, cells, broken in records if line > layout.line and not broken and any(cells))
    if not widths:
        return layout
    cells, often = widths.most_common(1)[0]
    # A row or two among the first may be shifted themselves.
    return replace(layout, cells=max(cells, layout.width), exact=cells >= layout.width and often >= 0.7 * widths.total())


def _below(layout: Layout, records: Iterator[Record]) -> Iterator[RawRow]:
    for line, cells, broken in records:
        raw = tuple([cell.strip(_BLANKS) for cell in cells])
        if any('="' in cell for cell in raw):  # ="0123" is how some exports keep Excel from counting
            raw = tuple([cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell for cell in raw])
        if any(raw) and raw[: layout.width] != layout.headers:  # a header repeated on each printed page is no row
            yield RawRow(line, raw, layout, broken)


def _header(records: Iterable[Record]) -> Layout | None:
    best: Layout | None = None
    for line, cells, _ in records:
        layout = _layout(line, cells)
        named = Column.CODE in layout.places or Column.NAME in layout.places
        if named and len(layout.places) >= _LEAST_KNOWN and (best is None or len(layout.places) > len(best.places)):
            best = layout
    return best


def _layout(line: int, cells: Sequence[str]) -> Layout:
    headers = [cell.strip(_BLANKS) for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    found: dict[Column, tuple[int, int]] = {}
    for place, text in enumerate(headers):
        folded = _fold(text)
        ranked = _RANKED.get(folded) or _RANKED.get(_PARENTHESIS.sub("", folded))
        if ranked and (ranked[1] not in found or ranked[0] < found[ranked[1]][0]):
            found[ranked[1]] = (ranked[0], place)
    return Layout(line, tuple(headers), {column: place for column, (_, place) in found.items()}, len(cells))


def _encoding(path: Path, head: bytes) -> str:
    """UTF-8 or UTF-16 by mark; else the one of UTF-8 and GB18030 that fails on fewer lines (a few bad rows are expected)."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.count(b"\0") > len(head) // 10:
        return "utf-16-le" if head[1::2].count(b"\0") > head[::2].count(b"\0") else "utf-16-be"
    failed = {"utf-8": 0, "gb18030": 0}
    with path.open("rb") as file:
        for line in file:
            if line.isascii():
                continue
            for encoding in failed:
                try:
                    line.decode(encoding)
                except UnicodeDecodeError:
                    failed[encoding] += 1
            if abs(failed["utf-8"] - failed["gb18030"]) > _CLEAR:
                break
    # Correct UTF-8 seldom fails as GB18030, the reverse nearly always: so UTF-8 is asked first and wins a tie.
    return min(failed, key=lambda encoding: failed[encoding])


def _candidates(path: Path, encoding: str) -> list[str]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = "".join(islice(_bounded(file, path), _HEADER_WITHIN))
    return [delimiter for delimiter in _DELIMITERS if delimiter in sample] or [","]


def _bounded(lines: Iterable[str], path: Path) -> Iterator[str]:
    for line in lines:
        if len(line) > _SAMPLE:
            msg = f"{path.name} 有一行超过 {_SAMPLE} 个字符,不像登记数据"
            raise FileUnreadable(msg, file=path.name)
        yield line


def _text(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    """The records of a delimited file, each with the line it begins on. Memory holds one record."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = _bounded(file, path)
        waiting: list[str] = []
        line = 0
        width = 0
        while True:
            first = waiting.pop(0) if waiting else next(lines, None)
            if first is None:
                return
            line += 1
            if '"' not in first:
                cells = first.rstrip("\r\n").split(delimiter)
                width = width or (len(cells) if len(cells) > 1 else 0)
                yield line, cells, False
                continue
            joined = [first]
            cells = _parsed(first, delimiter)
            while cells is None and len(joined) < _LONGEST_RECORD:
                more = waiting.pop(0) if waiting else next(lines, None)
                if more is None:
                    break
                joined.append(more)
                cells = _parsed("".join(joined), delimiter)
            if cells is None or (len(joined) > 1 and width and len(cells) != width):
                # An unpaired quote would swallow the rows below it: this line alone is broken, the others are read anew.
                waiting[:0] = joined[1:]
                yield line, first.rstrip("\r\n").split(delimiter), True
                continue
            width = width or (len(cells) if len(cells) > 1 else 0)
            yield line, cells, False
            line += len(joined) - 1


def _parsed(text: str, delimiter: str) -> list[str] | None:
    """The cells of a record, or None when a quote is still open."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None
    return next(csv.reader([text], delimiter=delimiter), [])


def _workbook(path: Path, *, zipped: bool) -> Iterator[Record]:
    """The rows of the first visible sheet in which a header is found, else of the first sheet."""
    try:
        if zipped:
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(item.file_size for item in archive.infolist())
            if unpacked > _LARGEST_UNPACKED:
                msg = f"{path.name} 解压后过大,请拆分后再导入"
                raise FileUnreadable(msg, file=path.name, bytes=unpacked)
        book = CalamineWorkbook.from_path(str(path))
        sheets = [item.name for item in book.sheets_metadata if item.visible == SheetVisibleEnum.Visible] or book.sheet_names
        for name in sheets:
            sheet = book.get_sheet_by_name(name)
            if _header(islice(_sheet(sheet.iter_rows()), _HEADER_WITHIN)):
                return _sheet(sheet.iter_rows())
        return _sheet(book.get_sheet_by_name(sheets[0]).iter_rows())
    except FileUnreadable:
        raise
    except Exception as error:
        # calamine and zipfile raise many kinds for a damaged or encrypted workbook; to the person they are one thing.
        msg = f"{path.name} 不是完好的 Excel 文件(可能已损坏或加密),请另存后重试"
        raise FileUnreadable(msg, file=path.name) from error


Cell = int | float | str | bool | time | date | datetime | timedelta


def _sheet(rows: Iterable[Sequence[Cell]]) -> Iterator[Record]:
    for line, cells in enumerate(rows, 1):
        yield line, [cell if isinstance(cell, str) else _said(cell) for cell in cells], False


def _said(cell: Cell) -> str:
    """A cell of a workbook as text. A number too long for a float has lost digits: it stays visibly scientific."""
    match cell:
        case bool():
            return "是" if cell else "否"
        case datetime():
            return cell.isoformat(" ") if cell.time() != time() else cell.date().isoformat()
        case float():
            if cell.is_integer() and abs(cell) < _EXACT_FLOAT:
                return str(int(cell))
            return repr(cell).upper() if abs(cell) < _EXACT_FLOAT else f"{cell:E}"
        case _:
            return str(cell)
