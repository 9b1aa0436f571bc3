"""What can be asked of an enterprise of the register. Money is in fen (分)."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.roster.domain.unit import Code
from shared.events.roster import Attempt
from shared.language.facts import Command, Part
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.phones import Phone
from shared.language.terms import EnterpriseKind, Line, Mode, Standing, SurveyResult
from shared.language.traces import PUBLIC

Name = Annotated[str, Field(min_length=1, max_length=200), PUBLIC]
Text = Annotated[str, Field(max_length=500), PUBLIC]
Scope = Annotated[str, Field(max_length=4000), PUBLIC]
Agency = Annotated[str, Field(max_length=100), PUBLIC]
"""The register's texts stand in facts in clear: a telephone or identity number typed into one is hidden, as the import hides it."""
Amount = Annotated[int, Field(ge=0, le=10**17)]
Staff = Annotated[int, Field(ge=0, le=10_000_000)]


class Assignment(Part):
    """A first assignment that comes with the registration."""

    line: Line
    unit: Code
    sub_unit: Code | None = None
    worker: UUID | None = None
    confidence: int | None = Field(None, ge=0, le=100)
    reason: Annotated[str, Field(max_length=200), PUBLIC] = ""


class Particulars(Command):
    """What the register says of an enterprise beside its code, name and standing."""

    kind: EnterpriseKind = EnterpriseKind.OTHER
    branch: bool = False
    founded: WrittenDate | None = None
    capital: Amount | None = None
    currency: str = Field("CNY", max_length=10)
    legal_person: Personal | None = None
    contact: Personal | None = None
    phone: Phone | None = None
    address: Text = ""
    business_address: Text = ""
    industry: str = Field("", max_length=10)
    business: Scope = ""
    registrar: Agency = ""
    elsewhere: Agency = ""
    staff: Staff | None = None
    revenue: Amount | None = None
    assets: Amount | None = None
    abnormal: bool | None = None
    source: str = Field("import", max_length=20)
    batch: str = Field("", max_length=64)


class RegisterEnterprise(Particulars):
    """Take an enterprise into the register, with its first assignments where they are sure."""

    code: str = Field(max_length=40)
    name: Name
    standing: Standing = Standing.SURVIVING
    standing_on: WrittenDate | None = None
    managed_elsewhere: bool = False
    assignments: tuple[Assignment, ...] = Field((), max_length=2)
    on: WrittenDate | None = None


class AmendEnterprise(Command):
    """Change particulars; only what is named changes."""

    IF_NOT_SO: ClassVar[bool] = True
    name: Name | None = None
    kind: EnterpriseKind | None = None
    branch: bool | None = None
    founded: WrittenDate | None = None
    capital: Amount | None = None
    currency: str | None = Field(None, max_length=10)
    legal_person: Personal | None = None
    contact: Personal | None = None
    phone: Phone | None = None
    address: Text | None = None
    business_address: Text | None = None
    industry: str | None = Field(None, max_length=10)
    business: Scope | None = None
    registrar: Agency | None = None
    elsewhere: Agency | None = None
    staff: Staff | None = None
    revenue: Amount | None = None
    assets: Amount | None = None
    abnormal: bool | None = None
    source: str = Field("manual", max_length=20)
    batch: str = Field("", max_length=64)


class ChangeStanding(Command):
    """The register's standing is another one from a day on."""

    standing: Standing
    on: WrittenDate
    reason: str = Field("", max_length=200)
    batch: str = Field("", max_length=64)


class ChangeCustody(Command):
    """Another administration manages the area from a day on, or no longer does."""

    managed_elsewhere: bool
    on: WrittenDate
    reason: str = Field("", max_length=200)


class AssignEnterprise(Command):
    """From a day on this unit, and this worker, answers for it on this line."""

    line: Line
    unit: Code
    sub_unit: Code | None = None
    worker: UUID | None = None
    on: WrittenDate
    reason: str = Field("", max_length=200)
    document: str = Field("", max_length=100)


class ConfirmMove(Command):
    """Say as the second person that it goes to the other unit as proposed."""

    proposal: UUID


class RejectMove(Command):
    """Say no to a move that was proposed; the proposer may take it back."""

    proposal: UUID
    reason: str = Field(min_length=1, max_length=200)


class VerifyContactLoss(Command):
    """A deputy verifies that it can't be reached: tries on different days by different modes."""

    line: Line
    tries: tuple[Attempt, ...] = Field(min_length=2, max_length=20)
    on: WrittenDate
    note: str = Field("", max_length=500)


class ChooseMainContact(Command):
    """From a day on the worker of this line is the one the enterprise turns to first."""

    line: Line
    on: WrittenDate


class FollowMapping(Command):
    """Give it to the unit that a published table names, unless a person put it where it is."""

    IF_NOT_SO: ClassVar[bool] = True
    line: Line
    unit: Code
    on: WrittenDate
    reason: str = Field("", max_length=200)
    confidence: int = Field(100, ge=0, le=100)


class HandOverEnterprise(Command):
    """Give it from one worker of the unit to another, if it is still the first one's; both have signed for it."""

    IF_NOT_SO: ClassVar[bool] = True
    line: Line
    unit: Code
    giver: UUID
    taker: UUID
    on: WrittenDate
    document: str = Field("", max_length=100)


class TagEnterprise(Command):
    """All its tags from now on."""

    IF_NOT_SO: ClassVar[bool] = True
    tags: tuple[Annotated[str, Field(min_length=1, max_length=30), PUBLIC], ...] = Field(max_length=20)


class PreferContact(Command):
    """How and when it likes to be reached, and until when it wants to be left alone."""

    IF_NOT_SO: ClassVar[bool] = True
    modes: tuple[Mode, ...] = Field((), max_length=4)
    hours: str = Field("", max_length=100)
    quiet_until: WrittenDate | None = None
    note: str = Field("", max_length=500)


class MissEnterprise(Command):
    """It does not stand in a file that was declared complete."""

    IF_NOT_SO: ClassVar[bool] = True
    on: WrittenDate
    batch: str = Field("", max_length=64)


class FindEnterprise(Command):
    """What was missing is there after all."""

    IF_NOT_SO: ClassVar[bool] = True
    reason: str = Field(min_length=1, max_length=200)
    batch: str = Field("", max_length=64)


class SurveyEnterprise(Command):
    """What a census found of it. ``of`` names the enterprise that it repeats."""

    census: UUID
    result: SurveyResult
    note: str = Field("", max_length=500)
    of: UUID | None = None
