"""What helps somebody who is about to visit: last time, who came already, how much the enterprise bears, what is for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request

from services.visits.api import lookups
from services.visits.api.policies import suggested
from services.visits.domain.commands import Day
from services.visits.domain.helping import CLOSE_DAYS, Contact, changes, disturbance, disturbed, preferences
from services.visits.domain.switches import KEY, MOST_CONTACTS
from services.visits.projections import read
from shared.asking import Caller
from shared.decider import Actor
from shared.directory import KnownEnterprise
from shared.entrance import Entrance
from shared.events.visits import VisitRecorded
from shared.months import Month, local_date
from shared.reach import unit_of
from shared.service import Service
from shared.terms import Line, Mode

router = APIRouter(tags=["走访准备"], route_class=Entrance)

EnterpriseId = Annotated[UUID, Path(description="企业编号")]
On = Annotated[Day | None, Query(description="拟走访日期,默认今天")]


@router.get("/enterprises/{id_}/briefing", name="get_briefing", summary="走访准备(上次情况、本月已访、打扰指数、匹配政策)")
async def briefing(id_: EnterpriseId, caller: Caller, request: Request, on: On = None) -> dict[str, Any]:
    """For those who answer for the enterprise on either line, and the district's readers."""
    service: Service = request.app.state.service
    day = on or local_date(service.clock())
    enterprise = await asked_for(service, id_, day, caller)
    last = await lookups.last_visit(service, id_, day)
    rows = await service.pool.fetch(
        "select id, on_date, mode, state from visit where enterprise = $1 and month = $2 and review not in ('voided', 'held') "
        "order by on_date, id", id_, f"{day:%Y-%m}",
    )  # fmt: skip
    told = {row["id"]: read(row["state"]).details.told for row in rows}
    contacts = [Contact(_lines(visit), visit.on) for visit in told.values()]
    most, month = await _most(service), f"{day:%Y-%m}"
    felt = (await _contacts(service, [id_], month, month)).get(id_, [])
    index, advice = disturbance(contacts, most)
    return {
        "enterprise": {"id": id_, "name": enterprise.name, "code": enterprise.code, "industry": enterprise.industry,
                       "size": enterprise.size, "tags": list(enterprise.tags)},
        "on": day, "last": await _prefilled(service, last),
        "visited_this_month": [
            {
                "id": key, "on": visit.on, "mode": visit.mode, "mode_label": visit.mode.label, "joint": visit.joint,
                "by": [{"unit": who.unit, "line": who.line, "member": who.member} for who in visit.visitors],
            }
            for key, visit in told.items()
        ],
        "disturbance": {
            "contacts": index, "most": most, "advice": list(advice), "warnings": list(disturbed(felt, most, month)),
        },
        "preferences": list(preferences(enterprise, day)),
        "policies": await suggested(service, enterprise, day),
    }  # fmt: skip


@router.get("/enterprises/{id_}/disturbance", name="get_disturbance", summary="企业月度打扰指数")
async def months(id_: EnterpriseId, caller: Caller, request: Request) -> dict[str, Any]:
    """The contacts of the last twelve months by month and line; a joint visit is one contact and stands on both lines."""
    service: Service = request.app.state.service
    await asked_for(service, id_, local_date(service.clock()), caller)
    rows = await service.pool.fetch(
        "select v.month, count(distinct v.id) as contacts, "
        "count(distinct v.id) filter (where u.line = 'vertical') as vertical, "
        "count(distinct v.id) filter (where u.line = 'horizontal') as horizontal, "
        "count(distinct v.id) filter (where v.joint) as joint "
        "from visit v left join visit_unit u on u.visit = v.id where v.enterprise = $1 and v.review not in ('voided', 'held') "
        "group by v.month order by v.month desc limit 12", id_,
    )  # fmt: skip
    most = await _most(service)
    felt = (await _contacts(service, [id_], rows[-1]["month"], rows[0]["month"])).get(id_, []) if rows else []
    return {
        "most": most,
        "months": [
            {**row, "over": row["contacts"] > most, "warnings": list(disturbed(felt, most, row["month"]))} for row in rows
        ],
    }  # fmt: skip


async def _most(service: Service) -> int:
    return await service.pool.fetchval("select most_contacts from switches where id = $1", KEY) or MOST_CONTACTS


async def _contacts(service: Service, enterprises: list[UUID], first: str, last: str) -> dict[UUID, list[Contact]]:
    """The contacts of these enterprises from one month to another, with the days before that closeness asks for."""
    rows = await service.pool.fetch(
        "select v.enterprise, v.on_date, v.mode, array(select u.line from visit_unit u where u.visit = v.id and u.line is not null) "
        "as lines from visit v where v.enterprise = any($1) and v.on_date >= $2 and v.month <= $3 "
        "and v.review not in ('voided', 'held') order by v.on_date, v.id",
        enterprises, Month.parse(first).first_day - timedelta(days=CLOSE_DAYS), last,
    )  # fmt: skip
    found: dict[UUID, list[Contact]] = {}
    for row in rows:
        lines = frozenset(Line(line) for line in row["lines"])
        found.setdefault(row["enterprise"], []).append(Contact(lines, row["on_date"], Mode(row["mode"])))
    return found


_DISTURBED = """
select enterprise, max(enterprise_name) as name from (
    select enterprise, enterprise_name, month, mode, on_date,
        lag(on_date) over (partition by enterprise, mode order by on_date, id) as before
    from visit where on_date >= $2 and month <= $1 and review not in ('voided', 'held')) felt
where ($5::text is null or enterprise in (
    select enterprise from (
        select distinct on (enterprise, line) enterprise, unit from known_assignment where started_on <= $6
        order by enterprise, line, started_on desc) held where unit = $5)) and ($7::uuid[] is null or enterprise = any($7))
group by enterprise
having count(*) filter (where month = $1) > $3
    or count(*) filter (where month = $1 and mode = 'on_site' and on_date - before <= $4) > 0
order by 2, 1
"""


@router.get("/queues/disturbed", name="list_disturbed", summary="打扰指数超限的企业(月联系超次数,或实地走访过密)")
async def list_disturbed(
    caller: Caller, request: Request,
    month: Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Enterprises that bore more contacts of all units together than they should, or two on site within three days (kpi §8),
    with why. A unit sees those it answers for; nobody is ranked by it.
    """
    service: Service = request.app.state.service
    may, unit = await lookups.reach(service, caller), unit_of(caller)
    own = None if may.own is None else list(may.own)
    most, since = await _most(service), Month.parse(month).first_day - timedelta(days=CLOSE_DAYS)
    rows = await service.pool.fetch(_DISTURBED, month, since, most, CLOSE_DAYS, unit, local_date(service.clock()), own)
    felt = await _contacts(service, [row["enterprise"] for row in rows[:limit]], month, month)
    items = [
        {
            "enterprise": row["enterprise"], "enterprise_name": row["name"],
            "contacts": sum(f"{contact.on:%Y-%m}" == month for contact in felt[row["enterprise"]]),
            "warnings": list(disturbed(felt[row["enterprise"]], most, month)),
        }
        for row in rows[:limit]
    ]  # fmt: skip
    return {"month": month, "most": most, "close_days": CLOSE_DAYS, "items": items, "total": len(rows)}


@router.get("/queues/changes", name="list_changes", summary="经营情况变化预警")
async def changed(
    caller: Caller, request: Request,
    month: Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Of the last visit of each enterprise in the month, against the one before. A unit sees the enterprises it visited."""
    service: Service = request.app.state.service
    may, unit = await lookups.reach(service, caller), unit_of(caller)
    rows = await service.pool.fetch(
        "select now.id, now.enterprise, now.enterprise_name, now.on_date, now.state->'told' as told, previous.told as before from ("
        "  select distinct on (enterprise) * from visit where month = $1 and review in ('pending', 'accepted') and not disputed "
        "  and (state->'told'->>'met')::bool and ($2::text is null or id in (select visit from visit_unit where unit = $2)) and ($3::uuid[] is null or enterprise = any($3)) "
        "  order by enterprise, on_date desc, id desc) now "
        "left join lateral (select state->'told' as told from visit where enterprise = now.enterprise and not disputed "
        "  and (on_date, id) < (now.on_date, now.id) and review in ('pending', 'accepted') and (state->'told'->>'met')::bool "
        "  order by on_date desc, id desc limit 1) as previous on true "
        "where now.state->'told'->>'operation' in ('reduced', 'closed', 'expanding') "
        "or now.state->'told'->>'operation' is distinct from previous.told->>'operation' "
        "or (now.state->'told'->>'headcount')::numeric < (previous.told->>'headcount')::numeric order by now.on_date, now.id",
        month, unit, None if may.own is None else list(may.own),
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    for row in rows:
        words = changes(_told(row["before"]), VisitRecorded.model_validate(orjson.loads(row["told"])))
        if words:
            found.append(
                {"visit": row["id"], "enterprise": row["enterprise"], "enterprise_name": row["enterprise_name"],
                 "on": row["on_date"], "changes": list(words)}
            )  # fmt: skip
    return {"items": found[:limit], "total": len(found)}


async def asked_for(service: Service, id_: UUID, day: date, caller: Actor) -> KnownEnterprise:
    """The enterprise, if this person visits it or reads the whole district."""
    return await lookups.served(service, id_, day, caller)


def _told(text: str | None) -> VisitRecorded | None:
    return VisitRecorded.model_validate(orjson.loads(text)) if text else None


def _lines(told: VisitRecorded) -> frozenset[Line]:
    return frozenset(visitor.line for visitor in told.visitors if visitor.line is not None)


async def _prefilled(service: Service, last: VisitRecorded | None) -> dict[str, Any] | None:
    """Last time's values, for the form: people masked, since what stays as it was need not be typed again."""
    if last is None:
        return None
    interviewee, phone = await service.vault.masked([last.interviewee, last.phone])
    return {
        "on": last.on, "mode": last.mode, "operation": last.operation, "operation_label": last.operation.label,
        "headcount": last.headcount, "revenue_trend": last.revenue_trend, "interviewee": interviewee, "phone": phone,
        "title": last.title, "note": last.note, "difficulties": last.difficulties, "suggestions": last.suggestions,
        "demands": len(last.demands), "policies": list(last.policies), "aware": last.aware,
        "by": [{"unit": who.unit, "line": who.line, "member": who.member} for who in last.visitors],
    }  # fmt: skip
