"""Tickets that the desk opens through something else (a call, a transferred order): what their report must know."""

from __future__ import annotations

from uuid import UUID

from services.issues.domain.ticket.commands import ReportIssue
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import State
from services.issues.projections.numbering import numbered
from services.issues.queries import lookups
from shared.events.visits import Visited
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.terms import derived_id
from shared.log.directory import Directory
from shared.log.handle import Ask


async def named(service: Service, id_: UUID | None) -> Visited | None:
    """The enterprise as it is called, where one is named."""
    return None if id_ is None else await called(service, id_)


async def called(service: Service, id_: UUID) -> Visited:
    """An enterprise as it is called today."""
    known = await Directory(service.pool).enterprise(id_, local_date(service.clock()))
    return Visited(id=known.id, code=known.code, name=known.name)


async def report(service: Service, caller: Actor, ticket: UUID, command: ReportIssue) -> Ask[State]:
    """The report of a ticket whose id follows from what it came through, for the unit that answers for the enterprise."""
    known = await lookups.for_report(service, command, local_date(service.clock()), last=caller.unit)
    context = await service.context(caller, ticket, known)
    return Ask(ISSUE, str(ticket), command, context, derived_id("issues", "report", str(ticket)), prepare=numbered)
