"""What issues does because time passes: alarms that are due ring, in order, in working hours, each once.

Every alarm is a row that follows from its ticket's log. Ringing is a command whose id follows from ticket, kind and
deadline: two clocks, a crash between two rings, a day of downtime make no difference but ``late_minutes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from services.issues.domain.ticket import timers
from services.issues.domain.ticket.commands import RaiseAlarm
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import NOTHING, Knowing, KnownTicket
from services.issues.domain.ticket.numbers import DocumentKind
from services.issues.domain.ticket.states import State, Unreported
from services.issues.projections.numbering import documented
from services.issues.reactions import ITSELF
from shared.events.issues import AlarmRaised, AlarmsSet, Ring
from shared.http.service import Periodic, Service
from shared.language.decider import Context
from shared.language.facts import Fact
from shared.language.months import local_date
from shared.language.terms import Alarm, derived_id
from shared.log.eventlog import load_many
from shared.log.sweeping import Unfinished, for_each

log = structlog.get_logger()

_EVERY_SECONDS = 20
_AT_ONCE = 500


@dataclass(frozen=True)
class Rung:
    """One alarm that would ring, and the facts that would follow by themselves."""

    issue: UUID
    no: str
    ring: Ring
    at: datetime
    facts: tuple[Fact, ...]


async def turn(service: Service) -> None:
    """One round; whose alarms could not ring is named at its end."""
    failed: dict[UUID, Exception] = {}
    if rung := await sweep(service, failed):
        log.info("alarms", rung=rung)
    if failed:
        raise Unfinished(failed)


async def sweep(service: Service, failed: dict[UUID, Exception] | None = None) -> int:
    """Ring everything that is due now, the oldest first. Answers how many rang; outside working hours none does.

    A ticket whose alarm can't ring is added to ``failed`` and passed over till the next round; no other waits for it.
    """
    rung = 0
    failed = {} if failed is None else failed
    while timers.working(await service.calendar(), service.clock()):
        rows = await service.pool.fetch(
            "select issue, kind, deadline, at from alarm where at <= $1 and issue <> all($3::uuid[]) "
            "order by at, issue, kind, deadline limit $2",
            service.clock(),
            _AT_ONCE,
            list(failed),
        )
        by_issue: dict[UUID, list[RaiseAlarm]] = {}
        for row in rows:
            command = RaiseAlarm(kind=Alarm(row["kind"]), deadline=row["deadline"], at=row["at"])
            by_issue.setdefault(row["issue"], []).append(command)
        told, left = await for_each(
            "alarm", list(by_issue), lambda issue, due=by_issue: _ring(service, issue, due[issue]), _AT_ONCE
        )
        failed |= left
        rung += sum(told)
        if not any(told) and not left:
            break  # None is due, or another clock rang them all; what is left is for the next round.
    return rung


async def _ring(service: Service, issue: UUID, commands: Sequence[RaiseAlarm]) -> int:
    """Those of one ticket, in their order; the first that is refused ends it."""
    rung = 0
    for command in commands:
        done = await service.desk.handle(
            ISSUE,
            issue,
            command,
            await service.context(ITSELF, issue, NOTHING),
            command_id=derived_id("alarm", str(issue), command.kind, str(command.deadline)),
            prepare=partial(documented, DocumentKind.SLIP, red=command.deadline) if command.kind is Alarm.RED else None,
        )
        rung += not done.replayed
    return rung


async def foreseen(service: Service, at: datetime, issue: UUID | None = None) -> list[Rung]:
    """What would ring until an instant if nobody did anything meanwhile. Nothing is written."""
    rows = await service.pool.fetch(
        "select distinct issue from alarm where at <= $1 and ($2::uuid is null or issue = $2) order by issue", at, issue
    )
    found: list[Rung] = []
    calendar = await service.calendar()
    nobody = Context(ITSELF, at, local_date(at), calendar, UUID(int=0), KnownTicket(document_no="(待编号)", reds=0))
    for start in range(0, len(rows), _AT_ONCE):
        ids = [row["issue"] for row in rows[start : start + _AT_ONCE]]
        async with service.pool.acquire() as connection:
            histories = await load_many(connection, [ISSUE.stream(id_) for id_ in ids])
        for id_ in ids:
            state = ISSUE.fold(entry.fact for entry in histories.get(ISSUE.stream(id_), []))
            found += _story(id_, state, replace(nobody, subject=id_), at)
    return sorted(found, key=lambda item: (item.at, str(item.issue), item.ring.kind))


def _story(issue: UUID, state: State, context: Knowing, until: datetime) -> list[Rung]:
    """The rings of one ticket, one after the other, each with what it brings about."""
    found: list[Rung] = []
    while not isinstance(state, Unreported):
        due = [ring for ring in state.notes.rings if ring.at <= until]
        if not due:
            break
        ring = due[0]
        now = max(ring.at, found[-1].at) if found else ring.at
        asked = RaiseAlarm(kind=ring.kind, deadline=ring.deadline, at=ring.at)
        facts = ISSUE.decide(state, asked, replace(context, now=now, today=local_date(now)))
        told = tuple(fact for fact in facts if not isinstance(fact, AlarmRaised | AlarmsSet))
        found.append(Rung(issue, state.report.no, ring, now, told))
        state = ISSUE.fold(facts, state)
    return found


def task(service: Service) -> Periodic:
    """The background task."""
    return Periodic("clock", _EVERY_SECONDS, partial(turn, service))
