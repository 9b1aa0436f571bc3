r"""疑似遗漏: a visit that speaks of difficulties and brought no demand (方案 四(一)4, R29: 全覆盖、不遗漏、无死角).

    (nothing) --suspect--> Suspected --dismiss--> Dismissed     a person found: no demand, and why
                           |  ^   |
                   correct |  |   +----open-----> Opened        a person found one: exactly one ticket, keyed by the visit
                           v  |
                          Cleared                               the corrected visit brings its demands, or nothing any more

The machine points, a person rules: nothing opens or closes by itself. A corrected visit is read anew; what was ruled on the
same words stays ruled, and a ticket once opened is never taken back by a correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from services.issues.domain.clues import clues
from services.issues.domain.ticket.commands import Words
from shared.events.issues import OmissionCleared, OmissionDismissed, OmissionOpened, OmissionSuspected
from shared.events.visits import VisitRecorded
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Category, Nature, OmissionStage, Role, Urgency, derived_id

_RULING = (Role.HEAD, Role.DEPUTY, Role.LIAISON, Role.BACKUP_LIAISON)


class SuspectOmission(Command):
    """The platform's own: a visit was told, or told anew. ``told`` is its version."""

    IF_NOT_SO: ClassVar[bool] = True
    told: int
    unit: str
    visit: VisitRecorded


class DismissOmission(Command):
    """No demand in it, and why."""

    reason: Words


class OpenOmission(Command):
    """A demand after all, in words; it becomes one ticket."""

    content: Words
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    urgency: Urgency = Urgency.ORDINARY


OmissionCommand = SuspectOmission | DismissOmission | OpenOmission


class OmissionRuled(Refused):
    """One visit, one ruling; another one needs another telling of the visit (R29)."""

    title = "该疑似遗漏已裁定,结论不同"


class NothingSuspected(Refused):
    """The corrected visit brings its demands, or speaks of nothing: there is nothing left to rule on (R29)."""

    title = "走访已更正,不再疑似遗漏"


@dataclass(frozen=True)
class Unsuspected:
    """Nothing yet."""


@dataclass(frozen=True)
class Suspected:
    """Waits for somebody to rule."""

    found: OmissionSuspected
    STAGE: ClassVar[OmissionStage] = OmissionStage.SUSPECTED


@dataclass(frozen=True)
class Dismissed:
    """Somebody found no demand."""

    found: OmissionSuspected
    ruling: OmissionDismissed
    STAGE: ClassVar[OmissionStage] = OmissionStage.DISMISSED


@dataclass(frozen=True)
class Opened:
    """Somebody found one."""

    found: OmissionSuspected
    ruling: OmissionOpened
    STAGE: ClassVar[OmissionStage] = OmissionStage.OPENED


@dataclass(frozen=True)
class Cleared:
    """The corrected visit cleared it."""

    found: OmissionSuspected
    clearing: OmissionCleared
    STAGE: ClassVar[OmissionStage] = OmissionStage.CLEARED


Seen = Suspected | Dismissed | Opened | Cleared
State = Unsuspected | Seen
OmissionFact = OmissionSuspected | OmissionDismissed | OmissionOpened | OmissionCleared


def ticket_of_omission(visit: UUID) -> UUID:
    """The one ticket that a ruling on this visit opens."""
    return derived_id("issue", str(visit), "omission")


def may_rule(state: Seen, context: Context[object]) -> None:
    """The leaders and the liaison of the unit that answers for it, or the office."""
    actor = context.actor
    if not actor.holds(*OFFICE) and not (actor.holds(*_RULING) and actor.unit == state.found.unit):
        raise Forbidden(needs=[role.label for role in (*_RULING, *OFFICE)], unit=state.found.unit)


def decide(state: State, command: OmissionCommand, context: Context[None]) -> list[OmissionFact]:
    """Facts, or a refusal."""
    match state, command:
        case ((Unsuspected() | Suspected() | Dismissed() | Opened() | Cleared()), SuspectOmission()):
            if not context.actor.holds(Role.SYSTEM):
                raise Forbidden
            return _told(state, command, context)
        case Unsuspected(), DismissOmission() | OpenOmission():
            raise Unknown(what="omission", id=str(context.subject))
        case ((Suspected() | Dismissed() | Opened() | Cleared()), DismissOmission() | OpenOmission()):
            may_rule(state, context)
            return _ruled(state, command, context)


def _told(state: State, command: SuspectOmission, context: Context[None]) -> list[OmissionFact]:
    """What a telling of the visit changes. One that is older than what is known changes nothing."""
    told, today = command.visit, context.today
    found = () if told.demands else clues(told.difficulties, told.suggestions)
    if isinstance(state, Opened) or (not isinstance(state, Unsuspected) and command.told <= state.found.told):
        return []
    if not found:
        why = "更正后已填写诉求" if told.demands else "更正后未提及困难"
        return [OmissionCleared(why=why, told=command.told, on=today)] if isinstance(state, Suspected) else []
    words = (told.difficulties, told.suggestions)
    if isinstance(state, Dismissed | Suspected) and words == (state.found.difficulties, state.found.suggestions):
        return []
    return [
        OmissionSuspected(
            enterprise=told.enterprise,
            unit=command.unit,
            visited_on=told.on,
            mode=told.mode,
            difficulties=told.difficulties,
            suggestions=told.suggestions,
            clues=found,
            reporter=told.interviewee,
            phone=told.phone,
            told=command.told,
            on=today,
        )
    ]


def _ruled(state: Seen, command: DismissOmission | OpenOmission, context: Context[None]) -> list[OmissionFact]:
    match state, command:
        case Suspected(), DismissOmission():
            return [OmissionDismissed(reason=command.reason, by=context.actor.id, on=context.today)]
        case Suspected(), OpenOmission():
            ticket = ticket_of_omission(context.subject)
            return [OmissionOpened(ticket=ticket, **command.model_dump(), by=context.actor.id, on=context.today)]
        case Dismissed(ruling=ruling), DismissOmission() if ruling.reason == command.reason:
            return []
        case Opened(ruling=ruling), OpenOmission() if all(getattr(ruling, k) == v for k, v in command.model_dump().items()):
            return []
        case ((Dismissed() | Opened()), DismissOmission() | OpenOmission()):
            raise OmissionRuled(stage=state.STAGE.label)
        case Cleared(), DismissOmission() | OpenOmission():
            raise NothingSuspected(why=state.clearing.why)


def evolve(state: State, fact: OmissionFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Opened(), OmissionSuspected():
            return state
        case ((Unsuspected() | Suspected() | Dismissed() | Cleared()), OmissionSuspected()):
            return Suspected(fact)
        case Suspected(), OmissionDismissed():
            return Dismissed(state.found, fact)
        case Suspected(), OmissionOpened():
            return Opened(state.found, fact)
        case Suspected(), OmissionCleared():
            return Cleared(state.found, fact)
        case ((Unsuspected() | Dismissed() | Opened() | Cleared()), OmissionDismissed() | OmissionOpened() | OmissionCleared()):
            return state  # evolve can't refuse.


def since(state: Seen) -> date:
    """When it was first pointed at."""
    return state.found.on


def allowed_actions(state: Seen, context: Context[object]) -> list[str]:
    """What this actor may ask of it now."""
    if not isinstance(state, Suspected):
        return []
    try:
        may_rule(state, context)
    except Forbidden:
        return []
    return ["dismiss", "open"]


OMISSION: Decider[State, OmissionCommand, OmissionFact, None] = Decider("omission", Unsuspected(), decide, evolve)
