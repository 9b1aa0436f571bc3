"""Publicity of a unit (方案 四(一)6, 四(二)6): the plan, its approval, the launch ceremony, what appeared where.

    (nothing) --plan--> Planned --approve--> Running
                        |     ^              ^     |
                        +revise              +-----+ keep a file, launch (once, departments only),
                                           publish, check a link

A launch ceremony is a department's (四(一)6 一是); 四(二)6 has none for townships. Figures are counts by channel: reach is what
somebody read off the channel, never a score (国办函〔2026〕12号).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.visits.domain.consultation import CALLING, Title, Unit
from services.visits.domain.visit.commands import Day, Digest
from shared.events.visits import (
    CampaignApproved,
    CampaignFileAdded,
    CampaignLaunched,
    CampaignPlanned,
    CampaignRevised,
    ChannelUsed,
    LinkChecked,
)
from shared.language.decider import Actor, Context, Decider, looked_up
from shared.language.facts import Command, Fact
from shared.language.known import KnownUnit
from shared.language.problems import Forbidden, Malformed, Refused, Unknown
from shared.language.terms import CampaignStage, Channel, Line, Role

MOST_ENTRIES = 500
_HOST = re.compile(r"(?=.{1,253}$)([^\W_]([\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62}", re.ASCII)


class PlanCampaign(Command):
    """A unit's publicity plan (宣传方案)."""

    unit: Unit
    title: Title
    content: str = Field("", max_length=5_000)
    starts: Day
    ends: Day
    targets: tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...] = Field((), max_length=20)

    @model_validator(mode="after")
    def _in_order(self) -> PlanCampaign:
        if self.ends < self.starts:
            message = "结束日期不能早于开始日期"
            raise ValueError(message)
        return self


class ReviseCampaign(PlanCampaign):
    """The plan, whole, before its approval; the unit stays."""


class ApproveCampaign(Command):
    """The head approves the plan."""

    SIGNS: ClassVar[tuple[type[Fact], ...]] = (CampaignApproved,)
    note: str = Field("", max_length=500)


class AddCampaignFile(Command):
    """A picture or document that shows what was done is stored under this digest."""

    IF_NOT_SO: ClassVar[bool] = True
    sha256: Digest
    original: Digest
    media_type: str = Field(max_length=100)
    size: int = Field(ge=1, le=2**31)


class LaunchCampaign(Command):
    """The launch ceremony was held, with these enterprises invited; its proof is stored under these digests."""

    on: Day
    place: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    invited: tuple[UUID, ...] = Field(min_length=1, max_length=200)
    evidence: tuple[Digest, ...] = Field(min_length=1, max_length=20)
    note: str = Field("", max_length=500)


class UseChannel(Command):
    """Something was published; a link or a photo shows it."""

    channel: Channel
    on: Day
    title: Title
    link: str = Field("", max_length=500)
    photo: Digest | None = None
    reach: int | None = Field(None, ge=0, le=1_000_000_000)


class CheckLink(Command):
    """Somebody opened the link."""

    no: int = Field(ge=1, le=MOST_ENTRIES)
    on: Day
    alive: bool
    words: str = Field("", max_length=200)


class NotYourCampaign(Forbidden):
    """A unit's own people write of its publicity (``roles.md``: 宣传/方案/会商)."""

    title = "只能登记本单位的宣传工作"


class NotYoursToApprove(Forbidden):
    """The head of the unit approves, or the office's (``roles.md``: A u)."""

    title = "宣传方案由本单位网格长或区优化办负责人批准"


class LaunchIsVertical(Refused):
    """Departments hold a launch ceremony with enterprises of their industry (方案 四(一)6 一是); 四(二)6 has none."""

    title = "启动仪式由行业主管部门开展(方案四(一)6),乡镇(街道)的宣传工作不含启动仪式(方案四(二)6)"


class CampaignNotApproved(Refused):
    """A plan is carried out when its head has approved it."""

    title = "宣传方案尚未批准"


class CampaignAlreadyApproved(Refused):
    """An approved plan stands; another one is a plan of its own."""

    title = "宣传方案已批准,不能修改"


class CampaignAlreadyPlanned(Refused):
    """An id names one plan for ever."""

    title = "该编号的宣传方案已登记,内容不同"


class AlreadyLaunched(Refused):
    """A campaign begins once."""

    title = "启动仪式已登记,内容不同"


class NotYetHappened(Refused):
    """What happened is recorded afterwards."""

    title = "日期不能晚于今天"


class NothingToShow(Refused):
    """A publication shows itself by a link or a photo (R34)."""

    title = "须有链接或图片"


class NotALink(Malformed):
    """A link is an http or https address of a host with a name; nothing is fetched by the service."""

    title = "链接格式不正确"


class FileNotThere(Refused):
    """What shows a publication was stored with its campaign before: nobody points at a file of somebody else."""

    title = "图片或附件尚未上传到本方案"


class EnterpriseNotKnown(Refused):
    """Those invited are enterprises of the register."""

    title = "受邀企业不在企业库中"


class TooManyEntries(Refused):
    """A plan of its own for the next period reads better."""

    title = "该方案的宣传记录过多,请另立方案"


@dataclass(frozen=True)
class Unplanned:
    """Nothing was planned yet."""


@dataclass(frozen=True)
class Planned:
    """The plan waits for its head."""

    told: CampaignPlanned
    stage = CampaignStage.PLANNED


@dataclass(frozen=True)
class Running:
    """Approved, and being carried out. ``checks`` holds the latest check of each link."""

    told: CampaignPlanned
    launch: CampaignLaunched | None = None
    files: tuple[CampaignFileAdded, ...] = ()
    log: tuple[ChannelUsed, ...] = ()
    checks: tuple[LinkChecked, ...] = ()
    stage = CampaignStage.APPROVED


There = Planned | Running
State = Unplanned | There
CampaignCommand = PlanCampaign | ReviseCampaign | ApproveCampaign | AddCampaignFile | LaunchCampaign | UseChannel | CheckLink
CampaignFact = (
    CampaignPlanned | CampaignRevised | CampaignApproved | CampaignFileAdded | CampaignLaunched | ChannelUsed | LinkChecked
)


@dataclass(frozen=True)
class KnownCampaign:
    """The unit whose plan it is, for planning and revising; the enterprises invited to a launch that exist."""

    unit: KnownUnit | None = None
    enterprises: Collection[UUID] | None = None


def decide(state: State, command: CampaignCommand, context: Context[KnownCampaign]) -> list[CampaignFact]:
    """Facts, or a refusal."""
    match state, command:
        case (
            Unplanned(),
            ReviseCampaign() | ApproveCampaign() | AddCampaignFile() | LaunchCampaign() | UseChannel() | CheckLink(),
        ):
            raise Unknown(what="campaign", id=str(context.subject))
        case Planned(), ReviseCampaign():
            return _revise(state, command, context)
        case Running(), ReviseCampaign():
            may_plan(state.told.unit, context.actor)
            raise CampaignAlreadyApproved(campaign=str(context.subject))
        case Unplanned(), PlanCampaign():
            may_plan(command.unit, context.actor)
            return [CampaignPlanned(**_content(command, context))]
        case Planned() | Running(), PlanCampaign():
            may_plan(state.told.unit, context.actor)
            if dict(state.told) == dict(CampaignPlanned(**_content(command, context))):
                return []
            raise CampaignAlreadyPlanned(campaign=str(context.subject))
        case Planned(), ApproveCampaign():
            may_approve(state.told.unit, context.actor)
            return [CampaignApproved(note=command.note)]
        case Running(), ApproveCampaign():
            may_approve(state.told.unit, context.actor)
            return []
        case Planned(), AddCampaignFile() | LaunchCampaign() | UseChannel() | CheckLink():
            may_plan(state.told.unit, context.actor)
            raise CampaignNotApproved(campaign=str(context.subject))
        case Running(), AddCampaignFile():
            return _keep(state, command, context)
        case Running(), LaunchCampaign():
            return _launch(state, command, context)
        case Running(), UseChannel():
            return _publish(state, command, context)
        case Running(), CheckLink():
            return _check(state, command, context)


def evolve(state: State, fact: CampaignFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Planned(), CampaignRevised():
            return Planned(CampaignPlanned(**dict(fact)))
        case Unplanned(), CampaignPlanned():
            return Planned(fact)
        case Planned(), CampaignApproved():
            return Running(state.told)
        case Running(), CampaignFileAdded():
            return replace(state, files=(*state.files, fact))
        case Running(), CampaignLaunched():
            return replace(state, launch=fact)
        case Running(), ChannelUsed():
            return replace(state, log=(*state.log, fact))
        case Running(), LinkChecked():
            return replace(state, checks=(*(item for item in state.checks if item.no != fact.no), fact))
        case (
            Unplanned(),
            CampaignRevised() | CampaignApproved() | CampaignFileAdded() | CampaignLaunched() | ChannelUsed() | LinkChecked(),
        ):
            return state
        case Planned(), CampaignPlanned() | CampaignFileAdded() | CampaignLaunched() | ChannelUsed() | LinkChecked():
            return state
        case Running(), CampaignPlanned() | CampaignRevised() | CampaignApproved():
            return state


def may_plan(unit: str, actor: Actor) -> None:
    """Whoever writes for this unit."""
    if not ((actor.holds(*CALLING) and actor.unit == unit) or actor.holds(Role.OFFICE_HEAD)):
        raise NotYourCampaign(unit=unit)


def may_approve(unit: str, actor: Actor) -> None:
    """The head of this unit, or the office's."""
    if not ((actor.holds(Role.HEAD) and actor.unit == unit) or actor.holds(Role.OFFICE_HEAD)):
        raise NotYoursToApprove(unit=unit)


def allowed_actions(state: There, actor: Actor) -> list[str]:
    """What this person may do with it now."""
    writes = (actor.holds(*CALLING) and actor.unit == state.told.unit) or actor.holds(Role.OFFICE_HEAD)
    heads = (actor.holds(Role.HEAD) and actor.unit == state.told.unit) or actor.holds(Role.OFFICE_HEAD)
    running = isinstance(state, Running)
    offered = {
        "revise": writes and not running,
        "approve": heads and not running,
        "launch": writes and running and state.told.line is Line.VERTICAL and state.launch is None,
        "publish": writes and running,
    }
    return [name for name, may in offered.items() if may]


def checked_link(link: str) -> str:
    """The link, if it is one: by its form alone, because the service has no way out to the internet."""
    if link and not _sound(link):
        raise NotALink(errors=[{"pointer": "/body/link", "code": "link", "title": "应为 http(s) 地址"}])
    return link


def _sound(link: str) -> bool:
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError:
        return False
    plain = parts.username is None and port != 0 and not any(char.isspace() for char in link)
    return plain and parts.scheme in ("http", "https") and _HOST.fullmatch(host) is not None


def _content(command: PlanCampaign, context: Context[KnownCampaign]) -> dict[str, Any]:
    content: dict[str, Any] = command.model_dump()
    return {**content, "line": looked_up(context.known.unit).line}


def _revise(state: Planned, command: ReviseCampaign, context: Context[KnownCampaign]) -> list[CampaignFact]:
    may_plan(state.told.unit, context.actor)
    content: dict[str, Any] = {**_content(command, context), "unit": state.told.unit, "line": state.told.line}
    if dict(state.told) == dict(CampaignPlanned(**content)):
        return []
    return [CampaignRevised(**content)]


def _keep(state: Running, command: AddCampaignFile, context: Context[object]) -> list[CampaignFact]:
    may_plan(state.told.unit, context.actor)
    if any(command.sha256 == item.sha256 for item in state.files):
        return []
    if len(state.files) >= MOST_ENTRIES:
        raise TooManyEntries(most=MOST_ENTRIES)
    return [CampaignFileAdded(**command.model_dump())]


def _stored(state: Running, digest: str | None) -> str:
    """The digest under which a file of this campaign is stored, whether it was named by that or by the one it was sent with."""
    if digest is None:
        return ""
    found = next((item.sha256 for item in state.files if digest in (item.sha256, item.original)), None)
    if found is None:
        raise FileNotThere(sha256=digest)
    return found


def _launch(state: Running, command: LaunchCampaign, context: Context[KnownCampaign]) -> list[CampaignFact]:
    may_plan(state.told.unit, context.actor)
    if state.told.line is not Line.VERTICAL:
        raise LaunchIsVertical(unit=state.told.unit, clause="方案四(一)6、四(二)6")
    told: dict[str, Any] = command.model_dump()
    told["evidence"] = tuple(_stored(state, digest) for digest in command.evidence)
    fact = CampaignLaunched(**told)
    if state.launch is not None:
        if state.launch == fact:
            return []
        raise AlreadyLaunched(on=state.launch.on.isoformat())
    if command.on > context.today:
        raise NotYetHappened(on=command.on.isoformat())
    known = looked_up(context.known.enterprises)
    for enterprise in command.invited:
        if enterprise not in known:
            raise EnterpriseNotKnown(enterprise=str(enterprise))
    return [fact]


def _publish(state: Running, command: UseChannel, context: Context[object]) -> list[CampaignFact]:
    may_plan(state.told.unit, context.actor)
    if command.on > context.today:
        raise NotYetHappened(on=command.on.isoformat())
    if not command.link and command.photo is None:
        raise NothingToShow
    told: dict[str, Any] = {**command.model_dump(), "link": checked_link(command.link), "photo": _stored(state, command.photo)}
    if any(item.model_dump(exclude={"no"}) == told for item in state.log):
        return []
    if len(state.log) >= MOST_ENTRIES:
        raise TooManyEntries(most=MOST_ENTRIES)
    return [ChannelUsed(no=len(state.log) + 1, **told)]


def _check(state: Running, command: CheckLink, context: Context[object]) -> list[CampaignFact]:
    may_plan(state.told.unit, context.actor)
    entry = next((item for item in state.log if item.no == command.no), None)
    if entry is None or not entry.link:
        raise Unknown(what="link", id=command.no)
    if command.on > context.today:
        raise NotYetHappened(on=command.on.isoformat())
    fact = LinkChecked(**command.model_dump())
    return [] if fact in state.checks else [fact]


CAMPAIGN: Decider[State, CampaignCommand, CampaignFact, KnownCampaign] = Decider("campaign", Unplanned(), decide, evolve)
