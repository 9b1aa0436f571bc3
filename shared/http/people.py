"""Who somebody is today: the posts a member holds on the day of the request, in the service's own copy of the roster.

A token only says who holds it. So whoever is released has no rights at the next request: at once in the roster, and in the
other services as soon as their copy has heard of it, milliseconds later. Nobody is the platform itself by a token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from shared.events import roster
from shared.http.identity import Holder
from shared.language.decider import Actor
from shared.language.problems import Forbidden, Unauthenticated
from shared.language.terms import Role
from shared.log.directory import post_statements
from shared.log.eventlog import Entry
from shared.log.views import Follower

People = Callable[[Any, Holder, date], Awaitable[Actor]]
"""How a service finds out, from its pool of connections, who holds a token on a day."""

_DDL = """
create table if not exists {schema}.person_post (
    member uuid, unit text, role text, sub_unit text, acting_for text, freed bool not null, pos bigint primary key,
    started_on date not null, until date, ended_on date, account text);
create index if not exists person_post_member on {schema}.person_post (member);
create table if not exists {schema}.person_revoked (token uuid primary key);
"""


class NobodyKnown(Unauthenticated):
    """A token is of a member of the roster."""

    title = "没有这个账号的任职信息;如果刚刚任命,请稍候再试,否则请联系安全管理员"


class NoPostToday(Forbidden):
    """Rights end with the post (``roles.md``)."""

    title = "您目前没有在任的岗位,不能使用本平台;如有疑问请联系安全管理员"


class TokenIsRevoked(Unauthenticated):
    """A token that was revoked is refused, however long it would have been good."""

    title = "该登录凭证已被撤销,请重新登录"


def reading(table: str, since: str, until: str, revoked: str) -> People:
    """Who holds a token, as these tables and columns tell."""
    held = (
        f"select account, unit, sub_unit, role, exists (select from {revoked} r where r.token = $3) as revoked from {table} "
        f"where member = $1 and {since} <= $2 and ({until} is null or {until} > $2) and role <> $4 "
        f"order by acting_for is not null, {since}, unit, role"
    )
    ever = f"select exists (select from {table} where member = $1)"

    async def who(pool: Any, holder: Holder, today: date) -> Actor:
        rows = await pool.fetch(held, holder.member, today, holder.token, str(Role.SYSTEM))
        if not rows:
            raise NoPostToday if await pool.fetchval(ever, holder.member) else NobodyKnown
        first = rows[0]
        if first["revoked"]:
            raise TokenIsRevoked
        roles = frozenset(Role(row["role"]) for row in rows if row["unit"] == first["unit"])
        return Actor(holder.member, first["account"], roles, first["unit"], first["sub_unit"] or "")

    return who


from_copy: People = reading("person_post", "started_on", "ended_on", "person_revoked")
"""For the services that follow the roster (``follower``)."""


def follower() -> Follower:
    """The projection that keeps the copy."""
    return Follower("people", "roster", _apply, _DDL)


async def _apply(connection: Any, entries: Sequence[Entry]) -> None:
    for entry in entries:
        for statement, args in _statements(entry):
            await connection.execute(statement, *args)


def _statements(entry: Entry) -> list[tuple[str, tuple[Any, ...]]]:
    if entry.type not in _OF_PEOPLE:
        return []
    match entry.fact:
        case roster.MemberAppointed() | roster.MemberReleased():
            return post_statements(entry, "person_post")
        case roster.TokenRevoked():
            return [("insert into person_revoked values ($1) on conflict do nothing", (UUID(entry.key),))]
        case _:
            return []


_OF_PEOPLE = frozenset((roster.MemberAppointed.TYPE, roster.MemberReleased.TYPE, roster.TokenRevoked.TYPE))
