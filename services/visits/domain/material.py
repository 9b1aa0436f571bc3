"""The library of publicity: slogans, short videos, the one map (方案 四(一)6, 四(二)6), in versions that somebody approved.

    (nothing) --enter--> Shelved --add version, approve version, use version--> Shelved

A version is a text or a stored file under its digest. Whoever uploaded it does not approve it; only an approved version is
used, and every use stays in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, model_validator

from services.visits.domain.campaign import NotYetHappened
from services.visits.domain.consultation import CALLING, Title, Unit
from services.visits.domain.visit.commands import Day, Digest
from shared.events.visits import MaterialApproved, MaterialEntered, MaterialUsed, MaterialVersioned
from shared.language.decider import Actor, Context, Decider
from shared.language.facts import Command, Fact
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.states import Gathered
from shared.language.terms import MaterialKind, Role

MOST_VERSIONS = 100
MOST_USES = 500


class EnterMaterial(Command):
    """A piece of publicity gets its place in the library."""

    unit: Unit
    kind: MaterialKind
    title: Title


class AddVersion(Command):
    """A version: a file that is stored under this digest, or a text."""

    text: str = Field("", max_length=2_000)
    sha256: Digest | None = None
    media_type: str = Field("", max_length=100)
    size: int = Field(0, ge=0, le=2**31)
    note: str = Field("", max_length=500)

    @model_validator(mode="after")
    def _something(self) -> AddVersion:
        if not self.text.strip() and self.sha256 is None:
            message = "须有文字或文件"
            raise ValueError(message)
        return self


class ApproveVersion(Command):
    """Somebody else than the uploader approves it."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (MaterialApproved,)
    no: int = Field(ge=1, le=MOST_VERSIONS)


class UseVersion(Command):
    """An approved version was put to use."""

    no: int = Field(ge=1, le=MOST_VERSIONS)
    on: Day
    place: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    words: str = Field("", max_length=300)


class NotYourMaterial(Forbidden):
    """A unit's own people keep its materials, the office those of the district (``roles.md``: 宣传/方案/会商)."""

    title = "只能维护本单位的宣传素材"


class NotYoursToRelease(Forbidden):
    """The head of the unit releases a version, or the office's (``roles.md``: A u)."""

    title = "宣传素材由本单位网格长或区优化办负责人审定"


class OwnUpload(Forbidden):
    """Whoever uploaded a version does not approve it (``roles.md``: separation of duties)."""

    title = "不能审定自己上传的版本"


class MaterialAlreadyEntered(Refused):
    """An id names one piece for ever."""

    title = "该编号的素材已登记,内容不同"


class VersionNotApproved(Refused):
    """What goes out was approved before (R35)."""

    title = "该版本尚未审定,不能使用"


class TooManyVersions(Refused):
    """A hundred versions are another piece."""

    title = "版本或使用记录过多,请另立素材"


@dataclass(frozen=True)
class Unentered:
    """Nothing is there yet."""


@dataclass(frozen=True)
class Shelved:
    """In the library."""

    told: MaterialEntered
    versions: tuple[MaterialVersioned, ...] = ()
    approved: Gathered[int] = frozenset()
    uses: tuple[MaterialUsed, ...] = ()

    @property
    def current(self) -> int | None:
        """The latest approved version."""
        return max(self.approved, default=None)


State = Unentered | Shelved
MaterialCommand = EnterMaterial | AddVersion | ApproveVersion | UseVersion


MaterialFact = MaterialEntered | MaterialVersioned | MaterialApproved | MaterialUsed


def decide(state: State, command: MaterialCommand, context: Context[None]) -> list[MaterialFact]:
    """Facts, or a refusal."""
    match state, command:
        case Unentered(), EnterMaterial():
            may_keep(command.unit, context.actor)
            return [MaterialEntered(**command.model_dump())]
        case Unentered(), AddVersion() | ApproveVersion() | UseVersion():
            raise Unknown(what="material", id=str(context.subject))
        case Shelved(), EnterMaterial():
            may_keep(state.told.unit, context.actor)
            if state.told == MaterialEntered(**command.model_dump()):
                return []
            raise MaterialAlreadyEntered(material=str(context.subject))
        case Shelved(), AddVersion():
            return _add(state, command, context)
        case Shelved(), ApproveVersion():
            return _approve(state, command, context)
        case Shelved(), UseVersion():
            return _use(state, command, context)


def evolve(state: State, fact: MaterialFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unentered(), MaterialEntered():
            return Shelved(fact)
        case Shelved(), MaterialVersioned():
            return replace(state, versions=(*state.versions, fact))
        case Shelved(), MaterialApproved():
            return replace(state, approved=state.approved | {fact.no})
        case Shelved(), MaterialUsed():
            return replace(state, uses=(*state.uses, fact))
        case Unentered(), MaterialVersioned() | MaterialApproved() | MaterialUsed():
            return state
        case Shelved(), MaterialEntered():
            return state


def may_keep(unit: str, actor: Actor) -> None:
    """Whoever writes for this unit; the office's head for any."""
    if not _keeps(unit, actor):
        raise NotYourMaterial(unit=unit)


def allowed_actions(state: Shelved, actor: Actor) -> list[str]:
    """What this person may do with it now."""
    unit = state.told.unit
    open_ = [item for item in state.versions if item.no not in state.approved and item.by != actor.id]
    offered = {
        "add_version": _keeps(unit, actor),
        "approve": _releases(unit, actor) and bool(open_),
        "use": bool(state.approved) and actor.holds(*CALLING, Role.OFFICE_HEAD),
    }
    return [name for name, may in offered.items() if may]


def _keeps(unit: str, actor: Actor) -> bool:
    return (actor.holds(*CALLING) and actor.unit == unit) or actor.holds(Role.OFFICE_HEAD)


def _releases(unit: str, actor: Actor) -> bool:
    return (actor.holds(Role.HEAD) and actor.unit == unit) or actor.holds(Role.OFFICE_HEAD)


def _add(state: Shelved, command: AddVersion, context: Context[None]) -> list[MaterialFact]:
    may_keep(state.told.unit, context.actor)
    latest = state.versions[-1] if state.versions else None
    if latest is not None and (latest.text, latest.sha256) == (command.text, command.sha256 or ""):
        return []
    if len(state.versions) >= MOST_VERSIONS:
        raise TooManyVersions(most=MOST_VERSIONS)
    return [
        MaterialVersioned(
            no=len(state.versions) + 1,
            by=context.actor.id,
            text=command.text,
            sha256=command.sha256 or "",
            media_type=command.media_type,
            size=command.size,
            note=command.note,
        )
    ]


def _approve(state: Shelved, command: ApproveVersion, context: Context[None]) -> list[MaterialFact]:
    version = _version(state, command.no)
    if not _releases(state.told.unit, context.actor):
        raise NotYoursToRelease(unit=state.told.unit)
    if version.by == context.actor.id:
        raise OwnUpload(no=command.no)
    return [] if command.no in state.approved else [MaterialApproved(no=command.no)]


def _use(state: Shelved, command: UseVersion, context: Context[None]) -> list[MaterialFact]:
    """Any unit uses what is approved: the library is the district's."""
    if not context.actor.holds(*CALLING, Role.OFFICE_HEAD):
        raise NotYourMaterial(unit=context.actor.unit)
    _version(state, command.no)
    if command.no not in state.approved:
        raise VersionNotApproved(no=command.no)
    if command.on > context.today:
        raise NotYetHappened(on=command.on.isoformat())
    fact = MaterialUsed(**command.model_dump())
    if fact in state.uses:
        return []
    if len(state.uses) >= MOST_USES:
        raise TooManyVersions(most=MOST_USES)
    return [fact]


def _version(state: Shelved, no: int) -> MaterialVersioned:
    found = next((item for item in state.versions if item.no == no), None)
    if found is None:
        raise Unknown(what="version", id=no)
    return found


MATERIAL: Decider[State, MaterialCommand, MaterialFact, None] = Decider("material", Unentered(), decide, evolve)
