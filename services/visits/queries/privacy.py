"""Personal data of a visit in clear, and who read them."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.visits.domain.visit.states import Recorded
from services.visits.projections.disclosures import DISCLOSURE
from shared.http.answer import LEFT_OUT, Receipt
from shared.http.disclosure import UnmaskPersonal, disclose
from shared.http.service import Service
from shared.language.decider import Actor


class VisitInClear(Receipt):
    """Only what was asked for is there: everything else is left out."""

    model_config = LEFT_OUT

    about: UUID = Field(description="走访编号")
    interviewee: str | None = Field(None, description="受访人姓名")
    phone: str | None = Field(None, description="受访人电话")
    title: str | None = Field(None, description="受访人职务")
    note: str | None = Field(None, description="生产经营情况说明")
    remark: str | None = Field(None, description="备注")
    difficulties: str | None = Field(None, description="企业反映的困难")
    suggestions: str | None = Field(None, description="企业提出的建议")
    demands: str | None = Field(None, description="企业诉求,一行一件")


async def in_clear(
    service: Service, caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, id_: UUID, state: Recorded
) -> VisitInClear:
    """After it was written down who reads what and why."""
    told = state.details.told
    unit = caller.unit if caller.unit in state.details.units else told.visitors[0].unit
    shown = await disclose(
        service,
        DISCLOSURE,
        caller,
        command_id,
        command,
        response,
        what="visit",
        about=id_,
        unit=unit,
        data={
            "interviewee": told.interviewee,
            "phone": told.phone,
            "note": told.note,
            "title": told.title,
            "remark": told.remark,
            "difficulties": told.difficulties,
            "suggestions": told.suggestions,
            "demands": "\n".join(demand.content for demand in told.demands),
        },
    )
    return VisitInClear(**shown)
