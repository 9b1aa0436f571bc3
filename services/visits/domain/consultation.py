"""A consultation on visits (方案 四(一)3, 四(二)3: 对走访服务情况及时会商研判), its decisions and what became of them.

    (nothing) --hold--> Held --confirm--> Confirmed        decisions are taken and fulfilled in both

It speaks of at least one visit or ticket; each decision is a task of the unit with a member who carries it out and a day.
Whoever wrote the minutes does not confirm them (``roles.md``: 宣传/方案/会商, separation of duties).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.visits.domain.visit.commands import Day, Words
from shared.events.visits import ConsultationConfirmed, ConsultationHeld, Decided, DecisionFulfilled, DecisionTaken
from shared.language.decider import Actor, Context, Decider, looked_up
from shared.language.facts import Command, Fact, Part
from shared.language.known import KnownMember, KnownUnit
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.terms import Role

CALLING = (Role.HEAD, Role.DEPUTY, Role.LIAISON, Role.BACKUP_LIAISON, Role.WORKER, Role.INFORMANT)
"""Roles that write of consultations, publicity and materials of their own unit (``roles.md``: 宣传/方案/会商)."""

MOST_DECISIONS = 50
_MOST_BYTES = 50_000

Unit = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Wish(Part):
    """A decision: what is done, by which unit and member, by when."""

    content: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    unit: Unit
    member: UUID
    due: Day


class HoldConsultation(Command):
    """A unit talked over visits and tickets."""

    unit: Unit
    on: Day
    place: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    title: Title
    participants: tuple[UUID, ...] = Field(min_length=1, max_length=50)
    visits: tuple[UUID, ...] = Field((), max_length=50)
    tickets: tuple[UUID, ...] = Field((), max_length=50)
    minutes: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    decisions: tuple[Wish, ...] = Field((), max_length=20)

    @model_validator(mode="after")
    def _fits(self) -> HoldConsultation:
        if len(self.model_dump_json().encode()) > _MOST_BYTES:
            message = "内容合计过长,请精简纪要"
            raise ValueError(message)
        return self


class ConfirmConsultation(Command):
    """The head stands by the minutes."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (ConsultationConfirmed,)
    note: str = Field("", max_length=500)


class TakeDecision(Command):
    """One more decision."""

    decision: Wish


class FulfilDecision(Command):
    """A task was done, and how."""

    no: int = Field(ge=1, le=MOST_DECISIONS)
    words: Words


class NotYourConsultation(Forbidden):
    """A unit's own people hold its consultations, the office's head any (``roles.md``: 宣传/方案/会商)."""

    title = "只能登记本单位的会商"


class NotYoursToConfirm(Forbidden):
    """The head of the unit, or the office's, confirms the minutes (``roles.md``: A u)."""

    title = "会商纪要由本单位网格长或区优化办负责人确认"


class OwnMinutes(Forbidden):
    """Whoever wrote the minutes does not confirm them (``roles.md``: separation of duties)."""

    title = "不能确认自己登记的会商纪要"


class NotYourDecision(Forbidden):
    """Whoever carries a task out says that it is done, or the head or deputy of the unit."""

    title = "只有任务承担人或其单位网格长、副网格长可以办结"


class ConsultationAboutNothing(Refused):
    """A consultation is about visits (方案 四(一)3): it names at least one visit or ticket."""

    title = "会商须关联至少一条走访或问题"


class VisitNotKnownHere(Refused):
    """The visits talked over are visits of the unit."""

    title = "关联的走访不存在或不是本单位的走访"


class ConsultationInTheFuture(Refused):
    """It is recorded after it was held."""

    title = "会商日期不能晚于今天"


class ParticipantUnknown(Refused):
    """Participants are members of the grid or the offices."""

    title = "参加人员不在名册中"


class TaskOfNobody(Refused):
    """A decision becomes a task of somebody who holds a post in the unit that carries it out."""

    title = "任务承担人不在该单位任职"


class TaskElsewhere(Refused):
    """A unit gives tasks to its own people; to other units the office's head does."""

    title = "不能给其他单位布置任务"


class TaskDueTooEarly(Refused):
    """A task is due on the day of the consultation or later."""

    title = "办理期限不能早于会商日期"


class ConsultationAlreadyHeld(Refused):
    """An id names one consultation for ever."""

    title = "该编号的会商已登记,内容不同"


class TooManyDecisions(Refused):
    """More than fifty decisions are no decisions."""

    title = "会商决定过多"


class AlreadyFulfilled(Refused):
    """The task was reported done with other words: the first ones stand."""

    title = "任务已办结,说明不同"


@dataclass(frozen=True)
class Unheld:
    """Nothing was held yet."""


@dataclass(frozen=True)
class Held:
    """Held; its minutes wait for the head."""

    told: ConsultationHeld
    decisions: tuple[Decided, ...]
    done: Mapping[int, str] = field(default_factory=dict[int, str])
    """The words with which a task was reported done, by its number."""
    confirmed = False


@dataclass(frozen=True)
class Confirmed:
    """The head stands by the minutes."""

    told: ConsultationHeld
    decisions: tuple[Decided, ...]
    done: Mapping[int, str]
    confirmed = True


There = Held | Confirmed
State = Unheld | There
ConsultationCommand = HoldConsultation | ConfirmConsultation | TakeDecision | FulfilDecision
ConsultationFact = ConsultationHeld | ConsultationConfirmed | DecisionTaken | DecisionFulfilled


@dataclass(frozen=True)
class KnownPeople:
    """Members and their units, as they were on the day of the consultation. ``visits`` are the units of the visits talked
    over, as far as there are such visits; ``None`` where nothing is being held.
    """

    members: Mapping[UUID, KnownMember]
    units: Mapping[str, KnownUnit]
    visits: Mapping[UUID, frozenset[str]] | None = None


def decide(state: State, command: ConsultationCommand, context: Context[KnownPeople]) -> list[ConsultationFact]:
    """Facts, or a refusal."""
    match state, command:
        case Unheld(), HoldConsultation():
            return [_hold(command, context)]
        case Unheld(), ConfirmConsultation() | TakeDecision() | FulfilDecision():
            raise Unknown(what="consultation", id=str(context.subject))
        case Held() | Confirmed(), HoldConsultation():
            may_call(command.unit, context.actor)
            if state.told == _told(command, state.told.by):
                return []
            raise ConsultationAlreadyHeld(consultation=str(context.subject))
        case Held(), ConfirmConsultation():
            may_confirm(state.told.unit, context.actor)
            if context.actor.id == state.told.by:
                raise OwnMinutes
            return [ConsultationConfirmed(note=command.note)]
        case Confirmed(), ConfirmConsultation():
            may_confirm(state.told.unit, context.actor)
            return []
        case Held() | Confirmed(), TakeDecision():
            return _take(state, command, context)
        case Held() | Confirmed(), FulfilDecision():
            return _fulfil(state, command, context)


def evolve(state: State, fact: ConsultationFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unheld(), ConsultationHeld():
            return Held(fact, fact.decisions)
        case Held(), ConsultationConfirmed():
            return Confirmed(state.told, state.decisions, state.done)
        case Held() | Confirmed(), DecisionTaken():
            return replace(state, decisions=(*state.decisions, fact.decision))
        case Held() | Confirmed(), DecisionFulfilled():
            return replace(state, done={**state.done, fact.no: fact.words})
        case Unheld(), ConsultationConfirmed() | DecisionTaken() | DecisionFulfilled():
            return state
        case Held(), ConsultationHeld():
            return state
        case Confirmed(), ConsultationHeld() | ConsultationConfirmed():
            return state


def may_call(unit: str, actor: Actor) -> None:
    """Whoever writes for this unit."""
    if not ((actor.holds(*CALLING) and actor.unit == unit) or actor.holds(Role.OFFICE_HEAD)):
        raise NotYourConsultation(unit=unit)


def may_confirm(unit: str, actor: Actor) -> None:
    """The head of this unit, or the office's."""
    if not ((actor.holds(Role.HEAD) and actor.unit == unit) or actor.holds(Role.OFFICE_HEAD)):
        raise NotYoursToConfirm(unit=unit)


def overdue(decided: Decided, done: Mapping[int, str], today: date) -> bool:
    """Whether a task should have been done by now."""
    return decided.no not in done and decided.due < today


def allowed_actions(state: There, actor: Actor) -> list[str]:
    """What this person may do with it now; fulfilling is told with each task."""
    mine = (actor.holds(*CALLING) and actor.unit == state.told.unit) or actor.holds(Role.OFFICE_HEAD)
    heads = (actor.holds(Role.HEAD) and actor.unit == state.told.unit) or actor.holds(Role.OFFICE_HEAD)
    return [name for name, may in (("decide", mine), ("confirm", heads and not state.confirmed)) if may]


def _told(command: HoldConsultation, by: UUID) -> ConsultationHeld:
    told: dict[str, Any] = command.model_dump()
    told["decisions"] = tuple(Decided(no=no, **wish.model_dump()) for no, wish in enumerate(command.decisions, 1))
    return ConsultationHeld(**told, by=by)


def _hold(command: HoldConsultation, context: Context[KnownPeople]) -> ConsultationHeld:
    may_call(command.unit, context.actor)
    if command.on > context.today:
        raise ConsultationInTheFuture(on=command.on.isoformat(), today=context.today.isoformat())
    if not command.visits and not command.tickets:
        raise ConsultationAboutNothing
    visits = looked_up(context.known.visits)
    district = context.actor.holds(Role.OFFICE_HEAD)
    for visit in command.visits:
        if visit not in visits or not (district or command.unit in visits[visit]):
            raise VisitNotKnownHere(visit=str(visit))
    for member in command.participants:
        if member not in context.known.members:
            raise ParticipantUnknown(member=str(member))
    for wish in command.decisions:
        _assignable(wish, command.unit, command.on, context)
    return _told(command, context.actor.id)


def _assignable(wish: Wish, unit: str, on: date, context: Context[KnownPeople]) -> None:
    if wish.unit != unit and not context.actor.holds(Role.OFFICE_HEAD):
        raise TaskElsewhere(unit=wish.unit)
    if wish.due < on:
        raise TaskDueTooEarly(due=wish.due.isoformat(), on=on.isoformat())
    member, units = context.known.members.get(wish.member), context.known.units
    if member is None or not any(post.unit in units and units[post.unit].reporting == wish.unit for post in member.posts):
        raise TaskOfNobody(member=str(wish.member), unit=wish.unit)


def _take(state: There, command: TakeDecision, context: Context[KnownPeople]) -> list[ConsultationFact]:
    may_call(state.told.unit, context.actor)
    wish = command.decision
    if any(item.model_dump(exclude={"no"}) == wish.model_dump() for item in state.decisions):
        return []
    if len(state.decisions) >= MOST_DECISIONS:
        raise TooManyDecisions(most=MOST_DECISIONS)
    _assignable(wish, state.told.unit, state.told.on, context)
    return [DecisionTaken(decision=Decided(no=len(state.decisions) + 1, **wish.model_dump()))]


def _fulfil(state: There, command: FulfilDecision, context: Context[object]) -> list[ConsultationFact]:
    task = next((item for item in state.decisions if item.no == command.no), None)
    if task is None:
        raise Unknown(what="decision", id=command.no)
    actor = context.actor
    leads = actor.holds(Role.HEAD, Role.DEPUTY) and actor.unit in (task.unit, state.told.unit)
    if not (actor.id == task.member or leads or actor.holds(Role.OFFICE_HEAD)):
        raise NotYourDecision
    if command.no in state.done:
        if state.done[command.no] == command.words:
            return []
        raise AlreadyFulfilled(no=command.no, said=state.done[command.no])
    return [DecisionFulfilled(no=command.no, words=command.words)]


CONSULTATION: Decider[State, ConsultationCommand, ConsultationFact, KnownPeople] = Decider(
    "consultation", Unheld(), decide, evolve
)
