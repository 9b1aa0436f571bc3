"""What goes back to where transferred orders came from (12345; R53, R54): each with its number, its answer and its days."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from services.issues.api.saving import workbook
from services.issues.queries import replies as asked
from services.issues.queries.replies import OrderReplies
from shared.http.entrance import Entrance
from shared.http.parameters import Caller
from shared.http.service import Service
from shared.language.months import WrittenDate
from shared.paper.sheets import XLSX

router = APIRouter(tags=["转办工单"], route_class=Entrance)


@router.get(
    "/orders/replies",
    name="list_order_replies",
    summary="转办工单答复回传(JSON 或 XLSX)",
    response_model=OrderReplies,
    responses={200: {"content": {XLSX: {}}}},
)
async def replies(
    caller: Caller,
    request: Request,
    since: Annotated[WrittenDate | None, Query(description="答复日期不早于")] = None,
    form: Annotated[Literal["json", "xlsx"], Query(alias="format")] = "json",
    *,
    answered: Annotated[bool, Query(description="只要已答复的")] = True,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> Response | OrderReplies:
    """Every transferred order with its external number, what came of it, the words of the answer and its days."""
    service: Service = request.app.state.service
    found = await asked.replies(service, caller, since, limit, answered=answered)
    return found if form == "json" else workbook(await asked.workbook(service, found), "replies")
