r"""A unit's ledger month: filed by the liaison, signed by the head, perhaps returned, supplemented after the cut-off.

    Open --submit--> Filed --sign--> Signed
                      ^  \--return--> Returned --submit--> Filed (next revision)
                      any filed state --supplement--> itself, with a supplement more
                      any late one --explain--> itself, with the reason for being late

方案 五(五): by the 27th of each month the liaison files the ledger (附件3) with the office. On time is the first filing that
was received up to the due instant; a later return for its content changes nothing in that (kpi §7). What is filed is
frozen: a cut, a row count, a digest. What comes later becomes a supplement, without paperwork (choices 2). A late one is
taken as it comes, and asks for its reason until the unit has given it, with the filing or afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from services.reporting.domain.ledger import Ledger, digest
from shared.events.reporting import Filing, LedgerExplained, LedgerReturned, LedgerSigned, LedgerSubmitted, LedgerSupplemented
from shared.language.decider import Context, Decider, looked_up
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused
from shared.language.reach import OFFICE
from shared.language.terms import Line, Role


class SubmitLedger(Command):
    """File the ledger as it stands now."""

    note: str = Field("", max_length=200)


class SignLedger(Command):
    """Sign the filed ledger; the digest says which one was read."""

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class ReturnLedger(Command):
    """Send the filed ledger back for its content."""

    reason: str = Field(min_length=1, max_length=500)


class ExplainLedger(Command):
    """Say why the ledger was filed late, or say it more fully."""

    reason: str = Field(min_length=1, max_length=500)


class SupplementLedger(Command):
    """Add what came after the cut-off."""

    IF_NOT_SO: ClassVar[bool] = True
    filing: Filing
    added: int
    changed: int
    removed: int


class AlreadyFiled(Refused):
    """A filed ledger is frozen; only one that was returned is filed again (kpi §1)."""

    title = "本月台账已报送"


class NotFiled(Refused):
    """What is not filed can't be signed, returned or supplemented."""

    title = "本月台账尚未报送"


class AlreadyReturned(Refused):
    """It was sent back for another reason, which stands: the unit was told that one."""

    title = "本月台账已退回"


class NotLate(Refused):
    """Only a ledger that was filed late has a reason for that."""

    title = "本月台账按时报送,无需说明逾期原因"


class AnotherLedger(Refused):
    """The head signs what was read: the digest of the filed ledger (R59)."""

    title = "签发的内容与已报送台账不一致"


class SignedByAnother(Refused):
    """A ledger is signed once; who reads it later did not sign it."""

    title = "本月台账已由他人签发"


class SubmitterSigns(Refused):
    """报送 needs 签发 by somebody else (roles: separation of duties)."""

    title = "报送人不能签发本台账"


class MonthNotBegun(Refused):
    """A month that has not begun has no ledger."""

    title = "该月份尚未开始"


@dataclass(frozen=True)
class Open:
    """Nothing filed yet."""


@dataclass(frozen=True)
class Filed:
    """Filed, waiting for the signature."""

    unit: str
    month: str
    revision: int
    filing: Filing
    submitter: str
    received: datetime
    first_on_time: bool
    supplements: tuple[LedgerSupplemented, ...] = ()
    note: str = ""
    late_reason: str = ""
    """Why it was late, as said last."""

    @property
    def reason_wanted(self) -> bool:
        """It was filed late, and nobody has said why."""
        return not self.first_on_time and not self.late_reason


@dataclass(frozen=True)
class Signed:
    """Filed and signed."""

    filed: Filed
    by: UUID | None = None
    """Who signed; unknown of old facts."""


@dataclass(frozen=True)
class Returned:
    """Sent back by the office."""

    filed: Filed
    reason: str


State = Open | Filed | Signed | Returned
MonthCommand = SubmitLedger | SignLedger | ReturnLedger | SupplementLedger | ExplainLedger
MonthFact = LedgerSubmitted | LedgerSigned | LedgerReturned | LedgerSupplemented | LedgerExplained


@dataclass(frozen=True)
class KnownFiling:
    """What a unit would file at this moment: computed just now, due then, of a month that has begun or not."""

    line: Line
    due: datetime
    begun: bool
    filing: Filing


@dataclass(frozen=True)
class KnownMonth:
    """Whose ledger of which month it is; and what would be filed, where something is."""

    unit: str
    month: str
    ready: KnownFiling | None = None


def decide(state: State, command: MonthCommand, context: Context[KnownMonth]) -> list[MonthFact]:
    """Facts, or a refusal."""
    match state, command:
        case Open(), SubmitLedger():
            return _submit(command, context, 1, first_on_time=context.now <= looked_up(context.known.ready).due)
        case Returned(filed=filed), SubmitLedger():
            return _submit(command, context, filed.revision + 1, first_on_time=filed.first_on_time)
        case Filed() | Signed(), SubmitLedger():
            _of_the_unit(context, Role.LIAISON, Role.BACKUP_LIAISON)
            filed = state.filed if isinstance(state, Signed) else state
            if (filed.filing.digest, filed.note) == (looked_up(context.known.ready).filing.digest, command.note):
                return []
            raise AlreadyFiled(month=filed.month, revision=filed.revision)
        case Filed(), SignLedger():
            _of_the_unit(context, Role.HEAD, Role.DEPUTY)
            if command.digest != state.filing.digest:
                raise AnotherLedger(filed=state.filing.digest)
            if str(context.actor.id) == state.submitter:
                raise SubmitterSigns
            return [LedgerSigned(revision=state.revision, digest=command.digest, on=context.today, by=context.actor.id)]
        case Signed(), SignLedger():
            _of_the_unit(context, Role.HEAD, Role.DEPUTY)
            if command.digest != state.filed.filing.digest:
                raise AnotherLedger(filed=state.filed.filing.digest)
            if state.by not in (None, context.actor.id):
                raise SignedByAnother(month=state.filed.month, revision=state.filed.revision)
            return []
        case Filed() | Signed(), ReturnLedger():
            _of_the_office(context)
            return [LedgerReturned(reason=command.reason, on=context.today)]
        case Returned(filed=filed), ReturnLedger():
            _of_the_office(context)
            if command.reason == state.reason:
                return []
            raise AlreadyReturned(revision=filed.revision, reason=state.reason)
        case Filed() | Signed() | Returned(), SupplementLedger():
            return _supplement(state if isinstance(state, Filed) else state.filed, command, context)
        case Filed() | Signed() | Returned(), ExplainLedger():
            return _explain(state if isinstance(state, Filed) else state.filed, command, context)
        case Open(), ExplainLedger():
            _of_the_unit(context, *_EXPLAINING)
            raise NotFiled
        case Open(), SignLedger():
            _of_the_unit(context, Role.HEAD, Role.DEPUTY)
            raise NotFiled
        case Open(), ReturnLedger():
            _of_the_office(context)
            raise NotFiled
        case Open(), SupplementLedger():
            _the_platform(context)
            raise NotFiled
        case Returned(), SignLedger():
            _of_the_unit(context, Role.HEAD, Role.DEPUTY)
            raise NotFiled(reason=state.reason)


def _submit(command: SubmitLedger, context: Context[KnownMonth], revision: int, *, first_on_time: bool) -> list[MonthFact]:
    _of_the_unit(context, Role.LIAISON, Role.BACKUP_LIAISON)
    known, ready = context.known, looked_up(context.known.ready)
    if not ready.begun:
        raise MonthNotBegun(month=known.month)
    return [
        LedgerSubmitted(
            unit=known.unit,
            line=ready.line,
            month=known.month,
            revision=revision,
            filing=ready.filing,
            received=context.now,
            due=ready.due,
            on_time=first_on_time,
            by=str(context.actor.id),
            note=command.note,
        )
    ]


_EXPLAINING = (Role.LIAISON, Role.BACKUP_LIAISON, Role.HEAD)


def _explain(filed: Filed, command: ExplainLedger, context: Context[KnownMonth]) -> list[MonthFact]:
    _of_the_unit(context, *_EXPLAINING)
    if filed.first_on_time:
        raise NotLate(month=filed.month, received=filed.received)
    if command.reason == filed.late_reason:
        return []
    return [LedgerExplained(reason=command.reason, on=context.today, by=str(context.actor.id))]


def _supplement(filed: Filed, command: SupplementLedger, context: Context[object]) -> list[MonthFact]:
    _the_platform(context)
    if latest(filed).digest == command.filing.digest:
        return []
    return [
        LedgerSupplemented(
            month=filed.month, unit=filed.unit, revision=len(filed.supplements) + 1, on=context.today, **command.model_dump()
        )
    ]


def _the_platform(context: Context[object]) -> None:
    if not context.actor.holds(Role.SYSTEM):
        raise Forbidden(needs=[Role.SYSTEM.label])


def _of_the_office(context: Context[object]) -> None:
    if not context.actor.holds(*OFFICE):
        raise Forbidden(needs=[Role.OFFICE.label])


def _of_the_unit(context: Context[KnownMonth], *roles: Role) -> None:
    if context.actor.unit != context.known.unit or not context.actor.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles], unit=context.known.unit)


def evolve(state: State, fact: MonthFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Open() | Returned(), LedgerSubmitted():
            before = state.filed if isinstance(state, Returned) else None
            said = "" if fact.on_time else fact.note
            reason = (before.late_reason or said) if before else said
            return Filed(
                fact.unit,
                fact.month,
                fact.revision,
                fact.filing,
                fact.by,
                fact.received,
                fact.on_time,
                before.supplements if before else (),
                fact.note,
                reason,
            )
        case Filed(), LedgerExplained():
            return replace(state, late_reason=fact.reason)
        case Signed() | Returned(), LedgerExplained():
            return replace(state, filed=replace(state.filed, late_reason=fact.reason))
        case Filed(), LedgerSigned():
            return Signed(state, fact.by)
        case Filed(), LedgerReturned():
            return Returned(state, fact.reason)
        case Signed(), LedgerReturned():
            return Returned(state.filed, fact.reason)
        case Filed(), LedgerSupplemented():
            return replace(state, supplements=(*state.supplements, fact))
        case Signed() | Returned(), LedgerSupplemented():
            return replace(state, filed=replace(state.filed, supplements=(*state.filed.supplements, fact)))
        case Open(), LedgerSigned() | LedgerReturned() | LedgerSupplemented() | LedgerExplained():
            return state
        case Filed(), LedgerSubmitted():
            return state
        case Signed(), LedgerSubmitted() | LedgerSigned():
            return state
        case Returned(), LedgerSigned() | LedgerReturned():
            return state


def filing_of(item: Ledger, cut: Mapping[str, int], basis: str = "filing") -> Filing:
    """What a filing rests on: the ledger at its cut, by the rules it was computed by, with the figures of ``basis``."""
    figures = item.summary[basis]
    return Filing(
        cut=dict(cut),
        rows=len(item.rows),
        digest=digest(item),
        visited=figures["visited"],
        owed=figures["owed"],
        rules=item.rules,
    )


def filed_of(state: State) -> Filed | None:
    """What was filed last, whatever became of it."""
    match state:
        case Open():
            return None
        case Filed():
            return state
        case Signed(filed=filed) | Returned(filed=filed):
            return filed


def stage_of(state: State) -> str:
    """``open``, ``filed``, ``signed`` or ``returned``."""
    return type(state).__name__.lower()


def latest(filed: Filed) -> Filing:
    """What was told last of the month: the newest supplement, or else the filing."""
    return filed.supplements[-1].filing if filed.supplements else filed.filing


MONTH: Decider[State, MonthCommand, MonthFact, KnownMonth] = Decider("month", Open(), decide, evolve)
