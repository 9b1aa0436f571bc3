"""Transferred orders (12345; R53, R54) as they come in: one by one, or as a file with a verdict for every row."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import Field as Limited

from services.issues.api import receiving
from services.issues.api.tables import LARGEST, MOST, orders_of
from services.issues.domain import order as orders
from services.issues.domain import transferred
from services.issues.domain.access import needs
from services.issues.domain.transferred import Field, Order
from services.issues.queries.orders import OmittedSheet, OrderRowVerdict, OrdersImported, OrderVerdict
from shared.http.entrance import Entrance
from shared.http.parameters import Caller
from shared.http.service import Service
from shared.language.facts import Command
from shared.language.problems import Malformed
from shared.language.terms import OrderOutcome
from shared.paper.foreign.uploads import received

router = APIRouter(tags=["转办工单"], route_class=Entrance)


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
async def receive(command: ReceiveOrder, caller: Caller, request: Request) -> OrderVerdict:
    """One ticket, or a place in the queue for a person. The same number again answers the same ticket."""
    needs(caller, *orders.RECEIVING)
    cells = {Field(name): value for name, value in command.model_dump().items()}
    order = transferred.read(cells, {field.label: value for field, value in cells.items() if value})
    return await receiving.taken(request.app.state.service, caller, order, apply=True)


_FILE = {"schema": {"type": "string", "format": "binary", "maxLength": LARGEST}}
_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": _FILE, "text/csv": _FILE}}}


@router.post("/orders/import", name="import_orders", summary="导入转办工单(CSV 或 XLSX),逐行给出结论", openapi_extra=_BODY)
async def import_orders(
    caller: Caller,
    request: Request,
    *,
    apply: Annotated[bool, Query(description="否则只预览,不写入")] = False,
    columns: Annotated[str | None, Query(max_length=2000, description='列名对应,如 {"诉求号": "no"};缺省按常见列名')] = None,
    after: Annotated[
        int, Query(ge=0, le=10_000_000, description=f"跳过前几件:一次办理 {MOST} 件,其余以上次回答的 next_after 继续")
    ] = 0,
) -> OrdersImported:
    """Every row of the file in the body gets its verdict; a row is never lost, and never taken twice.

    Every visible sheet with the columns of an order is read; ``omitted`` names what was not. A file of more orders than one
    request takes is taken in parts: ``next_after`` says how to go on.
    """
    service: Service = request.app.state.service
    needs(caller, *orders.RECEIVING)
    asked = _asked(columns)
    upload = await received(request, LARGEST)
    try:
        told_by = await asyncio.to_thread(orders_of, upload.file, asked)
    finally:
        upload.close()
    rows = told_by.rows[after : after + MOST]
    found: list[OrderRowVerdict] = []
    seen: dict[UUID, tuple[str, Order]] = {}
    for row in rows:
        order = row.order()
        told = await receiving.taken(service, caller, order, apply=apply)
        if not apply:
            told = _repeated(told, order, seen)
            seen.setdefault(order.key, (f"{row.sheet}第{row.line}行", order))
        found.append(OrderRowVerdict(sheet=row.sheet, line=row.line, **dict(told)))
    counts = Counter(item.outcome for item in found)
    left = len(told_by.rows) - after - len(rows)
    first = rows[0] if rows else None
    used = first.places if first else {}
    headings = first.headings if first else ()
    return OrdersImported(
        applied=apply,
        rows=len(found),
        total_rows=len(told_by.rows),
        next_after=after + len(rows) if left > 0 else None,
        remarks=[*told_by.notes, *([f"文件共 {len(told_by.rows)} 件,还有 {left} 件未办理,请继续"] if left > 0 else [])],
        omitted=[OmittedSheet(**sheet) for sheet in told_by.omitted],
        counts={outcome: counts[outcome] for outcome in OrderOutcome if counts[outcome]},
        columns={field.label: headings[place] for field, place in used.items()},
        unused_columns=[name for place, name in enumerate(headings) if name and place not in used.values()],
        items=found,
    )


def _asked(columns: str | None) -> Mapping[str, Field]:
    if columns is None:
        return {}
    try:
        told: Any = orjson.loads(columns)
        return {str(name): Field(field) for name, field in told.items()}
    except (ValueError, AttributeError):
        raise Malformed(errors=[{"pointer": "/query/columns", "code": "columns", "title": "列名对应无效"}]) from None


def _repeated(told: OrderVerdict, order: Order, seen: Mapping[UUID, tuple[str, Order]]) -> OrderVerdict:
    """What a preview, which writes nothing, can only know from an earlier row of the same file."""
    if order.key not in seen:
        return told
    line, first = seen[order.key]
    if differing := order.differs(first):
        outcome, why = OrderOutcome.WOULD_HOLD, f"与{line}编号相同,但{'、'.join(differing)}不同"
    else:
        outcome, why = OrderOutcome.KNOWN, f"与{line}编号相同"
    return told.model_copy(update={"outcome": outcome, "outcome_label": outcome.label, "reasons": [why]})
