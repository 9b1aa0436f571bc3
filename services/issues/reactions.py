"""Facts of visits that open tickets: one per demand, its id derived from visit and number.

A redelivery derives the same id and opens nothing twice. A corrected visit opens tickets for new numbers only: what was
opened stays as it was, because it may be dispatched already; the same holds when a visit is returned or voided, since the
enterprise's demand does not go away with the paper it came on.

What an enterprise says itself opens one ticket too: a demand at the unit that answers for it, a report that a visit became
an inspection (变味) at the inspectorate. The latter's words stay where they are, sealed: the ticket names no unit and nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from services.issues.domain.omission import OMISSION, SuspectOmission
from services.issues.domain.ticket.commands import RederiveDeadline, ReportIssue
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import NOTHING, KnownReport, KnownTicket
from services.issues.domain.ticket.refusals import AlreadyReported
from services.issues.projections.heard import responsible
from services.issues.projections.numbering import numbered
from services.issues.projections.words import reindex
from shared.events.roster import SubjectErased, YearPublished
from shared.events.visits import DemandRaised, InspectionAlleged, VisitCorrected, Visited, VisitRecorded
from shared.http.public import ticket_of, ticket_of_demand
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.freetext import opened
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.problems import KeyReused, Problem, Unavailable
from shared.language.terms import Category, Mode, Nature, Role, Source, UnitKind, Urgency, derived_id
from shared.log.eventlog import Entry
from shared.log.handle import links
from shared.log.relay import transient
from shared.log.sweeping import Unfinished, for_each
from shared.log.views import Reaction

ITSELF = Actor(UUID(int=0), "issues", frozenset({Role.SYSTEM}))
"""The platform, acting on what others have said."""

SOURCES = {
    Mode.PHONE: Source.CALL,
    Mode.QUESTIONNAIRE: Source.QUESTIONNAIRE,
    Mode.ON_SITE: Source.VISIT,
    Mode.VIDEO: Source.VISIT,
}


_ALLEGED = "企业反映上门服务变味为检查(具体内容由区督查在企业反馈中查看)"


def issue_id(visit: UUID, demand: int) -> UUID:
    """The ticket of a demand."""
    return ticket_of_demand(visit, demand)


async def on_subject_erased(service: Service, entry: Entry) -> None:
    """What was found by the erased words is found by them no more. The key may still be there for a moment: it goes first."""
    if not isinstance(entry.fact, SubjectErased):
        return
    subject = UUID(entry.key)
    await service.vault.erase(subject)
    async with service.pool.acquire(timeout=10) as connection:
        await reindex(connection, service.vault, subject)


def report_of(visit: UUID, fact: VisitRecorded, place: int) -> ReportIssue:
    """The report of the demand in this place of the visit."""
    demand = fact.demands[place]
    return ReportIssue.model_construct(
        enterprise=fact.enterprise.id,
        unit=responsible(fact),
        source=SOURCES[fact.mode],
        content=demand.content,
        category=demand.category,
        nature=demand.nature,
        urgency=demand.urgency,
        reporter=fact.interviewee,
        phone=fact.phone,
        visit=visit,
        demand=demand.no,
    )


async def on_visit_recorded(service: Service, entry: Entry) -> None:
    """Open a ticket for every demand that has none."""
    fact = entry.fact
    if not isinstance(fact, VisitRecorded):
        return
    visit = UUID(entry.key)
    for place, demand in enumerate(fact.demands):
        report, by = report_of(visit, fact, place), fact.visitors[0].member
        await _open(service, entry, issue_id(visit, demand.no), report, fact.enterprise, responsible(fact), by)


async def on_visit_heard(service: Service, entry: Entry) -> None:
    """Point at a visit that speaks of difficulties and brought no demand; a corrected one is read anew (R29)."""
    fact = entry.fact
    if not isinstance(fact, VisitRecorded):
        return
    visit, happened = UUID(entry.key), datetime.fromisoformat(entry.envelope["time"])
    context = replace(await service.context(ITSELF, visit), now=happened, today=local_date(happened))
    read = await opened(
        service.vault, fact, Opening.HANDLE
    )  # What is suspected stands sealed under the visit's own subject again.
    command = SuspectOmission.model_construct(told=entry.version, unit=responsible(fact), visit=read)
    id_ = derived_id("issues", "suspect", str(visit), str(entry.version))
    await service.desk.handle(OMISSION, visit, command, context, command_id=id_)


async def on_demand_raised(service: Service, entry: Entry) -> None:
    """Open the ticket of what an enterprise asked for itself."""
    fact = entry.fact
    if not isinstance(fact, DemandRaised):
        return
    command = ReportIssue.model_construct(
        enterprise=fact.enterprise.id,
        unit=fact.unit,
        source=Source.ENTERPRISE,
        content=fact.content,
        category=fact.category,
        nature=fact.nature,
        reporter=fact.reporter,
        phone=fact.phone,
    )
    await _open(service, entry, ticket_of(UUID(entry.key)), command, fact.enterprise, fact.unit)


async def on_inspection_alleged(service: Service, entry: Entry) -> None:
    """Open the inspectorate's red ticket at once. The unit that came is not named: whoever may know it reads the report."""
    fact = entry.fact
    if not isinstance(fact, InspectionAlleged):
        return
    unit = await _inspectorate(service)
    command = ReportIssue.model_construct(
        enterprise=fact.enterprise.id,
        unit=unit,
        source=Source.ALLEGATION,
        content=_ALLEGED,
        category=Category.ENFORCEMENT,
        nature=Nature.COMPLAINT,
        urgency=Urgency.CRITICAL,
    )
    await _open(service, entry, ticket_of(UUID(entry.key)), command, fact.enterprise, unit)


async def _inspectorate(service: Service) -> str:
    """Where reports of 变味 go: the inspectorate, else the office. In a district with neither they wait, parked."""
    code = await service.pool.fetchval(
        "select code from known_unit where kind = any($1::text[]) and started_on <= $2 and (ended_on is null or ended_on > $2) "
        "order by array_position($1::text[], kind), code limit 1",
        [str(UnitKind.INSPECTORATE), str(UnitKind.OFFICE)],
        local_date(service.clock()),
    )
    if code is None:
        raise NoInspectorate
    return code


async def _open(
    service: Service, entry: Entry, key: UUID, command: ReportIssue, enterprise: Visited, unit: str, by: UUID | None = None
) -> None:
    """Report it on the day it was said, once."""
    happened = datetime.fromisoformat(entry.envelope["time"])
    cause = {"causationid": entry.envelope["id"], "correlationid": entry.envelope.get("correlationid", "")}
    token = links.set({**links.get(), **cause})
    try:
        known = KnownTicket(KnownReport(enterprise, unit, by), units=frozenset({unit}))
        context = await service.context(ITSELF, key, known)
        context = replace(context, now=happened, today=local_date(happened))
        await service.desk.handle(
            ISSUE, key, command, context, command_id=derived_id("issues", "report", str(key)), prepare=numbered
        )
    except (KeyReused, AlreadyReported):
        return  # The demand was worded otherwise when its ticket was opened.
    finally:
        links.reset(token)


async def on_year_published(service: Service, entry: Entry) -> None:
    """Derive the deadlines of open tickets anew under the calendar just published; those that do not move stay as they are."""
    year, version = int(entry.key), entry.version
    known = await service.pool.fetchval("select version from calendar_year where year = $1", year)
    if known is None or known < version:
        raise Unavailable(reason="calendar")  # The copy of the roster is a moment behind: this is tried again.
    rows = await service.pool.fetch("select id from issue where open order by id")
    service.forget_calendar()

    async def rederive(key: UUID) -> None:
        await _rederive(service, key, year, version)

    _, failed = await for_each("deadline", [row["id"] for row in rows], rederive, at_once=50)
    if failed:  # One that only waits makes all be tried again: those that are done do nothing then.
        raise next((error for error in failed.values() if transient(error)), Unfinished(failed))


async def _rederive(service: Service, key: UUID, year: int, version: int) -> None:
    await service.desk.handle(
        ISSUE,
        key,
        RederiveDeadline(),
        await service.context(ITSELF, key, NOTHING),
        command_id=derived_id("issues", "rederive", str(key), str(year), str(version)),
    )


def reactions(service: Service) -> Sequence[Reaction]:
    """What this service does because of others."""

    def told(on: Callable[[Service, Entry], Awaitable[None]]) -> Callable[[Entry], Awaitable[None]]:
        return partial(on, service)

    return (
        Reaction("tickets-from-visits", "visits", (VisitRecorded.TYPE, VisitCorrected.TYPE), told(on_visit_recorded)),
        Reaction("omissions-from-visits", "visits", (VisitRecorded.TYPE, VisitCorrected.TYPE), told(on_visit_heard)),
        Reaction("tickets-from-enterprises", "visits", (DemandRaised.TYPE,), told(on_demand_raised)),
        Reaction("tickets-from-allegations", "visits", (InspectionAlleged.TYPE,), told(on_inspection_alleged)),
        Reaction("index-without-erased", "roster", (SubjectErased.TYPE,), told(on_subject_erased)),
        Reaction("deadlines-from-calendars", "roster", (YearPublished.TYPE,), told(on_year_published)),
    )


class NoInspectorate(Problem):
    """A report of 变味 goes to the inspectorate or the office: the roster must know one of them."""

    title = "尚未登记区督查考核机构"
