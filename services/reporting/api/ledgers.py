"""The ledger of a unit and month (附件3): shown, exported, filed, signed, returned."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from services.reporting.api.asking import Asked, MonthQuery, MonthText, Now, Question, UnitCode, cut_facts, month_of
from services.reporting.documents.workbook import Stamp, write_workbook
from services.reporting.domain.due import owing, punctuality
from services.reporting.domain.ledger import Ledger, digest
from services.reporting.domain.month import MONTH, ReturnLedger, SignLedger, SubmitLedger
from services.reporting.domain.rules import CURRENT
from shared.asking import Caller, CommandId, Expected, receipt
from shared.decider import Actor
from shared.eventlog import load
from shared.events.reporting import Filing
from shared.months import local_date
from shared.service import Service
from shared.vault import Personal, mask

router = APIRouter(tags=["台账"])

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/ledgers/{unit}/{month}", name="get_ledger", summary="走访服务企业台账(附件3)")
async def get_ledger(unit: UnitCode, month: MonthText, question: Question) -> dict[str, Any]:
    """Rows, summary, cut and digest, as known now or at ``as_of``. Persons stand as tokens: names come with the workbook."""
    question.must_see(unit)
    item = await question.reader.ledger(unit, month, question.cut)
    return {
        "unit": unit, "month": month, "header": item.header, "rows": item.rows, "summary": item.summary, **cut_facts(question),
        "digest": digest(item), "filed": await _filed(question.service, unit, month),
    }  # fmt: skip


@router.get("/ledgers/{unit}/{month}/workbook", name="export_ledger", summary="导出台账(XLSX)", response_class=Response)
async def workbook(unit: UnitCode, month: MonthText, question: Question) -> Response:
    """The workbook people print: 附件3, 月度汇总, 明细. Numbers of enterprises' people are masked."""
    question.must_see(unit)
    item = await question.reader.ledger(unit, month, question.cut)
    names = await _names(question.service, item)
    filed = await _filed(question.service, unit, month)
    said = await question.reader.brand(question.cut, month_of(month).last_day.isoformat())
    settings = question.service.settings
    brand = "·".join(filter(None, (said.brand, said.suffix))) if said else settings.brand
    stamp = Stamp(
        filed_at=filed["received"].isoformat() if filed else "", revision=filed["revision"] if filed else 0, digest=digest(item),
        district=said.district if said else settings.district_name, brand=brand,
    )  # fmt: skip
    out = io.BytesIO()
    await asyncio.to_thread(write_workbook, item, names, out, stamp)
    name = quote(f"{item.header.get('unit_name', unit)}{month}走访服务企业台账.xlsx")
    return Response(out.getvalue(), media_type=_XLSX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@router.get("/ledgers", name="list_ledgers", summary="报送情况一览")
async def ledgers(question: Question, month: MonthQuery) -> dict[str, Any]:
    """Every unit that owes a ledger of the month, being there at T: on time, late, or missing (K9)."""
    grid, calendar = await question.reader.grid(question.cut)
    due = month_of(month).due(calendar=calendar)
    last = month_of(month).due_day(calendar=calendar).isoformat()
    rows = {
        row["unit"]: dict(row) for row in await question.service.pool.fetch("select * from ledger_month where month = $1", month)
    }
    items: list[dict[str, Any]] = []
    for unit in owing(grid.units, last):
        code = unit.code
        if not (question.sees_district or code == question.caller.unit):
            continue
        row = rows.get(code)
        state = "missing" if row is None else "on_time" if row["on_time"] else "late"
        items.append({
            "unit": code, "name": unit.called(last), "kind": unit.kind, "state": state,
            "state_label": {"missing": "未报", "on_time": "按时", "late": "逾期"}[state],
            "received": row and row["received"], "signed": bool(row and row["stage"] == "signed"), "digest": row and row["digest"],
            "supplements": row["supplements"] if row else 0,
        })  # fmt: skip
    told = punctuality(item["state"] for item in items)
    return {
        "month": month, "due": due, **{name: {"n": rate.n, "d": rate.d, "pct": rate.pct} for name, rate in told.items()},
        "items": items, "next_cursor": None, "total": len(items),
    }  # fmt: skip


@router.post("/ledgers/{unit}/{month}/submit", name="submit_ledger", summary="报送台账")
async def submit(
    unit: UnitCode, month: MonthText, command: SubmitLedger, question: Now, command_id: CommandId, expected: Expected,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """File the ledger as it stands at this moment; answers cut, rows, digest, and whether it was on time."""
    question.must_see(unit)
    service = question.service
    grid, calendar = await question.reader.grid(question.cut)
    line = question.reader.line(grid, unit)
    item = await question.reader.ledger(unit, month, question.cut)
    context = await service.context(
        question.caller, f"{unit}-{month}", unit=unit, line=line, month=month, due=month_of(month).due(calendar=calendar),
        begun=month_of(month).first_day <= local_date(service.clock()), filing=filing_of(item, question),
    )  # fmt: skip
    done = await service.desk.handle(MONTH, f"{unit}-{month}", command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), **(await _filed(service, unit, month) or {})}


def filing_of(item: Ledger, question: Asked) -> Filing:
    """What a filing rests on."""
    figures = item.summary["filing"]
    return Filing(
        cut=question.cut,
        rows=len(item.rows),
        digest=digest(item),
        visited=figures["visited"],
        owed=figures["owed"],
        rules=CURRENT,
    )


@router.post("/ledgers/{unit}/{month}/sign", name="sign_ledger", summary="签发台账")
async def sign(
    unit: UnitCode,
    month: MonthText,
    command: SignLedger,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    return await _change(unit, month, command, caller, command_id, request, response)


@router.post("/ledgers/{unit}/{month}/return", name="return_ledger", summary="退回台账")
async def return_(
    unit: UnitCode,
    month: MonthText,
    command: ReturnLedger,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    return await _change(unit, month, command, caller, command_id, request, response)


async def _change(
    unit: str,
    month: str,
    command: SignLedger | ReturnLedger,
    caller: Actor,
    command_id: UUID,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, f"{unit}-{month}", unit=unit, month=month)
    done = await service.desk.handle(MONTH, f"{unit}-{month}", command, context, command_id=command_id)
    return {**receipt(service, response, done), **(await _filed(service, unit, month) or {})}


@router.get("/ledgers/{unit}/{month}/history", name="get_ledger_history", summary="报送、签发与补充记录")
async def history(unit: UnitCode, month: MonthText, question: Question) -> dict[str, Any]:
    """Every fact of this ledger month: filings, signatures, returns, supplements, with when they were recorded."""
    question.must_see(unit)
    entries = await load(question.service.pool, MONTH.stream(f"{unit}-{month}"))
    items = [
        {"type": entry.type, "recorded": entry.recorded, "position": entry.pos, **entry.envelope["data"]} for entry in entries
    ]
    return {"items": items, "next_cursor": None, "total": len(items)}


async def _filed(service: Service, unit: str, month: str) -> dict[str, Any] | None:
    row = await service.pool.fetchrow(
        "select stage, revision, received, on_time, rows, digest, cut, supplements, supplement_digest from ledger_month where id = $1",
        f"{unit}-{month}",
    )
    return {**dict(row), "cut": orjson.loads(row["cut"])} if row else None


async def _names(service: Service, item: Ledger) -> dict[str, str]:
    """What stands for the tokens of a ledger: members by name, people of enterprises masked."""
    tokens = list(item.sealed)
    texts = await service.vault.open([Personal.read(item.sealed[token]) for token in tokens])
    return {token: text if token.startswith("member:") else mask(text) for token, text in zip(tokens, texts, strict=True)}
