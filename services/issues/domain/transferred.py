"""A transferred order as it was read (12345 工单, 方案 五(三); R53, R54): columns by their meaning, a cell's text as a value.

``read`` is pure and reads one row; what it can't read is a reason, never a guess; a reason never quotes a cell. The same number again is the same order,
however it is written; with other words, another deadline or another enterprise it is another matter, for a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from uuid import UUID

import orjson

from shared.language import writing
from shared.language.codes import InvalidCode, credit_code, normalise
from shared.language.personal import ERASED
from shared.language.phones import is_phone, same_or_none
from shared.language.terms import Category, Nature, Term, Urgency, derived_id
from shared.language.traces import organisation, personal_number

NUMBER, LONGEST, _CELL = 64, 2000, 500
"""Characters of an order's number, of its content, and of any other cell."""
CUT = "内容超过"
_ROW = 15_000
"""Characters of a row that is kept whole, sealed."""


class Field(Term):
    """What a column of an order means; the label is the heading it usually has."""

    NO = "no", "工单编号"
    CALLED = "called", "来电时间"
    ENTERPRISE = "enterprise", "企业名称"
    CODE = "code", "统一社会信用代码"
    CONTENT = "content", "内容"
    CATEGORY = "category", "类别"
    NATURE = "nature", "性质"
    URGENCY = "urgency", "紧急程度"
    DUE = "due", "办理时限"
    CONTACT = "contact", "联系人"
    PHONE = "phone", "联系电话"


_ALSO = {
    "工单号": Field.NO,
    "编号": Field.NO,
    "诉求编号": Field.NO,
    "受理编号": Field.NO,
    "来电日期": Field.CALLED,
    "受理时间": Field.CALLED,
    "单位名称": Field.ENTERPRISE,
    "企业": Field.ENTERPRISE,
    "信用代码": Field.CODE,
    "诉求内容": Field.CONTENT,
    "反映内容": Field.CONTENT,
    "工单内容": Field.CONTENT,
    "诉求类别": Field.CATEGORY,
    "问题类别": Field.CATEGORY,
    "诉求类型": Field.NATURE,
    "工单类型": Field.NATURE,
    "诉求性质": Field.NATURE,
    "紧急度": Field.URGENCY,
    "办结时限": Field.DUE,
    "截止时间": Field.DUE,
    "截止日期": Field.DUE,
    "来电人": Field.CONTACT,
    "姓名": Field.CONTACT,
    "来电号码": Field.PHONE,
    "联系方式": Field.PHONE,
    "电话": Field.PHONE,
}
HEADINGS: Mapping[str, Field] = {**{field.label: field for field in Field}, **_ALSO}
_NATURES = {
    **{term.label: term for term in Nature},
    "投诉": Nature.COMPLAINT,
    "举报": Nature.COMPLAINT,
    "表扬": Nature.SUGGESTION,
}
_URGENCIES = {
    **{term.label: term for term in Urgency},
    "普通": Urgency.ORDINARY,
    "特急件": Urgency.CRITICAL,
    "加急": Urgency.URGENT,
}
_CATEGORIES = {term.label: term for term in Category}
_INSTANT = re.compile(r"[\d\-/.:年月日时分秒TZ+ 上下午]{4,30}")
_DAY = re.compile(r"(2[01]\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")


@dataclass(frozen=True)
class Order:
    """One order as it was read. ``amiss`` keeps it from becoming a ticket by itself; ``notes`` do not."""

    no: str
    enterprise: str
    code: str
    content: str
    category: Category
    nature: Nature
    urgency: Urgency
    due: date | None
    called: str
    contact: str
    phone: str
    row: str
    amiss: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    again: bool = False
    """Its number is known with another content."""
    given: tuple[Field, ...] = ()
    """Which cells say something; what is left out has a default here and is no statement."""
    besides: tuple[str, ...] = ()
    """What it says otherwise beside content, deadline and enterprise."""

    @property
    def key(self) -> UUID:
        """The stream of this order: by its number; by its whole content if it has none that can be kept; by both if it differs."""
        if self.again:
            said = orjson.dumps([_bare(self.content), self.due, _bare(self.enterprise), self.code, *self.besides])
            return derived_id("order", self.no, sha256(said).hexdigest())
        return derived_id("order", self.no if 0 < len(self.no) <= NUMBER else sha256(self.row.encode()).hexdigest())

    def differs(self, before: Order) -> tuple[str, ...]:
        """In what it says other than the order of the same number; what one of them leaves out is no difference."""
        pairs = {
            "内容": (_bare(self.content[:LONGEST]), _bare(before.content[:LONGEST])),
            "企业": (self.code, before.code) if self.code and before.code else (_bare(self.enterprise), _bare(before.enterprise)),
        }
        found = [name for name, (now, then) in pairs.items() if now and then and now != then]
        if self.due and self.due != before.due:  # A deadline that comes later is the one that counts.
            found.insert(1 if found[:1] == ["内容"] else 0, "办理时限")
        return (*found, *(name for name, _value in self._otherwise(before)))

    def _otherwise(self, before: Order) -> list[tuple[str, str]]:
        """Of the other cells those that say something, and something else than before. What was erased can't be compared."""
        return [
            (field.label, now)
            for field, (now, then) in self._others(before).items()
            if field in self.given
            and then not in (now, ERASED)
            and (then or field is not Field.CALLED)  # A ticket doesn't keep it.
        ]

    def _others(self, before: Order) -> dict[Field, tuple[str, str]]:
        return {
            Field.URGENCY: (str(self.urgency), str(before.urgency)),
            Field.CATEGORY: (str(self.category), str(before.category)),
            Field.NATURE: (str(self.nature), str(before.nature)),
            Field.CALLED: (_bare(self.called), _bare(before.called)),
            Field.CONTACT: (_bare(self.contact), _bare(before.contact)),
            Field.PHONE: (same_or_none(self.phone) or _bare(self.phone), same_or_none(before.phone) or _bare(before.phone)),
        }

    def apart(self, known: str, before: Order) -> Order:
        """The same order as one of its own, for a person to look at; ``known`` is what its number was taken for before."""
        differing = "、".join(self.differs(before))
        besides = tuple(f"{name}={value}" for name, value in self._otherwise(before))
        return replace(self.but(f"编号此前已收({known}),但{differing}不同"), again=True, besides=besides)

    @property
    def plain(self) -> dict[str, str]:
        """Of its cells what may stand in a fact in clear: each only where it is what its column is for. The row has all."""
        return {
            "external_no": "" if personal_number(self.no) else self.no[:NUMBER],
            "enterprise_name": self.enterprise if organisation(self.enterprise) else "",
            "enterprise_code": self.code if _is_code(self.code) else "",
            "called": self.called if _INSTANT.fullmatch(self.called) and not personal_number(self.called) else "",
        }

    def but(self, reason: str) -> Order:
        """The same order, with one more thing amiss."""
        return replace(self, amiss=(*self.amiss, reason))


def headings(row: list[str], asked: Mapping[str, Field]) -> dict[Field, int]:
    """Which cell means what; what was asked for comes before what is usual."""
    known = {**HEADINGS, **asked}
    found: dict[Field, int] = {}
    for name in (*asked, *(field.label for field in Field), *_ALSO):
        for place, cell in enumerate(row):
            if writing.key(cell) == writing.key(name):
                found.setdefault(known[name], place)
    return found


def read(cells: Mapping[Field, str], row: Mapping[str, str]) -> Order:
    """One row. The content stays as it came; everything else is read without the blanks around it."""
    told = {field: cells.get(field, "").strip() for field in Field}
    content = cells.get(Field.CONTENT, "")
    whole = orjson.dumps(dict(row)).decode()
    amiss: list[str] = []
    notes: list[str] = []
    if not 0 < len(told[Field.NO]) <= NUMBER:
        amiss.append("缺工单编号" if not told[Field.NO] else f"工单编号超过{NUMBER}字")
    elif personal_number(told[Field.NO]):
        amiss.append("工单编号栏里是电话或证件号码")
    if not any(char.isalnum() for char in content):
        amiss.append("缺内容")
    elif len(content) > LONGEST:
        amiss.append(f"{CUT}{LONGEST}字,全文见原始行,登记时请填写摘要")
    category = _CATEGORIES.get(told[Field.CATEGORY], Category.OTHER)
    if told[Field.CATEGORY] not in _CATEGORIES and told[Field.CATEGORY]:
        notes.append("类别未对应,按其他登记")
    nature, urgency = _NATURES.get(told[Field.NATURE]), _URGENCIES.get(told[Field.URGENCY])
    if nature is None and told[Field.NATURE]:
        notes.append("性质未对应,按求助登记")
    if urgency is None and told[Field.URGENCY]:
        amiss.append("紧急程度无法识别")
    due = _day(told[Field.DUE])
    if due is None and told[Field.DUE]:
        amiss.append("办理时限不是日期")
    if told[Field.PHONE] and not is_phone(told[Field.PHONE]):
        notes.append("联系电话不是可拨打的号码,原样保存")
    return Order(
        told[Field.NO],
        told[Field.ENTERPRISE][:_CELL],
        normalise(told[Field.CODE])[:_CELL],
        content,
        category,
        nature or Nature.HELP,
        urgency or Urgency.ORDINARY,
        due,
        told[Field.CALLED][:_CELL],
        told[Field.CONTACT][:_CELL],
        told[Field.PHONE][:_CELL],
        whole,
        tuple(amiss),
        tuple(notes),
        given=tuple(field for field in Field if told[field]),
    )


def keepable(order: Order) -> bool:
    """Whether the row is short enough to be kept whole; a longer one is no order but a mistake of the file."""
    return len(order.row) <= _ROW


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(writing.narrow(text))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _is_code(text: str) -> bool:
    try:
        return bool(credit_code(text))
    except InvalidCode:
        return False


def _bare(text: str) -> str:
    """As two writings of a text are compared."""
    return writing.key(text)
