"""Links of enterprises as those who hand them out see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.visits.domain.access import sees_district
from services.visits.domain.link import LINK, OFFICE, Issued, NotYourLink, Revoked, State, Unissued, holds, may_manage
from services.visits.queries import lookups
from services.visits.queries.reading import Actions, EnterpriseId, EnterpriseName, Version
from services.visits.queries.visit import VisitedEnterprise
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import only_own
from shared.language.terms import LinkPurpose
from shared.log.eventlog import load


class Link(Answer):
    """A link. Its address is for the office, which sends it out; a unit that was there never holds it."""

    id: UUID = Field(description="链接编号")
    version: Version
    enterprise: VisitedEnterprise = Field(description="企业")
    purpose: LinkPurpose = Field(description="用途")
    purpose_label: str = label_of("purpose")
    visit: UUID | None = Field(description="须确认的走访编号;其他用途的为空")
    poll: UUID | None = Field(description="问卷调查编号;其他用途的为空")
    units: list[str] = Field(description="生成时负责该企业的单位编码")
    expires_on: date = Field(description="有效至(含当日)")
    on: date = Field(description="生成日期")
    by: UUID | None = Field(description="生成人的人员编号;早年未记的为空")
    unit: str = Field(description="生成人的单位编码;没有的为空文")
    at: datetime | None = Field(description="生成时间;早年未记的为空")
    revoked: bool = Field(description="是否已停用")
    holds: bool = Field(description="今天是否有效")
    path: str | None = Field(description="链接地址中的路径,只给区优化办;其他的为空")
    shown_at: datetime | None = Field(description="二维码出示时间;未出示的为空")
    opened_at: datetime | None = Field(description="企业打开时间;未打开的为空")
    allowed_actions: Actions


class LinkReceipt(Receipt, Link):
    """A link after a command."""


class LinkRow(Answer):
    """A link in a list, without its token."""

    id: UUID = Field(description="链接编号")
    version: Version
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    purpose: LinkPurpose = Field(description="用途")
    purpose_label: str = label_of("purpose")
    visit: UUID | None = Field(description="须确认的走访编号;其他用途的为空")
    poll: UUID | None = Field(description="问卷调查编号;其他用途的为空")
    issued_on: date = Field(description="生成日期")
    expires_on: date = Field(description="有效至(含当日)")
    revoked: bool = Field(description="是否已停用")
    units: list[str] | None = Field(description="生成时负责该企业的单位编码;没有的为空")


async def stored(service: Service, id_: UUID) -> tuple[int, State]:
    """Version and state of a link, from the log."""
    entries = await load(service.pool, LINK.stream(id_))
    return len(entries), LINK.fold(entry.fact for entry in entries)


async def concerns(service: Service, caller: Actor, enterprise: UUID, units: Collection[str], *hands: UUID | None) -> None:
    """Whoever reads only what is his own hands out links of his own enterprises only, and of visits he was at: a code leads to
    all that the enterprise sees.
    """
    if only_own(caller) and not (await lookups.reach(service, caller)).covers(units, enterprise, [one for one in hands if one]):
        raise NotYourLink


async def managed(service: Service, caller: Actor, id_: UUID) -> None:
    """The link's enterprise is the caller's, or he issued it."""
    _, state = await stored(service, id_)
    if not isinstance(state, Unissued):
        await concerns(service, caller, state.fact.enterprise.id, state.fact.units, state.fact.by)


def there(state: State) -> Issued | Revoked:
    """A link that there is."""
    if isinstance(state, Unissued):
        raise Unknown(what="link")
    return state


async def found(service: Service, id_: UUID, caller: Actor) -> Link:
    """A link, for those who manage it and the district's readers."""
    version, state = await stored(service, id_)
    there(state)
    await managed(service, caller, id_)
    if not _manages(there(state), caller) and not sees_district(caller):
        raise Forbidden(enterprise=str(there(state).fact.enterprise.id))
    return await link(service, id_, version, state, caller)


async def link(service: Service, id_: UUID, version: int, state: State, caller: Actor) -> Link:
    """A link as it stands, with what the caller may do next."""
    held = there(state)
    issued = held if isinstance(held, Issued) else None
    [token] = await service.vault.open([held.fact.token], Opening.LINK) if caller.holds(*OFFICE) and issued else [""]
    return Link(
        id=id_,
        version=version,
        **held.fact.model_dump(exclude={"token", "token_sha256", "visitors"}),
        revoked=issued is None,
        holds=holds(held, local_date(service.clock())),
        path=f"/s/{token}" if token else None,
        shown_at=issued.shown.at if issued and issued.shown else None,
        opened_at=issued.opened.at if issued and issued.opened else None,
        allowed_actions=_actions(held, caller) if _manages(held, caller) else [],
    )


async def links(
    service: Service,
    caller: Actor,
    enterprise: UUID | None,
    poll: UUID | None,
    purpose: LinkPurpose | None,
    cursor: str | None,
    limit: int,
) -> Page[LinkRow]:
    """A unit sees those of enterprises it answered for."""
    where: list[str] = []
    args: list[Any] = []
    for column, value in (("enterprise", enterprise), ("poll", poll), ("purpose", purpose and str(purpose))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    may = await lookups.reach(service, caller)
    may.narrowed(where, args, unit="id in (select link from link_unit where unit = {})")
    page = await listing(
        service.pool,
        table="link",
        columns="id, ver as version, enterprise, enterprise_name, purpose, visit, poll, issued_on, expires_on, revoked, "
        "(select array_agg(u.unit order by u.unit) from link_unit u where u.link = link.id) as units",
        where=where,
        args=args,
        order=["issued_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[LinkRow].of(page, (LinkRow(**row) for row in page["items"]))


def _manages(state: Issued | Revoked, actor: Actor) -> bool:
    try:
        may_manage(state.fact, actor)
    except Forbidden:
        return False
    return True


def _actions(state: Issued | Revoked, caller: Actor) -> list[str]:
    if isinstance(state, Revoked):
        return ["reissue"]
    may_show = state.fact.purpose is not LinkPurpose.QUESTIONNAIRE or caller.holds(*OFFICE)
    return [*(["show"] if may_show and not (state.shown or state.opened) else []), "reissue", "revoke"]
