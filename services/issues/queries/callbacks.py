"""Call-backs (电话回访服务; R51): the queue with script and tries, and the rate."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.ticket.callbacks import A_DAY, DAYS, SCRIPT, TRIES, next_on, round_of
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Merged, Reviewed, State, Unreported
from services.issues.queries import queues
from services.issues.queries.parts import TermOption
from services.issues.queries.queues import QueueTask
from services.issues.queries.reading import EnterpriseName, IssueNo, Percent, UnitCode
from shared.http.answer import Answer, Page, label_of
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month, local_date
from shared.language.percent import percentage
from shared.language.reach import DISTRICT
from shared.language.terms import CallOutcome, Rating, Role
from shared.log.eventlog import load_many

_WATCHING = (Role.SUPERVISOR, *DISTRICT)
_MOST_OPEN = 500
_ROUNDS = "from call_round r join issue i on i.id = r.issue where since between $1 and $2 and i.source <> 'allegation'"
"""What an enterprise says of an inspection is nobody's to be asked about by the desk."""
_BY_UNIT = (
    "select r.unit, count(*) as due, count(*) filter (where attempted) as attempted, count(*) filter (where answered) "
    f"as answered, count(r.rating) as rated {_ROUNDS} group by 1 order by 1"
)
_OPEN = (
    f"select i.no, i.enterprise_name, r.tries, r.days, r.since {_ROUNDS} and not attempted "
    f"order by r.since, i.no limit {_MOST_OPEN}"
)


class CallTry(Answer):
    """One try."""

    on: date = Field(description="拨打日期")
    outcome: CallOutcome = Field(description="结果")
    outcome_label: str = label_of("outcome")
    note: str = Field(description="回访记录;没有的为空文")


class CallBackTask(QueueTask):
    """A ticket whose enterprise is to be called, with the tries so far."""

    tries: int = Field(description="已拨打,次")
    days: int = Field(description="拨打过的天数,天")
    attempted: bool = Field(description="是否已按规定拨打")
    calls: list[CallTry] = Field(description="历次拨打")
    next_on: date = Field(description="下次拨打日")
    ready: bool = Field(description="今天是否可再拨打")
    reply: str | None = Field(description="答复企业的内容")
    reporter: str | None = Field(description="反映人姓名,已脱敏;未填的为空")
    phone: str | None = Field(description="反映人电话,已脱敏;未填的为空")


class CallBackRule(Answer):
    """What counts as tried."""

    tries: int = Field(description="至少拨打,次")
    days: int = Field(description="至少分布在几天,天")
    a_day: int = Field(description="一天最多拨打,次")


class CallBackPage(Page[CallBackTask]):
    """The queue with what is said and what may be recorded."""

    name: str = Field(description="队列代码")
    label: str = Field(description="队列名称")
    script: list[str] = Field(description="回访话术,逐句")
    outcomes: list[TermOption] = Field(description="可登记的结果")
    ratings: list[TermOption] = Field(description="可登记的评价")
    rule: CallBackRule = Field(description="怎样算按规定拨打")


class UnitCallBacks(Answer):
    """Of a unit."""

    unit: UnitCode
    due: int = Field(description="应回访,件")
    attempted: int = Field(description="按规定拨打的,件")
    answered: int = Field(description="接通的,件")
    rated: int = Field(description="有评价的,件")
    pct: Percent


class OpenCallBack(Answer):
    """A ticket whose enterprise was not called as the rule asks."""

    no: IssueNo
    enterprise_name: EnterpriseName
    tries: int = Field(description="已拨打,次")
    days: int = Field(description="拨打过的天数,天")
    since: date = Field(description="应回访之日")


class CallBackRate(Answer):
    """How many enterprises were called as the rule asks (K6)."""

    month: str = Field(description="月份 YYYY-MM")
    due: int = Field(description="应回访,件")
    attempted: int = Field(description="按规定拨打的,件")
    answered: int = Field(description="接通的,件")
    rated: int = Field(description="有评价的,件")
    pct: Percent
    units: list[UnitCallBacks] = Field(description="各单位")
    open: list[OpenCallBack] = Field(description=f"未按规定拨打的,最多 {_MOST_OPEN} 件")


async def call_backs(service: Service, caller: Actor, cursor: str | None, limit: int) -> CallBackPage:
    """Tickets whose enterprise is to be asked by somebody outside the units that handled it, the nearest day first."""
    page = await queues.queue(service, caller, "call-backs", mine=False, cursor=cursor, limit=limit)
    ids = [item.id for item in page.items]
    async with service.pool.acquire() as connection:
        histories = await load_many(connection, [ISSUE.stream(id_) for id_ in ids])
    states = [ISSUE.fold(entry.fact for entry in histories[ISSUE.stream(id_)]) for id_ in ids]
    reports = [getattr(state, "report") for state in states]  # noqa: B009  every ticket of a queue has been reported.
    texts = await service.vault.masked([datum for report in reports for datum in (report.reporter, report.phone)])
    today = local_date(service.clock())
    items = [
        CallBackTask(**dict(item), **_tries(states[n], today), reporter=texts[2 * n], phone=texts[2 * n + 1])
        for n, item in enumerate(page.items)
    ]
    return CallBackPage(
        items=items,
        next_cursor=page.next_cursor,
        total=page.total,
        total_exact=page.total_exact,
        name=page.name,
        label=page.label,
        script=list(SCRIPT),
        outcomes=[TermOption(code=term, label=term.label) for term in CallOutcome],
        ratings=[TermOption(code=term, label=term.label) for term in Rating],
        rule=CallBackRule(tries=TRIES, days=DAYS, a_day=A_DAY),
    )


def _tries(state: State, today: date) -> dict[str, Any]:
    calls = state.calls if isinstance(state, Reviewed | Merged) else ()
    found = None if isinstance(state, Unreported) else round_of(state)
    since = found.since if found else today
    reply = state.resolution.reply if isinstance(state, Reviewed) else getattr(getattr(state, "answer", None), "reply", None)
    following = next_on([call.on for call in calls], since)
    return {
        "tries": len(calls),
        "days": len({call.on for call in calls}),
        "attempted": bool(found and found.attempted),
        "calls": [CallTry(on=call.on, outcome=call.outcome, note=call.note) for call in calls],
        "next_on": following,
        "ready": following <= today,
        "reply": reply,
    }


async def rate(service: Service, caller: Actor, month: str) -> CallBackRate:
    """Of the tickets whose answer was let out in the month: how many enterprises were called as the rule asks, by today."""
    needs(caller, Role.CALLER_BACK, *_WATCHING)
    at = Month.parse(month)
    rows = await service.pool.fetch(_BY_UNIT, at.first_day, at.last_day)
    open_ = await service.pool.fetch(_OPEN, at.first_day, at.last_day)
    total = {name: sum(row[name] for row in rows) for name in ("due", "attempted", "answered", "rated")}
    return CallBackRate(
        month=month,
        **total,
        pct=percentage(total["attempted"], total["due"]),
        units=[UnitCallBacks(**row, pct=percentage(row["attempted"], row["due"])) for row in rows],
        open=[OpenCallBack(**row) for row in open_],
    )
