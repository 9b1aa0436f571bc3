"""Transferred orders that wait for a person (R53), with what keeps each from becoming a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.order import DESK, ORDER, Kept, Unheld
from services.issues.projections.disclosures import DISCLOSURE
from services.issues.projections.hotline import sealed
from services.issues.queries import names
from services.issues.queries.reading import Actions, Version
from shared.http.answer import LEFT_OUT, Answer, Page, Receipt, label_of
from shared.http.disclosure import UnmaskPersonal, disclose
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Unknown
from shared.language.reach import DISTRICT
from shared.language.terms import Category, Nature, OrderStage, Urgency
from shared.log.eventlog import load


class HeldOrder(Answer):
    """An order that waits for a person, or on which one has ruled; name and number masked."""

    id: UUID = Field(description="待处理工单的编号")
    version: Version
    stage: OrderStage = Field(description="工单状态")
    stage_label: str = label_of("stage")
    external_no: str = Field(description="外部工单编号;没有或不能保存的为空文")
    enterprise_name: str = Field(description="来件所写企业名称;没有的为空文")
    enterprise_code: str = Field(description="来件所写统一社会信用代码;没有的为空文")
    content: str = Field(description="诉求内容")
    category: Category = Field(description="类别")
    category_label: str = label_of("category")
    nature: Nature = Field(description="性质")
    nature_label: str = label_of("nature")
    urgency: Urgency = Field(description="紧急程度")
    urgency_label: str = label_of("urgency")
    external_due: date | None = Field(description="外部时限;没有的为空")
    called: str = Field(description="来电时间,照来件所写;没有的为空文")
    reporter: str | None = Field(description="来件人姓名,已脱敏;没有的为空")
    phone: str | None = Field(description="来件人电话,已脱敏;没有的为空")
    reasons: list[str] = Field(description="须人工处理的原因")
    held_on: date = Field(description="转人工处理的日期")
    ticket: UUID | None = Field(description="登记为问题的编号;没有的为空")
    ticket_no: str | None = Field(description="登记为问题的流水编号;没有的为空")
    reason: str | None = Field(description="退回的理由;未退回的为空")
    settled_on: date | None = Field(description="处理日期;未处理的为空")
    allowed_actions: Actions


class HeldOrderReceipt(Receipt, HeldOrder):
    """An order after a ruling."""


class OrderInClear(Receipt):
    """Only what was asked for is there: everything else is left out."""

    model_config = LEFT_OUT

    about: UUID = Field(description="待处理工单的编号")
    reporter: str | None = Field(None, description="来件人姓名")
    phone: str | None = Field(None, description="来件人电话")
    row: str | None = Field(None, description="来件的原始行(JSON 文本,列名对单元格)")
    content: str | None = Field(None, description="诉求内容")


async def held(service: Service, caller: Actor, stage: OrderStage, cursor: str | None, limit: int) -> Page[HeldOrder]:
    """The oldest first."""
    needs(caller, *DISTRICT)
    page = await listing(
        service.pool,
        table="held_order",
        columns="*",
        where=["stage = $1"],
        args=[str(stage)],
        order=["held_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[HeldOrder].of(page, await _masked(service, page["items"]))


async def _masked(service: Service, rows: Sequence[Any]) -> list[HeldOrder]:
    texts = await service.vault.masked([sealed(row[name]) for row in rows for name in ("reporter", "phone")])
    tickets = await names.tickets(service, (row["ticket"] for row in rows))
    found: list[HeldOrder] = []
    for n, row in enumerate(rows):
        item = dict(row)
        item.update(version=item.pop("ver"), reasons=orjson.loads(row["reasons"]), ticket_no=tickets.get(row["ticket"]))
        item.update(reporter=texts[2 * n], phone=texts[2 * n + 1])
        found.append(HeldOrder(**item, allowed_actions=["match", "dismiss"] if row["stage"] == "held" else []))
    return found


async def order(service: Service, id_: UUID) -> HeldOrder:
    """One as it stands."""
    row = await service.pool.fetchrow("select * from held_order where id = $1", id_)
    if row is None:
        raise Unknown(what="order", id=str(id_))
    return (await _masked(service, [row]))[0]


async def found(service: Service, id_: UUID) -> Kept:
    """The state of one."""
    state = ORDER.fold(entry.fact for entry in await load(service.pool, ORDER.stream(id_)))
    if isinstance(state, Unheld):
        raise Unknown(what="order", id=str(id_))
    return state


async def in_clear(
    service: Service, caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, id_: UUID
) -> OrderInClear:
    """Who sent it, and the row as it came: for who rules on it."""
    needs(caller, *DESK)
    told = (await found(service, id_)).order
    shown = await disclose(
        service,
        DISCLOSURE,
        caller,
        command_id,
        command,
        response,
        what="order",
        about=id_,
        unit=caller.unit,
        data={"reporter": told.reporter, "phone": told.phone, "row": told.row, "content": told.content},
    )
    return OrderInClear(**shown)
