"""The desk's roster (R53): who sits there on each day of a month, and who holds a post there."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.duty import DESK, DUTY, KnownDesk, Published, State
from services.issues.queries import names
from services.issues.queries.reading import MemberId, Version
from shared.http.answer import Answer, Receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month
from shared.language.problems import Unknown
from shared.language.reach import DISTRICT
from shared.language.terms import Role
from shared.log.eventlog import load


class OnDuty(Answer):
    """Somebody who sits at the desk."""

    id: MemberId
    account: str | None = Field(description="账号;名册中已没有的为空")


class DayOfDuty(Answer):
    """A day, and who sits there."""

    on: date = Field(description="日期")
    members: list[OnDuty] = Field(description="当日值班人员,按排班次序")


class Duty(Answer):
    """The roster of a month."""

    month: str = Field(description="月份 YYYY-MM")
    version: Version
    reason: str = Field(description="最近一次变更的原因;未变更过的为空文")
    days: list[DayOfDuty] = Field(description="已排班的各日,按日期")
    empty_workdays: list[date] = Field(description="无人值班的工作日")


class DutyReceipt(Receipt, Duty):
    """The roster after a command."""


def may_read(caller: Actor) -> None:
    """The desk itself, and the district's readers."""
    needs(caller, Role.HOTLINE, *DISTRICT)


def _days(month: Month) -> list[date]:
    return [month.first_day + timedelta(days=n) for n in range((month.last_day - month.first_day).days + 1)]


async def posts(service: Service, caller: Actor, month: str) -> KnownDesk:
    """What a roster is judged by: who holds a post at the desk on which days of the month."""
    may_read(caller)
    at = Month.parse(month)
    rows = await service.pool.fetch(
        "select member, started_on, ended_on from known_post where role = any($1::text[])", [str(role) for role in DESK]
    )
    found: dict[UUID, set[date]] = {}
    days = _days(at)
    for row in rows:
        held = {day for day in days if row["started_on"] <= day and (row["ended_on"] is None or day < row["ended_on"])}
        found.setdefault(row["member"], set()).update(held)
    return KnownDesk(at, found)


async def roster(service: Service, month: str, version: int, state: State) -> Duty:
    """Day by day; working days on which nobody sits there are named."""
    if not isinstance(state, Published):
        raise Unknown(what="duty", id=month)
    named = {day.on for day in state.days}
    at, calendar = Month.parse(month), await service.calendar()
    accounts = await names.accounts(service, (member for day in state.days for member in day.members))
    return Duty(
        month=month,
        version=version,
        reason=state.reason,
        days=[
            DayOfDuty(on=day.on, members=[OnDuty(id=member, account=accounts.get(member)) for member in day.members])
            for day in state.days
        ],
        empty_workdays=[day for day in _days(at) if calendar.is_workday(day) and day not in named],
    )


async def duty(service: Service, caller: Actor, month: str) -> Duty:
    """The roster as it stands."""
    may_read(caller)
    entries = await load(service.pool, DUTY.stream(month))
    return await roster(service, month, len(entries), DUTY.fold(entry.fact for entry in entries))
