r"""The desk's log of calls (服务热线专人接听, 方案 五(三); R53).

    (nothing) --take--> Taken            with a demand it becomes one ticket, in the same transaction
        |
        +------miss---> Missed --follow (reached, or three tries on two days)--> Followed
                          |  ^
                          +--+ follow (not reached)

A missed call is followed up within one working day; the first attempt is what counts. Number and name are personal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from annotated_types import Ge

from services.issues.domain.ticket import deadlines
from services.issues.domain.ticket.commands import Note, ReportIssue, Words
from shared.events.issues import CallFollowed, CallMissed, CallTaken, Due
from shared.events.visits import Visited
from shared.language.decider import Context, Decider
from shared.language.facts import Command, Part
from shared.language.months import WrittenInstant, local_date
from shared.language.personal import Personal
from shared.language.persons import seat
from shared.language.phones import Phone
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import CallOutcome, CallStage, Category, Nature, Role, Source, Urgency, derived_id

DESK = (Role.HOTLINE, *OFFICE)
_TRIES, _DAYS = 3, 2
_WITHIN = 1
"""Working days."""
Instant = Annotated[WrittenInstant, Ge(datetime(2000, 1, 1, tzinfo=UTC))]
"""As days of commands: at the edge of the calendar an instant has no date in Asia/Shanghai."""


class Asked(Part):
    """What the caller asked for, as the ticket will say it."""

    content: Words
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    urgency: Urgency = Urgency.ORDINARY


class TakeCall(Command):
    """A call was answered."""

    caller: Personal | None = None
    phone: Phone | None = None
    enterprise: UUID | None = None
    content: Words
    demand: Asked | None = None
    at: Instant | None = None


class MissCall(Command):
    """A call was not answered."""

    phone: Phone
    enterprise: UUID | None = None
    note: Note = ""
    at: Instant | None = None


class FollowCall(Command):
    """Somebody called back."""

    outcome: CallOutcome
    note: Note = ""
    caller: Personal | None = None
    enterprise: UUID | None = None
    demand: Asked | None = None


class CallKnown(Refused):
    """One call, one entry (R53)."""

    title = "该来电已登记,内容不同"


class DemandOfNobody(Refused):
    """A ticket belongs to an enterprise: somebody has to find out whose call it was (R53)."""

    title = "登记诉求须指明企业"


class CallNotOver(Refused):
    """A call is written down after it was made (R53)."""

    title = "来电时间不得晚于现在"


class CallNotMissed(Refused):
    """Only a missed call is followed up, until it is (R53)."""

    title = "该来电无须回拨"


@dataclass(frozen=True)
class Unheard:
    """Nothing yet."""


@dataclass(frozen=True)
class Taken:
    """Answered."""

    call: CallTaken
    STAGE: ClassVar[CallStage] = CallStage.TAKEN


@dataclass(frozen=True)
class Missed:
    """Waits for somebody to call back."""

    call: CallMissed
    tries: tuple[CallFollowed, ...] = ()
    STAGE: ClassVar[CallStage] = CallStage.MISSED


@dataclass(frozen=True)
class Followed:
    """Called back, or tried often enough."""

    call: CallMissed
    tries: tuple[CallFollowed, ...]
    STAGE: ClassVar[CallStage] = CallStage.FOLLOWED


Heard = Taken | Missed | Followed
State = Unheard | Heard
CallCommand = TakeCall | MissCall | FollowCall
CallFact = CallTaken | CallMissed | CallFollowed
KnownCaller = Visited | None
"""The enterprise as it is called, where one is named."""
Hearing = Context[KnownCaller]


def ticket_of_call(call: UUID) -> UUID:
    """The one ticket a call can become."""
    return derived_id("issue", "call", str(call))


def report_of(command: TakeCall | FollowCall, phone: Personal | None) -> ReportIssue | None:
    """The report that a call with a demand comes with."""
    if command.demand is None:
        return None
    if command.enterprise is None:
        raise DemandOfNobody
    return ReportIssue.model_construct(
        enterprise=command.enterprise, source=Source.HOTLINE, reporter=command.caller, phone=phone, **dict(command.demand)
    )


def decide(state: State, command: CallCommand, context: Hearing) -> list[CallFact]:
    """Facts, or a refusal."""
    if not context.actor.holds(*DESK):
        raise Forbidden(needs=[role.label for role in DESK])
    match state, command:
        case Unheard(), TakeCall():
            return [_taken(command, context)]
        case Unheard(), MissCall():
            return [_missed(command, context)]
        case Unheard(), FollowCall():
            raise Unknown(what="call", id=str(context.subject))
        case ((Taken() | Missed() | Followed()), TakeCall() | MissCall()):
            raise CallKnown
        case Missed(), FollowCall():
            return [_followed(command, context)]
        case ((Taken() | Followed()), FollowCall()):
            raise CallNotMissed(stage=state.STAGE.label)


def _about(context: Hearing, datum: Personal | None) -> Personal | None:
    enterprise = context.known
    subject = seat("contact", str(enterprise.id)) if enterprise else derived_id("caller", str(context.subject))
    return datum.about(subject) if datum else None


def _taken(command: TakeCall, context: Hearing) -> CallTaken:
    if command.demand is not None and command.enterprise is None:
        raise DemandOfNobody
    at = command.at or context.now
    if at > context.now:
        raise CallNotOver
    return CallTaken(
        caller=_about(context, command.caller),
        phone=_about(context, command.phone),
        enterprise=context.known,
        content=command.content,
        ticket=ticket_of_call(context.subject) if command.demand else None,
        by=context.actor.id,
        at=at,
        on=local_date(at),
    )


def _missed(command: MissCall, context: Hearing) -> CallMissed:
    at = command.at or context.now
    if at > context.now:
        raise CallNotOver
    on = local_date(at)
    due = Due(
        on=context.calendar.add_workdays(on, _WITHIN),
        derivation=context.calendar.explain(on, _WITHIN),
        calendar=context.calendar.version,
        rule=deadlines.RULE,
        start=on,
        workdays=_WITHIN,
    )
    return CallMissed(
        phone=_about(context, command.phone),
        enterprise=context.known,
        note=command.note,
        due=due,
        by=context.actor.id,
        at=at,
        on=on,
    )


def _followed(command: FollowCall, context: Hearing) -> CallFollowed:
    if command.demand is not None and command.enterprise is None:
        raise DemandOfNobody
    return CallFollowed(
        outcome=command.outcome,
        note=command.note,
        caller=_about(context, command.caller),
        enterprise=context.known,
        ticket=ticket_of_call(context.subject) if command.demand else None,
        by=context.actor.id,
        on=context.today,
    )


def _over(tries: tuple[CallFollowed, ...]) -> bool:
    """Reached, or tried three times on two days or more."""
    reached = any(attempt.outcome is not CallOutcome.UNREACHED for attempt in tries)
    return reached or (len(tries) >= _TRIES and len({attempt.on for attempt in tries}) >= _DAYS)


def evolve(state: State, fact: CallFact) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Unheard() | Taken() | Missed() | Followed()), CallTaken()):
            return Taken(fact)
        case ((Unheard() | Taken() | Missed() | Followed()), CallMissed()):
            return Missed(fact)
        case Missed(), CallFollowed():
            tries = (*state.tries, fact)
            return Followed(state.call, tries) if _over(tries) else Missed(state.call, tries)
        case ((Unheard() | Taken() | Followed()), CallFollowed()):
            return state


CALL: Decider[State, CallCommand, CallFact, KnownCaller] = Decider("call", Unheard(), decide, evolve)
