r"""绿色通道 (畅通企业办事绿色通道, 方案 五(三); R52): a matter of an enterprise, taken at a window and done sooner than promised.

    (nothing) --open--> Opened --finish--> Finished
                           \----drop-----> Dropped

Days saved are the working days promised less those used, counted from the day after acceptance by the calendar in force; a
case that took longer saved less than nothing, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from services.issues.domain.ticket import deadlines
from services.issues.domain.ticket.commands import Code, Day, Note, Words
from shared.events.issues import Due, GreenCaseDropped, GreenCaseFinished, GreenCaseOpened
from shared.events.visits import Visited
from shared.language.decider import Context, Decider, looked_up
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import GreenStage, Role

_UNIT = (Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON)


class OpenGreenCase(Command):
    """A matter is taken. Without ``unit`` it is the caller's own."""

    enterprise: UUID
    unit: Code | None = None
    matter: Words
    window: str = Field(min_length=1, max_length=200)
    promised: int = Field(ge=1, le=365, description="承诺办结工作日")
    accepted_on: Day


class FinishGreenCase(Command):
    """It is done."""

    done_on: Day
    result: Note = ""


class DropGreenCase(Command):
    """It was entered by mistake, or given up."""

    reason: Words


GreenCommand = OpenGreenCase | FinishGreenCase | DropGreenCase


class GreenCaseKnown(Refused):
    """One case, one entry (R52)."""

    title = "该绿色通道事项已登记,内容不同"


class GreenCaseOver(Refused):
    """What is finished or dropped stays so (R52)."""

    title = "该绿色通道事项已办结或者已撤销"


class GreenDayWrong(Refused):
    """Accepted and then done, neither in the future (R52)."""

    title = "受理、办结日期须先后有序,且不得晚于今天"


class WindowUnitUnknown(Refused):
    """A window belongs to a unit of the district (R52)."""

    title = "没有这个单位"


@dataclass(frozen=True)
class Unopened:
    """Nothing yet."""


@dataclass(frozen=True)
class Opened:
    """Being dealt with."""

    case: GreenCaseOpened
    STAGE: ClassVar[GreenStage] = GreenStage.OPEN


@dataclass(frozen=True)
class Finished:
    """Done."""

    case: GreenCaseOpened
    end: GreenCaseFinished
    STAGE: ClassVar[GreenStage] = GreenStage.FINISHED


@dataclass(frozen=True)
class Dropped:
    """Not to be counted."""

    case: GreenCaseOpened
    end: GreenCaseDropped
    STAGE: ClassVar[GreenStage] = GreenStage.DROPPED


Case = Opened | Finished | Dropped
State = Unopened | Case


GreenFact = GreenCaseOpened | GreenCaseFinished | GreenCaseDropped


@dataclass(frozen=True)
class KnownWindow:
    """For a matter that is taken: the enterprise as it is called, the unit whose window it is, and which units there are."""

    enterprise: Visited
    unit: str
    units: frozenset[str]


def may_write(unit: str, context: Context[object]) -> None:
    """People of the unit for their own windows, the office for any."""
    actor = context.actor
    if not actor.holds(*OFFICE) and not (actor.holds(*_UNIT) and actor.unit == unit):
        raise Forbidden(needs=[role.label for role in (*_UNIT, *OFFICE)], unit=unit)


def decide(state: State, command: GreenCommand, context: Context[KnownWindow | None]) -> list[GreenFact]:
    """Facts, or a refusal."""
    match state, command:
        case Unopened(), OpenGreenCase():
            return [_opened(command, looked_up(context.known), context)]
        case Unopened(), FinishGreenCase() | DropGreenCase():
            raise Unknown(what="green_case", id=str(context.subject))
        case ((Opened() | Finished() | Dropped()), OpenGreenCase()):
            may_write(state.case.unit, context)
            raise GreenCaseKnown
        case Opened(), FinishGreenCase():
            may_write(state.case.unit, context)
            return [_finished(state.case, command, context)]
        case Opened(), DropGreenCase():
            may_write(state.case.unit, context)
            return [GreenCaseDropped(reason=command.reason, by=context.actor.id, on=context.today)]
        case Finished(), FinishGreenCase():
            may_write(state.case.unit, context)
            if (state.end.done_on, state.end.result) == (command.done_on, command.result):
                return []
            raise GreenCaseOver
        case Dropped(), DropGreenCase():
            may_write(state.case.unit, context)
            if state.end.reason == command.reason:
                return []
            raise GreenCaseOver
        case (Finished(), DropGreenCase()) | (Dropped(), FinishGreenCase()):
            may_write(state.case.unit, context)
            raise GreenCaseOver


def _opened(command: OpenGreenCase, known: KnownWindow, context: Context[object]) -> GreenCaseOpened:
    unit = known.unit
    may_write(unit, context)
    if unit not in known.units:
        raise WindowUnitUnknown(unit=unit)
    if command.accepted_on > context.today:
        raise GreenDayWrong(today=str(context.today))
    due = Due(
        on=context.calendar.add_workdays(command.accepted_on, command.promised),
        derivation=context.calendar.explain(command.accepted_on, command.promised),
        calendar=context.calendar.version,
        rule=deadlines.RULE,
        start=command.accepted_on,
        workdays=command.promised,
    )
    return GreenCaseOpened(
        enterprise=known.enterprise,
        unit=unit,
        matter=command.matter,
        window=command.window,
        promised=command.promised,
        accepted_on=command.accepted_on,
        due=due,
        by=context.actor.id,
        on=context.today,
    )


def _finished(case: GreenCaseOpened, command: FinishGreenCase, context: Context[object]) -> GreenCaseFinished:
    if not case.accepted_on <= command.done_on <= context.today:
        raise GreenDayWrong(accepted_on=str(case.accepted_on), today=str(context.today))
    used = context.calendar.workdays_between(case.accepted_on, command.done_on)
    return GreenCaseFinished(
        done_on=command.done_on,
        result=command.result,
        used=used,
        saved=case.promised - used,
        calendar=context.calendar.version,
        by=context.actor.id,
        on=context.today,
    )


def allowed_actions(state: Case, context: Context[object]) -> list[str]:
    """What this actor may ask of it now."""
    if not isinstance(state, Opened):
        return []
    try:
        may_write(state.case.unit, context)
    except Forbidden:
        return []
    return ["finish", "drop"]


def evolve(state: State, fact: GreenFact) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Unopened() | Opened() | Finished() | Dropped()), GreenCaseOpened()):
            return Opened(fact)
        case Opened(), GreenCaseFinished():
            return Finished(state.case, fact)
        case Opened(), GreenCaseDropped():
            return Dropped(state.case, fact)
        case ((Unopened() | Finished() | Dropped()), GreenCaseFinished() | GreenCaseDropped()):
            return state


GREEN: Decider[State, GreenCommand, GreenFact, KnownWindow | None] = Decider("green", Unopened(), decide, evolve)
