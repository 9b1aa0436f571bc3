"""One row of a register extract becomes a verdict: accepted, refused with the reason, or set aside for a person.

Refused (the row can't be an enterprise of the register): no code; wrong length or characters; a check digit that does not
hold (GB 32100, GB 11714: a code is not repaired by guessing, the registry sends it again); a class other than 91
(个体工商户, 农民专业合作社 are not served: 方案 二, 三(二)).
Set aside (doubtful; a person decides, nothing is guessed): shifted columns, unpaired quotes, garbled characters, a name or
type that contradicts the class of the code, a standing or a founding date that can't be one, no name, no standing.
Accepted, with notes where a cell of lesser weight could not be read (capital without a unit, a strange telephone number).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from services.roster.intake.read import Column, RawRow
from shared.codes import CodeClass, CodeFault, CreditCode, InvalidCode, credit_code, normalise
from shared.industries import Industry, industry_of
from shared.months import SHANGHAI
from shared.phones import is_phone
from shared.terms import EnterpriseKind, Standing, Term

AREA_CODE = "0857"


class Fault(Term):
    """Why a row is refused, set aside or noted."""

    # refused
    NO_CODE = "no-code", "缺统一社会信用代码"
    CODE_FORM = "code-form", "统一社会信用代码格式不符"
    CODE_CHECK = "code-check", "统一社会信用代码校验码不符"
    INDIVIDUAL = "individual", "个体工商户,不在服务范围"
    COOPERATIVE = "co-operative", "农民专业合作社,不在服务范围"
    NOT_AN_ENTERPRISE = "not-an-enterprise", "不是企业,不在服务范围"
    # set aside
    BROKEN_QUOTES = "broken-quotes", "引号不配对"
    SHIFTED = "shifted", "疑似错列"
    GARBLED = "garbled", "疑似乱码"
    NAME_AGAINST_CLASS = "name-against-class", "名称与代码类别不符"
    KIND_AGAINST_CLASS = "kind-against-class", "类型与代码类别不符"
    NO_NAME = "no-name", "缺企业名称"
    NO_STANDING = "no-standing", "缺登记状态"
    STANDING_UNKNOWN = "standing-unknown", "登记状态无法识别"
    DATE_IMPOSSIBLE = "date-impossible", "日期不成立"
    DUPLICATE = "duplicate", "同一代码内容不同"
    # noted
    STANDING_ASSUMED = "standing-assumed", "文件没有登记状态列,按存续计"
    DATE_UNREAD = "date-unread", "日期不完整,未采用"
    CAPITAL_UNREAD = "capital-unread", "注册资本未采用"
    PHONE_UNREAD = "phone-unread", "电话号码未采用"
    STAFF_UNREAD = "staff-unread", "从业人数未采用"
    INDUSTRY_UNREAD = "industry-unread", "行业未识别"
    ABNORMAL = "abnormal", "经营异常,仍在服务范围"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: where, which rule, and the sentence with the facts. ``column`` is the heading as it stands in the file."""

    line: int
    column: str
    fault: Fault
    sentence: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enterprise as the extract tells of it, normalised. Money is in fen (分) of its currency: no floats anywhere."""

    code: str
    name: str
    raw_name: str | None
    kind: EnterpriseKind
    is_branch: bool
    standing: Standing
    standing_on: date | None
    founded: date | None
    capital: int | None
    currency: str
    legal_person: str | None
    contact: str | None
    phone: str | None
    other_phones: tuple[str, ...]
    email: str | None
    address: str
    business_address: str
    industry: str
    industry_section: str
    industry_code: str
    business: str
    registrar: str
    district: str
    staff: int | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An enterprise to register or to compare with the register."""

    line: int
    candidate: Candidate
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Not an enterprise of the register, for these reasons."""

    line: int
    reasons: tuple[Reason, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Doubtful: the row waits for a person, whole and unchanged."""

    line: int
    reasons: tuple[Reason, ...]
    row: RawRow
    code: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same row again; ``of`` is the line that counts. Said by ``whole.judge_all``."""

    line: int
    of: int
    code: str


Verdict = Accepted | Refused | SetAside | Repeated

_EMPTY = frozenset(
    ("", "-", "--", "---", "—", "——", "–", "N/A", "NA", "#N/A", "NULL", "NONE", "NAN", "NIL", "无", "暂无", "/", "\\", "\\N", "."
     "未知", "不详", "未公示", "企业未公示", "暂未公示", "空", "(NULL)", "<NULL>", "[NULL]", "*", "?", "undefined".upper())
)  # fmt: skip


def meaning(text: str) -> str:
    """The text, or nothing where it only says that there is nothing (N/A, -, 无, null, /)."""
    if len(text) <= 9 and text.upper() in _EMPTY:  # noqa: PLR2004  # the longest word of _EMPTY
        return ""
    return text


def judge(row: RawRow) -> Verdict:
    """Judge one row by itself; duplicates are seen by ``whole.judge_all``."""
    return _Judgement(row).verdict()


class _Judgement:
    """The reasons as they are found while one row is read."""

    __slots__ = ("code", "doubts", "name", "notes", "row")

    def __init__(self, row: RawRow) -> None:
        self.row = row
        self.doubts: list[Reason] = []
        self.notes: list[Reason] = []
        self.code = ""
        self.name = ""

    def verdict(self) -> Verdict:
        row = self.row
        name = meaning(row[Column.NAME])
        self.name = company_name(name)
        text = meaning(row[Column.CODE])
        code: CreditCode | None = None
        invalid: InvalidCode | None = None
        try:
            code = credit_code(text)
        except InvalidCode as error:
            invalid = error
        if code is not None:
            # Three rows of four are refused here, so nothing else is looked at before.
            self.code = code.text
            if refusal := self._class(code):
                return refusal
        self._garbled()
        if row.broken:
            self._doubt("", Fault.BROKEN_QUOTES, "本行引号不配对,各列无法可靠分开")
        if invalid is not None and (refusal := self._no_code(text, invalid)):
            return refusal
        if not any(doubt.fault is Fault.SHIFTED and not doubt.column for doubt in self.doubts):
            self._shifted()
        self._contradictions(code)
        standing = self._standing()
        founded = self._date(Column.FOUNDED, doubtful=True)
        if self.doubts or code is None or standing is None:
            return SetAside(row.line, tuple(self.doubts), row, self.code, self.name)
        return Accepted(row.line, self._candidate(code, standing, founded, name), tuple(self.notes))

    def _doubt(self, column: Column | str, fault: Fault, sentence: str) -> None:
        self.doubts.append(self._reason(column, fault, sentence))

    def _note(self, column: Column | str, fault: Fault, sentence: str) -> None:
        self.notes.append(self._reason(column, fault, sentence))

    def _reason(self, column: Column | str, fault: Fault, sentence: str) -> Reason:
        heading = self.row.layout.header(column) if isinstance(column, Column) else column
        return Reason(self.row.line, heading, fault, sentence)

    def _no_code(self, text: str, invalid: InvalidCode) -> Refused | None:
        """Without a valid code in its column the row is refused, unless the row itself is doubtful (shifted, garbled)."""
        row = self.row
        place = row.layout.places.get(Column.CODE)
        elsewhere = _codes_elsewhere(row, place)
        if elsewhere:
            heading, code = elsewhere
            self.code = code.text
            stands = f"却有“{_cut(text)}”" if text else "为空"
            self._doubt(heading, Fault.SHIFTED, f"统一社会信用代码 {code} 出现在“{heading}”列,而“代码”列{stands},疑似错列")
            return None
        if sum(map(bool, row.raw)) <= 2 and (not text or CJK.search(text)):  # noqa: PLR2004  # a footer: 共 200 条
            return self._refuse(Fault.NO_CODE, f"不是企业数据行:“{_cut(' '.join(filter(None, row.raw)))}”")
        if row.broken or any(doubt.fault is Fault.GARBLED for doubt in self.doubts):
            # The code may be whole in the source and only spoilt on the way: a person looks at it.
            self.code = invalid.text[:40]
            self._doubt(Column.CODE, Fault.CODE_FORM, str(invalid))
            return None
        if row.layout.odd_width(row.raw) and sum(map(bool, row.raw)) > 2 and invalid.fault not in _CHECKS:  # noqa: PLR2004
            self._shifted()
            self._doubt(Column.CODE, Fault.SHIFTED, f"“代码”列是“{_cut(text)}”,疑似错列")
            return None
        if invalid.fault is CodeFault.EMPTY:
            return self._refuse(Fault.NO_CODE, "缺统一社会信用代码")
        fault = Fault.CODE_CHECK if invalid.fault in _CHECKS else Fault.CODE_FORM
        if fault is Fault.CODE_FORM and (CJK.search(text) or read_date(text)) and _misfits(row) > 1:
            self._doubt(Column.CODE, Fault.SHIFTED, f"“代码”列是“{_cut(text)}”,且其他列也不符,疑似错列")
            return None
        return self._refuse(fault, str(invalid), invalid.text[:40])

    def _refuse(self, fault: Fault, sentence: str, code: str = "") -> Refused:
        return Refused(self.row.line, (self._reason(Column.CODE, fault, sentence),), code)

    def _class(self, code: CreditCode) -> Refused | None:
        """Class by the code; a company's name under an individual's code is a contradiction that a person decides."""
        kind = code.kind
        if kind is CodeClass.ENTERPRISE:
            return None
        if kind in (CodeClass.INDIVIDUAL, CodeClass.COOPERATIVE) and _COMPANY.search(self.name):
            sentence = f"代码 {code} 属{kind.label},名称却是“{_cut(self.name)}”"
            self._doubt(Column.NAME, Fault.NAME_AGAINST_CLASS, sentence)
            return None
        match kind:
            case CodeClass.INDIVIDUAL:
                return self._refuse(Fault.INDIVIDUAL, f"代码 {code} 以 92 开头,属个体工商户,不在服务范围", code.text)
            case CodeClass.COOPERATIVE:
                return self._refuse(Fault.COOPERATIVE, f"代码 {code} 以 93 开头,属农民专业合作社,不在服务范围", code.text)
            case _:
                sentence = f"代码 {code} 以 {code.text[:2]} 开头,不是企业(91),不在服务范围"
                return self._refuse(Fault.NOT_AN_ENTERPRISE, sentence, code.text)

    def _garbled(self) -> None:
        suspect = _SUSPECT.search("\n".join(self.row.raw))
        for place, cell in enumerate(self.row.raw if suspect else ()):
            if not cell.isascii() and (found := _GARBLE.search(cell)):
                heading = self.row.layout.heading(place)
                self._doubt(heading, Fault.GARBLED, f"“{heading}”列含乱码“{_cut(cell[max(0, found.start() - 4) :])}”")
                return
        for column in (Column.NAME, Column.ADDRESS, Column.KIND, Column.STANDING):
            text = self.row[column]
            if misread(text) or (column is not Column.ADDRESS and _LOST.search(text)):
                self._doubt(column, Fault.GARBLED, f"“{self.row.layout.header(column)}”列疑为编码错误:“{_cut(text)}”")
                return

    def _shifted(self) -> None:
        """Cells that can't be what their heading says. Each is a reason; a row too wide is one by itself."""
        row = self.row
        layout = row.layout
        if layout.too_wide(row.raw):
            surplus = "、".join(_cut(cell) for cell in row.raw[layout.width :] if cell)
            more = f",多出“{surplus}”" if surplus else ""
            self._doubt("", Fault.SHIFTED, f"本行有 {len(row.raw)} 列,应为 {layout.cells} 列{more},疑似错列")
        if not self.name:
            self._doubt(Column.NAME, Fault.NO_NAME, "缺企业名称")
        short = layout.odd_width(row.raw) and len(row.raw) < layout.cells
        for column, text in _unproven(row) if short else _strange(row):
            self._doubt(column, Fault.SHIFTED, f"“{row.layout.header(column)}”列不应是“{_cut(text)}”,疑似错列")

    def _contradictions(self, code: CreditCode | None) -> None:
        if code is None or not code.is_enterprise:
            return
        name = self.name
        if _COOPERATIVE.search(name) and not _SUPPLY.search(name):
            self._doubt(Column.NAME, Fault.NAME_AGAINST_CLASS, f"代码 {code} 属企业,名称却像合作社:“{_cut(name)}”")
        elif "个体" in name:
            self._doubt(Column.NAME, Fault.NAME_AGAINST_CLASS, f"代码 {code} 属企业,名称却像个体工商户:“{_cut(name)}”")
        kind = self.row[Column.KIND]
        if _NOT_ENTERPRISE_KIND.search(kind):
            self._doubt(Column.KIND, Fault.KIND_AGAINST_CLASS, f"代码 {code} 属企业,类型却是“{_cut(kind)}”")

    def _standing(self) -> Standing | None:
        text = meaning(self.row[Column.STANDING])
        if not text:
            if Column.STANDING in self.row.layout.places:
                self._doubt(Column.STANDING, Fault.NO_STANDING, "登记状态为空,无法判断是否在服务范围")
                return None
            self._note("", Fault.STANDING_ASSUMED, "文件没有登记状态列,按存续计")
            return Standing.SURVIVING
        standing = standing_of(text)
        if standing is None:
            if not any(doubt.fault is Fault.SHIFTED and "状态" in doubt.column for doubt in self.doubts):
                self._doubt(Column.STANDING, Fault.STANDING_UNKNOWN, f"登记状态“{_cut(text)}”无法识别")
        elif "异常" in text:
            self._note(Column.STANDING, Fault.ABNORMAL, f"登记状态为“{_cut(text)}”,仍在服务范围")
        return standing

    def _date(self, column: Column, *, doubtful: bool) -> date | None:
        text = meaning(self.row[column])
        if not text:
            return None
        day = read_date(text)
        if day is None:
            if doubtful and not _PARTIAL_DATE.fullmatch(text):
                self._doubt(column, Fault.DATE_IMPOSSIBLE, f"“{self.row.layout.header(column)}”列“{_cut(text)}”不是日期")
            else:
                self._note(column, Fault.DATE_UNREAD, f"“{_cut(text)}”不是完整日期,未采用")
        return day

    def _candidate(self, code: CreditCode, standing: Standing, founded: date | None, name: str) -> Candidate:
        row = self.row
        kind_text = meaning(row[Column.KIND])
        branch = is_branch(self.name, kind_text)
        capital, currency = self._capital()
        phones = self._phones()
        industry, written = self._industry()
        address = meaning(row[Column.ADDRESS])
        return Candidate(
            code=code.text,
            name=self.name,
            raw_name=name if name != self.name else None,
            kind=EnterpriseKind.BRANCH if branch else kind_of(kind_text, self.name),
            is_branch=branch,
            standing=standing,
            standing_on=self._date(Column.STANDING_ON, doubtful=False),
            founded=founded,
            capital=capital,
            currency=currency,
            legal_person=meaning(row[Column.LEGAL_PERSON]) or None,
            contact=meaning(row[Column.CONTACT]) or None,
            phone=phones[0] if phones else None,
            other_phones=phones[1:],
            email=meaning(row[Column.EMAIL]) or None,
            address=address,
            business_address=meaning(row[Column.BUSINESS_ADDRESS]),
            industry=industry.division,
            industry_section=industry.section,
            industry_code=written,
            business=meaning(row[Column.BUSINESS]),
            registrar=meaning(row[Column.REGISTRAR]),
            district=meaning(row[Column.DISTRICT]),
            staff=self._staff(),
        )

    def _capital(self) -> tuple[int | None, str]:
        row = self.row
        text = meaning(row[Column.CAPITAL])
        if not text:
            return None, "CNY"
        found = read_capital(text, row.layout.header(Column.CAPITAL), meaning(row[Column.CURRENCY]))
        if found is None:
            self._note(Column.CAPITAL, Fault.CAPITAL_UNREAD, f"注册资本“{_cut(text)}”没有可识别的数额、单位或币种,未采用")
            return None, "CNY"
        return found

    def _phones(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for column in (Column.PHONE, Column.MORE_PHONES):
            text = meaning(self.row[column])
            if not text:
                continue
            for part in _PHONE_BREAK.split(text):
                if not (part := part.strip()) or not meaning(part):
                    continue
                if (number := read_phone(part)) and is_phone(number):
                    found[number] = None
                else:
                    # The number itself stays out of the report: it may be somebody's.
                    self._note(column, Fault.PHONE_UNREAD, f"“{self.row.layout.header(column)}”列有一个号码不像电话号码,未采用")
        return tuple(found)

    def _industry(self) -> tuple[Industry, str]:
        row = self.row
        best, written, said = Industry(), "", ""
        for column in (Column.INDUSTRY_CODE, Column.INDUSTRY, Column.INDUSTRY_SECTION):
            text = meaning(row[column])
            if not text:
                continue
            said = said or text
            found = _industry(text)
            if column is not Column.INDUSTRY_SECTION and not written and (code := _CLASS_CODE.match(text)):
                written = code[0] if found else ""
            if found.division and not best.division:
                if best.section and best.section != found.section:
                    continue
                best = found
            elif found and not best:
                best = found
        if said and not best:
            self._note(Column.INDUSTRY, Fault.INDUSTRY_UNREAD, f"行业“{_cut(said)}”不是 GB/T 4754 的门类或大类,待人工归口")
        return best, written

    def _staff(self) -> int | None:
        text = meaning(self.row[Column.STAFF])
        if not text:
            return None
        if found := _STAFF.fullmatch(text):
            return int(found[1].replace(",", ""))
        self._note(Column.STAFF, Fault.STAFF_UNREAD, f"从业人数“{_cut(text)}”不是一个人数,未采用")
        return None


_CHECKS = (CodeFault.INNER_CHECK, CodeFault.OUTER_CHECK)
CJK = re.compile(r"[\u4e00-\u9fff]")
_CODE_SHAPE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])")


def _codes_elsewhere(row: RawRow, place: int | None) -> tuple[str, CreditCode] | None:
    for other, cell in enumerate(row.raw):
        # Only a cell that is a code and nothing else; a code named in a sentence is no shift.
        if other == place or not 18 <= len(cell) <= 24 or not _CODE_SHAPE.fullmatch(text := normalise(cell)):  # noqa: PLR2004
            continue
        try:
            return row.layout.heading(other), credit_code(text)
        except InvalidCode:
            continue
    return None


_COMPANY = re.compile(r"有限(?:责任)?公司|股份公司|集团公司")
_COOPERATIVE = re.compile(r"专业合作|农民合作|合作社(?!.*公司)")
_SUPPLY = re.compile(r"供销|信用合作|信用联")  # supply and marketing, and credit co-operatives are enterprises
_NOT_ENTERPRISE_KIND = re.compile(r"个体(?:工商)?户|^个体|专业合作|农民合作")
# One class of characters, searched first because it is fast; then the patterns themselves.
_SUSPECT = re.compile("[\ufffd锟烫\u0080-\u0084\u0086-\u009fÀ-ÖØ-öø-ÿ]")
_GARBLE = re.compile(
    "\ufffd|锟斤拷|烫烫烫|ï¿½|ï»¿|[ÃÂ]|â€|[\u0080-\u0084\u0086-\u009f]|[À-ÖØ-öø-ÿ][\u0080-¶¸-ÿ]"
    "|[èéåæçä][\u0080-¿‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ]"  # UTF-8 read as Latin-1 or Windows-1252
)
_LOST = re.compile(r"[?\uff1f]{2,}|□{2,}|■{2,}|\\u[0-9a-f]{4}|&#x?[0-9a-f]+;")
_UTF8_TRIPLE = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}|\xef[\xbc-\xbd][\x80-\xbf]")
_SHORTEST_MISREAD = 3


def misread(text: str) -> bool:
    """Whether the text looks like UTF-8 read as GBK (鏈夐檺鍏徃 for 有限公司): most of its bytes are UTF-8 again."""
    if len(text) < _SHORTEST_MISREAD or text.isascii():
        return False
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        # Rare characters only: spoilt text is full of them. Legitimate ones do not spell UTF-8.
        octets = b"".join([part for part in [char.encode("gb18030") for char in text] if len(part) > 1])
        return 3 * len(_UTF8_TRIPLE.findall(octets)) >= 0.7 * len(octets) > 0
    return False


_NAME_WIDTH = {**{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}, 0x3000: 0x20}
_NAME_TABLE: dict[int, int | str] = {
    **_NAME_WIDTH,
    **dict.fromkeys(map(ord, "(﹙（"), "（"),
    **dict.fromkeys(map(ord, ")﹚）"), "）"),
}
_BETWEEN_CJK = re.compile(r"(?<=[\u4e00-\u9fff（）])\s+|\s+(?=[\u4e00-\u9fff（）])")


def company_name(text: str) -> str:
    """The name in its stored form: full-width brackets（）, half-width letters and digits, no blanks between characters.

    Brackets of both widths mean the same (choices, register traps).
    """
    name = text.translate(_NAME_TABLE)
    return _BETWEEN_CJK.sub("", name.strip()) if " " in name or "\n" in name or "\t" in name else name


_DATEISH = re.compile(r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?")
_PHONEISH = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
_STANDING_WORD = re.compile(r"(?:存续|在营|在业|开业|吊销|注销|迁出|迁入|歇业|停业|正常)(?:[(\uff08].*[)\uff09])?")
# An executive partner of a partnership may be a company (…有限公司(委派代表:…)); a type of company never is.
_LEGAL_STRANGE = re.compile(r"^(?:其他)?(?:有限责任|股份有限)公司|^\d|^(?!.*公司).*[省市县区].*[路街镇乡村]|万元|元人民币|\d{6,}")
_KIND_STRANGE = re.compile(r"^(?!\d{4}$).*\d{3,}|万元|[省市区县].*[路街镇乡村号]")  # four digits may be the type's code
_LETTER = re.compile(r"[\u3400-\u9fffA-Za-z]")
_REGISTRAR_STRANGE = re.compile(r"@|万元|^\d{4}[-/.年]|^1[3-9]\d{9}$")
_LONGEST_REGION = 20
_SHORT_PROVINCE = 3  # 贵州, 内蒙古, 黑龙江
_PROVINCE = re.compile(r"省|市|自治区|特别行政区|生产建设兵团")
_REGION_STRANGE = re.compile(r"公司|万元|[;；。、]|\d{4}[-/.年]|[\u4e00-\u9fff]\d|[省市区县].*[路街镇乡村号]")
_SENTENCE = re.compile(r"[\u4e00-\u9fff]{5,}")


def _strange(row: RawRow) -> list[tuple[Column, str]]:
    """Cells that can't be what their heading says."""
    found: list[tuple[Column, str]] = []
    name = row[Column.NAME]
    if name and (name.isdigit() or _DATEISH.fullmatch(name) or _STANDING_WORD.fullmatch(name) or not _LETTER.search(name)):
        found.append((Column.NAME, name))
    kind = row[Column.KIND]
    if kind and (_DATEISH.fullmatch(kind) or _STANDING_WORD.fullmatch(kind) or _KIND_STRANGE.search(kind)):
        found.append((Column.KIND, kind))
    standing = row[Column.STANDING]
    if standing and ((standing[0].isdigit() and len(standing) > 1 and not CJK.search(standing)) or len(standing) > 20):  # noqa: PLR2004
        found.append((Column.STANDING, standing))
    legal = row[Column.LEGAL_PERSON]
    if legal and (_LEGAL_STRANGE.search(legal) or _STANDING_WORD.fullmatch(legal) or "@" in legal):
        found.append((Column.LEGAL_PERSON, legal))
    capital = row[Column.CAPITAL]
    if (capital and (_DATEISH.fullmatch(capital) or (CJK.search(capital) and _STANDING_WORD.fullmatch(capital)))) or (
        meaning(capital) and not any(char.isdigit() for char in capital) and not _UNIT_WORD.search(capital)
    ):
        found.append((Column.CAPITAL, capital))
    for column in (Column.ADDRESS, Column.BUSINESS_ADDRESS):
        text = row[column]
        if text and (_DATEISH.fullmatch(text) or _PHONEISH.fullmatch(text) or _STANDING_WORD.fullmatch(text) or "@" in text):
            found.append((column, text))
    registrar = row[Column.REGISTRAR]
    if registrar and (_REGISTRAR_STRANGE.search(registrar) or _STANDING_WORD.fullmatch(registrar)):
        found.append((Column.REGISTRAR, registrar))
    for column in (Column.PHONE, Column.EMAIL, Column.STAFF, Column.INDUSTRY_CODE):
        text = row[column]
        if text and not text.isascii() and _SENTENCE.search(text) and not _excused(column, text):
            found.append((column, text))
    for column in (Column.PROVINCE, Column.CITY, Column.DISTRICT):
        text = row[column]
        if text and (len(text) > _LONGEST_REGION or _REGION_STRANGE.search(text)):
            found.append((column, text))
    province = meaning(row[Column.PROVINCE])
    if len(province) > _SHORT_PROVINCE and not _PROVINCE.search(province) and (Column.PROVINCE, province) not in found:
        found.append((Column.PROVINCE, province))
    phone = row[Column.PHONE]
    if phone and (_DATEISH.fullmatch(phone) or "@" in phone):
        found.append((Column.PHONE, phone))
    return found


_REGISTRAR_WORD = re.compile(r"局|所|厅|委|府|机关|中心|大厅|分局")


def _unproven(row: RawRow) -> list[tuple[Column, str]]:
    """In a row with fewer cells than the others: whatever does not clearly belong under its heading.

    Spreadsheets leave out empty cells at the end of a row, so a short row is no doubt by itself; one that lacks a cell in
    the middle is, and a plausible neighbour may have slid into the gap.
    """
    proofs: dict[Column, Callable[[str], object]] = {
        Column.KIND: lambda text: (
            _kind_by(text) or _BRANCH_KIND.search(text) or _NOT_ENTERPRISE_KIND.search(text) or text.isdigit()
        ),
        Column.CAPITAL: lambda text: (
            read_capital(text, row.layout.header(Column.CAPITAL), row[Column.CURRENCY]) or text.isdigit()
        ),
        Column.PROVINCE: re.compile(r"省|市|自治区|特别行政区|贵州").search,
        Column.CITY: re.compile(r"市|州|盟|地区|区|县|毕节").search,
        Column.ADDRESS: CJK.search,
        Column.BUSINESS_ADDRESS: CJK.search,
        Column.INDUSTRY_CODE: _industry,
        Column.EMAIL: lambda text: "@" in text,
        Column.PHONE: lambda text: any(char.isdigit() for char in text) and not CJK.search(text),
        Column.REGISTRAR: _REGISTRAR_WORD.search,
        Column.BUSINESS: CJK.search,
        Column.STAFF: lambda text: any(char.isdigit() for char in text),
    }
    found = _strange(row)
    strange = {column for column, _ in found}
    for column, proof in proofs.items():
        text = meaning(row[column])
        if text and column not in strange and not proof(text):
            found.append((column, text))
    return found


def _excused(column: Column, text: str) -> bool:
    """Words that do stand in such columns: 企业未公示联系电话, 0857-8220000(办公室值班电话), 五十人以上不足百人."""
    match column:
        case Column.INDUSTRY_CODE:
            return bool(_industry(text)) or not re.search(r"公司|[省市县]|号|元", text)
        case Column.EMAIL:
            return "公示" in text or "@" in text
        case Column.STAFF:
            return "人" in text and "公司" not in text
        case _:
            return "公示" in text or "隐藏" in text or "电话" in text or re.search(r"\d{7}", text) is not None


def _misfits(row: RawRow) -> int:
    standing = meaning(row[Column.STANDING])
    founded = meaning(row[Column.FOUNDED])
    return (
        len(_strange(row))
        + bool(standing and standing_of(standing) is None)
        + bool(founded and read_date(founded) is None)
        + row.layout.odd_width(row.raw)
    )


def _cut(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"  # noqa: PLR2004  # a sentence stays a sentence


_STANDING_NOISE = re.compile(r"[\s()（）,，、。/;；:：\-—]+")
_STANDINGS = {
    word: standing
    for standing, words in {
        Standing.SURVIVING: "存续 存续在营开业在册 存续在营 存续在业 存续企业 存续状态 正常 正常在业 正常存续 在册 登记成立 成立 已成立 确立 已确立 "
        "有效 核准设立 设立 登记 仍注册 经营异常 异常 列入经营异常名录 存续经营异常",
        Standing.OPERATING: "在业 在营 开业 在营开业 在营开业企业 在营企业 营业 营业中 正常营业 正常经营 开业登记 在业在营 正常开业 开业在营",
        Standing.DORMANT: "歇业 停业 已歇业 已停业 歇业中 停业歇业 暂停营业",
        Standing.MOVED_IN: "迁入 已迁入 迁入登记",
        Standing.MOVED_OUT: "迁出 已迁出 迁移 迁往市外 迁往省外 迁往县外 迁往区外 市外迁出 省外迁出 迁移异地 迁出登记",
        Standing.REVOKED: "吊销 吊销未注销 吊销但未注销 被吊销 已吊销 吊销企业 吊销营业执照 在营吊销",
        Standing.DEREGISTERED: "注销 已注销 注销企业 吊销已注销 吊销并注销 吊销后注销 注销登记 简易注销 吊销注销 企业注销 已吊销已注销 已告解散 除名已注销",
        Standing.ANNULLED: "撤销 撤消 已撤销 撤销登记 被撤销 撤销设立",
    }.items()
    for word in words.split()
}  # fmt: skip


@lru_cache(maxsize=512)
def standing_of(text: str) -> Standing | None:
    """The standing that a register's word means; None when it is not known (责令关闭, 清算 … a person decides)."""
    folded = _STANDING_NOISE.sub("", unicodedata.normalize("NFKC", text))
    return _STANDINGS.get(folded) or _STANDINGS.get(_STANDING_NOISE.sub("", re.sub(r"[(\uff08].*?[)\uff09]", "", text)))


_KINDS = (
    (EnterpriseKind.FOREIGN, re.compile(r"(?<!非)外商|外资|中外|外国|港澳|台湾|台港|台商|香港|澳门")),
    (EnterpriseKind.PARTNERSHIP, re.compile(r"合伙")),
    (EnterpriseKind.SOLE, re.compile(r"个人独资企业|个人独资(?!.*公司)|^独资")),
    (EnterpriseKind.JOINT_STOCK, re.compile(r"股份有限公司|股份公司|^股份有限")),
    (EnterpriseKind.LIMITED, re.compile(r"有限(?:责任)?公司|有限责任|国有独资|一人有限|法人独资|自然人独资")),
    (EnterpriseKind.STATE, re.compile(r"全民|国有")),
    (EnterpriseKind.COLLECTIVE, re.compile(r"集体|股份合作|供销")),
)
_UNTOLD_FOREIGN = re.compile(r"非外商(?:投资)?(?:企业)?|[(\uff08][^)\uff09]*(?:除外|以外)[^)\uff09]*[)\uff09]")


@lru_cache(maxsize=2048)
def _kind_by(text: str) -> EnterpriseKind | None:
    told = _UNTOLD_FOREIGN.sub("", text)
    return next((kind for kind, pattern in _KINDS if pattern.search(told)), None)


def kind_of(text: str, name: str) -> EnterpriseKind:
    """The legal form by the register's words, else by the name's own (有限公司, 合伙), else OTHER."""
    found = _kind_by(text) if text else None
    if found is None and (form := _FORM_IN_NAME.search(name)):
        found = _kind_by(form[0])
    return found or EnterpriseKind.OTHER


_FORM_IN_NAME = re.compile(
    r"股份有限公司|股份公司|有限责任公司|有限公司|有限合伙|普通合伙|特殊普通合伙|合伙企业|供销合作社|供销社|个人独资"
)
_BRANCH_KIND = re.compile(r"分公司|分支|分行|支行|支公司|非法人|营业单位|代表机构|办事机构")
_BRANCH_NAME = re.compile(
    r"(?:分公司|支公司|分店|分行|支行|分厂|分社|分部|分所|分院|分校|分场|分理处|营业部|营业厅|营业所|办事处|代表处|分中心|分号|分销处|项目部"
    r"|管理处分处|联络处)(?:（[^（）]*）)?$"
)
_BRANCH_TAIL = re.compile(r"有限(?:责任)?公司(?!$|（)[^（）]*[\u4e00-\u9fff]{2,}(?:（[^（）]*）)?$")


def is_branch(name: str, kind: str) -> bool:
    """Whether it is a branch without legal personality (分支机构): by the type, by the name's end, by what follows 公司."""
    if kind and _BRANCH_KIND.search(kind):
        return True
    if _BRANCH_NAME.search(name):
        return True
    return not kind and bool(_BRANCH_TAIL.search(name))


_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+\d{1,2}[:\uff1a时]\d{1,2}(?:[:\uff1a分]\d{1,2}(?:\.\d+)?秒?)?.{0,6})?"
)
_COMPACT_DATE = re.compile(r"((?:18|19|20|21)\d{2})(\d{2})(\d{2})(?:\d{6})?")
_SERIAL = re.compile(r"(\d{4,5})(?:\.\d+)?")
_EPOCH = re.compile(r"-?\d{12,13}")
_PARTIAL_DATE = re.compile(r"\d{4}(?:[-/.年]\d{0,2}月?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.{0,12}|0000-00-00.*")
_EXCEL_ZERO = date(1899, 12, 30)
_SERIALS = range(7000, 73051)  # 1919-03-01 to 2100-01-01: a year such as 2016 is no serial
_YEARS = range(1900, 2101)


def read_date(text: str) -> date | None:
    """2016-03-01, 2016/3/1, 2016.3.1, 2016年3月1日, 20160301, with or without a time; an Excel serial number; epoch ms."""
    if found := _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _SERIAL.fullmatch(text):
        serial = int(found[1])
        return _EXCEL_ZERO + timedelta(days=serial) if serial in _SERIALS else None
    if _EPOCH.fullmatch(text):
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))).astimezone(SHANGHAI).date()
    if not text.isascii():
        narrow = unicodedata.normalize("NFKC", text)
        return read_date(narrow) if narrow != text else None
    return None


def _day(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?(?:E[+]?\d{1,2})?)(.*)", re.DOTALL)
_UNIT_WORD = re.compile(r"[元圆万亿币]|美|港|欧|日|英|RMB|CNY|USD", re.IGNORECASE)
_CURRENCIES = (
    ("CNY", "人民币"), ("CNY", "RMB"), ("CNY", "CNY"), ("TWD", "新台币"), ("TWD", "台币"), ("SGD", "新加坡"), ("SGD", "SGD"),
    ("HKD", "港"), ("HKD", "香港"), ("HKD", "HKD"), ("MOP", "澳门"), ("MOP", "MOP"), ("USD", "美元"), ("USD", "美金"), ("USD", "USD"),
    ("EUR", "欧元"), ("EUR", "EUR"), ("JPY", "日元"), ("JPY", "日圆"), ("JPY", "JPY"), ("GBP", "英镑"), ("GBP", "GBP"),
    ("AUD", "澳"), ("AUD", "AUD"), ("CAD", "加拿大"), ("CAD", "加元"), ("CAD", "CAD"), ("CHF", "瑞士"), ("CHF", "CHF"),
    ("KRW", "韩"), ("KRW", "KRW"), ("THB", "泰"), ("MYR", "马来西亚"), ("NZD", "新西兰"), ("DEM", "德国马克"), ("RUB", "卢布"),
)  # fmt: skip
_PLAIN_UNITS = frozenset(("", "元", "圆", "元整", "元人民币", "人民币", "人民币元", "整"))
_LARGEST_CAPITAL = 10**17
_FEN = 100


@lru_cache(maxsize=4096)
def read_capital(text: str, header: str = "", currency_cell: str = "") -> tuple[int, str] | None:
    """Capital in fen with its currency: "55.5000(万元人民币)", "100万美元", "注册资本(万元)" above a bare number.

    A bare number without a unit anywhere is not guessed (registries write 万元 and 元 alike).
    """
    folded = unicodedata.normalize("NFKC", text).upper().replace(",", "").replace(" ", "").strip("¥$约:")
    for sign in ("人民币", "RMB", "美元", "USD", "港币", "HKD"):
        if folded.startswith(sign):
            folded = folded.removeprefix(sign).strip(":") + sign
    found = _AMOUNT.fullmatch(folded)
    if found is None or found[1].startswith("-"):
        return None
    unit = re.sub(r"[()\[\]整]", "", found[2])
    if any(char.isdigit() for char in unit):
        return None
    head = unicodedata.normalize("NFKC", header).upper()
    currency = _currency(unit) or _currency(currency_cell.upper()) or _currency(head)
    scale = _scale(unit)
    if scale is None:
        scale = _scale(head) if "(" in head or "万" in head else None
    if scale is None:
        return None
    if currency is None:
        rest = re.sub(r"[百千万亿元圆]", "", unit)
        if rest or currency_cell:
            return None  # a currency that is not known is not taken for renminbi
        currency = "CNY"
    fen = int((Decimal(found[1]) * scale * _FEN).to_integral_value(ROUND_HALF_UP))
    return (fen, currency) if fen <= _LARGEST_CAPITAL else None


def _currency(text: str) -> str | None:
    return next((code for code, word in _CURRENCIES if word in text), None)


def _scale(text: str) -> int | None:
    if "亿" in text:
        return 10**8
    for word, scale in (("百万", 10**6), ("千万", 10**7), ("万", 10**4), ("千元", 1000), ("百元", 100)):
        if word in text:
            return scale
    return 1 if "元" in text or "圆" in text or "英镑" in text or "法郎" in text else None


_PHONE_BREAK = re.compile(r"[;\uff1b,\uff0c、/|\n]+|\s{2,}|\s+(?=1[3-9]\d{9})|\s+(?=0\d{2,3}-?\d{7})")
_PHONE_NOISE = re.compile(r"[^\d+]")
_MOBILE = re.compile(r"(?:\+?86|0)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:\+?86)?(0(?:10|2\d|[3-9]\d{2}))(\d{7,8})(\d{1,6})?")
_LOCAL = re.compile(r"[2-8]\d{6}")
_SERVICE = re.compile(r"(?:400|800)\d{7}|9[56]\d{3,6}")


def read_phone(text: str) -> str | None:
    """A number in one form: 13800000000, 0857-8220000; the area code is added to a local number of seven digits."""
    head, _, extension = unicodedata.normalize("NFKC", text).partition("转")
    digits = _PHONE_NOISE.sub("", head.removesuffix(".0"))
    if found := _MOBILE.fullmatch(digits):
        return found[1]
    if _LOCAL.fullmatch(digits):
        digits = AREA_CODE + digits
    if found := _LANDLINE.fullmatch(digits):
        area, number, more = found.groups()
        if len(area) == 4 and area == AREA_CODE and len(number) == 8:  # noqa: PLR2004  # 0857 has numbers of seven digits
            number, more = number[:7], number[7:] + (more or "")
        extension = (more or "") + _PHONE_NOISE.sub("", extension)
        return f"{area}-{number}" + (f"-{extension}" if extension else "")
    return digits if _SERVICE.fullmatch(digits) else None


_CLASS_CODE = re.compile(r"[A-T]?\d{2,4}|[A-T](?![A-Za-z])")
_STAFF = re.compile(r"(\d{1,7}|\d{1,3}(?:,\d{3})+)(?:\.0+)?\s*人?")


@lru_cache(maxsize=4096)
def _industry(text: str) -> Industry:
    return industry_of(text)
