"""What is known of a transferred order that comes in (R53, R54): the same number as it came before, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.issues.domain import transferred
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Unreported
from services.issues.domain.transferred import Field, Order
from services.issues.projections.hotline import sealed
from shared.http.service import Service
from shared.language import writing
from shared.language.freetext import opened
from shared.language.openings import Opening
from shared.language.terms import Category, Nature, OrderOutcome, OrderStage, Urgency
from shared.log.eventlog import load

_OUTCOMES = {
    OrderStage.HELD: OrderOutcome.WAITING,
    OrderStage.MATCHED: OrderOutcome.KNOWN,
    OrderStage.DISMISSED: OrderOutcome.SETTLED,
}


@dataclass(frozen=True)
class Met:
    """The order of this number that came before: as it was read then, and what became of it."""

    outcome: OrderOutcome
    order: Order
    ticket: UUID | None = None
    no: str | None = None
    held: UUID | None = None


async def met(service: Service, order: Order) -> Met | None:
    """As it came, if a person had to look at it (its words may be another's since); else as the ticket has it."""
    if found := await held(service, order):
        return found
    row = await service.pool.fetchrow("select id, no from issue where external_no = $1", order.no) if order.no else None
    if row is None:
        return None
    state = ISSUE.fold(entry.fact for entry in await load(service.pool, ISSUE.stream(row["id"])))
    assert not isinstance(state, Unreported)  # noqa: S101  it is in the view.
    report = await opened(service.vault, state.report, Opening.HANDLE)
    contact, phone = await service.vault.open([report.reporter, report.phone], Opening.HANDLE)
    then = _as_read(
        {
            Field.NO: report.external_no,
            Field.ENTERPRISE: report.enterprise.name,
            Field.CODE: report.enterprise.code,
            Field.CONTENT: report.content,
            Field.DUE: str(report.external_due or ""),
            Field.CATEGORY: report.category.label,
            Field.NATURE: report.nature.label,
            Field.URGENCY: report.urgency.label,
            Field.CONTACT: contact,
            Field.PHONE: phone,
        }
    )
    return Met(OrderOutcome.KNOWN, then, row["id"], row["no"])


async def held(service: Service, order: Order) -> Met | None:
    """As it waits for a person, or waited."""
    row = await service.pool.fetchrow(
        "select h.*, i.no from held_order h left join issue i on i.id = h.ticket where h.id = $1", order.key
    )
    if row is None:
        return None
    row = await opened(service.vault, dict(row), Opening.HANDLE)
    outcome = _OUTCOMES[OrderStage(row["stage"])]
    contact, phone = await service.vault.open([sealed(row["reporter"]), sealed(row["phone"])], Opening.HANDLE)
    then = _as_read(
        {
            Field.NO: row["external_no"],
            Field.ENTERPRISE: row["enterprise_name"],
            Field.CODE: row["enterprise_code"],
            Field.CONTENT: row["content"],
            Field.DUE: str(row["external_due"] or ""),
            Field.CATEGORY: Category(row["category"]).label,
            Field.NATURE: Nature(row["nature"]).label,
            Field.URGENCY: Urgency(row["urgency"]).label,
            Field.CALLED: row["called"],
            Field.CONTACT: contact,
            Field.PHONE: phone,
        }
    )
    return Met(outcome, then, row["ticket"], row["no"], order.key)


def _as_read(cells: dict[Field, str]) -> Order:
    return transferred.read(cells, {})


async def whose(service: Service, order: Order) -> tuple[UUID | None, str]:
    """The enterprise of an order, by code and name alike; or why it is not certain."""
    if not order.code and not order.enterprise:
        return None, "缺企业名称和统一社会信用代码"
    name = writing.key(order.enterprise)
    rows = await service.pool.fetch(
        "select id, code, name_key = $2 as named from known_enterprise where code = $1 or name_key = $2 "
        "order by code = $1 desc, id limit 3",
        order.code,
        name,
    )
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
