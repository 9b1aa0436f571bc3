"""The ledger of a unit and month (附件3): shown, exported, filed, signed, returned."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.reporting.api.asking import MonthQuery, MonthText, Now, Question, UnitCode, cut_facts, month_of
from services.reporting.api.showing import Show, filing_facts, shown, signer, stamp
from services.reporting.documents.columns import UNKNOWN
from services.reporting.documents.workbook import write_workbook
from services.reporting.domain.due import STANDINGS, owing, punctuality, standing
from services.reporting.domain.month import MONTH, ExplainLedger, ReturnLedger, SignLedger, SubmitLedger, filed_of, filing_of
from services.reporting.projections import Reporting
from shared.asking import Caller, CommandId, Expected, receipt
from shared.decider import Actor
from shared.entrance import Entrance
from shared.freetext import opened
from shared.months import local_date
from shared.openings import Opening
from shared.service import Service
from shared.vault import Personal

router = APIRouter(tags=["台账"], route_class=Entrance)

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/ledgers/{unit}/{month}", name="get_ledger", summary="走访服务企业台账(附件3)")
async def get_ledger(unit: UnitCode, month: MonthText, question: Question, show: Show = None) -> dict[str, Any]:
    """Rows, summary, cut and digest of what was filed last (a draft if nothing was), with what changed since; as known at
    ``as_of``, or now with ``show=now``. Persons stand as tokens: names come with the workbook.
    """
    question.must_see(unit)
    found = await shown(question, unit, month, show)
    item = found.item
    return {
        "unit": unit, "month": month, "header": item.header, "rows": item.rows, "summary": item.summary, **cut_facts(question),
        "cut": found.cut, **found.facts(),
    }  # fmt: skip


@router.get("/ledgers/{unit}/{month}/workbook", name="export_ledger", summary="导出台账(XLSX)", response_class=Response)
async def workbook(unit: UnitCode, month: MonthText, question: Question, show: Show = None) -> Response:
    """The workbook people print: 附件3, 月度汇总, 明细; 报送后变更 where there is any. Numbers of enterprises' people are masked."""
    question.must_see(unit)
    found = await shown(question, unit, month, show)
    filed = filed_of(found.told.state)
    people = [filed.submitter if filed else None, signer(found.told)]
    grid, _ = await question.reader.grid(question.cut)
    known = {f"member:{id_}": member.name for id_ in people if id_ and (member := grid.members.get(id_)) and member.name}
    names = await _names(question.service, {**known, **found.sealed})
    filed_by, signed_by = (names.get(f"member:{id_}", UNKNOWN) if id_ else "" for id_ in people)
    said = await question.reader.brand(question.cut, month_of(month).last_day.isoformat())
    settings = question.service.settings
    brand = "·".join(filter(None, (said.brand, said.suffix))) if said else settings.brand
    head = stamp(found, filed_by, signed_by, said.district if said else settings.district_name, brand)
    out = io.BytesIO()
    item, since, head = await opened(question.service.vault, (found.item, found.since, head))
    await asyncio.to_thread(write_workbook, item, names, out, head, since=since)
    name = quote(f"{found.item.header.get('unit_name', unit)}{month}走访服务企业台账.xlsx")
    return Response(out.getvalue(), media_type=_XLSX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@router.get("/ledgers", name="list_ledgers", summary="报送情况一览")
async def ledgers(question: Question, month: MonthQuery) -> dict[str, Any]:
    """Every unit that owes a ledger of the month, being there at T: on time, late, not yet due, or missing (K9); now, or as known at ``as_of``."""
    if not question.sees_district:
        question.must_see(question.caller.unit)
    grid, calendar = await question.reader.grid(question.cut)
    due = month_of(month).due(calendar=calendar)
    last = month_of(month).due_day(calendar=calendar).isoformat()
    told = await question.service.months((f"{code}-{month}" for code in grid.units), question.as_of)
    items: list[dict[str, Any]] = []
    for unit in owing(grid.units, last):
        code = unit.code
        if not (question.sees_district or code == question.caller.unit):
            continue
        row = filing_facts(told[key].state) if (key := f"{code}-{month}") in told else None
        state = standing(row["on_time"] if row else None, due, question.now)
        items.append({
            "unit": code, "name": unit.called(last), "kind": unit.kind, "state": state,
            "state_label": STANDINGS[state],
            "received": row and row["received"], "signed": bool(row and row["stage"] == "signed"), "digest": row and row["digest"],
            "supplements": row["supplements"] if row else 0, "late_reason": row["late_reason"] if row else "",
            "reason_wanted": bool(row and row["reason_wanted"]),
        })  # fmt: skip
    rates = {
        name: {"n": rate.n, "d": rate.d, "pct": rate.pct} for name, rate in punctuality(item["state"] for item in items).items()
    }
    return {
        "month": month, "due": due, **cut_facts(question), **rates, "items": items, "next_cursor": None, "total": len(items),
    }  # fmt: skip


@router.post("/ledgers/{unit}/{month}/submit", name="submit_ledger", summary="报送台账")
async def submit(
    unit: UnitCode, month: MonthText, command: SubmitLedger, question: Now, command_id: CommandId, expected: Expected,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """File the ledger as it stands at this moment; answers cut, rows, digest, and whether it was on time. One that is late is
    taken, and asks for its reason (``reason_wanted``) unless ``note`` gives it.

    It waits until everything the other services have told is here, and is refused with 503 if that does not come about.
    """
    question.must_see(unit)
    service = question.service
    cut = await service.settled()
    grid, calendar = await service.reader.grid(cut)
    line = service.reader.line(grid, unit)
    item = await service.reader.ledger(unit, month, cut)
    context = await service.context(
        question.caller, f"{unit}-{month}", unit=unit, line=line, month=month, due=month_of(month).due(calendar=calendar),
        begun=month_of(month).first_day <= local_date(service.clock()), filing=filing_of(item, cut),
    )  # fmt: skip
    done = await service.desk.handle(MONTH, f"{unit}-{month}", command, context, command_id=command_id, expected=expected)
    return {**receipt(service, response, done), **(filing_facts(done.state) or {})}


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
    """Sign what was filed. What it rests on is compared with its copies first, and is refused where they differ."""
    service: Reporting = request.app.state.service
    told = (await service.months([f"{unit}-{month}"])).get(f"{unit}-{month}")
    state = told.state if told else MONTH.initial
    # Asked first: comparing takes time, and is not for everybody to cause.
    signs = MONTH.decide(state, command, await service.context(caller, f"{unit}-{month}", unit=unit, month=month))
    if signs and (filed := filed_of(state)):
        await service.vouch(filed.filing.cut)
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


@router.post("/ledgers/{unit}/{month}/explain", name="explain_ledger", summary="说明台账逾期报送的原因")
async def explain(
    unit: UnitCode,
    month: MonthText,
    command: ExplainLedger,
    caller: Caller,
    command_id: CommandId,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """Given later than the filing, or completed: what was said before stays in the history."""
    return await _change(unit, month, command, caller, command_id, request, response)


async def _change(
    unit: str,
    month: str,
    command: SignLedger | ReturnLedger | ExplainLedger,
    caller: Actor,
    command_id: UUID,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    service: Reporting = request.app.state.service
    context = await service.context(caller, f"{unit}-{month}", unit=unit, month=month)
    done = await service.desk.handle(MONTH, f"{unit}-{month}", command, context, command_id=command_id)
    return {**receipt(service, response, done), **(filing_facts(done.state) or {})}


@router.get("/ledgers/{unit}/{month}/history", name="get_ledger_history", summary="报送、签发与补充记录")
async def history(unit: UnitCode, month: MonthText, question: Question) -> dict[str, Any]:
    """Every fact of this ledger month by now, or by ``as_of``: filings, signatures, returns, supplements, and when each was
    recorded.
    """
    question.must_see(unit)
    key = f"{unit}-{month}"
    told = (await question.service.months([key], question.as_of)).get(key)
    items = [
        {"type": entry.type, "recorded": entry.recorded, "position": entry.pos, **entry.envelope["data"]}
        for entry in (told.entries if told else ())
    ]
    return {"items": items, "next_cursor": None, "total": len(items)}


async def _names(service: Service, sealed: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """What stands for the tokens of a ledger: members by name, people of enterprises masked."""
    ours = [token for token in sealed if token.startswith("member:")]
    theirs = [token for token in sealed if not token.startswith("member:")]
    names = await service.vault.open([Personal.read(sealed[token]) for token in ours], Opening.NAMES)
    hidden = await service.vault.masked([Personal.read(sealed[token]) for token in theirs])
    return dict(zip((*ours, *theirs), (*names, *hidden), strict=True))
