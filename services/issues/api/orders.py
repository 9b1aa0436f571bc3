"""Transferred orders (12345; R53, R54) as they come in: one by one, or as a file with a verdict for every row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import Field as Limited

from services.issues.api import opening, receiving
from services.issues.api.tables import LARGEST, rows_of, unreadable
from services.issues.domain import order as orders
from services.issues.domain import transferred
from services.issues.domain.transferred import Field, Order
from shared.asking import Caller
from shared.events import Command
from shared.problems import Malformed, TooLarge
from shared.service import Service

router = APIRouter(tags=["转办工单"])


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
    order = transferred.read(cells, {field.label: value for field, value in cells.items() if value})
    return await receiving.taken(request.app.state.service, caller, order, apply=True)


@router.post("/orders/import", name="import_orders", summary="导入转办工单(CSV 或 XLSX),逐行给出结论")
async def import_orders(
    caller: Caller, request: Request, *, apply: Annotated[bool, Query(description="否则只预览,不写入")] = False,
    columns: Annotated[str | None, Query(max_length=2000, description='列名对应,如 {"诉求号": "no"};缺省按常见列名')] = None,
) -> dict[str, Any]:  # fmt: skip
    """Every row of the file in the body gets its verdict; a row is never lost, and never taken twice."""
    service: Service = request.app.state.service
    opening.needs(caller, *orders.RECEIVING)
    asked = _asked(columns)
    heading, *rows = rows_of(await _body(request))
    places = transferred.headings(heading, asked)
    if missing := [field.label for field in (Field.NO, Field.CONTENT) if field not in places]:
        raise unreadable(f"没有找到列:{'、'.join(missing)}")
    found: list[dict[str, Any]] = []
    seen: dict[UUID, tuple[int, Order]] = {}
    for line, row in enumerate(rows, 2):
        order = _read(heading, places, row)
        told = await receiving.taken(service, caller, order, apply=apply)
        if not apply:
            told |= _repeated(order, seen)
            seen.setdefault(order.key, (line, order))
        found.append({"line": line, **told})
    counts = {name: sum(1 for item in found if item["outcome"] == name) for name in receiving.OUTCOMES}
    return {
        "applied": apply, "rows": len(found), "counts": {name: count for name, count in counts.items() if count},
        "columns": {field.label: heading[place] for field, place in places.items()},
        "unused_columns": [name for place, name in enumerate(heading) if name and place not in places.values()], "items": found,
    }  # fmt: skip


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > LARGEST:
            raise TooLarge(limit=LARGEST)
    return bytes(body)


def _asked(columns: str | None) -> Mapping[str, Field]:
    if columns is None:
        return {}
    try:
        told: Any = orjson.loads(columns)
        return {str(name): Field(field) for name, field in told.items()}
    except (ValueError, AttributeError):
        raise Malformed(errors=[{"pointer": "/query/columns", "code": "columns", "title": "列名对应无效"}]) from None


def _read(heading: list[str], places: Mapping[Field, int], row: list[str]) -> Order:
    cells = {field: row[place] for field, place in places.items() if place < len(row)}
    names = (heading[place] if place < len(heading) else f"第{place + 1}列" for place in range(len(row)))
    return transferred.read(cells, {name: cell for name, cell in zip(names, row, strict=True) if cell})


def _repeated(order: Order, seen: Mapping[UUID, tuple[int, Order]]) -> dict[str, Any]:
    """What a preview, which writes nothing, can only know from an earlier row of the same file."""
    if order.key not in seen:
        return {}
    line, first = seen[order.key]
    if differing := order.differs(first):
        outcome, why = "would-hold", f"与第{line}行编号相同,但{'、'.join(differing)}不同"
    else:
        outcome, why = "known", f"与第{line}行编号相同"
    return {"outcome": outcome, "outcome_label": receiving.OUTCOMES[outcome], "reasons": [why]}
