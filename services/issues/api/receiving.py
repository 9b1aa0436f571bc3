"""What becomes of one transferred order (R53, R54): a ticket once, a place in the queue for a person, or what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.issues.domain import order as orders
from services.issues.domain import transferred
from services.issues.domain.issue import ISSUE
from services.issues.domain.order import ORDER, HoldOrder
from services.issues.domain.refusals import ExternalKnown
from services.issues.domain.states import State, Unreported
from services.issues.domain.transferred import Field, Order
from services.issues.projections.hotline import sealed
from services.issues.queries import opening
from shared import writing
from shared.decider import Actor
from shared.eventlog import load
from shared.freetext import opened
from shared.openings import Opening
from shared.problems import KeyReused, Refused, Unknown
from shared.service import Service
from shared.terms import Category, Nature, Urgency, derived_id

OUTCOMES = {
    "opened": "已登记", "known": "此前已登记", "held": "待人工处理", "waiting": "此前已转人工处理", "settled": "此前已由人工处理",
    "refused": "未收", "would-open": "将登记", "would-hold": "将转人工处理",
}  # fmt: skip


async def taken(service: Service, caller: Actor, order: Order, *, apply: bool) -> dict[str, Any]:
    """What becomes of one order."""
    if not transferred.keepable(order):
        return _said(order, "refused", ["本行过长,不是一件工单,请人工登记"])
    if met := await _met(service, order):
        differing = order.differs(met.order)
        if not differing:
            return _said(order, met.outcome, [], met.ticket, met.no, met.held)
        order = order.apart(met.no or OUTCOMES[met.outcome], met.order)
        if again := await _held(service, order):
            return _said(order, again.outcome, [], again.ticket, again.no, again.held)
    enterprise, why = await _whose(service, order)
    order = order.but(why) if why else order
    if not apply:
        return _said(order, "would-hold" if order.amiss else "would-open", [*order.amiss, *order.notes])
    if enterprise is not None and not order.amiss:
        ticket = orders.ticket_of_order(order.key)
        try:
            ask = await opening.report(service, caller, ticket, orders.report_of(order, enterprise))
            (done,) = await service.desk.handle_all([ask])
        except (ExternalKnown, KeyReused):
            return await taken(service, caller, order, apply=apply)  # Taken up a moment ago by somebody else.
        except (Refused, Unknown) as problem:
            order = order.but(problem.title)
        else:
            return _said(order, "known" if done.replayed else "opened", list(order.notes), ticket, _no(done.state))
    command = HoldOrder.model_construct(order=order)
    context = await service.context(caller, order.key, None)
    await service.desk.handle(ORDER, order.key, command, context, command_id=derived_id("issues", "hold-order", str(order.key)))
    return _said(order, "held", [*order.amiss, *order.notes], held=order.key)


@dataclass(frozen=True)
class _Met:
    """The order of this number that came before: as it was read then, and what became of it."""

    outcome: str
    order: Order
    ticket: UUID | None = None
    no: str | None = None
    held: UUID | None = None


async def _met(service: Service, order: Order) -> _Met | None:
    """As it came, if a person had to look at it (its words may be another's since); else as the ticket has it."""
    if found := await _held(service, order):
        return found
    row = await service.pool.fetchrow("select id, no from issue where external_no = $1", order.no) if order.no else None
    if row is None:
        return None
    state = ISSUE.fold(entry.fact for entry in await load(service.pool, ISSUE.stream(row["id"])))
    assert not isinstance(state, Unreported)  # noqa: S101  it is in the view.
    report = await opened(service.vault, state.report, Opening.HANDLE)
    contact, phone = await service.vault.open([report.reporter, report.phone], Opening.HANDLE)
    then = _as_read({
        Field.NO: report.external_no, Field.ENTERPRISE: report.enterprise.name, Field.CODE: report.enterprise.code,
        Field.CONTENT: report.content, Field.DUE: str(report.external_due or ""), Field.CATEGORY: report.category.label,
        Field.NATURE: report.nature.label, Field.URGENCY: report.urgency.label, Field.CONTACT: contact, Field.PHONE: phone,
    })  # fmt: skip
    return _Met("known", then, row["id"], row["no"])


async def _held(service: Service, order: Order) -> _Met | None:
    row = await service.pool.fetchrow(
        "select h.*, i.no from held_order h left join issue i on i.id = h.ticket where h.id = $1", order.key
    )
    if row is None:
        return None
    row = await opened(service.vault, dict(row), Opening.HANDLE)
    outcome = {"held": "waiting", "matched": "known", "dismissed": "settled"}[row["stage"]]
    contact, phone = await service.vault.open([sealed(row["reporter"]), sealed(row["phone"])], Opening.HANDLE)
    then = _as_read({
        Field.NO: row["external_no"], Field.ENTERPRISE: row["enterprise_name"], Field.CODE: row["enterprise_code"],
        Field.CONTENT: row["content"], Field.DUE: str(row["external_due"] or ""), Field.CATEGORY: Category(row["category"]).label,
        Field.NATURE: Nature(row["nature"]).label, Field.URGENCY: Urgency(row["urgency"]).label, Field.CALLED: row["called"],
        Field.CONTACT: contact, Field.PHONE: phone,
    })  # fmt: skip
    return _Met(outcome, then, row["ticket"], row["no"], order.key)


def _as_read(cells: dict[Field, str]) -> Order:
    return transferred.read(cells, {})


def _no(state: State) -> str | None:
    return None if isinstance(state, Unreported) else state.report.no


def _said(
    order: Order, outcome: str, reasons: list[str], ticket: UUID | None = None, no: str | None = None, held: UUID | None = None
) -> dict[str, Any]:
    return {
        "external_no": order.no, "outcome": outcome, "outcome_label": OUTCOMES[outcome], "reasons": reasons, "ticket": ticket,
        "no": no, "order": held,
    }  # fmt: skip


async def _whose(service: Service, order: Order) -> tuple[UUID | None, str]:
    """The enterprise of an order, by code and name alike; or why it is not certain."""
    if not order.code and not order.enterprise:
        return None, "缺企业名称和统一社会信用代码"
    name = writing.key(order.enterprise)
    rows = await service.pool.fetch(
        "select id, code, name_key = $2 as named from known_enterprise where code = $1 or name_key = $2 "
        "order by code = $1 desc, id limit 3",
        order.code, name,
    )  # fmt: skip
    if order.code:
        by_code = next((row for row in rows if row["code"] == order.code), None)
        if by_code is None:
            return None, "按统一社会信用代码未找到企业"
        if name and not by_code["named"]:
            return None, "企业名称与统一社会信用代码不是同一企业"
        return by_code["id"], ""
    if len(rows) != 1:
        return None, "按企业名称未找到企业" if not rows else "有多家同名企业"
    return rows[0]["id"], ""
