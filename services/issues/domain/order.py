r"""Transferred orders (12345 工单, 方案 五(三); R53, R54): each becomes one ticket, and none is lost.

    a row --read--> Order --enterprise found, nothing amiss--> a ticket (the issue's own stream), once per external number
                      \---- otherwise --hold--> Held --match---> Matched   (and a ticket, in the same transaction)
                                                     \-dismiss-> Dismissed (the words go back to where it came from)

A number that is known with another content waits for a person too, as an order of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import StringConstraints

from services.issues.domain.ticket.commands import Day, ReportIssue, Words
from services.issues.domain.transferred import CUT, LONGEST, NUMBER, Order
from shared.events.issues import OrderDismissed, OrderHeld, OrderMatched
from shared.events.visits import Visited
from shared.language.decider import Context, Decider, looked_up
from shared.language.facts import Command
from shared.language.personal import Personal
from shared.language.phones import is_phone, same
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import OrderStage, Role, Source, Urgency, derived_id

DESK = OFFICE
RECEIVING = (*DESK, Role.SYSTEM)
ExternalNo = Annotated[str, StringConstraints(min_length=1, max_length=NUMBER)]


def ticket_of_order(order: UUID) -> UUID:
    """The one ticket an order becomes."""
    return derived_id("issue", "order", str(order))


def report_of(order: Order, enterprise: UUID) -> ReportIssue:
    """The report of an order with which nothing is amiss."""
    phone = Personal(order.phone, found_by=same(order.phone) if is_phone(order.phone) else None) if order.phone else None
    return ReportIssue.model_construct(
        enterprise=enterprise,
        source=Source.TRANSFERRED,
        content=order.content,
        category=order.category,
        nature=order.nature,
        urgency=order.urgency,
        reporter=Personal(order.contact) if order.contact else None,
        phone=phone,
        external_no=order.no,
        external_due=order.due,
    )


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
    STAGE: ClassVar[OrderStage] = OrderStage.HELD


@dataclass(frozen=True)
class Matched:
    """It became a ticket."""

    order: OrderHeld
    end: OrderMatched
    STAGE: ClassVar[OrderStage] = OrderStage.MATCHED


@dataclass(frozen=True)
class Dismissed:
    """It went back."""

    order: OrderHeld
    end: OrderDismissed
    STAGE: ClassVar[OrderStage] = OrderStage.DISMISSED


Kept = Held | Matched | Dismissed
State = Unheld | Kept
OrderCommand = HoldOrder | MatchOrder | DismissOrder
OrderFact = OrderHeld | OrderMatched | OrderDismissed
KnownEnterprise = Visited | None
"""The enterprise an order is matched with, as it is called."""


def decide(state: State, command: OrderCommand, context: Context[KnownEnterprise]) -> list[OrderFact]:
    """Facts, or a refusal."""
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
            enterprise, ticket = looked_up(context.known), ticket_of_order(context.subject)
            return [OrderMatched(enterprise=enterprise, ticket=ticket, by=context.actor.id, on=context.today)]
        case Held(), DismissOrder():
            return [OrderDismissed(reason=command.reason, by=context.actor.id, on=context.today)]
        case Matched(), MatchOrder() if state.end.enterprise.id == command.enterprise:
            return []
        case Dismissed(), DismissOrder() if state.end.reason == command.reason:
            return []
        case ((Matched() | Dismissed()), MatchOrder() | DismissOrder()):
            raise OrderSettled(stage=state.STAGE.label)


def _held(order: Order, context: Context[object]) -> OrderHeld:
    subject = derived_id("caller", str(context.subject))

    def about(text: str) -> Personal | None:
        return Personal(text, subject) if text else None

    return OrderHeld(
        **order.plain,
        content=order.content[:LONGEST],
        category=order.category,
        nature=order.nature,
        urgency=order.urgency,
        external_due=order.due,
        reporter=about(order.contact),
        phone=about(order.phone),
        row=about(order.row),
        reasons=order.amiss,
        on=context.today,
    )


def report_held(held: OrderHeld, command: MatchOrder) -> ReportIssue:
    """The report of an order a person has matched."""
    content = held.content if command.content is None else command.content
    cut = command.content is None and any(reason.startswith(CUT) for reason in held.reasons)
    if cut or not any(char.isalnum() for char in content):
        raise OrderIncomplete
    return ReportIssue.model_construct(
        enterprise=command.enterprise,
        source=Source.TRANSFERRED,
        content=content,
        category=held.category,
        nature=held.nature,
        urgency=command.urgency or held.urgency,
        reporter=held.reporter,
        phone=held.phone,
        external_no=command.external_no or held.external_no,
        external_due=held.external_due or command.external_due,
    )


def evolve(state: State, fact: OrderFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unheld(), OrderHeld():
            return Held(fact)
        case Held(), OrderMatched():
            return Matched(state.order, fact)
        case Held(), OrderDismissed():
            return Dismissed(state.order, fact)
        case ((Held() | Matched() | Dismissed()), OrderHeld()):
            return state
        case ((Unheld() | Matched() | Dismissed()), OrderMatched() | OrderDismissed()):
            return state


ORDER: Decider[State, OrderCommand, OrderFact, KnownEnterprise] = Decider("order", Unheld(), decide, evolve)
