"""What becomes of one transferred order (R53, R54): a ticket once, a place in the queue for a person, or what it was before."""

from __future__ import annotations

from uuid import UUID

from services.issues.domain import order as orders
from services.issues.domain import transferred
from services.issues.domain.order import ORDER, HoldOrder
from services.issues.domain.ticket.refusals import ExternalKnown
from services.issues.domain.ticket.states import State, Unreported
from services.issues.domain.transferred import Order
from services.issues.queries import opening, received
from services.issues.queries.orders import OrderVerdict
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import KeyReused, Refused, Unknown
from shared.language.terms import OrderOutcome, derived_id


async def taken(service: Service, caller: Actor, order: Order, *, apply: bool) -> OrderVerdict:
    """What becomes of one order."""
    if not transferred.keepable(order):
        return _said(order, OrderOutcome.REFUSED, ["本行过长,不是一件工单,请人工登记"])
    if met := await received.met(service, order):
        differing = order.differs(met.order)
        if not differing:
            return _said(order, met.outcome, [], met.ticket, met.no, met.held)
        order = order.apart(met.no or met.outcome.label, met.order)
        if again := await received.held(service, order):
            return _said(order, again.outcome, [], again.ticket, again.no, again.held)
    enterprise, why = await received.whose(service, order)
    order = order.but(why) if why else order
    if not apply:
        return _said(order, OrderOutcome.WOULD_HOLD if order.amiss else OrderOutcome.WOULD_OPEN, [*order.amiss, *order.notes])
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
            return _said(
                order, OrderOutcome.KNOWN if done.replayed else OrderOutcome.OPENED, list(order.notes), ticket, _no(done.state)
            )
    command = HoldOrder.model_construct(order=order)
    context = await service.context(caller, order.key, None)
    await service.desk.handle(ORDER, order.key, command, context, command_id=derived_id("issues", "hold-order", str(order.key)))
    return _said(order, OrderOutcome.HELD, [*order.amiss, *order.notes], held=order.key)


def _no(state: State) -> str | None:
    return None if isinstance(state, Unreported) else state.report.no


def _said(
    order: Order,
    outcome: OrderOutcome,
    reasons: list[str],
    ticket: UUID | None = None,
    no: str | None = None,
    held: UUID | None = None,
) -> OrderVerdict:
    return OrderVerdict(external_no=order.no, outcome=outcome, reasons=reasons, ticket=ticket, no=no, order=held)
