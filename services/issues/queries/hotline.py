"""The desk's log of calls (R53), and missed calls until they are followed up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.call import CALL, DESK, Heard, Missed, State, Taken, Unheard
from services.issues.projections.disclosures import DISCLOSURE
from services.issues.projections.hotline import sealed
from services.issues.queries import names
from services.issues.queries.reading import Actions, MemberId, Version, filters
from shared.http.answer import LEFT_OUT, Answer, Page, Receipt, label_of
from shared.http.disclosure import UnmaskPersonal, disclose
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.personal import Personal
from shared.language.problems import Forbidden, Unknown
from shared.language.reach import DISTRICT
from shared.language.terms import CallOutcome, CallStage, Colour, Role
from shared.log.eventlog import load

_OVERDUE = "stage = 'missed' and coalesce(first_try, {}::date) > due"
"""Nobody has tried to call back within a working day."""
_COUNTS = f"""
select count(*) filter (where stage = 'missed') as missed, count(*) filter (where {_OVERDUE.format("$1")}) as overdue,
    count(*) filter (where on_day = $1::date) as today from call
"""


class CallRow(Answer):
    """A call, with name and number masked: in full only through a disclosure."""

    id: UUID = Field(description="来电编号")
    stage: CallStage = Field(description="来电状态")
    stage_label: str = label_of("stage")
    on_day: date = Field(description="来电日期")
    at: datetime = Field(description="来电时间")
    by_member: MemberId
    enterprise: UUID | None = Field(description="企业编号;未指明的为空")
    enterprise_name: str | None = Field(description="企业名称;未指明的为空")
    content: str = Field(description="来电内容;未接的为登记时的备注")
    ticket: UUID | None = Field(description="登记为问题的编号;没有的为空")
    ticket_no: str | None = Field(description="登记为问题的流水编号;没有的为空")
    due: date | None = Field(description="回拨期限;接听的为空")
    tries: int = Field(description="已回拨,次")
    first_try: date | None = Field(description="首次回拨日期;尚未回拨的为空")
    followed_on: date | None = Field(description="回拨完成日期;未完成的为空")
    caller: str | None = Field(description="来电人姓名,已脱敏;不知的为空")
    phone: str | None = Field(description="来电号码,已脱敏;不知的为空")
    late: bool = Field(description="首次回拨是否已超过期限")
    colour: Colour = Field(description="预警颜色:逾期未回拨的为红")
    colour_label: str = label_of("colour")


class CallShown(CallRow):
    """A call, and what may be done with it."""

    allowed_actions: Actions


class CallReceipt(Receipt, CallShown):
    """A call after a command."""


class CallAttempt(Answer):
    """An attempt to call back."""

    on: date = Field(description="回拨日期")
    outcome: CallOutcome = Field(description="是否接通")
    outcome_label: str = label_of("outcome")
    note: str = Field(description="记录;没有的为空文")
    by: MemberId


class Call(CallShown):
    """A call with the attempts to call back."""

    version: Version
    attempts: list[CallAttempt] = Field(description="各次回拨,按先后")


class CallCounts(Answer):
    """Of all calls, whatever the list is narrowed to."""

    missed: int = Field(description="待回拨,个")
    overdue: int = Field(description="其中超过一个工作日未回拨的,个")
    today: int = Field(description="今日来电,个")


class Calls(Page[CallRow]):
    """The log of calls."""

    counts: CallCounts = Field(description="全部来电的件数")


class CallInClear(Receipt):
    """Of a caller. Only what was asked for is there: everything else is left out."""

    model_config = LEFT_OUT

    about: UUID = Field(description="来电编号")
    caller: str | None = Field(None, description="来电人姓名")
    phone: str | None = Field(None, description="来电号码")


def may_read(caller: Actor) -> None:
    """The desk itself, and the district's readers."""
    needs(caller, Role.HOTLINE, *DISTRICT)


async def calls(
    service: Service,
    caller: Actor,
    *,
    stage: CallStage | None,
    on: date | None,
    overdue: bool,
    own: bool,
    cursor: str | None,
    limit: int,
) -> Calls:
    """In the order in which they came. Missed ones nobody has tried to call back after a working day are red."""
    may_read(caller)
    where, args = filters(stage=stage and str(stage), on_day=on, by_member=caller.id if own else None)
    today = local_date(service.clock())
    if overdue:
        args.append(today)
        where.append(_OVERDUE.format(f"${len(args)}"))
    page = await listing(
        service.pool, table="call", columns="*", where=where, args=args, order=["at", "id"], cursor=cursor, limit=limit
    )
    counts = await service.pool.fetchrow(_COUNTS, today)
    rows = [CallRow(**row) for row in await _masked(service, page["items"])]
    return Calls.of(page, rows, counts=CallCounts(**dict(counts)))


async def _masked(service: Service, rows: Sequence[Any]) -> list[dict[str, Any]]:
    texts = await service.vault.masked([sealed(row[name]) for row in rows for name in ("caller", "phone")])
    tickets = await names.tickets(service, (row["ticket"] for row in rows))
    today = local_date(service.clock())
    found: list[dict[str, Any]] = []
    for n, row in enumerate(rows):
        item = {name: value for name, value in dict(row).items() if name != "ver"}
        late = row["due"] is not None and (row["first_try"] or today) > row["due"]
        item.update(caller=texts[2 * n], phone=texts[2 * n + 1], late=late, ticket_no=tickets.get(row["ticket"]))
        item["colour"] = Colour.RED if late and row["stage"] == "missed" else Colour.NONE
        found.append(item)
    return found


async def found(service: Service, id_: UUID) -> tuple[int, Heard]:
    """Version and state of a call."""
    entries = await load(service.pool, CALL.stream(id_))
    state = CALL.fold(entry.fact for entry in entries)
    if isinstance(state, Unheard):
        raise Unknown(what="call", id=str(id_))
    return len(entries), state


async def number(service: Service, id_: UUID) -> Personal | None:
    """The number of a missed call, sealed as it is: the ticket's caller is the same person."""
    _, state = await found(service, id_)
    return state.call.phone


async def repeated(service: Service, command: UUID) -> bool:
    """Whether this was said before."""
    return bool(await service.pool.fetchval("select true from log.command where id = $1", command))


async def shown(service: Service, id_: UUID, state: State) -> CallShown:
    """A call as it stands."""
    return CallShown(**await _of(service, id_, state))


async def _of(service: Service, id_: UUID, state: State) -> dict[str, Any]:
    row = await service.pool.fetchrow("select * from call where id = $1", id_)
    [item] = await _masked(service, [row])
    return {**item, "allowed_actions": ["follow"] if isinstance(state, Missed) else []}


async def call(service: Service, caller: Actor, id_: UUID) -> Call:
    """One, with what was tried."""
    may_read(caller)
    version, state = await found(service, id_)
    tries = () if isinstance(state, Taken) else state.tries
    attempts = [CallAttempt(**told.model_dump(include={"on", "outcome", "note", "by"})) for told in tries]
    return Call(version=version, **await _of(service, id_, state), attempts=attempts)


async def in_clear(
    service: Service, caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, id_: UUID
) -> CallInClear:
    """For who calls back, and the inspectorate; never for an auditor."""
    if caller.holds(Role.AUDITOR):
        raise Forbidden
    needs(caller, *DESK, Role.INSPECTOR)
    await found(service, id_)
    row = await service.pool.fetchrow("select caller, phone from call where id = $1", id_)
    shown = await disclose(
        service,
        DISCLOSURE,
        caller,
        command_id,
        command,
        response,
        what="call",
        about=id_,
        unit=caller.unit,
        data={"caller": sealed(row["caller"]), "phone": sealed(row["phone"])},
    )
    return CallInClear(**shown)
