"""What every service knows of the roster: a read copy of units, members, enterprises, assignments and the calendar.

It follows the roster's log; commands are decided on it, ledgers are not. It answers for any day: what is dated is kept with the
day it begins on, and whoever asks names the day (decisions 0037, 0043). Of two things said of one day the later takes the place of
the earlier.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared.events import roster
from shared.language import writing
from shared.language.known import Assigned, KnownEnterprise, KnownMember, KnownUnit, Post
from shared.language.personal import Personal
from shared.language.problems import Unknown
from shared.language.terms import Line, Mode, Role, Size, Standing, UnitKind
from shared.log.eventlog import Entry
from shared.log.views import Follower

_DDL = """
create table if not exists {schema}.known_unit (code text primary key, kind text not null, started_on date not null, ended_on date);
create table if not exists {schema}.known_unit_name (
    unit text, started_on date, name text not null, primary key (unit, started_on));
create table if not exists {schema}.known_unit_parent (
    unit text, started_on date, parent text not null, primary key (unit, started_on));
create table if not exists {schema}.known_member (
    id uuid primary key, account text not null unique, name jsonb);
create table if not exists {schema}.known_phones (started_on date primary key, entries jsonb not null);
create table if not exists {schema}.known_post (
    member uuid, unit text, role text, sub_unit text, acting_for text, freed bool not null, pos bigint primary key,
    started_on date not null, until date, ended_on date, account text);
create index if not exists known_post_unit on {schema}.known_post (unit, role);
create index if not exists known_post_member on {schema}.known_post (member);
create table if not exists {schema}.known_enterprise (
    id uuid primary key, code text not null unique, name text not null, name_key text not null, first_name text not null,
    first_standing text not null, first_elsewhere bool not null, industry text not null default '',
    size text, tags jsonb not null default '[]', modes jsonb not null default '[]', hours text not null default '', quiet_until date);
create index if not exists known_enterprise_name_key on {schema}.known_enterprise (name_key);
create table if not exists {schema}.known_enterprise_name (
    enterprise uuid, started_on date, name text not null, primary key (enterprise, started_on));
create table if not exists {schema}.known_standing (
    enterprise uuid, started_on date, standing text not null, primary key (enterprise, started_on));
create table if not exists {schema}.known_custody (
    enterprise uuid, started_on date, elsewhere bool not null, primary key (enterprise, started_on));
create table if not exists {schema}.known_main_line (
    enterprise uuid, started_on date, line text not null, primary key (enterprise, started_on));
create table if not exists {schema}.known_plaque (
    token_sha256 text primary key, project uuid not null, enterprise uuid not null, pos bigint not null, started_on date not null,
    ended_on date);
create table if not exists {schema}.known_project (id uuid primary key, name text not null, enterprise uuid not null);
create table if not exists {schema}.known_assignment (
    enterprise uuid, line text, started_on date, pos bigint, unit text not null, sub_unit text, worker uuid,
    primary key (enterprise, line, started_on));
create index if not exists known_assignment_worker on {schema}.known_assignment (worker);
create index if not exists known_assignment_unit on {schema}.known_assignment (unit);
create table if not exists {schema}.known_loss (enterprise uuid, line text, verified_on date, primary key (enterprise, line, verified_on));
create table if not exists {schema}.calendar_year (
    year int primary key, version int not null, days jsonb not null);
-- name_key: {form}
""".replace("{form}", writing.FORM)


def _held(table: str, owner: str, column: str, day: str) -> str:
    """What one of the dated tables says for a day; nothing before the first."""
    return f"(select d.{column} from {table} d where d.{owner} and d.started_on <= {day} order by d.started_on desc limit 1)"


def units_on(day: str) -> str:
    """All units, as they are called and under which they stand on a day, as SQL; before the first day as on that one."""
    first = "(select d.{} from {} d where d.unit = u.code order by d.started_on limit 1)"
    name, parent = (_held(f"known_unit_{it}", "unit = u.code", it, day) for it in ("name", "parent"))
    return (
        f"(select u.code, coalesce({name}, {first.format('name', 'known_unit_name')}) as name, u.kind, "
        f"coalesce({parent}, {first.format('parent', 'known_unit_parent')}) as parent, u.started_on, u.ended_on from known_unit u)"
    )


def enterprises_on(day: str) -> str:
    """All enterprises, as they are called and what the register says of them on a day, as SQL."""
    name, standing, elsewhere, line = (
        _held(table, "enterprise = e.id", column, day)
        for table, column in (
            ("known_enterprise_name", "name"),
            ("known_standing", "standing"),
            ("known_custody", "elsewhere"),
            ("known_main_line", "line"),
        )
    )
    return (
        f"(select e.id, e.code, coalesce({name}, e.first_name) as name, coalesce({standing}, e.first_standing) as standing, "
        f"coalesce({elsewhere}, e.first_elsewhere) as managed_elsewhere, {line} as main_line, e.industry, e.size, e.tags, e.modes, "
        "e.hours, e.quiet_until from known_enterprise e)"
    )


_HELD = """(select coalesce(json_agg(json_build_array(line, unit, sub_unit, worker) order by line), '[]') from (
    select distinct on (line) line, unit, sub_unit, worker from known_assignment
    where enterprise = $1 and started_on <= $2 order by line, started_on desc) held)"""


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

    async def unit(self, code: str, on: date) -> KnownUnit:
        """The unit as it is called, and under which it stands, on the day, or ``Unknown``."""
        if (found := (await self.units([code], on)).get(code)) is None:
            raise Unknown(what="unit", id=code)
        return found

    async def units(self, codes: Collection[str], on: date) -> dict[str, KnownUnit]:
        """Likewise, many; unknown codes are missing from the answer."""
        rows = await self._pool.fetch(
            f"select code, name, kind, parent from {units_on('$2')} u where code = any($1::text[])", list(codes), on
        )
        return {row["code"]: KnownUnit(row["code"], row["name"], UnitKind(row["kind"]), row["parent"]) for row in rows}

    async def members(self, ids: Sequence[UUID], on: date) -> dict[UUID, KnownMember]:
        """The members with the posts they held on the day; unknown ids are missing from the answer."""
        rows = await self._pool.fetch(
            "select m.id, m.account, p.unit, p.role, p.sub_unit from known_member m left join known_post p on p.member = m.id "
            "and p.started_on <= $2 and (p.ended_on is null or p.ended_on > $2) where m.id = any($1::uuid[])",
            list(ids),
            on,
        )
        posts: dict[UUID, list[Post]] = {}
        accounts: dict[UUID, str] = {}
        for row in rows:
            accounts[row["id"]] = row["account"]
            held = posts.setdefault(row["id"], [])
            if row["unit"] is not None:
                held.append(Post(row["unit"], Role(row["role"]), row["sub_unit"]))
        return {id_: KnownMember(id_, accounts[id_], tuple(held)) for id_, held in posts.items()}

    async def enterprise(self, id_: UUID, on: date) -> KnownEnterprise:
        """The enterprise as it is on the day, or ``Unknown``."""
        row = await self._pool.fetchrow(f"select e.*, {_HELD} as held from {enterprises_on('$2')} e where id = $1", id_, on)
        if row is None:
            raise Unknown(what="enterprise", id=str(id_))
        held: list[tuple[str, str, str | None, str | None]] = orjson.loads(row["held"])
        assigned = {Line(line): Assigned(unit, below, UUID(worker) if worker else None) for line, unit, below, worker in held}
        return KnownEnterprise(
            row["id"],
            row["code"],
            row["name"],
            Standing(row["standing"]),
            assigned,
            row["industry"],
            Size(row["size"]) if row["size"] else None,
            tuple(orjson.loads(row["tags"])),
            tuple(Mode(mode) for mode in orjson.loads(row["modes"])),
            row["hours"],
            row["quiet_until"],
            Line(row["main_line"]) if row["main_line"] else None,
        )

    async def specialists(self, id_: UUID, on: date) -> list[Specialist]:
        """Who serves the enterprise on each line on the day, the main contact marked (方案 五(一)); lines without anybody are absent."""
        rows = await self._pool.fetch(
            f"select a.line, a.unit, u.name as unit_name, a.worker, m.account, m.name, e.main_line, {_PHONES.format('$2')} ->> a.unit "
            f"as phone from {enterprises_on('$2')} e "
            "join lateral (select distinct on (line) line, unit, worker from known_assignment where enterprise = e.id "
            "and started_on <= $2 order by line, started_on desc) a on true "
            f"join {units_on('$2')} u on u.code = a.unit left join known_member m on m.id = a.worker where e.id = $1",
            id_,
            on,
        )
        held = {Line(row["line"]): row for row in rows}
        named = [line for line in Line if line in held and held[line]["worker"]]
        chosen = Line(rows[0]["main_line"]) if rows and rows[0]["main_line"] else None
        main = chosen if chosen in named else next(iter(named), None)
        return [
            Specialist(
                line,
                row["unit"],
                row["unit_name"],
                row["account"],
                Personal.read(orjson.loads(row["name"])) if row["name"] else None,
                row["phone"] or "",
                line == main,
            )
            for line, row in sorted(held.items())
        ]

    async def plaque(self, token_sha256: str, on: date) -> tuple[UUID, UUID] | None:
        """Project and enterprise of the plaque that hangs on the day and whose QR code carries this token; nothing before and after."""
        row = await self._pool.fetchrow(
            "select project, enterprise from known_plaque where token_sha256 = $1 and started_on <= $2 "
            "and (ended_on is null or ended_on > $2)",
            token_sha256,
            on,
        )
        return (row["project"], row["enterprise"]) if row else None


def follower() -> Follower:
    """The projection that keeps the copy."""
    return Follower("directory", "roster", _apply, _DDL)


async def _apply(connection: Any, entries: Sequence[Entry]) -> None:
    """Apply facts in order; statements of one shape go to the database together.

    Registrations, standings and assignments touch different tables and come in their tens of thousands, mixed: they wait for each
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


_PHONES = "(select entries from known_phones where started_on <= {} order by started_on desc limit 1)"
_REGISTER = (
    "insert into known_enterprise (id, code, name, name_key, first_name, first_standing, first_elsewhere, industry) "
    "values ($1,$2,$3,$4,$3,$5,$6,$7) on conflict (id) do nothing"
)
_ASSIGN = (
    "insert into known_assignment values ($1,$2,$3,$4,$5,$6,$7) on conflict (enterprise, line, started_on) "
    "do update set pos = excluded.pos, unit = excluded.unit, sub_unit = excluded.sub_unit, worker = excluded.worker"
)
_UNTIL = """
update {table} p set ended_on = case when freed then started_on else least(p.until, (
    select min(q.started_on) from {table} q where (q.member, q.unit, q.role) = (p.member, p.unit, p.role)
        and (q.freed or q.acting_for is not distinct from p.acting_for) and (q.started_on, q.pos) > (p.started_on, p.pos))) end
where p.member = $1 and p.unit = $2 and p.role = $3
"""
"""Each saying holds until the next day of which something was said (``shared.dated.terms``); what frees a post holds on no day."""
_ELSEWHERE = (roster.RowSetAside.TYPE, roster.RowDismissed.TYPE, roster.RowRepaired.TYPE)
"""Large and of no concern here: not even read."""


def post_statements(entry: Entry, table: str) -> list[tuple[str, tuple[Any, ...]]]:
    """What an appointment or a release says in a table of posts, and until when each saying of that post then holds."""
    match entry.fact:
        case roster.MemberAppointed() as fact:
            told = (fact.sub_unit, fact.acting_for, False, entry.pos, fact.on, fact.until, fact.account)
        case roster.MemberReleased() as fact:
            told = (None, None, True, entry.pos, fact.on, None, None)
        case _:
            return []
    seat = (UUID(entry.key), fact.unit, str(fact.role))
    columns = "member, unit, role, sub_unit, acting_for, freed, pos, started_on, until, account, ended_on"
    said = f"insert into {table} ({columns}) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$9) on conflict (pos) do nothing"
    return [(said, (*seat, *told)), (_UNTIL.format(table=table), seat)]


_DATED = {
    "unit_name": ("unit", "name"),
    "unit_parent": ("unit", "parent"),
    "enterprise_name": ("enterprise", "name"),
    "standing": ("enterprise", "standing"),
    "custody": ("enterprise", "elsewhere"),
    "main_line": ("enterprise", "line"),
}


def _said(table: str, owner: UUID | str, on: date, value: Any) -> tuple[str, tuple[Any, ...]]:
    """Something said of a day; of two said of one day the later holds."""
    key, column = _DATED[table]
    statement = (
        f"insert into known_{table} values ($1,$2,$3) on conflict ({key}, started_on) do update set {column} = excluded.{column}"
    )
    return statement, (owner, on, value)


_APART = frozenset((_REGISTER, _ASSIGN, _said("standing", "", date.min, "")[0]))


def _statements(entry: Entry) -> list[tuple[str, tuple[Any, ...]]]:
    if entry.type in _ELSEWHERE:
        return []
    match entry.fact:
        case roster.UnitEstablished() as fact:
            above = [_said("unit_parent", fact.code, fact.on, fact.parent)] if fact.parent else []
            return [
                ("insert into known_unit values ($1,$2,$3) on conflict (code) do nothing", (fact.code, str(fact.kind), fact.on)),
                _said("unit_name", fact.code, fact.on, fact.name),
                *above,
            ]
        case roster.UnitRenamed() as fact:
            return [_said("unit_name", entry.key, fact.on, fact.name)]
        case roster.UnitMoved() as fact:
            return [_said("unit_parent", entry.key, fact.on, fact.parent)]
        case roster.UnitEnded(on=on):
            return [("update known_unit set ended_on = $2 where code = $1", (entry.key, on))]
        case roster.UnitEndWithdrawn():
            return [("update known_unit set ended_on = null where code = $1", (entry.key,))]
        case roster.MemberAppointed() as fact:
            member = UUID(entry.key)
            return [
                (
                    "insert into known_member values ($1,$2,$3) on conflict (id) do update set name = excluded.name",
                    (member, fact.account, orjson.dumps(fact.name.token).decode()),
                ),
                *post_statements(entry, "known_post"),
            ]
        case roster.OfficePhonesMapped() as fact:
            return [
                (
                    "insert into known_phones values ($1,$2) on conflict (started_on) do update set entries = excluded.entries",
                    (fact.on, orjson.dumps(fact.entries).decode()),
                )
            ]
        case roster.MemberReleased():
            return post_statements(entry, "known_post")
        case roster.EnterpriseRegistered() as fact:
            id_, standing = UUID(entry.key), str(fact.standing)
            told = (id_, fact.code, fact.name, writing.key(fact.name), standing, fact.managed_elsewhere, fact.industry)
            since = [_said("standing", id_, fact.standing_on, standing)] if fact.standing_on else []
            return [(_REGISTER, told), *since]
        case roster.EnterpriseAmended(name=name, industry=industry, on=on) if name is not None or industry is not None:
            return [
                (
                    "update known_enterprise set name = coalesce($2, name), industry = coalesce($3, industry), "
                    "name_key = coalesce($4, name_key) where id = $1",
                    (UUID(entry.key), name, industry, name and writing.key(name)),
                ),
                *([_said("enterprise_name", UUID(entry.key), on, name)] if name else []),
            ]
        case roster.EnterpriseSized(size=size):
            return [("update known_enterprise set size = $2 where id = $1", (UUID(entry.key), size and str(size)))]
        case roster.EnterpriseTagged(tags=tags):
            return [("update known_enterprise set tags = $2 where id = $1", (UUID(entry.key), orjson.dumps(tags).decode()))]
        case roster.ContactPreferred() as fact:
            modes = orjson.dumps([str(mode) for mode in fact.modes]).decode()
            return [
                (
                    "update known_enterprise set modes = $2, hours = $3, quiet_until = $4 where id = $1",
                    (UUID(entry.key), modes, fact.hours, fact.quiet_until),
                )
            ]
        case roster.MainContactChosen() as fact:
            return [_said("main_line", UUID(entry.key), fact.on, str(fact.line))]
        case roster.ProjectRegistered() as fact:
            return [
                (
                    "insert into known_project values ($1,$2,$3) on conflict (id) do nothing",
                    (UUID(entry.key), fact.name, fact.enterprise),
                )
            ]
        case roster.PlaqueHung() as fact:
            return [
                (
                    "insert into known_plaque select $2, id, enterprise, $3, $4 from known_project where id = $1 "
                    "on conflict (token_sha256) do nothing",
                    (UUID(entry.key), fact.token_sha256, entry.pos, fact.on),
                )
            ]
        case roster.PlaqueTakenDown(on=on):
            return [
                (
                    "update known_plaque set ended_on = $2 where project = $1 and pos = (select max(pos) from known_plaque "
                    "where project = $1 and pos < $3)",
                    (UUID(entry.key), on, entry.pos),
                )
            ]
        case roster.StandingChanged() as fact:
            return [_said("standing", UUID(entry.key), fact.on, str(fact.standing))]
        case roster.CustodyChanged() as fact:
            return [_said("custody", UUID(entry.key), fact.on, fact.managed_elsewhere)]
        case roster.ContactLossVerified() as fact:
            return [
                ("insert into known_loss values ($1,$2,$3) on conflict do nothing", (UUID(entry.key), str(fact.line), fact.on))
            ]
        case roster.EnterpriseAssigned() as fact:
            assigned = (UUID(entry.key), str(fact.line), fact.on, entry.pos, fact.unit, fact.sub_unit, fact.worker)
            return [(_ASSIGN, assigned)]
        case roster.YearPublished() as fact:
            days = orjson.dumps([day.model_dump(mode="json") for day in fact.days]).decode()
            return [
                (
                    "insert into calendar_year values ($1,$2,$3) on conflict (year) do update "
                    "set version = excluded.version, days = excluded.days",
                    (fact.year, entry.version, days),
                )
            ]
        case _:
            return []
