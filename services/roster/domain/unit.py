r"""A unit: a department or township that files ledgers, a branch or village under it, the district, its offices.

    (nothing) --establish--> Standing --rename / move / charge / document--> Standing --end--> Ended --end (put right)--> Ended
                                ^                                                                |
                                \------------------------ withdraw-end --------------------------/

An end is proposed by one person of the office and confirmed by another.
方案 三(一): the vertical line goes district → department → branch, the horizontal one district → township → village.
Units are born, split off, renamed, moved and ended on a day, which may be to come: until then the unit works as before. What
was said of its end can be put right or taken back, before its day and after. What holds on a day does not depend on the order
in which it was said. Each
filing unit issues a plan and sets up a leading group and a task force (方案 四(一)1, 四(二)1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from services.roster.domain.access import confirming, of_the_office, the_office, the_unit
from shared.events.roster import (
    UnitCharged,
    UnitDocumented,
    UnitDocumentWithdrawn,
    UnitEnded,
    UnitEndProposed,
    UnitEndRejected,
    UnitEndWithdrawn,
    UnitEstablished,
    UnitMoved,
    UnitRenamed,
)
from shared.language.dated import on_day, said_of
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.problems import Refused, Unknown
from shared.language.terms import Line, PaperKind, Role, UnitKind

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
Placed = tuple[Line, str | None]
"""What a unit is to those who assign: its line, and for a branch or village the unit it stands under."""
Name = Annotated[str, Field(min_length=1, max_length=100)]

_ABOVE = {
    UnitKind.DEPARTMENT: UnitKind.DISTRICT,
    UnitKind.TOWNSHIP: UnitKind.DISTRICT,
    UnitKind.BRANCH: UnitKind.DEPARTMENT,
    UnitKind.VILLAGE: UnitKind.TOWNSHIP,
    UnitKind.OFFICE: UnitKind.DISTRICT,
    UnitKind.INSPECTORATE: UnitKind.DISTRICT,
}
_MOST_PAPERS = 200


class EstablishUnit(Command):
    """Establish a unit under the one above it; ``predecessors`` are those it was split off from."""

    name: Name
    kind: UnitKind
    parent: Code | None = None
    on: WrittenDate
    document: str = Field("", max_length=100)
    predecessors: tuple[Code, ...] = Field(default=(), max_length=20)


class RenameUnit(Command):
    """Give a unit another name from a day on."""

    name: Name
    on: WrittenDate
    document: str = Field("", max_length=100)


class MoveUnit(Command):
    """Put a village or a branch under another unit from a day on."""

    parent: Code
    on: WrittenDate
    document: str = Field("", max_length=100)


class EndUnit(Command):
    """End a unit; ``on`` is the first day without it."""

    on: WrittenDate
    successors: tuple[Code, ...] = Field((), max_length=20)
    document: str = Field("", max_length=100)


class ConfirmUnitEnd(Command):
    """Say as the second person that the unit ends as proposed."""

    proposal: UUID


class RejectUnitEnd(Command):
    """Say no to the end that was proposed; the proposer may take it back."""

    proposal: UUID
    reason: str = Field(min_length=1, max_length=200)


class WithdrawUnitEnd(Command):
    """Take back that the unit ends."""

    reason: str = Field(min_length=1, max_length=200)


class ChargeUnit(Command):
    """Say in words what the unit has to do (定责)."""

    duty: str = Field(min_length=1, max_length=2000)


class DocumentUnit(Command):
    """Keep a paper the unit issued."""

    document: UUID
    kind: PaperKind
    number: str = Field(min_length=1, max_length=100)
    title: str = Field(min_length=1, max_length=200)
    issued: WrittenDate
    expires: WrittenDate | None = None
    members: tuple[UUID, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _in_order(self) -> DocumentUnit:
        if self.expires is not None and self.expires < self.issued:
            message = "失效日期不得早于印发日期"
            raise ValueError(message)
        return self


class WithdrawUnitDocument(Command):
    """Take a paper out of force."""

    document: UUID
    reason: str = Field(min_length=1, max_length=200)


class UnitExists(Refused):
    """A code names one unit for ever."""

    title = "该编码的单位已存在"


class WrongParent(Refused):
    """Each kind of unit stands under one kind (方案 三(一))."""

    title = "上级单位不符合网格层级"


class UnitHasEnded(Refused):
    """An ended unit changes no more."""

    title = "该单位已撤销"


class BeforeItsTime(Refused):
    """Nothing happens to a unit before it exists."""

    title = "日期早于单位设立日期"


class UnitsNotThere(Refused):
    """Predecessors and successors are units, and nobody is their own."""

    title = "没有所列的前身或承接单位"


class CantSucceed(Refused):
    """Work goes to units of the same kind, a branch's or a village's also to one of the kind above it, that are there on the day
    (方案 三(一)).
    """

    title = "承接单位须为同类单位或其上级网格单位,且在撤销之日仍然存续"


class StillSucceeds(Refused):
    """A unit that took over from another is there at least on that day: successors never run in a circle."""

    title = "该单位在其承接其他单位之日须仍存续"


class EndWaits(Refused):
    """One proposal at a time: what waits for a second person is settled first."""

    title = "该单位已有待确认的撤销提议,请先确认或退回"


class NothingToTakeBack(Refused):
    """Only an end that was said can be taken back."""

    title = "该单位没有待撤回的撤销"


class PaperKnown(Refused):
    """An id names one paper for ever."""

    title = "该编号的文件已登记,内容不同"


class TooManyPapers(Refused):
    """What is no longer in force is withdrawn, not piled up."""

    title = "文件过多,请先撤下失效的文件"


@dataclass(frozen=True)
class Paper:
    """A paper, and from which day it is no longer in force if somebody took it out."""

    told: UnitDocumented
    withdrawn_on: date | None = None


@dataclass(frozen=True)
class Named:
    """Another unit that a command names: what it is and when it is there."""

    kind: UnitKind
    since: date
    ended: date | None = None

    def stands(self, day: date) -> bool:
        """Whether it is there on a day."""
        return self.since <= day and (self.ended is None or self.ended > day)


@dataclass(frozen=True)
class NoUnit:
    """Not there yet."""


@dataclass(frozen=True)
class Standing:
    """A unit at work."""

    code: str
    kind: UnitKind
    since: date
    names: tuple[tuple[date, str], ...]
    """Each name with the day from which the unit was called so; the first is the one it was established under."""
    parents: tuple[tuple[date, str], ...] = ()
    """Each unit above it with the day from which it stood there."""
    predecessors: tuple[str, ...] = ()
    duty: str = ""
    papers: tuple[Paper, ...] = ()
    proposal: UnitEndProposed | None = None
    """An end that waits for a second person."""


@dataclass(frozen=True)
class Ended:
    """A unit whose last day is known; it may be to come."""

    was: Standing
    on: date
    successors: tuple[str, ...] = ()


State = NoUnit | Standing | Ended
UnitCommand = (
    EstablishUnit
    | RenameUnit
    | MoveUnit
    | EndUnit
    | ConfirmUnitEnd
    | RejectUnitEnd
    | WithdrawUnitEnd
    | ChargeUnit
    | DocumentUnit
    | WithdrawUnitDocument
)


UnitFact = (
    UnitEstablished
    | UnitRenamed
    | UnitMoved
    | UnitEnded
    | UnitEndProposed
    | UnitEndRejected
    | UnitEndWithdrawn
    | UnitCharged
    | UnitDocumented
    | UnitDocumentWithdrawn
)


@dataclass(frozen=True)
class KnownUnit:
    """The unit's code and the id of what would be a proposal; beside them the kind of the one above it on the day, the units named,
    and for an end the last day on which this one took over from another.
    """

    code: str
    proposal: UUID
    parent: UnitKind | None = None
    units: Mapping[str, Named] = field(default_factory=dict[str, Named])
    took_over: date | None = None


def decide(state: State, command: UnitCommand, context: Context[KnownUnit]) -> list[UnitFact]:
    """Facts, or a refusal."""
    if isinstance(command, ChargeUnit | DocumentUnit | WithdrawUnitDocument):
        the_unit(context, context.known.code, Role.HEAD, Role.DEPUTY)
    else:
        the_office(context)
    match state:
        case NoUnit():
            return _establish(command, context)
        case Standing():
            return _standing(state, command, context)
        case Ended():
            return _ended(state, command, context)


def _establish(command: UnitCommand, context: Context[KnownUnit]) -> list[UnitFact]:
    match command:
        case EstablishUnit():
            _fits(command.kind, command.parent, context)
            _there(command.predecessors, context)
            return [UnitEstablished(code=context.known.code, **command.model_dump())]
        case RenameUnit() | MoveUnit() | EndUnit() | ConfirmUnitEnd() | RejectUnitEnd() | WithdrawUnitEnd():
            raise Unknown(what="unit")
        case ChargeUnit() | DocumentUnit() | WithdrawUnitDocument():
            raise Unknown(what="unit")


def _ended(state: Ended, command: UnitCommand, context: Context[KnownUnit]) -> list[UnitFact]:
    match command:
        case ConfirmUnitEnd() | RejectUnitEnd():
            return _second(state.was, command, context)
        case EndUnit():
            if (command.on, command.successors) == (state.on, state.successors):
                return []
            return _end(state.was, command, context)
        case WithdrawUnitEnd():
            return [UnitEndWithdrawn(reason=command.reason, on=context.today)]
        case RenameUnit(on=on) | MoveUnit(on=on) if on < state.on:
            return _standing(state.was, command, context)
        case ChargeUnit() | DocumentUnit() | WithdrawUnitDocument() if context.today < state.on:
            return _standing(state.was, command, context)
        case EstablishUnit() | RenameUnit() | MoveUnit() | ChargeUnit() | DocumentUnit() | WithdrawUnitDocument():
            raise UnitHasEnded(on=state.on)


def _end(
    state: Standing, command: EndUnit, context: Context[KnownUnit], proposed: UnitEndProposed | None = None
) -> list[UnitFact]:
    _not_before(state, command.on)
    _there(command.successors, context)
    units = context.known.units
    above = {_ABOVE[state.kind]} if state.kind in (UnitKind.BRANCH, UnitKind.VILLAGE) else set[UnitKind]()
    fit = {state.kind} | above
    if unfit := [code for code in command.successors if units[code].kind not in fit or not units[code].stands(command.on)]:
        raise CantSucceed(units=unfit, kind=state.kind.label, on=command.on)
    took_over = context.known.took_over
    if took_over is not None and command.on <= took_over:
        raise StillSucceeds(on=took_over)
    return _by_two(state, command, context, proposed)


def _by_two(state: Standing, command: EndUnit, context: Context[KnownUnit], proposed: UnitEndProposed | None) -> list[UnitFact]:
    """The installation's own hand is enough; else a first person proposes, and a second one ends it."""
    actor, waiting = context.actor, state.proposal
    if proposed is not None or actor.holds(Role.SYSTEM):
        return [UnitEnded(**command.model_dump(), proposed_by=proposed and proposed.by)]
    if waiting is None:
        return [
            UnitEndProposed(
                **command.model_dump(),
                id=context.known.proposal,
                by=actor.id,
                by_head=actor.holds(Role.OFFICE_HEAD),
                proposed_on=context.today,
            )
        ]
    said = (command.on, command.successors, command.document, actor.id)
    if (waiting.on, waiting.successors, waiting.document, waiting.by) == said:
        return []
    raise EndWaits(on=waiting.on)


def _second(state: Standing, command: ConfirmUnitEnd | RejectUnitEnd, context: Context[KnownUnit]) -> list[UnitFact]:
    proposed = state.proposal
    if proposed is None or proposed.id != command.proposal:
        raise Unknown(what="proposal", id=str(command.proposal))
    if isinstance(command, RejectUnitEnd) and context.actor.id == proposed.by:
        return [UnitEndRejected(id=proposed.id, reason=command.reason, on=context.today)]
    confirming(context, of_the_office(by_head=proposed.by_head), proposed.by)
    if isinstance(command, RejectUnitEnd):
        return [UnitEndRejected(id=proposed.id, reason=command.reason, on=context.today)]
    said = EndUnit(on=proposed.on, successors=proposed.successors, document=proposed.document)
    return _end(state, said, context, proposed)


def _standing(state: Standing, command: UnitCommand, context: Context[KnownUnit]) -> list[UnitFact]:
    match command:
        case EstablishUnit():
            parent = state.parents[0][1] if state.parents else None
            if (state.names[0][1], state.kind, parent) == (command.name, command.kind, command.parent):
                return []
            raise UnitExists(code=state.code, name=on_day(state.names, context.today))
        case RenameUnit():
            _not_before(state, command.on)
            return [] if said_of(state.names, command.on) == command.name else [UnitRenamed(**command.model_dump())]
        case MoveUnit():
            _not_before(state, command.on)
            _fits(state.kind, command.parent, context)
            return [] if said_of(state.parents, command.on) == command.parent else [UnitMoved(**command.model_dump())]
        case EndUnit():
            return _end(state, command, context)
        case ConfirmUnitEnd() | RejectUnitEnd():
            return _second(state, command, context)
        case WithdrawUnitEnd():
            raise NothingToTakeBack
        case ChargeUnit():
            return [] if command.duty == state.duty else [UnitCharged(duty=command.duty, on=context.today)]
        case DocumentUnit():
            return _paper(state, command)
        case WithdrawUnitDocument():
            paper = _known(state, command.document)
            if paper is None:
                raise Unknown(what="document", id=str(command.document))
            return [] if paper.withdrawn_on else [UnitDocumentWithdrawn(**command.model_dump(), on=context.today)]


def _paper(state: Standing, command: DocumentUnit) -> list[UnitFact]:
    fact = UnitDocumented(**command.model_dump())
    known = _known(state, command.document)
    if known is not None:
        if known.told == fact:
            return []
        raise PaperKnown(document=str(command.document))
    if len(state.papers) >= _MOST_PAPERS:
        raise TooManyPapers(most=_MOST_PAPERS)
    return [fact]


def _known(state: Standing, document: UUID) -> Paper | None:
    return next((paper for paper in state.papers if paper.told.document == document), None)


def _fits(kind: UnitKind, parent: str | None, context: Context[KnownUnit]) -> None:
    above = _ABOVE.get(kind)
    if above is not None and context.known.parent != above:
        raise WrongParent(kind=kind.label, parent=parent, needs=above.label)
    if above is None and parent is not None:
        raise WrongParent(kind=kind.label, parent=parent)


def _there(codes: tuple[str, ...], context: Context[KnownUnit]) -> None:
    others = context.known.units.keys() - {context.known.code}
    if missing := sorted(set(codes) - others):
        raise UnitsNotThere(units=missing)


def _not_before(state: Standing, on: date) -> None:
    if on < state.since:
        raise BeforeItsTime(since=state.since)


def evolve(state: State, fact: UnitFact) -> State:
    """The state after a fact. A fact of another time changes nothing: evolve can't refuse."""
    match state:
        case NoUnit():
            return _established(fact)
        case Standing():
            return _changed(state, fact)
        case Ended():
            return _changed_after(state, fact)


def _established(fact: UnitFact) -> State:
    match fact:
        case UnitEstablished():
            parents = ((fact.on, fact.parent),) if fact.parent else ()
            return Standing(fact.code, fact.kind, fact.on, ((fact.on, fact.name),), parents, fact.predecessors)
        case UnitRenamed() | UnitMoved() | UnitEnded() | UnitEndProposed() | UnitEndRejected() | UnitEndWithdrawn():
            return NoUnit()
        case UnitCharged() | UnitDocumented() | UnitDocumentWithdrawn():
            return NoUnit()


def _changed(state: Standing, fact: UnitFact) -> Standing | Ended:
    match fact:
        case UnitRenamed():
            return replace(state, names=(*state.names, (fact.on, fact.name)))
        case UnitMoved():
            return replace(state, parents=(*state.parents, (fact.on, fact.parent)))
        case UnitCharged():
            return replace(state, duty=fact.duty)
        case UnitDocumented():
            return replace(state, papers=(*state.papers, Paper(fact)))
        case UnitDocumentWithdrawn():
            papers = tuple(
                replace(paper, withdrawn_on=fact.on) if paper.told.document == fact.document else paper for paper in state.papers
            )
            return replace(state, papers=papers)
        case UnitEndProposed():
            return replace(state, proposal=fact)
        case UnitEndRejected():
            return replace(state, proposal=None)
        case UnitEnded():
            return Ended(replace(state, proposal=None), fact.on, fact.successors)
        case UnitEstablished() | UnitEndWithdrawn():
            return state


def _changed_after(state: Ended, fact: UnitFact) -> Standing | Ended:
    """What an ended unit was until its day still changes; its end may be put right or taken back."""
    match fact:
        case UnitEndWithdrawn():
            return state.was
        case UnitEnded():
            return Ended(replace(state.was, proposal=None), fact.on, fact.successors)
        case UnitEstablished() | UnitRenamed() | UnitMoved() | UnitEndProposed() | UnitEndRejected():
            was = _changed(state.was, fact)
        case UnitCharged() | UnitDocumented() | UnitDocumentWithdrawn():
            was = _changed(state.was, fact)
    return replace(state, was=was) if isinstance(was, Standing) else state


UNIT: Decider[State, UnitCommand, UnitFact, KnownUnit] = Decider("unit", NoUnit(), decide, evolve)
