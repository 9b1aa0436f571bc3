"""An enterprise of the register (企业库), and who answers for it on each line.

    (nothing) --register--> Registered --amend / change standing / change custody / assign / verify loss--> Registered

Served are all surviving enterprises, no individual businesses and no farmers' co-operatives (方案 三(二)); a standing
outside the four surviving ones takes it out of scope from its day on, and it may come back. On each line exactly one unit
answers from a day on until the next assignment (方案 三(一), 五(一)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.permissions import the_office, the_unit
from services.roster.domain.unit import Code
from shared.codes import InvalidCode, credit_code
from shared.decider import Context, Decider
from shared.events import Command, Fact, Part
from shared.events.roster import (
    Attempt,
    ContactLossVerified,
    CustodyChanged,
    EnterpriseAmended,
    EnterpriseAssigned,
    EnterpriseRegistered,
    StandingChanged,
)
from shared.problems import Refused, Unknown
from shared.terms import EnterpriseKind, Line, Role, Standing, derived_id
from shared.vault import Personal

Text = Annotated[str, Field(max_length=500)]
Amount = Annotated[int, Field(ge=0, le=10**17)]
Staff = Annotated[int, Field(ge=0, le=10_000_000)]


class Assignment(Part):
    """A first assignment that comes with the registration."""

    line: Line
    unit: Code
    sub_unit: Code | None = None
    worker: UUID | None = None
    confidence: int | None = Field(None, ge=0, le=100)
    reason: str = Field("", max_length=200)


class Particulars(Command):
    """What the register says of an enterprise beside its code, name and standing."""

    kind: EnterpriseKind = EnterpriseKind.OTHER
    branch: bool = False
    founded: date | None = None
    capital: Amount | None = None
    currency: str = Field("CNY", max_length=10)
    legal_person: Personal | None = None
    contact: Personal | None = None
    phone: Personal | None = None
    address: Text = ""
    business_address: Text = ""
    industry: str = Field("", max_length=10)
    business: str = Field("", max_length=4000)
    registrar: str = Field("", max_length=100)
    staff: Staff | None = None
    source: str = Field("import", max_length=20)
    batch: str = Field("", max_length=64)


class RegisterEnterprise(Particulars):
    """Take an enterprise into the register, with its first assignments where they are sure."""

    code: str = Field(max_length=40)
    name: str = Field(min_length=1, max_length=200)
    standing: Standing = Standing.SURVIVING
    standing_on: date | None = None
    managed_elsewhere: bool = False
    assignments: tuple[Assignment, ...] = Field((), max_length=2)
    on: date | None = None


class AmendEnterprise(Command):
    """Change particulars; only what is named changes."""

    name: str | None = Field(None, min_length=1, max_length=200)
    kind: EnterpriseKind | None = None
    branch: bool | None = None
    founded: date | None = None
    capital: Amount | None = None
    currency: str | None = Field(None, max_length=10)
    legal_person: Personal | None = None
    contact: Personal | None = None
    phone: Personal | None = None
    address: Text | None = None
    business_address: Text | None = None
    industry: str | None = Field(None, max_length=10)
    business: str | None = Field(None, max_length=4000)
    registrar: str | None = Field(None, max_length=100)
    staff: Staff | None = None
    source: str = Field("manual", max_length=20)
    batch: str = Field("", max_length=64)


class ChangeStanding(Command):
    """The register's standing is another one from a day on."""

    standing: Standing
    on: date
    reason: str = Field("", max_length=200)
    batch: str = Field("", max_length=64)


class ChangeCustody(Command):
    """Another administration manages the area from a day on, or no longer does."""

    managed_elsewhere: bool
    on: date
    reason: str = Field("", max_length=200)


class AssignEnterprise(Command):
    """From a day on this unit, and this worker, answers for it on this line."""

    line: Line
    unit: Code
    sub_unit: Code | None = None
    worker: UUID | None = None
    on: date
    reason: str = Field("", max_length=200)
    document: str = Field("", max_length=100)


class VerifyContactLoss(Command):
    """A deputy verifies that it can't be reached: tries on different days by different modes."""

    line: Line
    tries: tuple[Attempt, ...] = Field(min_length=2, max_length=20)
    on: date
    note: str = Field("", max_length=500)


class AlreadyRegistered(Refused):
    """A credit code names one enterprise for ever (GB 32100)."""

    title = "该统一社会信用代码已登记"


class NotAnEnterprise(Refused):
    """Individual businesses and farmers' co-operatives are not served (方案 二, 三(二))."""

    title = "个体工商户、农民专业合作社不在服务范围"


class CodeInvalid(Refused):
    """The credit code fails its check (GB 32100, GB 11714)."""

    title = "统一社会信用代码校验不通过"


class NotOfThisLine(Refused):
    """A department answers on the vertical line, a township on the horizontal one (方案 三(一))."""

    title = "单位与网格线不符"


class WorkerNotOfUnit(Refused):
    """The worker named holds a post in the unit (定员)."""

    title = "该网格员不在此单位任职"


class TriesTooAlike(Refused):
    """失联 needs two tries or more, on different days, by different modes, in the month of the verification (kpi §2)."""

    title = "失联核实须两次以上、不同日期、两种以上方式"


class NotAssignedThere(Refused):
    """Only the unit that answers for it verifies the loss."""

    title = "该企业不由本单位负责"


@dataclass(frozen=True)
class Unregistered:
    """Not in the register."""


@dataclass(frozen=True)
class Registered:
    """In the register, whatever its standing. ``facts`` are the particulars as they are now."""

    code: str
    name: str
    former_names: tuple[str, ...]
    standing: Standing
    standing_on: date | None
    managed_elsewhere: bool
    particulars: dict[str, Any]
    assigned: tuple[EnterpriseAssigned, ...]
    lost: tuple[ContactLossVerified, ...]

    def holder(self, line: Line, on: date) -> EnterpriseAssigned | None:
        """Who answers on this line on this day."""
        found = None
        for item in sorted(self.assigned, key=lambda a: a.on):
            if item.line == line and item.on <= on:
                found = item
        return found


State = Unregistered | Registered
Asked = RegisterEnterprise | AmendEnterprise | ChangeStanding | ChangeCustody | AssignEnterprise | VerifyContactLoss

_PERSONAL = ("legal_person", "contact", "phone")


def subject(enterprise: UUID, who: str) -> UUID:
    """The subject of an enterprise's legal person or of its contact."""
    return derived_id("legal" if who == "legal_person" else "contact", str(enterprise))


def decide(state: State, command: Asked, context: Context) -> list[Fact]:
    """Facts, or a refusal. ``context.known`` brings what the units and members named are (``lines``, ``workers``)."""
    match state, command:
        case Unregistered(), RegisterEnterprise():
            the_office(context)
            return _register(command, context)
        case Unregistered(), AmendEnterprise() | ChangeStanding() | ChangeCustody() | AssignEnterprise() | VerifyContactLoss():
            raise Unknown(what="enterprise", id=str(context.subject))
        case Registered(), RegisterEnterprise():
            the_office(context)
            if (state.name, state.standing) == (command.name, command.standing):
                return []
            raise AlreadyRegistered(code=state.code, name=state.name)
        case Registered(), AmendEnterprise():
            the_office(context)
            return _amend(state, command, context)
        case Registered(), ChangeStanding():
            the_office(context)
            same = (state.standing, state.standing_on) == (command.standing, command.on)
            return [] if same else [StandingChanged(**command.model_dump())]
        case Registered(), ChangeCustody():
            the_office(context)
            same = state.managed_elsewhere == command.managed_elsewhere
            return [] if same else [CustodyChanged(**command.model_dump())]
        case Registered(), AssignEnterprise():
            held = state.holder(command.line, command.on)
            inside = held is not None and held.unit == command.unit
            the_unit(context, command.unit if inside else "", Role.HEAD, Role.DEPUTY, Role.LIAISON)
            _fits(command.line, command.unit, command.sub_unit, command.worker, context)
            if held and (held.unit, held.sub_unit, held.worker) == (command.unit, command.sub_unit, command.worker):
                return []
            return [EnterpriseAssigned(**command.model_dump())]
        case Registered(), VerifyContactLoss():
            return _verify(state, command, context)


def _register(command: RegisterEnterprise, context: Context) -> list[Fact]:
    try:
        code = credit_code(command.code)
    except InvalidCode as error:
        raise CodeInvalid(code=command.code, reason=str(error)) from None
    if not code.is_enterprise:
        raise NotAnEnterprise(code=code.text)
    on = command.on or context.today
    personal: dict[str, Any] = {name: _about(getattr(command, name), name, context) for name in _PERSONAL}
    plain = command.model_dump(exclude={"assignments", "on", "code", *_PERSONAL})
    facts: list[Fact] = [EnterpriseRegistered(code=code.text, on=on, **plain, **personal)]
    for item in command.assignments:
        _fits(item.line, item.unit, item.sub_unit, item.worker, context)
        facts.append(EnterpriseAssigned(on=on, **item.model_dump()))
    return facts


def _amend(state: Registered, command: AmendEnterprise, context: Context) -> list[Fact]:
    now = {**state.particulars, "name": state.name}
    plain = command.model_dump(exclude={"source", "batch", *_PERSONAL}, exclude_none=True)
    changed = {name: value for name, value in plain.items() if now.get(name) != value}
    changed |= {name: _about(value, name, context) for name in _PERSONAL if (value := getattr(command, name)) is not None}
    if not changed:
        return []
    return [EnterpriseAmended(on=context.today, source=command.source, batch=command.batch, **changed)]


def _verify(state: Registered, command: VerifyContactLoss, context: Context) -> list[Fact]:
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


def _fits(line: Line, unit: str, sub_unit: str | None, worker: UUID | None, context: Context) -> None:
    lines = context.known["lines"]
    if lines.get(unit) != (line, True) or (sub_unit and lines.get(sub_unit) != (line, False)):
        raise NotOfThisLine(line=line.label, unit=unit, sub_unit=sub_unit)
    if worker is not None and unit not in context.known["workers"].get(worker, ()):
        raise WorkerNotOfUnit(unit=unit, worker=str(worker))


def _about(datum: Personal | None, who: str, context: Context) -> Personal | None:
    return datum.about(subject(context.subject, who)) if datum is not None else None


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unregistered(), EnterpriseRegistered():
            particulars = {name: getattr(fact, name) for name in _PARTICULARS}
            return Registered(
                fact.code, fact.name, (), fact.standing, fact.standing_on, fact.managed_elsewhere, particulars, (), ()
            )
        case Registered(), EnterpriseAmended():
            changes = {name: value for name in _PARTICULARS if (value := getattr(fact, name)) is not None}
            former = state.former_names if fact.name in (None, state.name) else (*state.former_names, state.name)
            return replace(state, name=fact.name or state.name, former_names=former, particulars={**state.particulars, **changes})
        case Registered(), StandingChanged():
            return replace(state, standing=fact.standing, standing_on=fact.on)
        case Registered(), CustodyChanged():
            return replace(state, managed_elsewhere=fact.managed_elsewhere)
        case Registered(), EnterpriseAssigned():
            others = tuple(a for a in state.assigned if (a.line, a.on) != (fact.line, fact.on))
            return replace(state, assigned=(*others, fact))
        case Registered(), ContactLossVerified():
            return replace(state, lost=(*state.lost, fact))
        case _:
            return state


_PARTICULARS = tuple(name for name in AmendEnterprise.model_fields if name not in ("name", "source", "batch"))

ENTERPRISE: Decider[State] = Decider("enterprise", Unregistered(), decide, evolve)
