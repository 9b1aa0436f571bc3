"""The desk's roster (服务热线专人接听; R53): who sits there on each day of a month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.issues.domain.duty import DESK, DUTY, KnownDesk, PublishDuty, Published, ReviseDuty, State
from services.issues.queries import opening
from shared.asking import Caller, CommandId, ExpectedNeeded, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.eventlog import load
from shared.months import Month
from shared.problems import Unknown
from shared.reach import DISTRICT
from shared.service import Service
from shared.terms import Role, derived_id

router = APIRouter(tags=["服务热线"], route_class=Entrance)

MonthKey = Annotated[str, Path(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份,如 2026-09")]
READING = (Role.HOTLINE, *DISTRICT)


def _days(month: Month) -> list[date]:
    return [month.first_day + timedelta(days=n) for n in range((month.last_day - month.first_day).days + 1)]


async def _duty(service: Service, month: str, caller: Actor) -> KnownDesk:
    """What a roster is judged by: who holds a post at the desk on which days of the month."""
    opening.needs(caller, *READING)
    at = Month.parse(month)
    rows = await service.pool.fetch(
        "select member, started_on, ended_on from known_post where role = any($1::text[])", [str(role) for role in DESK]
    )
    posts: dict[UUID, set[date]] = {}
    days = _days(at)
    for row in rows:
        held = {day for day in days if row["started_on"] <= day and (row["ended_on"] is None or day < row["ended_on"])}
        posts.setdefault(row["member"], set()).update(held)
    return KnownDesk(at, posts)


@router.put("/duty/{month}", name="publish_duty", summary="公布热线值班表", status_code=201)
async def publish(month: MonthKey, command: PublishDuty, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, month, await _duty(service, month, caller))
    done = await service.desk.handle(DUTY, month, command, context, command_id=derived_id("issues", "publish-duty", month))
    response.status_code = 200 if done.replayed else 201
    return {**receipt(service, response, done), **await _roster(service, month, done.version, done.state)}


@router.post("/duty/{month}/revise", name="revise_duty", summary="变更热线值班表(须说明原因)")
async def revise(
    month: MonthKey, command: ReviseDuty, caller: Caller, command_id: CommandId, expected: ExpectedNeeded, request: Request,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, month, await _duty(service, month, caller))
    done = await service.desk.handle(DUTY, month, command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), **await _roster(service, month, done.version, done.state)}


async def _roster(service: Service, month: str, version: int, state: State) -> dict[str, Any]:
    if not isinstance(state, Published):
        raise Unknown(what="duty", id=month)
    named = {day.on for day in state.days}
    at, calendar = Month.parse(month), await service.calendar()
    people = await service.pool.fetch(
        "select id, account from known_member where id = any($1::uuid[])", list({m for day in state.days for m in day.members})
    )
    accounts = {row["id"]: row["account"] for row in people}
    return {
        "month": month, "version": version, "reason": state.reason,
        "days": [{"on": day.on, "members": [{"id": m, "account": accounts.get(m)} for m in day.members]} for day in state.days],
        "empty_workdays": [day for day in _days(at) if calendar.is_workday(day) and day not in named],
    }  # fmt: skip


@router.get("/duty/{month}", name="get_duty", summary="某月热线值班表")
async def duty(month: MonthKey, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """Day by day; working days on which nobody sits there are named."""
    opening.needs(caller, *READING)
    service: Service = request.app.state.service
    entries = await load(service.pool, DUTY.stream(month))
    told = await _roster(service, month, len(entries), DUTY.fold(entry.fact for entry in entries))
    response.headers["ETag"] = f'"{told["version"]}"'
    return told
