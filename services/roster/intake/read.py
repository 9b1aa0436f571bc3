"""Register extracts as rows: CSV in any usual Chinese encoding, XLSX and XLS, every visible sheet that has a header.

The header is found among the first lines by the words registries and company directories use; unknown columns are kept and
reported. Rows are streamed and each knows its sheet and line. What is not read (hidden sheets, sheets without a header) is
told. The bytes are read by a child process (``shared/paper/foreign``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from shared.language.terms import Term
from shared.paper.foreign.mojibake import SPOILT, spoilt
from shared.paper.foreign.reading import FileUnreadable
from shared.paper.foreign.tables import Line, Sheet, Tables
from shared.paper.foreign.text import heading, headings


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
}

_HEADER_WITHIN = 10
_MEASURED = 20
_LEAST_KNOWN = 2
_LARGEST_FILE = 300 * 1024 * 1024
_BLANKS = " \t\r\n\u3000\xa0\u200b\ufeff"

_RANKED: Mapping[str, tuple[int, Column]] = {
    heading(word): (rank, column) for column, words in _WORDS.items() for rank, word in enumerate(words.split())
}


def ranked_as(text: str) -> tuple[int, Column] | None:
    """What a heading means, with the rank of its word among those of this meaning."""
    whole, bare = headings(text)
    return _RANKED.get(whole) or _RANKED.get(bare)


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
    base_1904: bool = False
    """Serial numbers of days count from 1904-01-01 (workbooks of the older Macintosh)."""

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

    @cached_property
    def again(self) -> tuple[tuple[Column, int], ...]:
        """Further columns that mean the same as one already taken: 住所 beside 注册地址."""
        ranked = [(ranked_as(text), place) for place, text in enumerate(self.headers)]
        return tuple((found[1], place) for found, place in ranked if found and self.places[found[1]] != place)

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
    sheet: str = ""
    marks: Mapping[int, str] = field(default_factory=dict[int, str], hash=False)
    """Cells that are a formula's error, or empty because they lie under a merged cell (``shared/paper/foreign/child``)."""

    def marked(self, mark: str) -> list[tuple[Column | None, str]]:
        """The cells with this mark: column if it is known, heading."""
        known = {place: column for column, place in self.layout.places.items()}
        return [(known.get(place), self.layout.heading(place)) for place, found in sorted(self.marks.items()) if found == mark]

    def __getitem__(self, column: Column) -> str:
        """The cell of a column; empty when the file has no such column or the row is too short."""
        place = self.layout.places.get(column)
        return "" if place is None or place >= len(self.raw) else self.raw[place]

    @property
    def cells(self) -> dict[Column, str]:
        """Every known column with its text."""
        return {column: self[column] for column in self.layout.places}

    def also(self, *columns: Column) -> tuple[tuple[str, str], ...]:
        """The cells of further columns with one of these meanings, by heading."""
        found = ((place, column) for column, place in self.layout.again if column in columns and place < len(self.raw))
        return tuple((self.layout.heading(place), self.raw[place]) for place, _ in found if self.raw[place])

    @property
    def extra(self) -> dict[str, str]:
        """The cells of columns whose meaning is not known, by heading."""
        known = set(self.layout.places.values())
        return {self.layout.heading(i): cell for i, cell in enumerate(self.raw) if i not in known and cell}


@dataclass(frozen=True)
class Omitted:
    """A sheet that was not read: its name, why, and how many rows it has."""

    sheet: str
    why: str
    rows: int


class Extract:
    """A file being read: its rows when iterated, once, and with them what was read and what was not.

    The first rows are looked at at once: ``FileUnreadable`` comes before the first row. ``close`` ends the reading from any
    thread.
    """

    def __init__(self, file: BinaryIO) -> None:
        """``file`` stays the caller's."""
        self.sheets: list[str] = []
        """The sheets read; one without a name is a text."""
        self.omitted: list[Omitted] = []
        self.notes: list[str] = []
        if (size := os.fstat(file.fileno()).st_size) > _LARGEST_FILE:
            raise FileUnreadable(f"文件过大({size >> 20} MB),请拆分后再导入", bytes=size)
        self._tables = Tables(file, words=(word for words in _WORDS.values() for word in words.split()))
        self._rows = self._read()
        try:
            self._first = next(self._rows, None)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the reading."""
        self._tables.close()

    def __iter__(self) -> Iterator[RawRow]:
        try:
            if self._first is not None:
                yield self._first
                yield from self._rows
        finally:
            self.close()

    def _read(self) -> Iterator[RawRow]:
        sheet, layout, first = Sheet(), None, list[Line]()
        seen = 0
        for item in self._tables:
            if isinstance(item, Sheet):
                yield from self._begun(sheet, first, layout)
                sheet, layout, first, seen = item, None, [], seen + 1
                if item.hidden and item.rows:
                    self.omitted.append(Omitted(item.name, "隐藏的工作表不读取", item.rows))
            elif layout is not None:
                if (row := _row(layout, item, sheet.name)) is not None:
                    yield row
            elif len(first) < _MEASURED:
                first.append(item)
                if len(first) == _MEASURED and (layout := self._found(sheet, first)) is not None:
                    yield from _rows(layout, first, sheet.name)
        yield from self._begun(sheet, first, layout)
        if not self.sheets and any(spoilt(cell) for line in first for cell in line.cells):
            raise FileUnreadable(SPOILT)
        if not self.sheets:
            raise FileUnreadable(f"前 {_HEADER_WITHIN} 行没有找到表头(至少要有统一社会信用代码或企业名称,以及其他列)")

    def _begun(self, sheet: Sheet, first: list[Line], layout: Layout | None) -> Iterator[RawRow]:
        """The end of a sheet: a short one has not been looked at yet, one without a header is named."""
        if layout is None and len(first) < _MEASURED and (layout := self._found(sheet, first)) is not None:
            yield from _rows(layout, first, sheet.name)
        if layout is None and any(any(line.cells) for line in first):
            self.omitted.append(Omitted(sheet.name, f"前 {_HEADER_WITHIN} 行没有找到表头", sheet.rows or len(first)))

    def _found(self, sheet: Sheet, first: list[Line]) -> Layout | None:
        layout = _header(first[:_HEADER_WITHIN])
        if layout is None:
            return None
        self.sheets.append(sheet.name)
        self.notes += sheet.notes
        return replace(_measured(layout, first), base_1904=sheet.base_1904)


def read(source: Path | str | BinaryIO) -> Extract:
    """The extract in a file; raises ``FileUnreadable``."""
    if not isinstance(source, (Path, str)):
        return Extract(source)
    path = Path(source)
    try:
        with path.open("rb") as file:
            return Extract(file)  # The child holds the file as long as it reads.
    except OSError as error:
        raise FileUnreadable(f"文件打不开:{path.name}") from error


def _rows(layout: Layout, lines: Iterable[Line], sheet: str) -> Iterator[RawRow]:
    return (row for line in lines if line.line > layout.line and (row := _row(layout, line, sheet)) is not None)


def _measured(layout: Layout, lines: Sequence[Line]) -> Layout:
    """Learn from the first rows how many cells a row has: exports may end each row, but not the header, with a delimiter."""
    widths = Counter(len(cells) for line, cells, broken, _ in lines if line > layout.line and not broken and any(cells))
    if not widths:
        return layout
    cells, often = widths.most_common(1)[0]
    # A row or two among the first may be shifted themselves.
    return replace(layout, cells=max(cells, layout.width), exact=cells >= layout.width and often >= 0.7 * widths.total())


def _row(layout: Layout, line: Line, sheet: str) -> RawRow | None:
    """Nothing for an empty line, and for a header repeated on each printed page."""
    raw = tuple([cell.strip(_BLANKS) for cell in line.cells])
    if any('="' in cell for cell in raw):  # ="0123" is how some exports keep Excel from counting
        raw = tuple([cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell for cell in raw])
    if not any(raw) or raw[: layout.width] == layout.headers:
        return None
    return RawRow(line.line, raw, layout, line.broken, sheet, line.marks)


def _header(lines: Iterable[Line]) -> Layout | None:
    best: Layout | None = None
    for line, cells, _, _ in lines:
        layout = layout_of(line, cells, len(cells))
        named = Column.CODE in layout.places or Column.NAME in layout.places
        if named and len(layout.places) >= _LEAST_KNOWN and (best is None or len(layout.places) > len(best.places)):
            best = layout
    return best


def layout_of(line: int, cells: Sequence[str], width: int, *, exact: bool = False, base_1904: bool = False) -> Layout:
    """The layout that a row of headings makes, above rows of ``width`` cells."""
    headers = [cell.strip(_BLANKS) for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    found: dict[Column, tuple[int, int]] = {}
    for place, text in enumerate(headers):
        ranked = ranked_as(text)
        if ranked and (ranked[1] not in found or ranked[0] < found[ranked[1]][0]):
            found[ranked[1]] = (ranked[0], place)
    places = {column: place for column, (_, place) in found.items()}
    return Layout(line, tuple(headers), places, width, exact, base_1904)
