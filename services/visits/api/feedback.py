"""What enterprises said themselves, for those who may know it. Nobody of a visited unit finds an allegation here."""

from __future__ import annotations

from fastapi import APIRouter, Request

from services.visits.api.visits import Month, UnitCode
from services.visits.queries import feedback as asked
from services.visits.queries.feedback import Feedback, FeedbackKind, Ratings
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit

router = APIRouter(tags=["企业反馈"], route_class=Entrance)


@router.get("/feedback", name="list_feedback", summary="企业反馈(变味举报、自报诉求)")
async def feedback(
    caller: Caller, request: Request, kind: FeedbackKind | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[Feedback]:
    """Allegations: the inspectorate alone. Demands: the district's readers, and a unit its own."""
    return await asked.feedback(request.app.state.service, caller, kind, cursor, limit)


@router.get("/feedback/ratings", name="list_ratings", summary="企业对走访的评价")
async def ratings(
    caller: Caller, request: Request, unit: UnitCode = None, month: Month = None, cursor: Cursor = None, limit: Limit = 100
) -> Ratings:
    """What enterprises said of visits through their links, how often each; no words, nobody's name.

    The visited unit sees no single rating and no cell under five (K7): ``items`` are the district's readers' alone. A unit asks
    month by month, by default this one: what all months hold less what all others do would be a hidden cell.
    """
    return await asked.ratings(request.app.state.service, caller, unit, month, cursor, limit)
