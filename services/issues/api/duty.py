"""The desk's roster (服务热线专人接听; R53): who sits there on each day of a month."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain.duty import DUTY, PublishDuty, ReviseDuty
from services.issues.queries import duty as asked
from services.issues.queries.duty import Duty, DutyReceipt
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, ExpectedNeeded, receipt
from shared.http.service import Service
from shared.language.terms import derived_id

router = APIRouter(tags=["服务热线"], route_class=Entrance)

MonthKey = Annotated[str, Path(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份,如 2026-09")]


@router.put("/duty/{month}", name="publish_duty", summary="公布热线值班表", status_code=201)
async def publish(month: MonthKey, command: PublishDuty, caller: Caller, request: Request, response: Response) -> DutyReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, month, await asked.posts(service, caller, month))
    done = await service.desk.handle(DUTY, month, command, context, command_id=derived_id("issues", "publish-duty", month))
    response.status_code = 200 if done.replayed else 201
    return DutyReceipt.of(receipt(service, response, done), await asked.roster(service, month, done.version, done.state))


@router.post("/duty/{month}/revise", name="revise_duty", summary="变更热线值班表(须说明原因)")
async def revise(
    month: MonthKey,
    command: ReviseDuty,
    caller: Caller,
    command_id: CommandId,
    expected: ExpectedNeeded,
    request: Request,
    response: Response,
) -> DutyReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, month, await asked.posts(service, caller, month))
    done = await service.desk.handle(DUTY, month, command, context, command_id=command_id, expected=expected)
    return DutyReceipt.of(receipt(service, response, done), await asked.roster(service, month, done.version, done.state))


@router.get("/duty/{month}", name="get_duty", summary="某月热线值班表")
async def duty(month: MonthKey, caller: Caller, request: Request, response: Response) -> Duty:
    """Day by day; working days on which nobody sits there are named."""
    told = await asked.duty(request.app.state.service, caller, month)
    response.headers["ETag"] = f'"{told.version}"'
    return told
