"""The desk's log of calls (服务热线专人接听; R53), and missed calls until they are followed up."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.issues.domain.call import (
    CALL,
    DESK,
    FollowCall,
    Heard,
    MissCall,
    Missed,
    State,
    TakeCall,
    Unheard,
    report_of,
    ticket_of_call,
)
from services.issues.projections.disclosures import DISCLOSURE
from services.issues.projections.hotline import sealed
from services.issues.queries import opening
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.disclosure import UnmaskPersonal, disclose
from shared.entrance import Entrance
from shared.eventlog import load
from shared.handle import Ask
from shared.months import WrittenDate, local_date
from shared.problems import Forbidden, Unknown
from shared.reach import DISTRICT
from shared.service import Service
from shared.terms import Role, derived_id

router = APIRouter(tags=["服务热线"], route_class=Entrance)

CallId = Annotated[UUID, Path(description="来电登记的标识(UUIDv7)")]
_READING = (Role.HOTLINE, *DISTRICT)
_STAGES = {"taken": "已接听", "missed": "待回拨", "followed": "已回拨"}


@router.put("/calls/{id_}/taken", name="take_call", summary="登记接听的来电(有诉求的同时登记问题)", status_code=201)
async def take(id_: CallId, command: TakeCall, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The call, and the one ticket it becomes, in one transaction."""
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await opening.named(service, command.enterprise))
    ask = Ask(CALL, str(id_), command, context, derived_id("issues", "take-call", str(id_)))
    return await _logged(service, ask, command, response)


@router.put("/calls/{id_}/missed", name="miss_call", summary="登记未接来电", status_code=201)
async def miss(id_: CallId, command: MissCall, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await opening.named(service, command.enterprise))
    ask = Ask(CALL, str(id_), command, context, derived_id("issues", "miss-call", str(id_)))
    return await _logged(service, ask, command, response)


@router.post("/calls/{id_}/follow", name="follow_call", summary="登记回拨(未接来电一个工作日内)")
async def follow(
    id_: CallId, command: FollowCall, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, await opening.named(service, command.enterprise))
    told = await _logged(service, Ask(CALL, str(id_), command, context, command_id), command, response)
    response.status_code = 200
    return told


async def _logged(
    service: Service, ask: Ask[Any], command: TakeCall | MissCall | FollowCall, response: Response
) -> dict[str, Any]:
    """The entry alone, or with its ticket. A repeat goes alone, where another content under the same id is refused."""
    id_ = UUID(ask.key)
    repeated = await service.pool.fetchval("select true from log.command where id = $1", ask.id)
    if repeated or isinstance(command, MissCall) or command.demand is None:
        done = await service.desk.handle(CALL, id_, command, ask.context, command_id=ask.id)
    else:
        phone = command.phone if isinstance(command, TakeCall) else await _number(service, id_)
        made = report_of(command, phone)
        asks = [await opening.report(service, ask.context.actor, ticket_of_call(id_), made)] if made else []
        done = await service.desk.handle_with(ask, asks)
    response.status_code = 200 if done.replayed else 201
    told = await service.shown(CALL, id_, done, lambda then: _shown(then, id_, done.state))
    return {**told, **receipt(service, response, done)}


async def _number(service: Service, id_: UUID) -> Any:
    """The number of a missed call, sealed as it is: the ticket's caller is the same person."""
    _, state = await _load(service, id_)
    return state.call.phone


async def _load(service: Service, id_: UUID) -> tuple[int, Heard]:
    entries = await load(service.pool, CALL.stream(id_))
    state = CALL.fold(entry.fact for entry in entries)
    if isinstance(state, Unheard):
        raise Unknown(what="call", id=str(id_))
    return len(entries), state


async def _shown(service: Service, id_: UUID, state: State) -> dict[str, Any]:
    row = await service.pool.fetchrow("select * from call where id = $1", id_)
    return (await _masked(service, [row]))[0] | {"allowed_actions": ["follow"] if isinstance(state, Missed) else []}


async def _masked(service: Service, rows: list[Any]) -> list[dict[str, Any]]:
    """Calls with name and number masked: in full only through a disclosure."""
    texts = await service.vault.masked([sealed(row[name]) for row in rows for name in ("caller", "phone")])
    tickets = await opening.numbers(service, [row["ticket"] for row in rows])
    today = local_date(service.clock())
    found: list[dict[str, Any]] = []
    for n, row in enumerate(rows):
        item = {name: value for name, value in dict(row).items() if name not in ("caller", "phone", "ver")}
        late = row["due"] is not None and (row["first_try"] or today) > row["due"]
        item.update(
            caller=texts[2 * n], phone=texts[2 * n + 1], stage_label=_STAGES[row["stage"]], late=late,
            colour="red" if late and row["stage"] == "missed" else "none", ticket_no=tickets.get(row["ticket"]),
        )  # fmt: skip
        found.append(item)
    return found


@router.get("/calls", name="list_calls", summary="来电登记(号码脱敏)")
async def calls(
    caller: Caller, request: Request, stage: Literal["taken", "missed", "followed"] | None = None,
    on: Annotated[WrittenDate | None, Query(description="来电日期")] = None, *,
    overdue: Annotated[bool, Query(description="只看超过一个工作日未回拨的")] = False,
    own: Annotated[bool, Query(description="只看本人登记的")] = False, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """In the order in which they came. Missed ones nobody has tried to call back after a working day are red."""
    service: Service = request.app.state.service
    opening.needs(caller, *_READING)
    where, args = ["true"], list[Any]()
    for column, value in (("stage", stage), ("on_day", on), ("by_member", caller.id if own else None)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    today = local_date(service.clock())
    args.append(today)
    red = f"stage = 'missed' and coalesce(first_try, ${len(args)}::date) > due"
    where.append(red if overdue else f"${len(args)}::date is not null")
    page = await listing(
        service.pool, table="call", columns="*", where=where, args=args, order=["at", "id"], cursor=cursor, limit=limit
    )
    page["items"] = await _masked(service, page["items"])
    counts = await service.pool.fetchrow(
        "select count(*) filter (where stage = 'missed') as missed, count(*) filter (where stage = 'missed' "
        "and coalesce(first_try, $1::date) > due) as overdue, count(*) filter (where on_day = $1::date) as today from call", today,
    )  # fmt: skip
    return {**page, "counts": dict(counts)}


@router.get("/calls/{id_}", name="get_call", summary="一次来电")
async def call(id_: CallId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    service: Service = request.app.state.service
    opening.needs(caller, *_READING)
    version, state = await _load(service, id_)
    response.headers["ETag"] = f'"{version}"'
    tries = [] if state.STAGE[0] == "taken" else [
        {"on": t.on, "outcome": t.outcome, "outcome_label": t.outcome.label, "note": t.note, "by": t.by} for t in state.tries  # type: ignore[union-attr]
    ]  # fmt: skip
    return {"version": version, **await _shown(service, id_, state), "attempts": tries}


@router.post("/calls/{id_}/unmask", name="unmask_call", summary="查看来电人信息(须写明原因,留痕)")
async def unmask(
    id_: CallId, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """A missed call can't be followed up without its number."""
    service: Service = request.app.state.service
    if caller.holds(Role.AUDITOR):
        raise Forbidden
    opening.needs(caller, *DESK, Role.INSPECTOR)
    await _load(service, id_)
    row = await service.pool.fetchrow("select caller, phone from call where id = $1", id_)
    return await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="call", about=id_, unit=caller.unit,
        data={"caller": sealed(row["caller"]), "phone": sealed(row["phone"])},
    )  # fmt: skip
