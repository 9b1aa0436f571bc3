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
from datetime import date

from services.roster.intake.cells import (
    CJK,
    CLASS_CODE,
    PHONE_BREAK,
    company_name,
    industry_by,
    is_branch,
    is_partial_date,
    kind_of,
    meaning,
    read_capital,
    read_date,
    read_staff,
    standing_of,
)
from services.roster.intake.doubts import NOT_ENTERPRISE_KIND, codes_elsewhere, garbled, misfits, strange, unproven
from services.roster.intake.read import Column, RawRow
from services.roster.intake.verdict import Accepted, Candidate, Fault, Reason, Refused, SetAside, Verdict
from shared.language import phones
from shared.language.codes import CodeClass, CodeFault, CreditCode, InvalidCode, credit_code
from shared.language.industries import Industry
from shared.language.terms import EnterpriseKind, Standing
from shared.language.traces import personal_number, without_numbers
from shared.paper.foreign.child import ERROR, MERGED

_WEIGHTY = (Column.CODE, Column.NAME, Column.STANDING)
_SPOILT = (Fault.GARBLED, Fault.CELL_ERROR, Fault.MERGED)
_CHECKS = (CodeFault.INNER_CHECK, CodeFault.OUTER_CHECK)
_COMPANY = re.compile(r"有限(?:责任)?公司|股份公司|集团公司")
_COOPERATIVE = re.compile(r"专业合作|农民合作|合作社(?!.*公司)")
_SUPPLY = re.compile(r"供销|信用合作|信用联")  # supply and marketing, and credit co-operatives are enterprises


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
        spoilt = garbled(row)
        if spoilt:
            self._doubt(spoilt[0], Fault.GARBLED, spoilt[1], spoilt[2])
        self._marks()
        if row.broken:
            self._doubt("", Fault.BROKEN_QUOTES, "本行引号不配对,各列无法可靠分开")
        if invalid is not None and (refusal := self._no_code(text, invalid)):
            return refusal
        if spoilt:  # Whatever else its cells seem to be is the same fault once more.
            return SetAside(row.line, tuple(self.doubts[:1]), row, self.code, self.name)
        if not any(doubt.fault is Fault.SHIFTED and not doubt.column for doubt in self.doubts):
            self._shifted()
        self._contradictions(code)
        standing = self._standing()
        founded = self._date(Column.FOUNDED, doubtful=True)
        if self.doubts or code is None or standing is None:
            return SetAside(row.line, tuple(self.doubts), row, self.code, self.name)
        return Accepted(row.line, self._candidate(code, standing, founded, name), tuple(self.notes), row.sheet)

    def _doubt(self, column: Column | int | str, fault: Fault, sentence: str, quote: str = "") -> None:
        self.doubts.append(self._reason(column, fault, sentence, quote))

    def _note(self, column: Column | int | str, fault: Fault, sentence: str, quote: str = "") -> None:
        self.notes.append(self._reason(column, fault, sentence, quote))

    def _reason(self, column: Column | int | str, fault: Fault, sentence: str, quote: str = "") -> Reason:
        """``column`` is a known one, a place in the row, or none in particular."""
        layout = self.row.layout
        match column:
            case Column():
                return Reason(self.row.line, layout.header(column), fault, sentence, column.label, quote)
            case int():
                known = next((item for item, place in layout.places.items() if place == column), None)
                usual = known.label if known else f"第 {column + 1} 列"
                return Reason(self.row.line, layout.heading(column), fault, sentence, usual, quote)
            case str():
                return Reason(self.row.line, column, fault, sentence, "", quote)

    def _marks(self) -> None:
        """Errors of formulas, and cells under a merged one: a doubt where the row hangs on them, else a note."""
        for mark, fault, said in ((ERROR, Fault.CELL_ERROR, "是公式错误"), (MERGED, Fault.MERGED, "与上方单元格合并,本行为空")):
            for column, heading in self.row.marked(mark):
                if column is not None and column in _WEIGHTY:
                    self._doubt(column, fault, f"“{heading}”列{said}")
                else:
                    self._note(column or heading, fault, f"“{heading}”列{said},未采用")

    def _no_code(self, text: str, invalid: InvalidCode) -> Refused | None:
        """Without a valid code in its column the row is refused, unless the row itself is doubtful (shifted, garbled)."""
        row = self.row
        place = row.layout.places.get(Column.CODE)
        elsewhere = codes_elsewhere(row, place)
        if elsewhere:
            at, code = elsewhere
            self.code = code.text
            stands = "却有别的内容" if text else "为空"
            sentence = f"统一社会信用代码 {code} 出现在“{row.layout.heading(at)}”列,而“代码”列{stands},疑似错列"
            self._doubt(at, Fault.SHIFTED, sentence, text)
            return None
        if sum(map(bool, row.raw)) <= 2 and (not text or CJK.search(text)):  # noqa: PLR2004  # a footer: 共 200 条
            return self._refuse(Fault.NO_CODE, "不是企业数据行", quote=" ".join(filter(None, row.raw)))
        if row.broken or any(doubt.fault in _SPOILT for doubt in self.doubts):
            # The code may be whole in the source and only spoilt on the way: a person looks at it.
            self._doubt(Column.CODE, Fault.CODE_FORM, _without(invalid), invalid.text)
            return None
        if row.layout.odd_width(row.raw) and sum(map(bool, row.raw)) > 2 and invalid.fault not in _CHECKS:  # noqa: PLR2004
            self._shifted()
            self._doubt(Column.CODE, Fault.SHIFTED, "“代码”列不像代码,疑似错列", text)
            return None
        if invalid.fault is CodeFault.EMPTY:
            return self._refuse(Fault.NO_CODE, "缺统一社会信用代码")
        fault = Fault.CODE_CHECK if invalid.fault in _CHECKS else Fault.CODE_FORM
        if fault is Fault.CODE_FORM and (CJK.search(text) or read_date(text)) and misfits(row) > 1:
            self._doubt(Column.CODE, Fault.SHIFTED, "“代码”列不像代码,且其他列也不符,疑似错列", text)
            return None
        return self._refuse(fault, _without(invalid), quote=invalid.text)

    def _refuse(self, fault: Fault, sentence: str, code: str = "", quote: str = "") -> Refused:
        return Refused(self.row.line, (self._reason(Column.CODE, fault, sentence, quote),), code, self.row.sheet)

    def _class(self, code: CreditCode) -> Refused | None:
        """Class by the code; a company's name under an individual's code is a contradiction that a person decides."""
        kind = code.kind
        if kind is CodeClass.ENTERPRISE:
            return None
        if kind in (CodeClass.INDIVIDUAL, CodeClass.COOPERATIVE) and _COMPANY.search(self.name):
            self._doubt(Column.NAME, Fault.NAME_AGAINST_CLASS, f"代码 {code} 属{kind.label},名称却是公司", self.name)
            return None
        match kind:
            case CodeClass.INDIVIDUAL:
                return self._refuse(Fault.INDIVIDUAL, f"代码 {code} 以 92 开头,属个体工商户,不在服务范围", code.text)
            case CodeClass.COOPERATIVE:
                return self._refuse(Fault.COOPERATIVE, f"代码 {code} 以 93 开头,属农民专业合作社,不在服务范围", code.text)
            case _:
                sentence = f"代码 {code} 以 {code.text[:2]} 开头,不是企业(91),不在服务范围"
                return self._refuse(Fault.NOT_AN_ENTERPRISE, sentence, code.text)

    def _shifted(self) -> None:
        """Cells that can't be what their heading says. Each is a reason; a row too wide is one by itself."""
        row = self.row
        layout = row.layout
        if layout.too_wide(row.raw):
            surplus = "、".join(filter(None, row.raw[layout.width :]))
            self._doubt("", Fault.SHIFTED, f"本行有 {len(row.raw)} 列,应为 {layout.cells} 列,疑似错列", surplus)
        if not self.name:
            self._doubt(Column.NAME, Fault.NO_NAME, "缺企业名称")
        elif personal_number(self.name):
            self._doubt(Column.NAME, Fault.SHIFTED, "企业名称里有电话或证件号码,疑似错列", self.name)
        short = layout.odd_width(row.raw) and len(row.raw) < layout.cells
        for column, text in unproven(row) if short else strange(row):
            self._doubt(column, Fault.SHIFTED, f"“{row.layout.header(column)}”列的内容不像该列,疑似错列", text)

    def _contradictions(self, code: CreditCode | None) -> None:
        if code is None or not code.is_enterprise:
            return
        name = self.name
        if _COOPERATIVE.search(name) and not _SUPPLY.search(name):
            self._doubt(Column.NAME, Fault.NAME_AGAINST_CLASS, f"代码 {code} 属企业,名称却像合作社", name)
        elif "个体" in name:
            self._doubt(Column.NAME, Fault.NAME_AGAINST_CLASS, f"代码 {code} 属企业,名称却像个体工商户", name)
        kind = self.row[Column.KIND]
        if NOT_ENTERPRISE_KIND.search(kind):
            self._doubt(Column.KIND, Fault.KIND_AGAINST_CLASS, f"代码 {code} 属企业,类型却不是", kind)

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
                self._doubt(Column.STANDING, Fault.STANDING_UNKNOWN, "登记状态无法识别", text)
        elif "异常" in text:
            self._note(Column.STANDING, Fault.ABNORMAL, "列入经营异常,仍在服务范围", text)
        return standing

    def _date(self, column: Column, *, doubtful: bool) -> date | None:
        text = meaning(self.row[column])
        if not text:
            return None
        day = read_date(text, base_1904=self.row.layout.base_1904)
        if day is None:
            if doubtful and not is_partial_date(text):
                self._doubt(column, Fault.DATE_IMPOSSIBLE, f"“{self.row.layout.header(column)}”列不是日期", text)
            else:
                self._note(column, Fault.DATE_UNREAD, "不是完整日期,未采用", text)
        return day

    def _candidate(self, code: CreditCode, standing: Standing, founded: date | None, name: str) -> Candidate:
        row = self.row
        kind_text = meaning(row[Column.KIND])
        branch = is_branch(self.name, kind_text)
        capital, currency = self._capital()
        phones = self._phones()
        industry, written = self._industry()
        address = self._public(Column.ADDRESS)
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
            business_address=self._public(Column.BUSINESS_ADDRESS),
            industry=industry.division,
            industry_section=industry.section,
            industry_code=written,
            business=self._public(Column.BUSINESS),
            registrar=self._public(Column.REGISTRAR),
            district=self._public(Column.DISTRICT),
            province=self._public(Column.PROVINCE),
            city=self._public(Column.CITY),
            staff=self._staff(),
            further_places=row.also(Column.PROVINCE, Column.CITY, Column.DISTRICT),
            further_addresses=row.also(Column.ADDRESS, Column.BUSINESS_ADDRESS),
        )

    def _public(self, column: Column) -> str:
        """A cell that goes into facts in clear; a telephone or identity number in it does not."""
        text = meaning(self.row[column])
        if not text or not personal_number(text):
            return text
        self._note(column, Fault.NUMBER_INSIDE, f"“{self.row.layout.header(column)}”列含电话或证件号码,已隐去", text)
        return without_numbers(text)

    def _capital(self) -> tuple[int | None, str]:
        row = self.row
        text = meaning(row[Column.CAPITAL])
        if not text:
            return None, "CNY"
        found = read_capital(text, row.layout.header(Column.CAPITAL), meaning(row[Column.CURRENCY]))
        if found is None:
            self._note(Column.CAPITAL, Fault.CAPITAL_UNREAD, "注册资本没有可识别的数额、单位或币种,未采用", text)
            return None, "CNY"
        return found

    def _phones(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for column in (Column.PHONE, Column.MORE_PHONES):
            text = meaning(self.row[column])
            if not text:
                continue
            for part in PHONE_BREAK.split(text):
                if not (part := part.strip()) or not meaning(part):
                    continue
                try:
                    found[phones.read(part).written] = None
                except phones.NotAPhone:
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
            found = industry_by(text)
            if column is not Column.INDUSTRY_SECTION and not written and (code := CLASS_CODE.match(text)):
                written = code[0] if found else ""
            if found.division and not best.division:
                if best.section and best.section != found.section:
                    continue
                best = found
            elif found and not best:
                best = found
        if said and not best:
            self._note(Column.INDUSTRY, Fault.INDUSTRY_UNREAD, "行业不是 GB/T 4754 的门类或大类,待人工归口", said)
        return best, written

    def _staff(self) -> int | None:
        text = meaning(self.row[Column.STAFF])
        if not text:
            return None
        staff = read_staff(text)
        if staff is None:
            self._note(Column.STAFF, Fault.STAFF_UNREAD, "从业人数不是一个人数,未采用", text)
        return staff


def _without(invalid: InvalidCode) -> str:
    """Which check failed, without the text that failed it: it may be somebody's number in the wrong column."""
    if invalid.fault is CodeFault.DIVISION:
        return invalid.fault.label
    return str(invalid).replace(f" {invalid.text[:40]}", "")
