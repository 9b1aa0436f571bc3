"""What a decision about a ticket must know beside the stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from services.issues.domain.ticket.commands import ReportIssue
from services.issues.domain.ticket.known import KnownReport, KnownTicket
from shared.events.visits import Visited
from shared.http.service import Service
from shared.language.terms import Line, Role, UnitKind
from shared.log.directory import Directory

_HANDLING = (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP, UnitKind.OFFICE, UnitKind.INSPECTORATE)


async def for_report(
    service: Service, command: ReportIssue, today: date, *, first: Sequence[str | None] = (), last: str = ""
) -> KnownTicket:
    """What a report must know: the enterprise as it is called today, and the unit that answers for it. That is the first
    that is named, else the unit of one of its lines, else the last resort.
    """
    enterprise = await Directory(service.pool).enterprise(command.enterprise, today)
    lines = [held.unit for line in (Line.HORIZONTAL, Line.VERTICAL) if (held := enterprise.assigned.get(line))]
    unit = next((code for code in (*first, *lines, last) if code), "")
    named = Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name)
    return KnownTicket(KnownReport(named, unit, external_no=command.external_no), units=await units(service, [unit], today))


async def units(service: Service, codes: Sequence[str], on: date) -> frozenset[str]:
    """Which of these are units that a ticket can lie with on the day."""
    rows = await service.pool.fetch(
        "select code from known_unit where code = any($1::text[]) and kind = any($2::text[]) "
        "and started_on <= $3 and (ended_on is null or ended_on > $3)",
        list(codes),
        [str(kind) for kind in _HANDLING],
        on,
    )
    return frozenset(row["code"] for row in rows)


async def posts(service: Service, members: Iterable[UUID], on: date) -> dict[UUID, dict[str, frozenset[Role]]]:
    """The roles these hold on the day, by unit."""
    found = await Directory(service.pool).members(list(members), on)
    held: dict[UUID, dict[str, set[Role]]] = {}
    for id_, member in found.items():
        for post in member.posts:
            held.setdefault(id_, {}).setdefault(post.unit, set()).add(post.role)
    return {id_: {unit: frozenset(roles) for unit, roles in by_unit.items()} for id_, by_unit in held.items()}
