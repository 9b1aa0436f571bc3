r"""Transferred orders (12345 工单, 方案 五(三); R53, R54): each becomes one ticket, and none is lost.

    a row --read--> Order --enterprise found, nothing amiss--> a ticket (the issue's own stream), once per external number
                      \---- otherwise --hold--> Held --match---> Matched   (and a ticket, in the same transaction)
                                                     \-dismiss-> Dismissed (the words go back to where it came from)

``read`` is pure and reads one row by the columns' meaning; what it can't read is a reason, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import orjson
from pydantic import StringConstraints

from services.issues.domain.commands import Day, ReportIssue, Words
from shared.decider import Context, Decider
from shared.events import Command, Fact
from shared.events.issues import OrderDismissed, OrderHeld, OrderMatched
from shared.phones import NotAPhone, same
from shared.problems import Forbidden, Refused, Unknown
from shared.terms import Category, Nature, Role, Source, Term, Urgency, derived_id
from shared.vault import Personal

DESK = (Role.OFFICE, Role.OFFICE_HEAD)
RECEIVING = (*DESK, Role.SYSTEM)
_NUMBER, _CONTENT, _CELL = 64, 2000, 500
ExternalNo = Annotated[str, StringConstraints(min_length=1, max_length=_NUMBER)]
_CUT = "内容超过"
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
    "工单号": Field.NO, "编号": Field.NO, "诉求编号": Field.NO, "受理编号": Field.NO, "来电日期": Field.CALLED,
    "受理时间": Field.CALLED, "单位名称": Field.ENTERPRISE, "企业": Field.ENTERPRISE, "信用代码": Field.CODE,
    "诉求内容": Field.CONTENT, "反映内容": Field.CONTENT, "工单内容": Field.CONTENT, "诉求类别": Field.CATEGORY,
    "问题类别": Field.CATEGORY, "诉求类型": Field.NATURE, "工单类型": Field.NATURE, "诉求性质": Field.NATURE,
    "紧急度": Field.URGENCY, "办结时限": Field.DUE, "截止时间": Field.DUE, "截止日期": Field.DUE, "来电人": Field.CONTACT,
    "姓名": Field.CONTACT, "来电号码": Field.PHONE, "联系方式": Field.PHONE, "电话": Field.PHONE,
}  # fmt: skip
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

    @property
    def key(self) -> UUID:
        """The stream of this order: by its number, or by its whole content if it has none that can be kept."""
        name = self.no if 0 < len(self.no) <= _NUMBER else sha256(self.row.encode()).hexdigest()
        return derived_id("order", name)

    def but(self, reason: str) -> Order:
        """The same order, with one more thing amiss."""
        return replace(self, amiss=(*self.amiss, reason))


def headings(row: list[str], asked: Mapping[str, Field]) -> dict[Field, int]:
    """Which cell means what; what was asked for comes before what is usual."""
    known = {**HEADINGS, **asked}
    found: dict[Field, int] = {}
    for name in (*asked, *(field.label for field in Field), *_ALSO):
        for place, cell in enumerate(row):
            if unicodedata.normalize("NFKC", cell).strip() == unicodedata.normalize("NFKC", name).strip():
                found.setdefault(known[name], place)
    return found


def read(cells: Mapping[Field, str], row: Mapping[str, str]) -> Order:
    """One row. The content stays as it came; everything else is read without the blanks around it."""
    told = {field: cells.get(field, "").strip() for field in Field}
    content = cells.get(Field.CONTENT, "")
    whole = orjson.dumps(dict(row)).decode()
    amiss: list[str] = []
    notes: list[str] = []
    if not 0 < len(told[Field.NO]) <= _NUMBER:
        amiss.append("缺工单编号" if not told[Field.NO] else f"工单编号超过{_NUMBER}字")
    if not any(char.isalnum() for char in content):
        amiss.append("缺内容")
    elif len(content) > _CONTENT:
        amiss.append(f"{_CUT}{_CONTENT}字,全文见原始行")
    category = _CATEGORIES.get(told[Field.CATEGORY], Category.OTHER)
    if told[Field.CATEGORY] not in _CATEGORIES and told[Field.CATEGORY]:
        notes.append(f"类别“{told[Field.CATEGORY][:50]}”未对应,按其他登记")
    nature, urgency = _NATURES.get(told[Field.NATURE]), _URGENCIES.get(told[Field.URGENCY])
    if nature is None and told[Field.NATURE]:
        notes.append(f"性质“{told[Field.NATURE][:50]}”未对应,按求助登记")
    if urgency is None and told[Field.URGENCY]:
        amiss.append(f"紧急程度“{told[Field.URGENCY][:50]}”无法识别")
    due = _day(told[Field.DUE])
    if due is None and told[Field.DUE]:
        amiss.append(f"办理时限“{told[Field.DUE][:50]}”不是日期")
    if told[Field.PHONE] and not _dialled(told[Field.PHONE]):
        notes.append("联系电话不是可拨打的号码,原样保存")
    return Order(
        told[Field.NO], told[Field.ENTERPRISE][:_CELL], told[Field.CODE][:_CELL].upper(), content, category, nature or Nature.HELP,
        urgency or Urgency.ORDINARY, due, told[Field.CALLED][:_CELL], told[Field.CONTACT][:_CELL], told[Field.PHONE][:_CELL], whole,
        tuple(amiss), tuple(notes),
    )  # fmt: skip


def keepable(order: Order) -> bool:
    """Whether the row is short enough to be kept whole; a longer one is no order but a mistake of the file."""
    return len(order.row) <= _ROW


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _dialled(text: str) -> bool:
    try:
        same(text)
    except NotAPhone:
        return False
    return True


def ticket_of_order(order: UUID) -> UUID:
    """The one ticket an order becomes."""
    return derived_id("issue", "order", str(order))


def report_of(order: Order, enterprise: UUID) -> ReportIssue:
    """The report of an order with which nothing is amiss."""
    phone = Personal(order.phone, found_by=same(order.phone) if _dialled(order.phone) else None) if order.phone else None
    return ReportIssue.model_construct(
        enterprise=enterprise, source=Source.TRANSFERRED, content=order.content, category=order.category, nature=order.nature,
        urgency=order.urgency, reporter=Personal(order.contact) if order.contact else None, phone=phone,
        external_no=order.no, external_due=order.due,
    )  # fmt: skip


class HoldOrder(Command):
    """The platform's own: an order that waits for a person."""

    order: Order


class MatchOrder(Command):
    """Whose it is; and what the order did not say."""

    enterprise: UUID
    content: Words | None = None
    external_no: ExternalNo | None = None
    urgency: Urgency | None = None
    external_due: Day | None = None


class DismissOrder(Command):
    """It is no enterprise's here."""

    reason: Words


class OrderSettled(Refused):
    """One order, one ruling (R53)."""

    title = "该转办工单已处理,结论不同"


class OrderIncomplete(Refused):
    """A ticket has its words; a person supplies those the order has not (R54)."""

    title = "该转办工单缺少内容,请补充后登记"


@dataclass(frozen=True)
class Unheld:
    """Nothing yet."""


@dataclass(frozen=True)
class Held:
    """Waits for a person."""

    order: OrderHeld
    STAGE = "held", "待人工处理"


@dataclass(frozen=True)
class Matched:
    """It became a ticket."""

    order: OrderHeld
    end: OrderMatched
    STAGE = "matched", "已登记"


@dataclass(frozen=True)
class Dismissed:
    """It went back."""

    order: OrderHeld
    end: OrderDismissed
    STAGE = "dismissed", "已退回"


Kept = Held | Matched | Dismissed
State = Unheld | Kept


def decide(state: State, command: HoldOrder | MatchOrder | DismissOrder, context: Context) -> list[Fact]:
    """``context.known["enterprise"]`` is the enterprise as it is called."""
    roles = RECEIVING if isinstance(command, HoldOrder) else DESK
    if not context.actor.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles])
    match state, command:
        case Unheld(), HoldOrder():
            return [_held(command.order, context)]
        case Unheld(), MatchOrder() | DismissOrder():
            raise Unknown(what="order", id=str(context.subject))
        case ((Held() | Matched() | Dismissed()), HoldOrder()):
            return []
        case Held(), MatchOrder():
            report_held(state.order, command)
            ticket = ticket_of_order(context.subject)
            return [OrderMatched(enterprise=context.known["enterprise"], ticket=ticket, by=context.actor.id, on=context.today)]
        case Held(), DismissOrder():
            return [OrderDismissed(reason=command.reason, by=context.actor.id, on=context.today)]
        case Matched(), MatchOrder() if state.end.enterprise.id == command.enterprise:
            return []
        case Dismissed(), DismissOrder() if state.end.reason == command.reason:
            return []
        case ((Matched() | Dismissed()), MatchOrder() | DismissOrder()):
            raise OrderSettled(stage=state.STAGE[1])


def _held(order: Order, context: Context) -> OrderHeld:
    subject = derived_id("caller", str(context.subject))

    def about(text: str) -> Personal | None:
        return Personal(text, subject) if text else None

    return OrderHeld(
        external_no=order.no[:_NUMBER], enterprise_name=order.enterprise, enterprise_code=order.code,
        content=order.content[:_CONTENT], category=order.category, nature=order.nature, urgency=order.urgency,
        external_due=order.due, called=order.called, reporter=about(order.contact), phone=about(order.phone), row=about(order.row),
        reasons=order.amiss, on=context.today,
    )  # fmt: skip


def report_held(held: OrderHeld, command: MatchOrder) -> ReportIssue:
    """The report of an order a person has matched."""
    content = held.content if command.content is None else command.content
    cut = command.content is None and any(reason.startswith(_CUT) for reason in held.reasons)
    if cut or not any(char.isalnum() for char in content):
        raise OrderIncomplete
    return ReportIssue.model_construct(
        enterprise=command.enterprise, source=Source.TRANSFERRED, content=content, category=held.category, nature=held.nature,
        urgency=command.urgency or held.urgency, reporter=held.reporter, phone=held.phone,
        external_no=command.external_no or held.external_no, external_due=command.external_due or held.external_due,
    )  # fmt: skip


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unheld(), OrderHeld():
            return Held(fact)
        case Held(), OrderMatched():
            return Matched(state.order, fact)
        case Held(), OrderDismissed():
            return Dismissed(state.order, fact)
        case _:
            return state


ORDER: Decider[State] = Decider("order", Unheld(), decide, evolve)
