"""A piece of guidance: a head tells members of the unit what to do by a day (R16: 全面督促指导和落实).

(nothing) --set--> Open --progress--> Open --done--> Done
+---- cancel ---> Cancelled
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.roster.domain.access import the_unit
from services.roster.domain.unit import Code
from shared.events.roster import TaskCancelled, TaskDone, TaskProgressed, TaskSet
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.terms import Role, TaskStage

Words = Annotated[str, Field(min_length=1, max_length=2000)]


class SetTask(Command):
    """Tell members of a unit what to do by a day."""

    unit: Code
    title: str = Field(min_length=1, max_length=200)
    content: str = Field("", max_length=2000)
    members: tuple[UUID, ...] = Field(min_length=1, max_length=50)
    due: WrittenDate


class ProgressTask(Command):
    """Tell what was done so far."""

    note: Words


class DoTask(Command):
    """It is done."""

    result: Words


class CancelTask(Command):
    """Nobody needs to do it any more."""

    reason: Words


class TaskExists(Refused):
    """An id names one task for ever."""

    title = "该编号的任务已存在,内容不同"


class TaskIsOver(Refused):
    """What is done or cancelled changes no more."""

    title = "任务已结束"


class MembersNotOfUnit(Refused):
    """A head guides the unit's own people (R16)."""

    title = "所列人员不在该单位任职"


class DueBeforeToday(Refused):
    """Nobody can be given a day that is over."""

    title = "完成期限不得早于今天"


class NotYourTask(Forbidden):
    """Those it was given to report on it."""

    title = "只有任务承担人可以填报"


@dataclass(frozen=True)
class NoTask:
    """Not set yet."""


@dataclass(frozen=True)
class Task:
    """A task, with what was told of it last."""

    setting: TaskSet
    stage: TaskStage = TaskStage.OPEN
    words: str = ""
    ended_on: date | None = None


State = NoTask | Task
TaskCommand = SetTask | ProgressTask | DoTask | CancelTask
TaskFact = TaskSet | TaskProgressed | TaskDone | TaskCancelled


@dataclass(frozen=True)
class KnownTask:
    """To set it: which of the members named hold a post in the unit today."""

    staff: AbstractSet[UUID] = frozenset()


def decide(state: State, command: TaskCommand, context: Context[KnownTask]) -> list[TaskFact]:
    """Facts, or a refusal."""
    match state, command:
        case NoTask(), SetTask():
            return [_set(command, context)]
        case NoTask(), ProgressTask() | DoTask() | CancelTask():
            raise Unknown(what="task")
        case Task(), SetTask():
            the_unit(context, state.setting.unit, Role.HEAD, Role.DEPUTY)
            same = state.setting == TaskSet(**command.model_dump(), on=state.setting.on)
            if same:
                return []
            raise TaskExists(title_=state.setting.title)
        case Task(), ProgressTask():
            _mine(state, context)
            _open(state)
            return [] if state.words == command.note else [TaskProgressed(note=command.note, on=context.today)]
        case Task(), DoTask():
            _mine(state, context)
            if state.stage is TaskStage.DONE and state.words == command.result:
                return []
            _open(state)
            return [TaskDone(result=command.result, on=context.today)]
        case Task(), CancelTask():
            the_unit(context, state.setting.unit, Role.HEAD, Role.DEPUTY)
            if state.stage is TaskStage.CANCELLED and state.words == command.reason:
                return []
            _open(state)
            return [TaskCancelled(reason=command.reason, on=context.today)]


def _set(command: SetTask, context: Context[KnownTask]) -> TaskSet:
    the_unit(context, command.unit, Role.HEAD, Role.DEPUTY)
    if strangers := sorted(str(member) for member in set(command.members) - context.known.staff):
        raise MembersNotOfUnit(members=strangers)
    if command.due < context.today:
        raise DueBeforeToday(due=command.due)
    return TaskSet(**command.model_dump(), on=context.today)


def _mine(state: Task, context: Context[object]) -> None:
    if context.actor.id not in state.setting.members:
        raise NotYourTask


def _open(state: Task) -> None:
    if state.stage is not TaskStage.OPEN:
        raise TaskIsOver(stage=state.stage.label)


def evolve(state: State, fact: TaskFact) -> State:
    """The state after a fact."""
    match state, fact:
        case NoTask(), TaskSet():
            return Task(fact)
        case NoTask(), TaskProgressed() | TaskDone() | TaskCancelled():
            return state
        case Task(), TaskSet():
            return state
        case Task(), TaskProgressed() | TaskDone() | TaskCancelled():
            return _told(state, fact) if state.stage is TaskStage.OPEN else state


def _told(task: Task, fact: TaskProgressed | TaskDone | TaskCancelled) -> Task:
    match fact:
        case TaskProgressed():
            return replace(task, words=fact.note)
        case TaskDone():
            return replace(task, stage=TaskStage.DONE, words=fact.result, ended_on=fact.on)
        case TaskCancelled():
            return replace(task, stage=TaskStage.CANCELLED, words=fact.reason, ended_on=fact.on)


TASK: Decider[State, TaskCommand, TaskFact, KnownTask] = Decider("task", NoTask(), decide, evolve)
