"""Histories of other systems: taken in row by row (补录), counted again out of the log, and looked up.

A request brings whole tickets. What it answers is counted from the stored facts after the commit, never from the request:
whoever sent the rows has counted them too, and the two must be the same (decision 0021).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.history import HISTORY, HistoryRow, RecordHistory, Text, history_of, same
from services.issues.queries import histories as asked
from services.issues.queries.histories import HistoriesRecorded, HistoryPage, HistoryWhole
from shared.http.entrance import BatchEntrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.http.service import Service
from shared.language.facts import Command, Part
from shared.language.problems import Problem
from shared.language.reach import OFFICE
from shared.language.terms import derived_id

router = APIRouter(tags=["历史补录"], route_class=BatchEntrance)

HistoryId = Annotated[UUID, Path(description="历史记录的标识")]
_RECEIVING = OFFICE


class TicketHistory(Part):
    """One ticket of the other system: its number there, and its rows in their order."""

    no: Text
    rows: tuple[HistoryRow, ...] = Field(min_length=1, max_length=5_000)


class RecordHistories(Command):
    """Tickets of one system. Each stands or falls by itself."""

    source: Text
    tickets: tuple[TicketHistory, ...] = Field(min_length=1, max_length=1_000)


@router.post("/histories", name="record_histories", summary="补录其他系统的办理历史(按原时刻,可重复提交)")
async def record(command: RecordHistories, caller: Caller, request: Request) -> HistoriesRecorded:
    """No ``Idempotency-Key``: what is known adds nothing. ``counts`` are taken from the log, of the rows of this request."""
    service: Service = request.app.state.service
    needs(caller, *_RECEIVING)
    keys = [history_of(command.source, ticket.no) for ticket in command.tickets]
    wanted: dict[UUID, Counter[Any]] = {}
    for key, ticket in zip(keys, command.tickets, strict=True):  # Before the owners are sealed, and in the request's order.
        wanted.setdefault(key, Counter()).update(same(row) for row in ticket.rows)
    answers = await asyncio.gather(
        *(_record(service, caller, key, command.source, ticket) for key, ticket in zip(keys, command.tickets, strict=True)),
        return_exceptions=True,
    )
    for answer in answers:
        if isinstance(answer, BaseException) and (not isinstance(answer, Problem) or answer.status != 409):  # noqa: PLR2004
            raise answer
    refused = [
        asked.differing(ticket.no, answer)
        for ticket, answer in zip(command.tickets, answers, strict=True)
        if isinstance(answer, Problem)
    ]
    return await asked.recorded(service, wanted, sum(answer for answer in answers if isinstance(answer, int)), refused)


async def _record(service: Service, caller: Any, key: UUID, source: str, ticket: TicketHistory) -> int:
    """Record one ticket's rows. The id follows from what is said, so that a request cut off midway is simply sent again."""
    said = orjson.dumps([[row.line, row.at.isoformat(), row.status, row.stage, row.final, row.level] for row in ticket.rows])
    command = RecordHistory(source=source, no=ticket.no, rows=ticket.rows)
    done = await service.desk.handle(
        HISTORY,
        key,
        command,
        await service.context(caller, key),
        command_id=derived_id("issues", "history", str(key), sha256(said).hexdigest(), str(caller.id)),
    )
    return 0 if done.replayed else len(done.facts)


@router.get("/histories", name="list_histories", summary="补录的历史(其他系统的问题)")
async def histories(
    caller: Caller,
    request: Request,
    source: Annotated[str | None, Query(max_length=100, description="来源系统")] = None,
    no: Annotated[str | None, Query(max_length=100, description="在来源系统的编号")] = None,
    final: Annotated[bool | None, Query(description="是否已到终态")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> HistoryPage:
    """By source and number, with what was counted over all that match."""
    return await asked.histories(request.app.state.service, caller, source, no, final, cursor, limit)


@router.get("/histories/{id_}", name="get_history", summary="一份补录的历史")
async def history(id_: HistoryId, caller: Caller, request: Request) -> HistoryWhole:
    """Row by row, with its own instants and the rule that would have refused it; owners' names are masked."""
    return await asked.history(request.app.state.service, caller, id_)
