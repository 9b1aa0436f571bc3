"""The first facts of a platform that is empty, by the installation's own hand: ``guiren init``, or ``python -m deploy.founding``
beside a roster whose settings and secrets it has.

Nobody can be appointed by somebody before there is somebody. So this writes into the roster's log itself, as the system,
in a process of whoever installs; no token says ``system``, and none is accepted that did.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from services.roster.app import build
from services.roster.domain.brand import BRAND, KnownBrand, PublishBrand
from services.roster.domain.calendar import CALENDAR, KnownYear, PublishYear
from services.roster.domain.member import MEMBER, AppointMember, KnownMember
from services.roster.domain.unit import UNIT, EstablishUnit, KnownUnit
from shared.http.service import Service
from shared.language.decider import Actor, Decider
from shared.language.facts import Command
from shared.language.ids import new_id
from shared.language.months import local_date
from shared.language.personal import Personal
from shared.language.problems import Problem
from shared.language.terms import Role, UnitKind, derived_id
from shared.log.loglines import say
from shared.log.outages import in_words
from shared.settings import Settings

ITSELF = Actor(UUID(int=0), "installation", frozenset({Role.SYSTEM}))
CommandT = TypeVar("CommandT", bound=Command)
KnownT = TypeVar("KnownT")
OFFICE = "office"
_CALENDARS = Path(__file__).parent / "data/calendar"


class NotEmptyError(Exception):
    """There is somebody who appoints the others."""


@dataclass(frozen=True)
class First:
    """What a platform begins with: the head of the office, and the security administrator who proposes everybody after them."""

    head_name: str
    security_name: str
    head: str = "office-head"
    security: str = "security"
    office: str = Settings.model_fields["office_name"].default
    phone: str = ""

    def __post_init__(self) -> None:
        if self.head == self.security or self.head_name == self.security_name:
            message = "区优化办负责人与安全管理员必须是两个人"
            raise ValueError(message)

    @property
    def accounts(self) -> tuple[tuple[str, str, Role, str], ...]:
        """Account, name, role, post."""
        return (
            (self.head, self.head_name, Role.OFFICE_HEAD, "主任"),
            (self.security, self.security_name, Role.SECURITY_ADMIN, "安全管理员"),
        )


async def found(settings: Settings, first: First) -> int:
    """Write what is missing; said twice it adds nothing. Answers how many calendars there are."""
    async with installing(settings) as roster:
        await _empty(roster, first)
        today = local_date(roster.clock())
        units = (
            (settings.district, EstablishUnit(name=settings.district_name, kind=UnitKind.DISTRICT, on=today, document=""), None),
            (
                OFFICE,
                EstablishUnit(name=first.office, kind=UnitKind.OFFICE, parent=settings.district, on=today, document=""),
                UnitKind.DISTRICT,
            ),
        )
        for code, command, parent in units:
            await by_hand(roster, UNIT, code, command, KnownUnit(code, new_id(), parent))
        for account, name, role, post in first.accounts:
            if await roster.pool.fetchval("select exists (select from post where account = $1)", account):
                continue
            await _appoint(roster, account, name, role, post)
        if not await roster.pool.fetchval("select exists (select from brand)"):
            brand = PublishBrand.model_validate(
                {
                    "brand": settings.brand,
                    "lead_office": first.office,
                    "district": settings.district_name,
                    "phone": first.phone,
                    "on": today,
                }
            )
            await by_hand(roster, BRAND, "district", brand, KnownBrand())
        years = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_CALENDARS.glob("*.json"))]
        for year in years:
            listed = PublishYear.model_validate({name: year[name] for name in ("days", "source")})
            await by_hand(roster, CALENDAR, str(year["year"]), listed, KnownYear(year["year"]))
        return len(years)


@asynccontextmanager
async def installing(settings: Settings) -> AsyncGenerator[Service, None]:
    """The roster without what it does in the background: the one that runs relays what is written here."""
    service = build(settings)
    await service.open(relay=False)
    try:
        yield service
    finally:
        await service.close()


async def secure(settings: Settings, account: str, name: str) -> None:
    """Appoint the security administrator of a platform that works already and has none: one of a version that knew no such
    role. From then on everybody of the offices is proposed by that one.
    """
    async with installing(settings) as roster:
        there = await roster.pool.fetchval(
            "select min(account) from post where role = $1 and since <= $2 and (until is null or until > $2)",
            str(Role.SECURITY_ADMIN),
            local_date(roster.clock()),
        )
        if there:
            message = f"已有安全管理员 {there};其他账号由其在系统内提名"
            raise NotEmptyError(message)
        if await roster.pool.fetchval("select exists (select from post where account = $1)", account):
            message = f"账号 {account} 已任其他岗位;安全管理员须使用另一个账号"
            raise NotEmptyError(message)
        await _appoint(roster, account, name, Role.SECURITY_ADMIN, "安全管理员")


async def _appoint(roster: Service, account: str, name: str, role: Role, post: str) -> None:
    today = local_date(roster.clock())
    appointed = AppointMember(name=Personal(name), unit=OFFICE, role=role, post=post, duty="", document="", on=today)
    units = {row["code"]: None for row in await roster.pool.fetch("select code from unit where code = $1", OFFICE)}
    await by_hand(roster, MEMBER, derived_id("member", account), appointed, KnownMember(account, new_id(), units))


async def _empty(roster: Service, first: First) -> None:
    ours = [roster.settings.district, OFFICE]
    strangers = [
        row["code"] for row in await roster.pool.fetch("select code from unit where code <> all($1::text[]) order by code", ours)
    ]
    if strangers:
        message = f"平台不是空的,已有单位 {strangers[0]} 等 {len(strangers)} 个;账号由安全管理员在系统内提名"
        raise NotEmptyError(message)
    accounts = [account for account, *_ in first.accounts]
    other = await roster.pool.fetchval("select min(account) from post where account <> all($1::text[])", accounts)
    if other:
        message = f"平台不是空的,已有账号 {other};其他账号由安全管理员在系统内提名"
        raise NotEmptyError(message)


async def by_hand(
    roster: Service, decider: Decider[Any, CommandT, Any, KnownT], key: str | UUID, command: CommandT, known: KnownT
) -> None:
    """Carry out a command as the installation itself."""
    subject = derived_id("office-contact", roster.settings.district) if decider is BRAND else key
    await roster.desk.handle(decider, key, command, await roster.context(ITSELF, subject, known), command_id=new_id())


def main() -> int:
    """``python -m deploy.founding HEAD-NAME SECURITY-NAME``, where the roster's environment is."""
    try:
        years = asyncio.run(found(Settings(), First(*sys.argv[1:3])))
    except (NotEmptyError, Problem, ValueError, TypeError) as error:
        say(in_words(error))
        return 1
    say(f"founded: {years} calendars")
    return 0


if __name__ == "__main__":
    sys.exit(main())
