"""Facts of visits that open tickets: one per demand, its id derived from visit and number.

A redelivery derives the same id and opens nothing twice. A corrected visit opens tickets for new numbers only: what was
opened stays as it was, because it may be dispatched already; the same holds when a visit is returned or voided, since the
enterprise's demand does not go away with the paper it came on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.issues.domain.commands import ReportIssue
from services.issues.domain.issue import ISSUE, AlreadyReported
from services.issues.projections import numbered
from shared.decider import Actor
from shared.eventlog import Entry
from shared.events.visits import VisitCorrected, VisitRecorded
from shared.handle import links
from shared.months import local_date
from shared.problems import KeyReused
from shared.projector import Reaction
from shared.service import Service
from shared.terms import Line, Mode, Role, Source, derived_id

ITSELF = Actor(UUID(int=0), "issues", frozenset({Role.SYSTEM}))
"""The platform, acting on what others have said."""

_SOURCES = {
    Mode.PHONE: Source.CALL,
    Mode.QUESTIONNAIRE: Source.QUESTIONNAIRE,
    Mode.ON_SITE: Source.VISIT,
    Mode.VIDEO: Source.VISIT,
}


def issue_id(visit: UUID, demand: int) -> UUID:
    """The ticket of a demand."""
    return derived_id("issue", str(visit), str(demand))


def responsible(fact: VisitRecorded) -> str:
    """The unit a visit's tickets begin with: on the horizontal line, else on the vertical one, else the first visitor's."""
    by_line = {visitor.line: visitor.unit for visitor in reversed(fact.visitors)}
    return by_line.get(Line.HORIZONTAL) or by_line.get(Line.VERTICAL) or fact.visitors[0].unit


def report_of(visit: UUID, fact: VisitRecorded, place: int) -> ReportIssue:
    """The report of the demand in this place of the visit."""
    demand = fact.demands[place]
    return ReportIssue.model_construct(
        enterprise=fact.enterprise.id, unit=responsible(fact), source=_SOURCES[fact.mode], content=demand.content,
        category=demand.category, nature=demand.nature, urgency=demand.urgency, reporter=fact.interviewee,
        phone=fact.phone, visit=visit, demand=demand.no,
    )  # fmt: skip


async def on_visit_recorded(service: Service, entry: Entry) -> None:
    """Open a ticket for every demand that has none."""
    fact = entry.fact
    if not isinstance(fact, VisitRecorded):
        return
    visit, happened = UUID(entry.key), datetime.fromisoformat(entry.envelope["time"])
    cause = {"causationid": entry.envelope["id"], "correlationid": entry.envelope.get("correlationid", "")}
    token = links.set({**links.get(), **cause})
    try:
        for place, demand in enumerate(fact.demands):
            key = issue_id(visit, demand.no)
            command = report_of(visit, fact, place)
            known = {"enterprise": fact.enterprise, "unit": command.unit, "units": frozenset({command.unit})}
            context = replace(await service.context(ITSELF, key, **known), now=happened, today=local_date(happened))
            try:
                await service.desk.handle(
                    ISSUE, key, command, context, command_id=derived_id("issues", "report", str(key)), prepare=numbered
                )
            except (KeyReused, AlreadyReported):
                continue  # The demand was worded otherwise when its ticket was opened.
    finally:
        links.reset(token)


def reactions(service: Service) -> Sequence[Reaction]:
    """What this service does because of others."""

    async def react(entry: Entry) -> None:
        await on_visit_recorded(service, entry)

    return (Reaction("tickets-from-visits", "visits", (VisitRecorded.TYPE, VisitCorrected.TYPE), react),)
