r"""A subject of personal data, and its erasure (个人信息保护法 第四十七条).

    (nothing) --erase--> asked --confirm--> Erased, for ever
        ^                  |
        \------ reject ----/

One person asks for it, another one confirms: it can't be undone. The fact is the truth; the key is destroyed after it, and
again if the vault was away. Every hash stays valid, and a replay prints 〔已删除〕.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from services.roster.domain.access import confirming
from shared.events.roster import ErasureAsked, ErasureRejected, SubjectErased
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.terms import Role

ASKING = (Role.OFFICE_HEAD,)
CONFIRMING = (Role.OFFICE_HEAD, Role.SECURITY_ADMIN)


class EraseSubject(Command):
    """Ask that the personal data of a subject be made unreadable for ever."""

    reason: str = Field(min_length=4, max_length=500)


class ConfirmErasure(Command):
    """Say as the second person that it is to be so."""

    proposal: UUID


class RejectErasure(Command):
    """Say no to an erasure that was asked for; who asked may take it back."""

    proposal: UUID
    reason: str = Field(min_length=1, max_length=200)


class ErasureWaits(Refused):
    """It was asked for before, by somebody else or for another reason, and waits for the second person."""

    title = "该主体的删除申请正在等待确认"


class AlreadyErased(Refused):
    """What is erased is erased, for the reason that was given then."""

    title = "该主体的个人数据已经删除"


@dataclass(frozen=True)
class Readable:
    """Nothing was done; somebody may have asked."""

    asked: ErasureAsked | None = None


@dataclass(frozen=True)
class Erased:
    """Erased on a day, for a reason."""

    fact: SubjectErased


State = Readable | Erased
SubjectCommand = EraseSubject | ConfirmErasure | RejectErasure
SubjectFact = ErasureAsked | ErasureRejected | SubjectErased


@dataclass(frozen=True)
class KnownSubject:
    """The id of what would be a proposal."""

    proposal: UUID


def decide(state: State, command: SubjectCommand, context: Context[KnownSubject]) -> list[SubjectFact]:
    """Facts, or a refusal."""
    match state, command:
        case Readable(asked=asked), EraseSubject():
            _may_ask(context)
            if asked is not None:
                if (asked.by, asked.reason) == (context.actor.id, command.reason):
                    return []
                raise ErasureWaits(proposal=str(asked.id), reason=asked.reason)
            id_, by = context.known.proposal, context.actor.id
            return [ErasureAsked(id=id_, reason=command.reason, by=by, on=context.today)]
        case Readable(asked=asked), ConfirmErasure():
            if asked is None or asked.id != command.proposal:
                raise _nothing_asked(command, context)
            confirming(context, CONFIRMING, asked.by)
            return [SubjectErased(reason=asked.reason, by=asked.by, on=context.today, confirmed_by=context.actor.id)]
        case Readable(asked=asked), RejectErasure():
            if asked is None or asked.id != command.proposal:
                raise _nothing_asked(command, context)
            if context.actor.id != asked.by:
                confirming(context, CONFIRMING)
            return [ErasureRejected(id=asked.id, reason=command.reason, on=context.today)]
        case Erased(fact=fact), EraseSubject():
            _may_ask(context)
            if fact.reason == command.reason:
                return []
            raise AlreadyErased(on=fact.on)
        case Erased(), ConfirmErasure() | RejectErasure():
            raise _nothing_asked(command, context)


def _may_ask(context: Context[object]) -> None:
    if not context.actor.holds(*ASKING):
        raise Forbidden(needs=[role.label for role in ASKING])


def _nothing_asked(command: ConfirmErasure | RejectErasure, context: Context[object]) -> Unknown | Forbidden:
    """Told only to those whom it concerns."""
    if context.actor.holds(*CONFIRMING):
        return Unknown(what="proposal", id=str(command.proposal))
    return Forbidden(needs=[role.label for role in CONFIRMING])


def evolve(state: State, fact: SubjectFact) -> State:
    """The state after a fact."""
    match state, fact:
        case ((Readable() | Erased()), SubjectErased()):
            return Erased(fact)
        case Readable(), ErasureAsked():
            return Readable(fact)
        case Readable(), ErasureRejected():
            return Readable()
        case Erased(), ErasureAsked() | ErasureRejected():
            return state


SUBJECT: Decider[State, SubjectCommand, SubjectFact, KnownSubject] = Decider("subject", Readable(), decide, evolve)
