"""Hand-overs: who gives what to whom, and who has signed."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.roster.domain.access import business
from services.roster.domain.handover import MOST, OpenHandover
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Unknown
from shared.language.reach import only_own, sees_unit, unit_of
from shared.language.terms import HandoverStage, Line

_COLUMNS = (
    'id, ver as version, unit, line, giver, taker, enterprises, on_date as "on", document, note, stage, giver_signed, '
    "taker_signed, withdrawn_for"
)


class Handover(Answer):
    """A hand-over."""

    id: UUID = Field(description="交接编号")
    version: int = Field(description="版本号,同 ETag")
    unit: str = Field(description="单位编码")
    line: Line = Field(description="网格线")
    line_label: str = label_of("line")
    giver: UUID = Field(description="移交人的人员编号")
    taker: UUID = Field(description="接收人的人员编号")
    enterprises: int = Field(description="移交的企业,户")
    on: date = Field(description="交接日期:自该日起由接收人负责")
    document: str = Field(description="依据文号")
    note: str = Field(description="备注")
    stage: HandoverStage = Field(description="交接状态")
    stage_label: str = label_of("stage")
    giver_signed: date | None = Field(description="移交人签字日期;未签的为空")
    taker_signed: date | None = Field(description="接收人签字日期;未签的为空")
    withdrawn_for: str = Field(description="撤回原因;未撤回的为空文本")


class HandoverReceipt(Receipt, Handover):
    """A command, and the hand-over after it."""


async def handover(service: Service, id_: UUID, caller: Actor) -> Handover:
    """One, for those of its unit and for the two."""
    business(caller)
    row = await service.pool.fetchrow(f"select {_COLUMNS} from handover where id = $1", id_)
    if row is None or not (sees_unit(caller, row["unit"]) or caller.id in (row["giver"], row["taker"])):
        raise Unknown(what="handover", id=str(id_))
    return Handover(**row)


async def handovers(
    service: Service, caller: Actor, unit: str | None, stage: HandoverStage | None, *, mine: bool, cursor: str | None, limit: int
) -> Page[Handover]:
    """Those of a unit; with ``mine`` those that wait for the caller's own signature."""
    where: list[str] = []
    args: list[Any] = []
    for column, value in (("unit", unit_of(caller, unit)), ("stage", stage and str(stage))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    if only_own(caller):
        args.append(caller.id)
        where.append(f"${len(args)} in (giver, taker)")
    if mine:
        args.append(caller.id)
        here = f"${len(args)}"
        where.append(
            f"stage = 'open' and ((giver = {here} and giver_signed is null) or (taker = {here} and taker_signed is null))"
        )
    page = await listing(
        service.pool,
        table="handover",
        columns=_COLUMNS,
        where=where,
        args=args,
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[Handover].of(page, (Handover(**item) for item in page["items"]))


async def givers(service: Service, command: OpenHandover) -> tuple[UUID, ...]:
    """What the giver answers for in the unit on the line, on the day things move."""
    rows = await service.pool.fetch(
        "select enterprise from assignment where worker = $1 and unit = $2 and line = $3 and since <= $4 "
        "and (until is null or until > $4) order by enterprise limit $5",
        command.giver,
        command.unit,
        str(command.line),
        command.on,
        MOST,
    )
    return tuple(row["enterprise"] for row in rows)
