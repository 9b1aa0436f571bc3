"""What every service knows of the roster: a read copy of units, members, enterprises, assignments and the calendar.

It follows the roster's log; commands are decided on it, ledgers are not. It answers for any day, because assignments are
kept with the day they began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared import writing
from shared.eventlog import Entry
from shared.events import roster
from shared.problems import Unknown
from shared.projector import Follower
from shared.terms import Line, Mode, Role, Size, Standing, UnitKind
from shared.vault import Personal

_LINES = {
    UnitKind.DEPARTMENT: Line.VERTICAL,
    UnitKind.BRANCH: Line.VERTICAL,
    UnitKind.TOWNSHIP: Line.HORIZONTAL,
    UnitKind.VILLAGE: Line.HORIZONTAL,
}

_DDL = """
create table if not exists {schema}.known_unit (
    code text primary key, name text not null, kind text not null, parent text, ended_on date);
create table if not exists {schema}.known_member (
    id uuid primary key, account text not null unique, name jsonb);
create table if not exists {schema}.known_phone (unit text primary key, phone text not null);
create table if not exists {schema}.known_post (
    member uuid, unit text, role text, sub_unit text, started_on date not null, ended_on date, acting_for text);
create index if not exists known_post_unit on {schema}.known_post (unit, role);
create index if not exists known_post_member on {schema}.known_post (member);
create table if not exists {schema}.known_enterprise (
    id uuid primary key, code text not null unique, name text not null, name_key text not null, standing text not null, industry text not null default '',
    size text, tags jsonb not null default '[]', modes jsonb not null default '[]', hours text not null default '',
    quiet_until date, main_line text, managed_elsewhere bool not null default false);
create index if not exists known_enterprise_name on {schema}.known_enterprise (name_key);
create table if not exists {schema}.known_plaque (
    token_sha256 text primary key, project uuid not null, enterprise uuid not null, taken_down bool not null default false);
create table if not exists {schema}.known_project (id uuid primary key, name text not null, enterprise uuid not null);
create table if not exists {schema}.known_assignment (
    enterprise uuid, line text, started_on date, pos bigint, unit text not null, sub_unit text, worker uuid,
    primary key (enterprise, line, started_on));
create index if not exists known_assignment_worker on {schema}.known_assignment (worker);
create index if not exists known_assignment_unit on {schema}.known_assignment (unit);
create table if not exists {schema}.known_loss (enterprise uuid, line text, verified_on date not null, primary key (enterprise, line));
create table if not exists {schema}.calendar_year (
    year int primary key, version int not null, days jsonb not null);
-- name_key: {form}
""".replace("{form}", writing.FORM)


@dataclass(frozen=True)
class KnownUnit:
    """A unit; ``reporting`` is the code of the department or township that files for it."""

    code: str
    name: str
    kind: UnitKind
    parent: str | None

    @property
    def line(self) -> Line | None:
        """The line it stands on; the office and the district stand on none."""
        return _LINES.get(self.kind)

    @property
    def reporting(self) -> str:
        """The unit whose ledger it belongs to."""
        return self.parent if self.kind in (UnitKind.BRANCH, UnitKind.VILLAGE) and self.parent else self.code


@dataclass(frozen=True)
class Post:
    """A role held in a unit on the day asked for."""

    unit: str
    role: Role
    sub_unit: str | None


@dataclass(frozen=True)
class KnownMember:
    """Somebody of the four tiers or the offices, with the posts of the day asked for."""

    id: UUID
    account: str
    posts: tuple[Post, ...]

    def holds(self, unit: str, *roles: Role) -> bool:
        """Whether one of these roles is held in the unit."""
        return any(post.unit == unit and post.role in roles for post in self.posts)


@dataclass(frozen=True)
class Assigned:
    """Who answers for an enterprise on one line."""

    unit: str
    sub_unit: str | None
    worker: UUID | None


@dataclass(frozen=True)
class KnownEnterprise:
    """An enterprise with its assignments on the day asked for."""

    id: UUID
    code: str
    name: str
    standing: Standing
    assigned: Mapping[Line, Assigned]
    industry: str = ""
    """GB/T 4754 division, two digits."""
    size: Size | None = None
    tags: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    """How it likes to be reached, if it has said so; ``hours`` in its own words."""
    hours: str = ""
    quiet_until: date | None = None
    """The last day on which it wants to be left alone."""
    main_line: Line | None = None
    """The line whose worker it turns to first."""

    def responsible(self, unit: str) -> Line | None:
        """The line on which this unit answers for it, if it does."""
        return next((line for line, held in self.assigned.items() if held.unit == unit), None)


@dataclass(frozen=True)
class Specialist:
    """Who serves an enterprise on a line: the name stays sealed until somebody opens it, the telephone is the office's."""

    line: Line
    unit: str
    unit_name: str
    account: str | None
    name: Personal | None
    office_phone: str
    main: bool


class Directory:
    """Questions to the read copy."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def unit(self, code: str) -> KnownUnit:
        """The unit, or ``Unknown``."""
        row = await self._pool.fetchrow("select code, name, kind, parent from known_unit where code = $1", code)
        if row is None:
            raise Unknown(what="unit", id=code)
        return KnownUnit(row["code"], row["name"], UnitKind(row["kind"]), row["parent"])

    async def members(self, ids: Sequence[UUID], on: date) -> dict[UUID, KnownMember]:
        """The members with the posts they held on the day; unknown ids are missing from the answer."""
        rows = await self._pool.fetch(
            "select m.id, m.account, p.unit, p.role, p.sub_unit from known_member m left join known_post p on p.member = m.id "
            "and p.started_on <= $2 and (p.ended_on is null or p.ended_on > $2) where m.id = any($1::uuid[])",
            list(ids), on,
        )  # fmt: skip
        posts: dict[UUID, list[Post]] = {}
        accounts: dict[UUID, str] = {}
        for row in rows:
            accounts[row["id"]] = row["account"]
            held = posts.setdefault(row["id"], [])
            if row["unit"] is not None:
                held.append(Post(row["unit"], Role(row["role"]), row["sub_unit"]))
        return {id_: KnownMember(id_, accounts[id_], tuple(held)) for id_, held in posts.items()}

    async def enterprise(self, id_: UUID, on: date) -> KnownEnterprise:
        """The enterprise as assigned on the day, or ``Unknown``."""
        row = await self._pool.fetchrow("select * from known_enterprise where id = $1", id_)
        if row is None:
            raise Unknown(what="enterprise", id=str(id_))
        held = await self._pool.fetch(
            "select distinct on (line) line, unit, sub_unit, worker from known_assignment "
            "where enterprise = $1 and started_on <= $2 order by line, started_on desc",
            id_, on,
        )  # fmt: skip
        assigned = {Line(item["line"]): Assigned(item["unit"], item["sub_unit"], item["worker"]) for item in held}
        return KnownEnterprise(
            row["id"], row["code"], row["name"], Standing(row["standing"]), assigned, row["industry"],
            Size(row["size"]) if row["size"] else None, tuple(orjson.loads(row["tags"])),
            tuple(Mode(mode) for mode in orjson.loads(row["modes"])), row["hours"], row["quiet_until"],
            Line(row["main_line"]) if row["main_line"] else None,
        )  # fmt: skip

    async def specialists(self, id_: UUID, on: date) -> list[Specialist]:
        """Who serves the enterprise on each line on the day, the main contact marked (方案 五(一)); lines without anybody are absent."""
        rows = await self._pool.fetch(
            "select a.line, a.unit, u.name as unit_name, a.worker, m.account, m.name, f.phone, e.main_line from known_enterprise e "
            "join lateral (select distinct on (line) line, unit, worker from known_assignment where enterprise = e.id "
            "and started_on <= $2 order by line, started_on desc) a on true join known_unit u on u.code = a.unit "
            "left join known_member m on m.id = a.worker left join known_phone f on f.unit = a.unit where e.id = $1",
            id_, on,
        )  # fmt: skip
        held = {Line(row["line"]): row for row in rows}
        named = [line for line in Line if line in held and held[line]["worker"]]
        chosen = Line(rows[0]["main_line"]) if rows and rows[0]["main_line"] else None
        main = chosen if chosen in named else next(iter(named), None)
        return [
            Specialist(
                line, row["unit"], row["unit_name"], row["account"],
                Personal.read(orjson.loads(row["name"])) if row["name"] else None, row["phone"] or "", line == main,
            )
            for line, row in sorted(held.items())
        ]  # fmt: skip

    async def plaque(self, token: str) -> tuple[UUID, UUID]:
        """Project and enterprise of the plaque whose QR code carries this token, or ``Unknown``: also once it is taken down."""
        row = await self._pool.fetchrow(
            "select project, enterprise from known_plaque where token_sha256 = $1 and not taken_down",
            sha256(token.encode()).hexdigest(),
        )
        if row is None:
            raise Unknown(what="plaque")
        return row["project"], row["enterprise"]


def follower() -> Follower:
    """The projection that keeps the copy."""
    return Follower("directory", "roster", _apply, _DDL)


async def _apply(connection: Any, entries: Sequence[Entry]) -> None:
    """Apply facts in order; statements of one shape go to the database together.

    Registrations and assignments touch different tables and come in their tens of thousands, mixed: they wait for each
    other, everything else is done in its place.
    """
    pending: dict[str, list[tuple[Any, ...]]] = {}
    for entry in entries:
        for statement, args in _statements(entry):
            if statement not in pending and not (statement in _APART and pending.keys() <= _APART):
                await _flush(connection, pending)
            pending.setdefault(statement, []).append(args)
    await _flush(connection, pending)


async def _flush(connection: Any, pending: dict[str, list[tuple[Any, ...]]]) -> None:
    for statement, rows in pending.items():
        await connection.executemany(statement, rows)
    pending.clear()


_REGISTER = "insert into known_enterprise values ($1,$2,$3,$4,$5,$6) on conflict (id) do nothing"
_ASSIGN = (
    "insert into known_assignment values ($1,$2,$3,$4,$5,$6,$7) on conflict (enterprise, line, started_on) "
    "do update set pos = excluded.pos, unit = excluded.unit, sub_unit = excluded.sub_unit, worker = excluded.worker"
)
_APART = frozenset((_REGISTER, _ASSIGN))
_OF_A_POST = "where member = $1 and unit = $2 and role = $3"
_ELSEWHERE = (roster.RowSetAside.TYPE, roster.RowDismissed.TYPE, roster.RowRepaired.TYPE)
"""Large and of no concern here: not even read."""


def post_statements(entry: Entry, table: str) -> list[tuple[str, tuple[Any, ...]]]:
    """What an appointment or a release ends in a table of posts, as the member's own decider does: what was said before of the
    same days gives way.
    """
    later = f"delete from {table} {_OF_A_POST} and started_on >= $4"
    until = f"update {table} set ended_on = $4 {_OF_A_POST} and (ended_on is null or ended_on > $4)"
    match entry.fact:
        case roster.MemberAppointed() as fact:
            post = (UUID(entry.key), fact.unit, str(fact.role), fact.on, fact.acting_for)
            same = "and acting_for is not distinct from $5"
            return [(f"{later} {same} and ($6::date is null or started_on < $6)", (*post, fact.until)), (f"{until} {same}", post)]
        case roster.MemberReleased() as fact:
            gone = (UUID(entry.key), fact.unit, str(fact.role), fact.on)
            return [(later, gone), (until, gone)]
        case _:
            return []


def _statements(entry: Entry) -> list[tuple[str, tuple[Any, ...]]]:
    if entry.type in _ELSEWHERE:
        return []
    match entry.fact:
        case roster.UnitEstablished() as fact:
            return [("insert into known_unit values ($1,$2,$3,$4) on conflict (code) do update set name = excluded.name, "
                     "kind = excluded.kind, parent = excluded.parent, ended_on = null",
                     (fact.code, fact.name, str(fact.kind), fact.parent))]  # fmt: skip
        case roster.UnitRenamed(name=name):
            return [("update known_unit set name = $2 where code = $1", (entry.key, name))]
        case roster.UnitMoved(parent=parent):
            return [("update known_unit set parent = $2 where code = $1", (entry.key, parent))]
        case roster.UnitEnded(on=on):
            return [("update known_unit set ended_on = $2 where code = $1", (entry.key, on))]
        case roster.UnitEndWithdrawn():
            return [("update known_unit set ended_on = null where code = $1", (entry.key,))]
        case roster.MemberAppointed() as fact:
            member = UUID(entry.key)
            return [
                ("insert into known_member values ($1,$2,$3) on conflict (id) do update set name = excluded.name",
                 (member, fact.account, orjson.dumps(fact.name.token).decode())),
                *post_statements(entry, "known_post"),
                ("insert into known_post values ($1,$2,$3,$4,$5,$6,$7)",
                 (member, fact.unit, str(fact.role), fact.sub_unit, fact.on, fact.until, fact.acting_for)),
            ]  # fmt: skip
        case roster.OfficePhonesMapped(entries=entries):
            return [
                ("delete from known_phone", ()),
                *(("insert into known_phone values ($1,$2)", pair) for pair in entries.items()),
            ]
        case roster.MemberReleased():
            return post_statements(entry, "known_post")
        case roster.EnterpriseRegistered() as fact:
            return [
                (_REGISTER, (UUID(entry.key), fact.code, fact.name, writing.key(fact.name), str(fact.standing), fact.industry))
            ]
        case roster.EnterpriseAmended(name=name, industry=industry) if name is not None or industry is not None:
            return [("update known_enterprise set name = coalesce($2, name), industry = coalesce($3, industry), "
                     "name_key = coalesce($4, name_key) where id = $1",
                     (UUID(entry.key), name, industry, name and writing.key(name)))]  # fmt: skip
        case roster.EnterpriseSized(size=size):
            return [("update known_enterprise set size = $2 where id = $1", (UUID(entry.key), size and str(size)))]
        case roster.EnterpriseTagged(tags=tags):
            return [("update known_enterprise set tags = $2 where id = $1", (UUID(entry.key), orjson.dumps(tags).decode()))]
        case roster.ContactPreferred() as fact:
            modes = orjson.dumps([str(mode) for mode in fact.modes]).decode()
            return [("update known_enterprise set modes = $2, hours = $3, quiet_until = $4 where id = $1",
                     (UUID(entry.key), modes, fact.hours, fact.quiet_until))]  # fmt: skip
        case roster.MainContactChosen(line=line):
            return [("update known_enterprise set main_line = $2 where id = $1", (UUID(entry.key), str(line)))]
        case roster.ProjectRegistered() as fact:
            return [("insert into known_project values ($1,$2,$3) on conflict (id) do nothing",
                     (UUID(entry.key), fact.name, fact.enterprise))]  # fmt: skip
        case roster.PlaqueHung() as fact:
            return [("insert into known_plaque select $2, id, enterprise from known_project where id = $1 "
                     "on conflict (token_sha256) do update set taken_down = false", (UUID(entry.key), fact.token_sha256))]  # fmt: skip
        case roster.PlaqueTakenDown():
            return [("update known_plaque set taken_down = true where project = $1", (UUID(entry.key),))]
        case roster.StandingChanged(standing=standing):
            return [("update known_enterprise set standing = $2 where id = $1", (UUID(entry.key), str(standing)))]
        case roster.CustodyChanged(managed_elsewhere=elsewhere):
            return [("update known_enterprise set managed_elsewhere = $2 where id = $1", (UUID(entry.key), elsewhere))]
        case roster.ContactLossVerified() as fact:
            return [("insert into known_loss values ($1,$2,$3) on conflict (enterprise, line) do update "
                     "set verified_on = greatest(known_loss.verified_on, excluded.verified_on)",
                     (UUID(entry.key), str(fact.line), fact.on))]  # fmt: skip
        case roster.EnterpriseAssigned() as fact:
            assigned = (UUID(entry.key), str(fact.line), fact.on, entry.pos, fact.unit, fact.sub_unit, fact.worker)
            return [(_ASSIGN, assigned)]
        case roster.YearPublished() as fact:
            days = orjson.dumps([day.model_dump(mode="json") for day in fact.days]).decode()
            return [("insert into calendar_year values ($1,$2,$3) on conflict (year) do update "
                     "set version = excluded.version, days = excluded.days", (fact.year, entry.version, days))]  # fmt: skip
        case _:
            return []
