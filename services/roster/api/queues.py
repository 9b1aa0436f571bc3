"""Work queues of the register: what a person must look at, with a suggestion where there is one (R10, R27)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from services.roster.api.enterprises import moved_to
from services.roster.domain.access import the_district
from services.roster.domain.commands import AssignEnterprise, FindEnterprise
from services.roster.domain.enterprise import ENTERPRISE, KnownPlaces
from services.roster.domain.permissions import the_office
from services.roster.domain.unit import Code
from services.roster.intake.places import Suggestion, suggest_for
from services.roster.queries import dated, lookups
from services.roster.queries.placing import Grid
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.entrance import Entrance
from shared.events import Command
from shared.months import local_date
from shared.problems import Refused, Unknown
from shared.service import Service
from shared.terms import Line, Standing, SurveyResult

router = APIRouter(tags=["待办队列"], route_class=Entrance)


class Queue(StrEnum):
    """The queues of enterprises that ``GET /queues/{name}`` lists."""

    UNPLACED = "unplaced"
    UNCLASSIFIED = "unclassified"
    DUPLICATES = "duplicates"
    LOST = "lost"
    MOVED = "moved"
    MISSING = "missing"


LABELS = {
    "unplaced": "地址未匹配乡镇(街道)", "unclassified": "行业未匹配主管部门", "duplicates": "疑似重复(名称相同代码不同)",
    "lost": "失联待核实", "moved": "迁移待重新划分", "missing": "失联/疑似注销(不在最近一次完整名单中)", "rows": "存疑导入行",
    "corrections": "更正待审批",
}  # fmt: skip
EnterpriseId = Annotated[UUID, Path(description="企业编号")]

_SERVED = "exists (select from scope s where s.enterprise = e.id and s.since <= $1 and (s.until is null or s.until > $1))"
_HELD = (
    "(select a.unit from assignment a where a.enterprise = e.id and a.line = '{line}' and a.since <= $1 "
    "and (a.until is null or a.until > $1))"
)
_VERTICAL, _HORIZONTAL = _HELD.format(line="vertical"), _HELD.format(line="horizontal")
_SINCE = "coalesce((select max(a.since) from assignment a where a.enterprise = e.id and a.line = '{line}' and a.since <= $1), '-infinity')"
_TWIN = (
    "(select jsonb_agg(jsonb_build_object('id', t.id, 'code', t.code, 'name', t.name) order by t.code) from enterprise t "
    "where t.name_key = e.name_key and t.id <> e.id)"
)
_STANDING = dated.standing("e", "$1")
_LOST = (
    f"(select max(s.on_date) from survey s where s.enterprise = e.id and s.result = '{SurveyResult.LOST}' and not exists "
    "(select from survey n where n.enterprise = e.id and (n.on_date, n.census) > (s.on_date, s.census)) and not exists "
    "(select from loss l where l.enterprise = e.id and l.on_date >= s.on_date and l.on_date <= $1))"
)
_SURVIVING = ", ".join(f"'{standing}'" for standing in Standing if standing.survives)
_WHERE: dict[Queue, str] = {
    Queue.UNPLACED: f"{_SERVED} and {_HORIZONTAL} is null",
    Queue.UNCLASSIFIED: f"{_SERVED} and {_VERTICAL} is null",
    Queue.DUPLICATES: f"{_SERVED} and exists (select from enterprise t where t.name_key = e.name_key and t.id <> e.id)",
    Queue.LOST: f"{_SERVED} and {_LOST} is not null",
    Queue.MISSING: f"e.missed_on <= $1 and {_STANDING} in ({_SURVIVING})",
    Queue.MOVED: f"{_SERVED} and (e.address_on > {_SINCE.format(line='horizontal')} or e.industry_on > {_SINCE.format(line='vertical')})",
}
_WHERE_IT_IS = (
    "address, particulars ->> 'business_address' as business_address, particulars ->> 'registrar' as registrar, "
    "coalesce(particulars ->> 'elsewhere', '') as elsewhere"
)
_COLUMNS = f"e.id, e.code, e.name, {_STANDING} as standing, e.industry, {_WHERE_IT_IS}"
_MORE: dict[Queue, str] = {
    Queue.DUPLICATES: f", {_TWIN} as twins",
    Queue.LOST: f", {_LOST} as lost_on",
    Queue.MISSING: ", e.missed_on, e.missed_batch",
    Queue.MOVED: f", {_VERTICAL} as vertical, {_HORIZONTAL} as horizontal, e.address_on, e.industry_on",
}


class AcceptPlace(Command):
    """Take the suggestion, or name another township or village."""

    unit: Code | None = None
    sub_unit: Code | None = None
    reason: str = Field("", max_length=200)


class NoPlaceSuggested(Refused):
    """Where an address names no township, a person names it (choices: nothing is guessed)."""

    title = "地址没有建议的乡镇(街道),请指明"


@router.get("/queues", name="count_queues", summary="待办队列与数量")
async def counts(caller: Caller, request: Request) -> dict[str, Any]:
    """How much waits in each queue."""
    service: Service = request.app.state.service
    the_district(caller)
    day = local_date(service.clock())
    found = {
        str(name): await service.pool.fetchval(f"select count(*) from enterprise e where {where}", day)
        for name, where in _WHERE.items()
    }
    found["rows"] = await service.pool.fetchval("select count(*) from row where ruling is null")
    found["corrections"] = await service.pool.fetchval("select count(*) from correction where stage = 'proposed'")
    return {"on": day, "items": [{"queue": name, "label": LABELS[name], "count": count} for name, count in found.items()]}


@router.get("/queues/unassigned", name="list_unassigned", summary="未落实清单")
async def unassigned(caller: Caller, request: Request, line: Line, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Surviving enterprises that no unit answers for on this line: addresses or industries that could not be matched."""
    service: Service = request.app.state.service
    the_district(caller)
    return await listing(
        service.pool, table=f"{dated.register('$1')} enterprise", columns="id, code, name, standing, industry, address",
        where=[
            f"standing in ({_SURVIVING})", "not managed_elsewhere", "registered_on <= $1",
            "not exists (select from assignment a where a.enterprise = id and a.line = $2 and a.since <= $1 "
            "and (a.until is null or a.until > $1))",
        ],
        args=[local_date(service.clock()), str(line)], order=["code"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/queues/{name}", name="list_queue", summary="待办队列明细")
async def queue(name: Queue, caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Enterprises that wait, by code. ``suggestion`` says which township or department, how sure (0–100), and why."""
    service: Service = request.app.state.service
    the_district(caller)
    page = await listing(
        service.pool, table="enterprise e", columns=_COLUMNS + _MORE.get(name, ""), where=[_WHERE[name]],
        args=[local_date(service.clock())], order=["e.code"], cursor=cursor, limit=limit,
    )  # fmt: skip
    grid = await Grid.of(service)
    for item in page["items"]:
        if name in (Queue.UNPLACED, Queue.MOVED):
            item["suggestion"] = _told(_place(item, grid))
        if name in (Queue.UNCLASSIFIED, Queue.MOVED):
            item["department"] = grid.departments.get(item["industry"])
        if name == Queue.DUPLICATES:
            item["twins"] = orjson.loads(item["twins"])
    return {"queue": str(name), "label": LABELS[name], **page}


def _place(item: Any, grid: Grid) -> Suggestion:
    return suggest_for(
        item["business_address"], item["address"], grid.names, elsewhere=item["elsewhere"], registrar=item["registrar"] or ""
    )


def _told(found: Suggestion) -> dict[str, Any]:
    return {
        "unit": found.township, "sub_unit": found.village, "confidence": found.confidence, "because": found.because,
        "sure": found.sure,
    }  # fmt: skip


@router.post("/queues/unplaced/{enterprise}/accept", name="accept_place", summary="采纳地址建议,落实横向网格")
async def accept(
    enterprise: EnterpriseId, command: AcceptPlace, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """By the office. Without a unit in the body the suggestion is taken; its reason is kept with the assignment."""
    service: Service = request.app.state.service
    the_office(await service.context(caller, enterprise))
    item = await service.pool.fetchrow(f"select {_WHERE_IT_IS} from enterprise where id = $1", enterprise)
    if item is None:
        raise Unknown(what="enterprise", id=str(enterprise))
    found = _place(item, await Grid.of(service))
    unit, village = (command.unit, command.sub_unit) if command.unit else (found.township, found.village)
    if unit is None:
        raise NoPlaceSuggested(because=found.because)
    why = command.reason or ("人工指定" if command.unit else f"采纳建议({found.confidence}%):{found.because}")
    today = local_date(service.clock())
    wanted = AssignEnterprise(line=Line.HORIZONTAL, unit=unit, sub_unit=village, on=today, reason=why[:200], document="")
    held = await lookups.answering(service.pool, enterprise, Line.HORIZONTAL)
    there = await lookups.lines(service.pool, [unit, village, *held], on=today)
    context = await service.context(caller, enterprise, KnownPlaces(there, proposal=command_id))
    done = await service.desk.handle(ENTERPRISE, enterprise, wanted, context, command_id=command_id)
    waits = moved_to(done.state, wanted, caller.id)
    return {
        **receipt(service, response, done), "id": enterprise, "unit": unit, "sub_unit": village, "reason": why, "proposal": waits,
    }  # fmt: skip


@router.post("/queues/missing/{enterprise}/find", name="find_enterprise", summary="失联/疑似注销:确认企业仍存续")
async def find(
    enterprise: EnterpriseId, command: FindEnterprise, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """A person says it is there; that it is not there is said by changing its standing."""
    service: Service = request.app.state.service
    context = await service.context(caller, enterprise, None)
    done = await service.desk.handle(ENTERPRISE, enterprise, command, context, command_id=command_id)
    return {**receipt(service, response, done), "id": enterprise}
