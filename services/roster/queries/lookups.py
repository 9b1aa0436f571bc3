"""What the deciders must know beside the stream: what units are, where members hold posts, whose seat is taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.roster.domain.member import AppointMember, KnownMember, Member
from services.roster.domain.unit import (
    ConfirmUnitEnd,
    EndUnit,
    EstablishUnit,
    KnownUnit,
    MoveUnit,
    Named,
    Placed,
    State,
    UnitCommand,
)
from shared.language.decider import Context
from shared.language.terms import Line, Role, UnitKind

_UNDER = (UnitKind.BRANCH, UnitKind.VILLAGE)


async def unit_kind(pool: Any, code: str | None, on: date) -> UnitKind | None:
    """The kind of a unit that is there on a day, or will be."""
    if code is None:
        return None
    kind = await pool.fetchval("select kind from unit where code = $1 and (ended is null or ended > $2)", code, on)
    return UnitKind(kind) if kind else None


async def among_units(command: UnitCommand, connection: Any, _state: State, context: Context[KnownUnit]) -> Context[KnownUnit]:
    """What a unit is decided on beside itself: the kind of the one above it, the units it names, and until when it took over.

    Such decisions look at each other's streams (nobody succeeds whom it succeeds): they wait for one another.
    """
    await connection.execute("select pg_advisory_xact_lock(hashtextextended('units', 52050202))")
    code = context.known.code
    parent = command.parent if isinstance(command, EstablishUnit | MoveUnit) else None
    named: tuple[str, ...] = ()
    if isinstance(command, EstablishUnit):
        named = command.predecessors
    elif isinstance(command, EndUnit):
        named = command.successors
    elif isinstance(command, ConfirmUnitEnd):  # What waits for a second person.
        told = await connection.fetchval("select successors from view.unit_ending where code = $1", code)
        named = tuple(orjson.loads(told)) if told else ()
    rows = await connection.fetch("select code, kind, since, ended from view.unit where code = any($1::text[])", list(named))
    units = {row["code"]: Named(UnitKind(row["kind"]), row["since"], row["ended"]) for row in rows}
    took_over = await connection.fetchval("select max(ended) from view.unit where successors ? $1 and code <> $1", code)
    above = await unit_kind(connection, parent, getattr(command, "on", None) or context.today)
    return replace(context, known=replace(context.known, parent=above, units=units, took_over=took_over))


async def lines(pool: Any, codes: Iterable[str | None], on: date | None = None) -> dict[str, Placed]:
    """By unit code: its line, and the unit it stands under.

    With ``on`` it is as of that day, and those are missing that have ended by then.
    """
    rows = await pool.fetch(
        f"select code, kind, line, {under('$2')} as parent from unit where code = any($1::text[]) and line is not null "
        "and ($2::date is null or ended is null or ended > $2)",
        [code for code in codes if code],
        on,
    )
    return {row["code"]: placed(row) for row in rows}


async def answering(pool: Any, enterprise: UUID, line: Line) -> list[str]:
    """The units that answer, answered or will answer for an enterprise on a line."""
    rows = await pool.fetch("select distinct unit from assignment where enterprise = $1 and line = $2", enterprise, str(line))
    return [row["unit"] for row in rows]


def under(day: str) -> str:
    """The unit above a row of ``unit`` on a day, as SQL; without one that day, the first it had."""
    held = f"p.code = unit.code and p.since <= {day} and (p.until is null or p.until > {day})"
    return f"coalesce((select p.parent from unit_parent p where {held}), unit.first_parent)"


def placed(unit: Any) -> Placed:
    """How the deciders know a row of the units: a department or township answers itself, a branch or village under another."""
    return Line(unit["line"]), unit["parent"] if unit["kind"] in _UNDER else None


async def workers(pool: Any, members: Iterable[UUID | None], on: date) -> dict[UUID, set[str]]:
    """By member: the units in which a post is held on a day."""
    rows = await pool.fetch(
        "select member, unit from post where member = any($1::uuid[]) and since <= $2 and (until is null or until > $2)",
        [item for item in members if item],
        on,
    )
    found: dict[UUID, set[str]] = {}
    for row in rows:
        found.setdefault(row["member"], set()).add(row["unit"])
    return found


async def seated(command: AppointMember, connection: Any, _state: Member, context: Context[KnownMember]) -> Context[KnownMember]:
    """Who else has the one seat during the term, and whether the one stood in for holds the post when it begins.

    Whoever fills the same seat waits for the lock until this transaction ends.
    """
    unit = "" if command.role is Role.CHIEF else command.unit
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 52050202))", f"seat {command.role} {unit}")
    seat = await connection.fetchval(
        "select account from view.post where role = $1 and ($2 = '' or unit = $2) and member <> $3 and acting_for is null "
        "and daterange(since, until) && daterange($4, $5) order by since, account limit 1",
        str(command.role),
        unit,
        context.subject,
        command.on,
        command.until,
    )
    held = await connection.fetchval(
        "select exists (select from view.post where account = $1 and member <> $2 and unit = $3 and role = $4 and acting_for is null "
        "and since <= $5 and (until is null or until > $5))",
        command.acting_for,
        context.subject,
        command.unit,
        str(command.role),
        command.on,
    )
    return replace(context, known=replace(context.known, seat=seat, held=held))
