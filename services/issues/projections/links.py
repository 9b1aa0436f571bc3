"""A read copy of the enterprises' links, followed from the log of visits: whose token it is, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from shared.events.visits import LinkIssued, LinkOpened, LinkReissued, LinkRevoked
from shared.http.public import ForThatVisit, digest, on_its_device
from shared.language.problems import Unknown
from shared.language.terms import LinkPurpose
from shared.log.directory import Directory
from shared.log.eventlog import Entry
from shared.log.views import Follower

_DDL = """
create table if not exists {schema}.known_link (
    id uuid primary key, token_sha256 text not null, enterprise uuid not null, expires_on date not null,
    revoked bool not null default false, purpose text not null, device text);
create unique index if not exists known_link_token on {schema}.known_link (token_sha256)
"""


def follower() -> Follower:
    """The projection that keeps the copy."""
    return Follower("links", "visits", _apply, _DDL)


async def _apply(connection: Any, entries: Sequence[Entry]) -> None:
    for entry in entries:
        if not entry.stream.startswith("link/"):
            continue
        match entry.fact:
            case LinkIssued() as fact:
                await connection.execute(
                    "insert into known_link values ($1, $2, $3, $4, false, $5) on conflict (id) do update set token_sha256 = $2, "
                    "enterprise = $3, expires_on = $4, revoked = false, purpose = $5, device = null",
                    UUID(entry.key),
                    fact.token_sha256,
                    fact.enterprise.id,
                    fact.expires_on,
                    str(fact.purpose),
                )
            case LinkReissued() as fact:
                await connection.execute(
                    "update known_link set token_sha256 = $2, expires_on = $3, revoked = false, device = null where id = $1",
                    UUID(entry.key),
                    fact.token_sha256,
                    fact.expires_on,
                )
            case LinkOpened() as fact:
                await connection.execute("update known_link set device = $2 where id = $1", UUID(entry.key), fact.device)
            case LinkRevoked():
                await connection.execute("update known_link set revoked = true where id = $1", UUID(entry.key))
            case _:
                continue


async def opened(pool: Any, token: str, today: date, device: str) -> tuple[UUID, bool]:
    """The enterprise of a token and whether the token is private to it; anything else is one and the same 404.

    A plaque hangs on a wall for everybody to scan: its token is not private. A link is good on the device that opened it; a
    visit's link opens no tickets.
    """
    link = await pool.fetchrow(
        "select enterprise, purpose, device from known_link where token_sha256 = $1 and not revoked and expires_on >= $2",
        digest(token),
        today,
    )
    plaque = await Directory(pool).plaque(digest(token), today)
    if link is not None:
        on_its_device(link["device"], device)
        if link["purpose"] == LinkPurpose.VISIT:
            raise ForThatVisit
        return link["enterprise"], True
    if plaque is None:
        raise Unknown(what="link")
    return plaque[1], False
