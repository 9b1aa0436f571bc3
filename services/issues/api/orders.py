"""Transferred orders (12345; R53, R54): one by one or as a file, each becoming one ticket or waiting for a person; replies."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field as Limited

from services.issues.api import opening
from services.issues.api.tables import LARGEST, rows_of, unreadable
from services.issues.domain import order as orders
from services.issues.domain.issue import ISSUE
from services.issues.domain.order import ORDER, DismissOrder, Field, HoldOrder, MatchOrder, Order, Unheld
from services.issues.domain.refusals import ExternalKnown
from services.issues.domain.states import Archived, Closed, Reviewed, State
from services.issues.projections.disclosures import DISCLOSURE
from services.issues.projections.hotline import sealed
from shared.decider import Actor
from shared.disclosure import UnmaskPersonal, disclose
from shared.eventlog import load, load_many
from shared.events import Command
from shared.handle import Ask
from shared.problems import Malformed, Problem, TooLarge, Unknown
from shared.service import Caller, CommandId, Cursor, Limit, Service, listing
from shared.sheets import sheet
from shared.terms import IssueStage, Source, derived_id
from shared.vault import mask

router = APIRouter(tags=["转办工单"])

OrderId = Annotated[UUID, Path(description="待处理工单的标识")]
_OUTCOMES = {
    "opened": "已登记", "known": "此前已登记", "held": "待人工处理", "waiting": "此前已转人工处理", "settled": "此前已由人工处理",
    "refused": "未收", "would-open": "将登记", "would-hold": "将转人工处理",
}  # fmt: skip
_REPLIES = (
    "外部工单编号",
    "问题编号",
    "企业名称",
    "诉求内容",
    "来件日期",
    "外部时限",
    "办理单位",
    "办理环节",
    "办理结果",
    "答复内容",
    "答复日期",
    "办结日期",
)


class ReceiveOrder(Command):
    """One order, as a connector sends it. Empty fields are as good as missing ones."""

    no: str = Limited(max_length=500)
    called: str = Limited("", max_length=500)
    enterprise: str = Limited("", max_length=500)
    code: str = Limited("", max_length=500)
    content: str = Limited(max_length=8_000)
    category: str = Limited("", max_length=500)
    nature: str = Limited("", max_length=500)
    urgency: str = Limited("", max_length=500)
    due: str = Limited("", max_length=500)
    contact: str = Limited("", max_length=500)
    phone: str = Limited("", max_length=500)


@router.post("/orders", name="receive_order", summary="接收一件转办工单(接口)")
async def receive(command: ReceiveOrder, caller: Caller, request: Request) -> dict[str, Any]:
    """One ticket, or a place in the queue for a person. The same number again answers the same ticket."""
    opening.needs(caller, *orders.RECEIVING)
    cells = {Field(name): value for name, value in command.model_dump().items()}
    order = orders.read(cells, {field.label: value for field, value in cells.items() if value})
    return await _taken(request.app.state.service, caller, order, apply=True)


@router.post("/orders/import", name="import_orders", summary="导入转办工单(CSV 或 XLSX),逐行给出结论")
async def import_orders(
    caller: Caller, request: Request, *, apply: Annotated[bool, Query(description="否则只预览,不写入")] = False,
    columns: Annotated[str | None, Query(max_length=2000, description='列名对应,如 {"诉求号": "no"};缺省按常见列名')] = None,
) -> dict[str, Any]:  # fmt: skip
    """Every row of the file in the body gets its verdict; a row is never lost, and never taken twice."""
    service: Service = request.app.state.service
    opening.needs(caller, *orders.RECEIVING)
    asked = _asked(columns)
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > LARGEST:
            raise TooLarge(limit=LARGEST)
    heading, *rows = rows_of(bytes(body))
    places = orders.headings(heading, asked)
    if missing := [field.label for field in (Field.NO, Field.CONTENT) if field not in places]:
        raise unreadable(f"没有找到列:{'、'.join(missing)}")
    found: list[dict[str, Any]] = []
    seen: dict[UUID, int] = {}
    for line, row in enumerate(rows, 2):
        cells = {field: row[place] for field, place in places.items() if place < len(row)}
        names = (heading[place] if place < len(heading) else f"第{place + 1}列" for place in range(len(row)))
        order = orders.read(cells, {name: cell for name, cell in zip(names, row, strict=True) if cell})
        told = await _taken(service, caller, order, apply=apply)
        if not apply and order.key in seen:
            told = {
                **told,
                "outcome": "known",
                "outcome_label": _OUTCOMES["known"],
                "reasons": [f"与第{seen[order.key]}行编号相同"],
            }
        seen.setdefault(order.key, line)
        found.append({"line": line, **told})
    counts = {name: sum(1 for item in found if item["outcome"] == name) for name in _OUTCOMES}
    return {
        "applied": apply, "rows": len(found), "counts": {name: count for name, count in counts.items() if count},
        "columns": {field.label: heading[place] for field, place in places.items()},
        "unused_columns": [name for place, name in enumerate(heading) if name and place not in places.values()], "items": found,
    }  # fmt: skip


def _asked(columns: str | None) -> Mapping[str, Field]:
    if columns is None:
        return {}
    try:
        told: Any = orjson.loads(columns)
        return {str(name): Field(field) for name, field in told.items()}
    except (ValueError, AttributeError):
        raise Malformed(errors=[{"pointer": "/query/columns", "code": "columns", "title": "列名对应无效"}]) from None


async def _taken(service: Service, caller: Actor, order: Order, *, apply: bool) -> dict[str, Any]:
    """What becomes of one order."""
    if not orders.keepable(order):
        return _said(order, "refused", ["本行过长,不是一件工单,请人工登记"])
    if order.no and (known := await service.pool.fetchrow("select id, no from issue where external_no = $1", order.no)):
        return _said(order, "known", [], known["id"], known["no"])
    if before := await service.pool.fetchrow("select stage, ticket from held_order where id = $1", order.key):
        return _said(order, "waiting" if before["stage"] == "held" else "settled", [], before["ticket"], held=order.key)
    enterprise, why = await _whose(service, order)
    order = order.but(why) if why else order
    if not apply:
        return _said(order, "would-hold" if order.amiss else "would-open", [*order.amiss, *order.notes])
    if enterprise is not None and not order.amiss:
        ticket = orders.ticket_of_order(order.key)
        try:
            ask = await opening.report(service, caller, ticket, orders.report_of(order, enterprise))
            done = await service.desk.handle(ISSUE, ticket, ask.command, ask.context, command_id=ask.id, prepare=ask.prepare)
        except ExternalKnown:
            return await _taken(service, caller, order, apply=apply)  # Taken up a moment ago by somebody else.
        except Problem as problem:
            order = order.but(problem.title)
        else:
            return _said(order, "known" if done.replayed else "opened", list(order.notes), ticket, _no(done.state))
    command = HoldOrder.model_construct(order=order)
    context = await service.context(caller, order.key)
    await service.desk.handle(ORDER, order.key, command, context, command_id=derived_id("issues", "hold-order", str(order.key)))
    return _said(order, "held", [*order.amiss, *order.notes], held=order.key)


def _no(state: State) -> str:
    return getattr(state, "report").no  # noqa: B009  reported a moment ago.


def _said(
    order: Order, outcome: str, reasons: list[str], ticket: UUID | None = None, no: str | None = None, held: UUID | None = None
) -> dict[str, Any]:
    return {
        "external_no": order.no, "outcome": outcome, "outcome_label": _OUTCOMES[outcome], "reasons": reasons, "ticket": ticket,
        "no": no, "order": held,
    }  # fmt: skip


async def _whose(service: Service, order: Order) -> tuple[UUID | None, str]:
    """The enterprise of an order, by code and name alike; or why it is not certain."""
    if not order.code and not order.enterprise:
        return None, "缺企业名称和统一社会信用代码"
    name = unicodedata.normalize("NFKC", order.enterprise)
    rows = await service.pool.fetch(
        "select id, code, normalize(name, NFKC) = $2 as named from known_enterprise where code = $1 or normalize(name, NFKC) = $2 limit 3",
        order.code, name,
    )  # fmt: skip
    if order.code:
        by_code = next((row for row in rows if row["code"] == order.code), None)
        if by_code is None:
            return None, "按统一社会信用代码未找到企业"
        if name and not by_code["named"]:
            return None, "企业名称与统一社会信用代码不是同一企业"
        return by_code["id"], ""
    if len(rows) != 1:
        return None, "按企业名称未找到企业" if not rows else "有多家同名企业"
    return rows[0]["id"], ""


@router.get("/orders/held", name="list_held_orders", summary="待人工处理的转办工单")
async def held(
    caller: Caller, request: Request, stage: Literal["held", "matched", "dismissed"] = "held", cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """The oldest first, with what keeps each from becoming a ticket."""
    service: Service = request.app.state.service
    opening.needs(caller, *opening.DISTRICT)
    page = await listing(
        service.pool, table="held_order", columns="*", where=["stage = $1"], args=[stage], order=["held_on", "id"], cursor=cursor,
        limit=limit,
    )  # fmt: skip
    page["items"] = await _masked(service, page["items"])
    return page


async def _masked(service: Service, rows: list[Any]) -> list[dict[str, Any]]:
    texts = await service.vault.open([sealed(row[name]) for row in rows for name in ("reporter", "phone")])
    tickets = await opening.numbers(service, [row["ticket"] for row in rows])
    return [
        {
            **{name: value for name, value in dict(row).items() if name not in ("reporter", "phone", "ver")},
            "version": row["ver"], "reasons": orjson.loads(row["reasons"]), "reporter": mask(texts[2 * n]),
            "phone": mask(texts[2 * n + 1]), "ticket_no": tickets.get(row["ticket"]),
            "allowed_actions": ["match", "dismiss"] if row["stage"] == "held" else [],
        }
        for n, row in enumerate(rows)
    ]  # fmt: skip


@router.get("/orders/replies", name="list_order_replies", summary="转办工单答复回传(JSON 或 XLSX)", response_model=None)
async def replies(
    caller: Caller, request: Request, since: Annotated[date | None, Query(description="答复日期不早于")] = None,
    form: Annotated[Literal["json", "xlsx"], Query(alias="format")] = "json",
    answered: Annotated[bool, Query(description="只要已答复的")] = True,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> Response | dict[str, Any]:  # fmt: skip
    """Every transferred order with its external number, what came of it, the words of the answer and its days."""
    service: Service = request.app.state.service
    opening.needs(caller, *opening.DISTRICT)
    items = [item for item in await _replies(service, limit) if not answered or item["replied_on"]]
    items = [item for item in items if since is None or (item["replied_on"] or date.min) >= since]
    if form == "json":
        return {"items": items, "total": len(items)}
    rows = [[item[name] for name in _COLUMNS] for item in items]
    note = f"共{len(items)}件"
    return opening.workbook(sheet("12345转办工单答复", _REPLIES, rows, notes=[note]), "replies")


_COLUMNS = (
    "external_no", "no", "enterprise_name", "content", "opened_on", "external_due", "unit_name", "stage_label", "outcome_label",
    "reply", "replied_on", "closed_on",
)  # fmt: skip


async def _replies(service: Service, limit: int) -> list[dict[str, Any]]:
    rows = await service.pool.fetch(
        "select i.id, i.no, i.external_no, i.enterprise_name, i.content, i.opened_on, i.stage, i.closed_on, u.name as unit_name "
        "from issue i left join known_unit u on u.code = coalesce(i.handling_unit, i.unit) where i.source = $1 "
        "and i.external_no is not null order by i.opened_on desc, i.external_no limit $2",
        str(Source.TRANSFERRED), limit,
    )  # fmt: skip
    async with service.pool.acquire() as connection:
        histories = await load_many(connection, [ISSUE.stream(row["id"]) for row in rows])
    found: list[dict[str, Any]] = []
    for row in rows:
        state = ISSUE.fold(entry.fact for entry in histories[ISSUE.stream(row["id"])])
        found.append({**dict(row), "stage_label": IssueStage(row["stage"]).label, **_reply(state)})
    for row in await service.pool.fetch(
        "select external_no, enterprise_name, content, held_on as opened_on, external_due, reason as reply, settled_on as replied_on "
        "from held_order where stage = 'dismissed' and external_no <> '' order by settled_on desc, external_no limit $1", limit,
    ):  # fmt: skip
        empty = {"id": None, "no": None, "unit_name": "区优化办", "outcome": "dismissed", "closed_on": row["replied_on"]}
        found.append({**dict(row), **empty, "stage": "dismissed", "stage_label": "已退回", "outcome_label": "退回来件单位"})
    return found


def _reply(state: State) -> dict[str, Any]:
    """The answer once a reviewer has let it out, or the refusal with its reason."""
    report = getattr(state, "report")  # noqa: B009  a ticket of the view has been reported.
    told: dict[str, Any] = {
        "external_due": report.external_due,
        "outcome": None,
        "outcome_label": None,
        "reply": None,
        "replied_on": None,
    }
    if isinstance(state, Reviewed | Closed | Archived):
        said = state.resolution
        told.update(outcome=said.outcome, outcome_label=said.outcome.label, reply=said.reply, replied_on=state.approval.on)
    elif refusal := getattr(state, "refusal", None):
        told.update(outcome="declined", outcome_label="不予受理", reply=refusal.text, replied_on=refusal.on)
    elif answer := getattr(state, "answer", None):
        told.update(outcome="merged", outcome_label="已合并办理", reply=answer.reply, replied_on=answer.on)
    return told


@router.post("/orders/{id_}/match", name="match_order", summary="为转办工单指明企业,登记一件问题")
async def match_order(id_: OrderId, command: MatchOrder, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """The ruling and the ticket, in one transaction."""
    service: Service = request.app.state.service
    opening.needs(caller, *orders.DESK)
    state = await _state(service, id_)
    context = await service.context(caller, id_, enterprise=await opening.named(service, command.enterprise))
    asks = [Ask(ORDER, str(id_), command, context, derived_id("issues", "match-order", str(id_), str(command.enterprise)))]
    if isinstance(state, orders.Held):
        made = orders.report_held(state.order, command)
        asks.append(await opening.report(service, caller, orders.ticket_of_order(id_), made))
    await service.desk.handle_all(asks)
    return await _shown(service, id_, response)


@router.post("/orders/{id_}/dismiss", name="dismiss_order", summary="退回转办工单(须说明理由)")
async def dismiss(
    id_: OrderId, command: DismissOrder, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    await service.desk.handle(ORDER, id_, command, await service.context(caller, id_), command_id=command_id)
    return await _shown(service, id_, response)


@router.get("/orders/{id_}", name="get_order", summary="一件待处理的转办工单")
async def order(id_: OrderId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    opening.needs(caller, *opening.DISTRICT)
    return await _shown(request.app.state.service, id_, response)


@router.post("/orders/{id_}/unmask", name="unmask_order", summary="查看来件人信息和原始行(须写明原因,留痕)")
async def unmask(
    id_: OrderId, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    opening.needs(caller, *orders.DESK)
    told = (await _state(service, id_)).order
    return await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="order", about=id_, unit=caller.unit,
        data={"reporter": told.reporter, "phone": told.phone, "row": told.row},
    )  # fmt: skip


async def _state(service: Service, id_: UUID) -> orders.Kept:
    state = ORDER.fold(entry.fact for entry in await load(service.pool, ORDER.stream(id_)))
    if isinstance(state, Unheld):
        raise Unknown(what="order", id=str(id_))
    return state


async def _shown(service: Service, id_: UUID, response: Response) -> dict[str, Any]:
    row = await service.pool.fetchrow("select * from held_order where id = $1", id_)
    if row is None:
        raise Unknown(what="order", id=str(id_))
    response.headers["ETag"] = f'"{row["ver"]}"'
    return (await _masked(service, [row]))[0]
