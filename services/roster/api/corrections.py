"""Corrections of the register: proposed by those who know the enterprise, approved by somebody else (roles.md)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request, Response

from services.roster.api import lookups
from services.roster.api.reading import reach
from services.roster.domain.commands import AmendEnterprise, AssignEnterprise
from services.roster.domain.correction import (
    CORRECTION,
    FIELDS,
    ApproveCorrection,
    CorrectionAlreadyProposed,
    KnownAnswering,
    ProposeCorrection,
    Proposed,
    RejectCorrection,
    may_rule,
)
from services.roster.domain.enterprise import ENTERPRISE, KnownCorrection
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.decider import Actor, Context
from shared.entrance import Entrance
from shared.eventlog import load
from shared.events.roster import CorrectionProposed
from shared.handle import Ask
from shared.months import local_date
from shared.problems import KeyReused, Unknown
from shared.service import Service
from shared.terms import CorrectionStage, derived_id
from shared.vault import Personal

router = APIRouter(tags=["更正审批"], route_class=Entrance)

CorrectionId = Annotated[UUID, Path(description="更正编号(UUIDv7,由客户端生成)")]


@router.put("/corrections/{id_}", name="propose_correction", summary="提出企业信息更正", status_code=201)
async def propose(
    id_: CorrectionId, command: ProposeCorrection, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    """By somebody of the unit that answers, or the office; ``move`` proposes that another unit answers."""
    service: Service = request.app.state.service
    if not await service.pool.fetchval("select true from enterprise where id = $1", command.enterprise):
        raise Unknown(what="enterprise", id=str(command.enterprise))
    held = await service.pool.fetch(
        "select unit, sub_unit, worker from assignment where enterprise = $1 and since <= $2 and (until is null or until > $2)",
        command.enterprise, local_date(service.clock()),
    )  # fmt: skip
    units: dict[str, set[str | None]] = {}
    workers: dict[str, set[UUID | None]] = {}
    for item in held:
        units.setdefault(item["unit"], set()).add(item["sub_unit"])
        workers.setdefault(item["unit"], set()).add(item["worker"])
    context = await service.context(caller, id_, KnownAnswering(units, workers))
    try:
        done = await service.desk.handle(
            CORRECTION, id_, command, context, command_id=derived_id("roster", "propose-correction", str(id_))
        )
    except KeyReused:
        raise CorrectionAlreadyProposed(correction=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return {
        **await service.shown(CORRECTION, id_, done, lambda then: _correction(then, id_, caller)),
        **receipt(service, response, done),
    }


@router.post("/corrections/{id_}/approve", name="approve_correction", summary="批准更正")
async def approve(
    id_: CorrectionId, command: ApproveCorrection, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """The approval and the change of the register are one transaction. Who proposed it can't approve it."""
    service: Service = request.app.state.service
    fact = await _proposed(service, id_)
    context = await service.context(caller, id_, KnownAnswering())
    changes = {name: value for name in FIELDS if (value := getattr(fact, name)) is not None}
    asks: list[Ask[Any]] = []
    if changes:
        amend = AmendEnterprise(source="correction", batch=str(id_), **changes)
        asks.append(_ask(fact, amend, context, "amend", id_, KnownCorrection(fact)))
    if fact.to_unit is not None and fact.line is not None:
        wanted = AssignEnterprise(
            line=fact.line, unit=fact.to_unit, sub_unit=fact.to_sub_unit, on=context.today, reason="更正申请获批", document=""
        )
        lines = await lookups.lines(service.pool, [fact.to_unit, fact.to_sub_unit], context.today)
        asks.append(_ask(fact, wanted, context, "assign", id_, KnownCorrection(fact, lines)))
    done = await service.desk.handle_with(Ask(CORRECTION, str(id_), command, context, command_id), asks)
    return {
        **await service.shown(CORRECTION, id_, done, lambda then: _correction(then, id_, caller)),
        **receipt(service, response, done),
    }


@router.post("/corrections/{id_}/reject", name="reject_correction", summary="不采纳更正")
async def reject(
    id_: CorrectionId, command: RejectCorrection, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownAnswering())
    done = await service.desk.handle(CORRECTION, id_, command, context, command_id=command_id, expected=expected)
    return {
        **await service.shown(CORRECTION, id_, done, lambda then: _correction(then, id_, caller)),
        **receipt(service, response, done),
    }


@router.get("/corrections", name="list_corrections", summary="更正申请列表")
async def corrections(
    caller: Caller, request: Request, stage: CorrectionStage | None = None, enterprise: UUID | None = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    where: list[str] = []
    args: list[Any] = []
    (await reach(service, caller)).narrowed(where, args, unit="unit = {}", mine="proposer::text = {}")
    asked = (
        ("stage", stage and str(stage)),
        ("enterprise", enterprise),
    )
    for column, value in asked:
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool, table="correction", columns="id, ver as version, enterprise, unit, proposer, reason, on_date, stage, ruled_on, to_unit",
        where=where, args=args, order=["on_date", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    for item in page["items"]:
        item["stage_label"] = CorrectionStage(item["stage"]).label
    return page


@router.get("/corrections/{id_}", name="get_correction", summary="更正申请详情(逐项对照)")
async def get(id_: CorrectionId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    answer = await _correction(request.app.state.service, id_, caller)
    response.headers["ETag"] = f'"{answer["version"]}"'
    return answer


def _ask(
    fact: CorrectionProposed, command: AmendEnterprise | AssignEnterprise, context: Context[object], verb: str, id_: UUID,
    known: KnownCorrection,
) -> Ask[Any]:  # fmt: skip
    mine = Context(context.actor, context.now, context.today, context.calendar, fact.enterprise, known)
    return Ask(ENTERPRISE, str(fact.enterprise), command, mine, derived_id("roster", "correction", verb, str(id_)))


async def _proposed(service: Service, id_: UUID) -> CorrectionProposed:
    for entry in await load(service.pool, CORRECTION.stream(id_)):
        if isinstance(entry.fact, CorrectionProposed):
            return entry.fact
    raise Unknown(what="correction", id=str(id_))


async def _correction(service: Service, id_: UUID, caller: Actor) -> dict[str, Any]:
    """What was proposed beside what stands in the register now; personal data masked."""
    may = await reach(service, caller)
    row = await service.pool.fetchrow("select * from correction where id = $1", id_)
    if row is None:
        raise Unknown(what="correction", id=str(id_))
    may.must_cover([row["unit"]], row["enterprise"], [row["proposer"]])
    now = await service.pool.fetchrow("select name, particulars, sealed from enterprise where id = $1", row["enterprise"])
    standing: dict[str, Any] = {**orjson.loads(now["particulars"]), "name": now["name"]}
    wanted: dict[str, Any] = orjson.loads(row["changes"])
    fields = {name: {"register": standing.get(name), "proposed": value} for name, value in wanted.items()}
    hidden: dict[str, Any] = orjson.loads(row["sealed"])
    before: dict[str, Any] = orjson.loads(now["sealed"])
    tokens = [Personal.read(token) if token else None for name in hidden for token in (before.get(name), hidden[name])]
    texts = iter(await service.vault.masked(tokens))
    for name in hidden:
        fields[name] = {"register": next(texts), "proposed": next(texts)}
    context = await service.context(caller, id_, KnownAnswering())
    fact = await _proposed(service, id_)
    ruling = may_rule(Proposed(fact), context) and row["stage"] == CorrectionStage.PROPOSED
    move = {"line": row["line"], "unit": row["to_unit"], "sub_unit": row["to_sub_unit"]} if row["to_unit"] else None
    return {
        "id": id_, "enterprise": row["enterprise"], "unit": row["unit"], "proposer": row["proposer"], "reason": row["reason"],
        "on": row["on_date"], "stage": row["stage"], "stage_label": CorrectionStage(row["stage"]).label, "note": row["note"],
        "ruled_on": row["ruled_on"], "changes": fields, "move": move, "allowed_actions": ["approve", "reject"] if ruling else [],
        "version": row["ver"],
    }  # fmt: skip
