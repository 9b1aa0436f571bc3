"""What is decided on an enterprise of the register: one table of its commands."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from services.roster.domain.access import may_rule, the_office, the_unit
from services.roster.domain.enterprise import moving
from services.roster.domain.enterprise.commands import (
    AmendEnterprise,
    AssignEnterprise,
    ChangeCustody,
    ChangeStanding,
    ChooseMainContact,
    ConfirmMove,
    FindEnterprise,
    FollowMapping,
    HandOverEnterprise,
    MissEnterprise,
    PreferContact,
    RegisterEnterprise,
    RejectMove,
    SurveyEnterprise,
    TagEnterprise,
    VerifyContactLoss,
)
from services.roster.domain.enterprise.evolve import EnterpriseFact, evolve
from services.roster.domain.enterprise.sizes import RULE, Sizing, size_of
from services.roster.domain.enterprise.states import Registered, State, Unregistered
from services.roster.domain.handover import Handover
from services.roster.domain.refusals import (
    AlreadyRegistered,
    CensusNotRunning,
    CodeInvalid,
    DuplicateUnnamed,
    NobodyNamedThere,
    NotAnEnterprise,
    NotAssignedThere,
    NotOfThisLine,
    NotUnderUnit,
    NotYourEnterprise,
    OutsideCensus,
    PublisherMayNotApply,
    TriesTooAlike,
    WorkerNotOfUnit,
)
from services.roster.domain.unit import Placed
from shared.events.roster import (
    ContactLossVerified,
    ContactPreferred,
    CorrectionProposed,
    CustodyChanged,
    EnterpriseAmended,
    EnterpriseAssigned,
    EnterpriseFound,
    EnterpriseMissed,
    EnterpriseRegistered,
    EnterpriseSized,
    EnterpriseSurveyed,
    EnterpriseTagged,
    MainContactChosen,
    StandingChanged,
)
from shared.language.codes import InvalidCode, credit_code
from shared.language.dated import said_of
from shared.language.decider import Context, Decider
from shared.language.personal import Personal
from shared.language.persons import Seat, seat
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import Line, Role, SurveyResult

EnterpriseCommand = (
    RegisterEnterprise
    | AmendEnterprise
    | ChangeStanding
    | ChangeCustody
    | AssignEnterprise
    | VerifyContactLoss
    | ConfirmMove
    | RejectMove
    | ChooseMainContact
    | FollowMapping
    | HandOverEnterprise
    | TagEnterprise
    | PreferContact
    | MissEnterprise
    | FindEnterprise
    | SurveyEnterprise
)
CORRECTED = tuple(name for name in AmendEnterprise.model_fields if name not in ("source", "batch"))
"""What a correction may say of the particulars."""

_PERSONAL = ("legal_person", "contact", "phone")


@dataclass(frozen=True)
class KnownPlaces:
    """Of the units and workers named: what those units are on the day, and in which units those workers hold posts; and the id of
    what would be a proposal.
    """

    lines: Mapping[str, Placed] = field(default_factory=dict[str, Placed])
    workers: Mapping[UUID, AbstractSet[str]] = field(default_factory=dict[UUID, AbstractSet[str]])
    proposal: UUID | None = None
    published_by: UUID | None = None
    """Of a table that is followed: who published it."""


@dataclass(frozen=True)
class KnownCorrection:
    """The correction that is approved in the same transaction, and of the unit it names what it is."""

    fact: CorrectionProposed
    lines: Mapping[str, Placed] = field(default_factory=dict[str, Placed])


@dataclass(frozen=True)
class KnownSurvey:
    """The census of which a result is told."""

    line: Line
    unit: str | None
    since: date
    until: date
    closed: bool


Known = KnownPlaces | KnownCorrection | Handover | KnownSurvey | None
"""What was looked up for a command. A hand-over is known as it stands before the signature that ends it."""


def subject(enterprise: UUID, who: str) -> Seat:
    """The subject of an enterprise's legal person or of its contact: of the first one, and of who followed an erased one."""
    return seat("legal" if who == "legal_person" else "contact", str(enterprise))


def decide(state: State, command: EnterpriseCommand, context: Context[Known]) -> list[EnterpriseFact]:
    """Facts, or a refusal."""
    match state, command:
        case Unregistered(), RegisterEnterprise():
            the_office(context)
            return _register(command, context)
        case Unregistered(), AmendEnterprise() | ChangeStanding() | ChangeCustody() | AssignEnterprise() | VerifyContactLoss():
            raise Unknown(what="enterprise", id=str(context.subject))
        case Unregistered(), ConfirmMove() | RejectMove():
            raise Unknown(what="enterprise", id=str(context.subject))
        case Unregistered(), ChooseMainContact() | FollowMapping() | HandOverEnterprise():
            raise Unknown(what="enterprise", id=str(context.subject))
        case Unregistered(), TagEnterprise() | PreferContact() | MissEnterprise() | FindEnterprise() | SurveyEnterprise():
            raise Unknown(what="enterprise", id=str(context.subject))
        case Registered(), RegisterEnterprise():
            the_office(context)
            return _registered(state, command)
        case Registered(), AmendEnterprise():
            _may_amend(command, context)
            return _amend(state, command, context)
        case Registered(), ChangeStanding():
            the_office(context)
            same = said_of(state.standings, command.on) == command.standing
            return [] if same else [StandingChanged(**command.model_dump())]
        case Registered(), ChangeCustody():
            the_office(context)
            same = said_of(state.custodies, command.on) == command.managed_elsewhere
            return [] if same else [CustodyChanged(**command.model_dump())]
        case Registered(), AssignEnterprise():
            return _assign(state, command, context)
        case Registered(), ConfirmMove() | RejectMove():
            return _rule_move(state, command, context)
        case Registered(), VerifyContactLoss():
            return _verify(state, command, context)
        case Registered(), ChooseMainContact():
            return _choose(state, command, context)
        case Registered(), FollowMapping():
            the_office(context)
            if _places(context).published_by == context.actor.id:
                raise PublisherMayNotApply
            _fits(command.line, command.unit, None, None, context)
            placed = state.placed_by(command.line, command.on)
            if placed and (placed.unit == command.unit or placed.confidence is None):
                return []
            return [EnterpriseAssigned(**command.model_dump())]
        case Registered(), HandOverEnterprise():
            return _hand_over(state, command, context)
        case Registered(), TagEnterprise(tags=tags):
            _the_answering(state, context)
            wanted = tuple(dict.fromkeys(tags))
            return [] if wanted == state.tags else [EnterpriseTagged(tags=wanted)]
        case Registered(), PreferContact():
            _the_answering(state, context)
            fact = ContactPreferred(**command.model_dump())
            return [] if fact == (state.preferred or ContactPreferred()) else [fact]
        case Registered(), MissEnterprise():
            the_office(context)
            surviving = state.standing(context.today).survives
            return [] if state.missed or not surviving else [EnterpriseMissed(**command.model_dump())]
        case Registered(), FindEnterprise():
            the_office(context)
            return [EnterpriseFound(on=context.today, **command.model_dump())] if state.missed else []
        case Registered(), SurveyEnterprise():
            return _survey(state, command, context)


def _assign(state: Registered, command: AssignEnterprise, context: Context[Known]) -> list[EnterpriseFact]:
    held = state.holder(command.line, command.on)
    inside = held is not None and held.unit == command.unit
    corrected = _corrects(command, context)
    the_unit(context, command.unit if inside else "", Role.HEAD, Role.DEPUTY, Role.LIAISON)
    _fits(command.line, command.unit, command.sub_unit, command.worker, context)
    if held and _said(held, command):
        return []
    lines, proposal = _places(context).lines, _places(context).proposal
    if held is not None and not inside and not corrected and moving.takes_two(held.unit, lines, context):
        return [*moving.proposed(state.moves, command, proposal, context)]
    return [EnterpriseAssigned(**command.model_dump())]


def _rule_move(state: Registered, command: ConfirmMove | RejectMove, context: Context[Known]) -> list[EnterpriseFact]:
    the_office(context)
    move = moving.asked(state.moves, command.proposal)
    if isinstance(command, RejectMove):
        return [moving.rejected(move, command, context)]
    _fits(move.line, move.unit, move.sub_unit, move.worker, context)
    return [moving.confirmed(move, context)]


def _hand_over(state: Registered, command: HandOverEnterprise, context: Context[Known]) -> list[EnterpriseFact]:
    """By the one whose signature is the second; what is no longer the giver's stays where it is."""
    _must_have_signed(command, context)
    held = state.holder(command.line, command.on)
    if held is None or (held.unit, held.worker) != (command.unit, command.giver):
        return []
    return [
        EnterpriseAssigned(
            line=command.line,
            unit=command.unit,
            sub_unit=held.sub_unit,
            worker=command.taker,
            on=command.on,
            reason="工作交接,双方签字",
            document=command.document,
        )
    ]


def _places(context: Context[Known]) -> KnownPlaces:
    """What is known of the units named; without a look no unit is known, and nothing can be assigned to one."""
    match context.known:
        case KnownPlaces():
            return context.known
        case KnownCorrection(lines=lines):
            return KnownPlaces(lines)
        case Handover() | KnownSurvey() | None:
            return KnownPlaces()


def _may_amend(command: AmendEnterprise, context: Context[Known]) -> None:
    """The office; or whoever may rule on the correction that says exactly this of this enterprise."""
    if not isinstance(context.known, KnownCorrection):
        the_office(context)
        return
    fact = context.known.fact
    if fact.enterprise != context.subject or any(getattr(fact, name) != getattr(command, name) for name in CORRECTED):
        raise Forbidden(needs=["与更正申请一致"])
    may_rule(fact, context)


def _corrects(command: AssignEnterprise, context: Context[Known]) -> bool:
    """Whether an approved correction says this move of this enterprise, and this one may approve it: two have said so."""
    if not isinstance(context.known, KnownCorrection):
        return False
    fact = context.known.fact
    said = (command.line, command.unit, command.sub_unit, context.subject)
    if (fact.line, fact.to_unit, fact.to_sub_unit, fact.enterprise) != said:
        raise Forbidden(needs=["与更正申请一致"])
    may_rule(fact, context)
    return True


def _must_have_signed(command: HandOverEnterprise, context: Context[Known]) -> None:
    """One of the two, with whose signature both have signed that this enterprise goes from the one to the other."""
    signed = context.known
    if not isinstance(signed, Handover) or not signed.last_to_sign(context.actor.id):
        raise Forbidden(needs=["交接双方签字"])
    told = signed.told
    same = (told.line, told.unit, told.giver, told.taker) == (command.line, command.unit, command.giver, command.taker)
    if not same or context.subject not in told.enterprises:
        raise Forbidden(needs=["交接双方签字"])


def _the_answering(state: Registered, context: Context[Known]) -> None:
    """The office, the leaders of a unit that answers for it today, or the worker whom it is assigned to there."""
    held = [item for line in Line if (item := state.holder(line, context.today)) and item.unit == context.actor.unit]
    his = (Role.WORKER,) if any(_his(item, context) for item in held) else ()
    the_unit(context, context.actor.unit if held else "-", Role.HEAD, Role.DEPUTY, Role.LIAISON, *his)


def _his(held: EnterpriseAssigned, context: Context[Known]) -> bool:
    """Whether the enterprise is this worker's; as long as it is nobody's, any of the unit may speak of it."""
    return held.worker in (None, context.actor.id)


def _survey(state: Registered, command: SurveyEnterprise, context: Context[Known]) -> list[EnterpriseFact]:
    census = context.known
    if not isinstance(census, KnownSurvey):
        raise Unknown(what="census", id=str(command.census))
    if census.closed or not census.since <= context.today <= census.until:
        raise CensusNotRunning(census=str(command.census))
    held = state.holder(census.line, context.today)
    if held is None or census.unit not in (None, held.unit):
        raise OutsideCensus(census=str(command.census))
    actor = context.actor
    inside = actor.unit == held.unit and (not actor.sub_unit or actor.sub_unit == held.sub_unit)
    if not inside or not actor.holds(Role.INFORMANT, Role.DEPUTY, Role.HEAD, *((Role.WORKER,) if _his(held, context) else ())):
        raise NotYourEnterprise(unit=held.unit, sub_unit=held.sub_unit)
    if (command.result == SurveyResult.DUPLICATE) != (command.of is not None) or command.of == context.subject:
        raise DuplicateUnnamed
    last = next((item for item in state.surveys if item.census == command.census), None)
    if last and (last.result, last.note, last.of) == (command.result, command.note, command.of):
        return []
    return [EnterpriseSurveyed(member=actor.id, on=context.today, **command.model_dump())]


def _sized(before: EnterpriseSized | None, particulars: dict[str, Any]) -> list[EnterpriseFact]:
    """The size class where it changed; that it can't be told is said only of what once had one."""
    found: Sizing = size_of(particulars["industry"] or "", particulars["staff"], particulars["revenue"], particulars["assets"])
    if found.size == (before.size if before else None):
        return []
    return [EnterpriseSized(size=found.size, basis=found.basis, rule=RULE)]


def _choose(state: Registered, command: ChooseMainContact, context: Context[Known]) -> list[EnterpriseFact]:
    """The office, or the unit that answers on the line, says whom the enterprise turns to first."""
    held = state.holder(command.line, command.on)
    the_unit(context, held.unit if held else "", Role.HEAD, Role.DEPUTY, Role.LIAISON)
    if held is None or held.worker is None:
        raise NobodyNamedThere(line=command.line.label)
    chosen = [item for item in sorted(state.main, key=lambda item: item.on) if item.on <= command.on]
    return [] if chosen and chosen[-1].line == command.line else [MainContactChosen(**command.model_dump())]


def _register(command: RegisterEnterprise, context: Context[Known]) -> list[EnterpriseFact]:
    try:
        code = credit_code(command.code)
    except InvalidCode as error:
        raise CodeInvalid(code=command.code, reason=str(error)) from None
    if not code.is_enterprise:
        raise NotAnEnterprise(code=code.text)
    on = command.on or context.today
    personal: dict[str, Any] = {name: _about(getattr(command, name), name, context) for name in _PERSONAL}
    plain = command.model_dump(exclude={"assignments", "on", "code", *_PERSONAL})
    facts: list[EnterpriseFact] = [EnterpriseRegistered(code=code.text, on=on, **plain, **personal)]
    for item in command.assignments:
        _fits(item.line, item.unit, item.sub_unit, item.worker, context)
        facts.append(EnterpriseAssigned(on=on, **item.model_dump()))
    return [*facts, *_sized(None, plain)]


def _registered(state: Registered, command: RegisterEnterprise) -> list[EnterpriseFact]:
    """The same registration again; what it says of particulars is compared with the first one's words."""
    placed = {(item.line, item.unit, item.sub_unit, item.worker) for item in state.assigned}
    same = placed >= {(item.line, item.unit, item.sub_unit, item.worker) for item in command.assignments}
    if same and (state.names[0][1], state.standings[0][1]) == (command.name, command.standing):
        return []
    raise AlreadyRegistered(code=state.code, name=state.name)


def _amend(state: Registered, command: AmendEnterprise, context: Context[Known]) -> list[EnterpriseFact]:
    now = {**state.particulars, "name": state.name}
    plain = command.model_dump(exclude={"source", "batch", *_PERSONAL}, exclude_none=True)
    changed = {name: value for name, value in plain.items() if now.get(name) != value}
    changed |= {name: _about(value, name, context) for name in _PERSONAL if (value := getattr(command, name)) is not None}
    if not changed:
        return []
    amended = EnterpriseAmended(on=context.today, source=command.source, batch=command.batch, **changed)
    return [amended, *_sized(state.sizing, {**now, **changed})]


def _verify(state: Registered, command: VerifyContactLoss, context: Context[Known]) -> list[EnterpriseFact]:
    held = state.holder(command.line, command.on)
    if held is None:
        raise NotAssignedThere(line=command.line.label)
    the_unit(context, held.unit, Role.DEPUTY, Role.HEAD)
    days = {item.on for item in command.tries}
    modes = {item.mode for item in command.tries}
    month = (command.on.year, command.on.month)
    if len(days) < 2 or len(modes) < 2 or any((d.year, d.month) != month or d > command.on for d in days):  # noqa: PLR2004
        raise TriesTooAlike(days=sorted(days), modes=sorted(modes))
    fact = ContactLossVerified(**command.model_dump())
    return [] if fact in state.lost else [fact]


def _said(held: EnterpriseAssigned, command: AssignEnterprise) -> bool:
    """Whether somebody said the same of this very day: what is left out was understood so, what a table did nobody said."""
    named = (held.on, held.unit, held.sub_unit, held.worker, held.confidence)
    same = named == (command.on, command.unit, command.sub_unit, command.worker, None)
    return same and command.reason in ("", held.reason) and command.document in ("", held.document)


def _fits(line: Line, unit: str, sub_unit: str | None, worker: UUID | None, context: Context[Known]) -> None:
    places = _places(context)
    lines = places.lines
    under = lines.get(sub_unit, (None, None)) if sub_unit else (line, unit)
    if lines.get(unit) != (line, None) or under[0] is not line or under[1] is None:
        raise NotOfThisLine(line=line.label, unit=unit, sub_unit=sub_unit)
    if under[1] != unit:
        raise NotUnderUnit(unit=unit, sub_unit=sub_unit)
    if worker is not None and unit not in places.workers.get(worker, ()):
        raise WorkerNotOfUnit(unit=unit, worker=str(worker))


def _about(datum: Personal | None, who: str, context: Context[Known]) -> Personal | None:
    return datum.about(subject(context.subject, who)) if datum is not None else None


ENTERPRISE: Decider[State, EnterpriseCommand, EnterpriseFact, Known] = Decider("enterprise", Unregistered(), decide, evolve)
