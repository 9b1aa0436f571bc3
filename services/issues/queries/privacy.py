"""Personal data of a ticket in clear: only after it was written down who reads what and why."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Unreported, under_of
from services.issues.projections.disclosures import DISCLOSURE
from services.issues.queries.reading import reach
from shared.http.answer import LEFT_OUT, Receipt
from shared.http.disclosure import UnmaskPersonal, disclose
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import may_open
from shared.log.eventlog import load


class IssueInClear(Receipt):
    """Only what was asked for is there: everything else is left out."""

    model_config = LEFT_OUT

    about: UUID = Field(description="问题编号")
    reporter: str | None = Field(None, description="反映人姓名")
    phone: str | None = Field(None, description="反映人电话")
    content: str | None = Field(None, description="诉求内容")


async def in_clear(
    service: Service, caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, id_: UUID
) -> IssueInClear:
    """For those whose reach covers the ticket; auditors and the supervisors of a unit read masked data only (``roles.md``)."""
    may = await reach(service, caller)
    may_open(caller)
    state = ISSUE.fold(entry.fact for entry in await load(service.pool, ISSUE.stream(id_)))
    if isinstance(state, Unreported):
        raise Unknown(what="issue", id=str(id_))
    if not may.covers(state):
        raise Forbidden
    order = under_of(state)
    shown = await disclose(
        service,
        DISCLOSURE,
        caller,
        command_id,
        command,
        response,
        what="issue",
        about=id_,
        unit=order.unit if order else state.report.unit,
        data={"reporter": state.report.reporter, "phone": state.report.phone, "content": state.report.content},
    )
    return IssueInClear(**shown)
