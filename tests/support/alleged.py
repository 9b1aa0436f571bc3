"""A report of 变味, as the reaction opens its ticket, at the hour the desk believes."""

from __future__ import annotations

from uuid import UUID, uuid4

from services.issues.domain.ticket.commands import ReportIssue
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.known import KnownReport, KnownTicket
from services.issues.projections.numbering import numbered
from services.issues.reactions import ITSELF
from shared.events.visits import Visited
from shared.language.terms import Category, Nature, Source, Urgency
from support.desk import Desk
from support.roster import credit


async def alleged(desk: Desk, unit: str = "INSPECT", enterprise: int = 0) -> str:
    """A ticket of the inspectorate about whoever visited this enterprise."""
    key, whose = uuid4(), UUID(desk.enterprises[enterprise])
    command = ReportIssue.model_construct(
        enterprise=whose,
        unit=unit,
        source=Source.ALLEGATION,
        content="企业反映上门服务变味为检查",
        category=Category.ENFORCEMENT,
        nature=Nature.COMPLAINT,
        urgency=Urgency.CRITICAL,
    )
    visited = Visited(id=whose, code=credit(enterprise + 1), name=f"某{enterprise + 1}公司")
    context = await desk.issues.context(ITSELF, key, KnownTicket(KnownReport(visited, unit), units=frozenset({unit})))
    await desk.issues.desk.handle(ISSUE, key, command, context, command_id=uuid4(), prepare=numbered)
    return str(key)
