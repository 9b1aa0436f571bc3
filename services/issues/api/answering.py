"""件件有回应 (投诉应诉案件交办; R54): how many of what was received has its answer, and the list of those that have none."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.issues.queries import answering as asked
from services.issues.queries.answering import UnansweredPage
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.language.terms import Source

router = APIRouter(tags=["待办"], route_class=Entrance)


@router.get("/queues/unanswered", name="list_unanswered", summary="尚未回应的问题清单(时限、所在环节),和已收问题中已回应的比例")
async def unanswered(
    caller: Caller,
    request: Request,
    unit: Annotated[str | None, Query(max_length=20)] = None,
    source: Source | None = None,
    month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="登记月份")] = None,
    overdue: Annotated[bool, Query(description="只看已过时限的")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> UnansweredPage:
    """The nearest day first; a ticket leaves this list by an answer in words, by being merged, or by being withdrawn before
    anybody was given it. ``unit`` is the one that collected it. The share is of all that was received, due or not; the
    indicator 回应率 (K5), which asks only what is due, is reporting's ``/demands``.
    """
    return await asked.unanswered(
        request.app.state.service, caller, unit=unit, source=source, month=month, overdue=overdue, cursor=cursor, limit=limit
    )
