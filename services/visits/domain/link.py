"""A link of an enterprise: with it the enterprise speaks for itself, without an account (方案 四(一)3, 五(二)).

    (nothing) --issue--> Issued --revoke--> Revoked
                          |  ^                |
                          |  +----reissue-----+
                          +--reissue: another token, another last day
                          +--show: once, as a code on site
                          +--open: by one device, the first

It is issued by those who answer for the enterprise on either line, or by the office: to confirm one visit, to answer a
questionnaire, or for whatever the enterprise has to say. The token is made outside, sealed, and found by its digest.

Whoever holds a token speaks as the enterprise, so a unit never does: it shows a code once, and the first device that opens it
is the only one. A word that came within minutes of a code shown by the visitor's own unit, or from a device that was used with
an account, may be the visitor's own: it is doubtful until somebody outside the unit has called (decision 0051).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.visits import Came, LinkIssued, LinkOpened, LinkReissued, LinkRevoked, LinkShown, Visited
from shared.language.decider import Actor, Context, Decider, looked_up
from shared.language.facts import Command
from shared.language.known import KnownEnterprise
from shared.language.personal import Personal
from shared.language.persons import seat
from shared.language.problems import Forbidden, OpenedElsewhere, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import LinkPurpose, LinkWay, Role

ISSUING = (Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON, Role.INFORMANT)
MOST_DAYS = 366
SOON_MINUTES = 30
"""As long as a visit lasts: who confirms before the visitor has left may be handed the telephone."""

Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class AlreadyIssued(Refused):
    """An id names one link for ever; another purpose or enterprise is another link."""

    title = "该编号的链接已生成,内容不同"


class LinkIsRevoked(Refused):
    """A revoked link is given another token before anybody may use it again."""

    title = "链接已停用"


class NotYourLink(Forbidden):
    """Those who answer for the enterprise, and the office, issue its links (``roles.md``: 企业用户)."""

    title = "只有负责该企业的单位或区优化办可以生成、停用企业链接"


class NobodyToAnswerTo(Refused):
    """An answered questionnaire is the visit of whoever answers for the enterprise: somebody must (方案 三(一))."""

    title = "该企业尚未落实网格员,不能发放问卷链接"


class VisitOfAnother(Refused):
    """A visit is confirmed by the enterprise that was visited."""

    title = "走访记录不属于该企业"


class AlreadyShown(Refused):
    """A code that could be drawn again could be kept for oneself."""

    title = "二维码只显示一次,需要再次出示请先更换链接"


class NotForUnits(Forbidden):
    """An answered questionnaire is a visit: the unit whose visit it would be does not hold its link."""

    title = "问卷链接由区优化办发放,单位不能出示"


class IssueLink(Command):
    """A link for this enterprise, for so many days."""

    MADE: ClassVar[frozenset[str]] = frozenset({"token", "token_sha256"})
    enterprise: UUID
    purpose: LinkPurpose
    days: Days
    visit: UUID | None = None
    poll: UUID | None = None
    token: Personal
    token_sha256: Digest


class ReissueLink(Command):
    """Another token for the link, for so many days from today; the one before stops."""

    MADE: ClassVar[frozenset[str]] = frozenset({"token", "token_sha256"})
    days: Days
    token: Personal
    token_sha256: Digest


class RevokeLink(Command):
    """The link is not to be used any more."""

    reason: str = Field("", max_length=200)


class ShowLink(Command):
    """Draw its code, to show it to the enterprise."""


class OpenLink(Command):
    """A device opens it."""

    device: Digest
    staff: bool = False


@dataclass(frozen=True)
class Unissued:
    """No such link."""


@dataclass(frozen=True)
class Issued:
    """It holds, until its last day."""

    fact: LinkIssued
    shown: LinkShown | None = None
    opened: LinkOpened | None = None


@dataclass(frozen=True)
class Revoked:
    """It holds no more."""

    fact: LinkIssued
    reason: str


State = Unissued | Issued | Revoked
LinkCommand = IssueLink | ReissueLink | RevokeLink | ShowLink | OpenLink
LinkFact = LinkIssued | LinkReissued | LinkRevoked | LinkShown | LinkOpened


@dataclass(frozen=True)
class KnownVisited:
    """The enterprise of a visit and the units that came."""

    enterprise: UUID
    units: frozenset[str]


@dataclass(frozen=True)
class KnownIssuing:
    """The enterprise of today, and the visit that the link is for, if it is for one."""

    enterprise: KnownEnterprise
    visit: KnownVisited | None = None


def holds(state: Issued | Revoked, today: date) -> bool:
    """Whether the token is worth anything on this day."""
    return isinstance(state, Issued) and today <= state.fact.expires_on


def decide(state: State, command: LinkCommand, context: Context[KnownIssuing | None]) -> list[LinkFact]:
    """Facts, or a refusal. Only for a new link something is looked up."""
    match state, command:
        case Unissued(), IssueLink():
            return [_issued(command, context, looked_up(context.known))]
        case Unissued(), ReissueLink() | RevokeLink() | ShowLink() | OpenLink():
            raise Unknown(what="link", id=str(context.subject))
        case Issued(fact=fact) | Revoked(fact=fact), IssueLink():
            may_manage(fact, context.actor)
            if same(fact, command.enterprise, command.purpose, command.visit, command.poll, command.days):
                return []
            raise AlreadyIssued(link=str(context.subject))
        case Issued(fact=fact) | Revoked(fact=fact), ReissueLink():
            may_manage(fact, context.actor)
            return [
                LinkReissued(
                    token=_about(command.token, fact.enterprise.id),
                    token_sha256=command.token_sha256,
                    expires_on=context.today + timedelta(days=command.days),
                    on=context.today,
                    **_hand(context),
                )
            ]
        case Issued(), ShowLink():
            return _show(state, context)
        case Issued(), OpenLink():
            return _open(state, command, context)
        case Revoked(), ShowLink():
            may_manage(state.fact, context.actor)
            raise LinkIsRevoked(link=str(context.subject), reason=state.reason)
        case Revoked(), OpenLink():
            raise Unknown(what="link")
        case Issued(fact=fact), RevokeLink():
            may_manage(fact, context.actor)
            return [LinkRevoked(reason=command.reason)]
        case Revoked(fact=fact), RevokeLink():
            may_manage(fact, context.actor)
            if state.reason == command.reason:
                return []
            raise LinkIsRevoked(link=str(context.subject), reason=state.reason)


def evolve(state: State, fact: LinkFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unissued(), LinkIssued():
            return Issued(fact)
        case Issued(fact=issued) | Revoked(fact=issued), LinkReissued():
            return Issued(LinkIssued(**{**dict(issued), **dict(fact)}))
        case Issued(), LinkShown():
            return replace(state, shown=fact)
        case Issued(), LinkOpened():
            return replace(state, opened=fact)
        case Issued(fact=issued), LinkRevoked(reason=reason):
            return Revoked(issued, reason)
        case Unissued(), LinkReissued() | LinkRevoked() | LinkShown() | LinkOpened():
            return state
        case Issued(), LinkIssued():
            return state
        case Revoked(), LinkIssued() | LinkRevoked() | LinkShown() | LinkOpened():
            return state


def came(id_: UUID, state: Issued, device: str, now: datetime) -> Came:
    """How a word through this link comes about, now, from this device."""
    given = state.shown or state.fact
    return Came(
        link=id_,
        by=given.by,
        unit=given.unit,
        way=LinkWay.SHOWN if state.shown else LinkWay.HANDED,
        minutes=max(0, int((now - given.at).total_seconds() // 60)) if given.at else None,
        device=device,
        staff=bool(state.opened and state.opened.staff),
    )


def doubtful(came: Came, units: frozenset[str]) -> bool:
    """Whether a word about a visit of these units may be the visitor's own."""
    soon = came.minutes is not None and came.minutes < SOON_MINUTES
    return came.staff or (soon and came.unit in units)


def same(fact: LinkIssued, enterprise: UUID, purpose: LinkPurpose, visit: UUID | None, poll: UUID | None, days: int) -> bool:
    """Whether this is what the link was issued for, and for how long."""
    about = (fact.enterprise.id, fact.purpose, fact.visit, fact.poll, (fact.expires_on - fact.on).days)
    return about == (enterprise, purpose, visit, poll, days)


def may_manage(fact: LinkIssued, actor: Actor) -> None:
    """Whoever is of a unit that answered for the enterprise when it was issued, or of the office."""
    if not (actor.holds(*OFFICE, Role.SYSTEM) or (actor.holds(*ISSUING) and actor.unit in fact.units)):
        raise NotYourLink


def _hand(context: Context[object]) -> dict[str, Any]:
    """Whose hands it is in now."""
    return {"by": context.actor.id, "unit": context.actor.unit, "at": context.now}


def _show(state: Issued, context: Context[object]) -> list[LinkFact]:
    may_manage(state.fact, context.actor)
    if state.fact.purpose is LinkPurpose.QUESTIONNAIRE and not context.actor.holds(*OFFICE):
        raise NotForUnits
    if not holds(state, context.today):
        raise Unknown(what="link", id=str(context.subject))
    if state.shown or state.opened:
        raise AlreadyShown(link=str(context.subject))
    return [LinkShown(**_hand(context))]


def _open(state: Issued, command: OpenLink, context: Context[object]) -> list[LinkFact]:
    if not context.actor.holds(Role.SYSTEM):
        raise Forbidden
    if not holds(state, context.today):
        raise Unknown(what="link")
    if state.opened is None:
        return [LinkOpened(device=command.device, staff=command.staff, at=context.now)]
    if state.opened.device != command.device:
        raise OpenedElsewhere
    return []


def _issued(command: IssueLink, context: Context[object], known: KnownIssuing) -> LinkIssued:
    enterprise = known.enterprise
    units = tuple(dict.fromkeys(held.unit for _, held in sorted(enterprise.assigned.items())))
    visitors = tuple(dict.fromkeys(held.worker for _, held in sorted(enterprise.assigned.items()) if held.worker is not None))
    if known.visit is not None:
        if known.visit.enterprise != enterprise.id:
            raise VisitOfAnother(visit=str(command.visit))
        units = tuple(sorted({*units, *known.visit.units}))
    fact = LinkIssued(
        enterprise=Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name),
        purpose=command.purpose,
        visit=command.visit,
        poll=command.poll,
        units=units,
        visitors=visitors,
        token=_about(command.token, enterprise.id),
        token_sha256=command.token_sha256,
        expires_on=context.today + timedelta(days=command.days),
        on=context.today,
        **_hand(context),
    )
    may_manage(fact, context.actor)
    if command.purpose is LinkPurpose.QUESTIONNAIRE and not visitors:
        raise NobodyToAnswerTo(enterprise=enterprise.name)
    return fact


def _about(token: Personal, enterprise: UUID) -> Personal:
    return token.about(seat("contact", str(enterprise)))


LINK: Decider[State, LinkCommand, LinkFact, KnownIssuing | None] = Decider("link", Unissued(), decide, evolve)
