"""Histories of other systems: taken in row by row (补录), counted again out of the log, and looked up.

A request brings whole tickets. What it answers is counted from the stored facts after the commit, never from the request:
whoever sent the rows has counted them too, and the two must be the same (decision 0021).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from services.issues.domain.history import (
    HISTORY,
    HistoryRow,
    Move,
    RecordHistory,
    State,
    Text,
    Told,
    history_of,
    moves,
    same,
)
from services.issues.queries import opening
from shared import writing
from shared.asking import Caller, Cursor, Limit, listing
from shared.entrance import BatchEntrance
from shared.eventlog import load, load_many
from shared.events import Command, Part
from shared.events.issues import HistoryRecorded
from shared.problems import PROBLEMS, Problem, Unknown
from shared.reach import DISTRICT
from shared.service import Service
from shared.terms import IssueStage, Level, Role, derived_id

router = APIRouter(tags=["历史补录"], route_class=BatchEntrance)

HistoryId = Annotated[UUID, Path(description="历史记录的标识")]
_RECEIVING = (Role.OFFICE, Role.OFFICE_HEAD)


class TicketHistory(Part):
    """One ticket of the other system: its number there, and its rows in their order."""

    no: Text
    rows: tuple[HistoryRow, ...] = Field(min_length=1, max_length=5_000)


class RecordHistories(Command):
    """Tickets of one system. Each stands or falls by itself."""

    source: Text
    tickets: tuple[TicketHistory, ...] = Field(min_length=1, max_length=1_000)


@router.post("/histories", name="record_histories", summary="补录其他系统的办理历史(按原时刻,可重复提交)")
async def record(command: RecordHistories, caller: Caller, request: Request) -> dict[str, Any]:
    """No ``Idempotency-Key``: what is known adds nothing. ``counts`` are taken from the log, of the rows of this request."""
    service: Service = request.app.state.service
    opening.needs(caller, *_RECEIVING)
    keys = [history_of(command.source, ticket.no) for ticket in command.tickets]
    wanted: dict[UUID, Counter[Any]] = {}
    for key, ticket in zip(keys, command.tickets, strict=True):  # Before the owners are sealed, and in the request's order.
        wanted.setdefault(key, Counter()).update(same(row) for row in ticket.rows)
    answers = await asyncio.gather(
        *(_told(service, caller, key, command.source, ticket) for key, ticket in zip(keys, command.tickets, strict=True)),
        return_exceptions=True,
    )
    for answer in answers:
        if isinstance(answer, BaseException) and (not isinstance(answer, Problem) or answer.status != 409):  # noqa: PLR2004
            raise answer
    differing = [
        {"no": ticket.no, "code": answer.code(), "title": answer.title, **answer.facts}
        for ticket, answer in zip(command.tickets, answers, strict=True)
        if isinstance(answer, Problem)
    ]
    async with service.pool.acquire() as connection:
        stored = await load_many(connection, [HISTORY.stream(key) for key in wanted])
    added = sum(answer for answer in answers if isinstance(answer, int))
    facts = [_among((entry.fact for entry in stored.get(HISTORY.stream(key), [])), asked) for key, asked in wanted.items()]
    return {"added": added, "differing": differing, "counts": _counts(facts), "refused": _refused(facts)}


async def _told(service: Service, caller: Any, key: UUID, source: str, ticket: TicketHistory) -> int:
    """Record one ticket's rows. The id follows from what is said, so that a request cut off midway is simply sent again."""
    said = orjson.dumps([[row.line, row.at.isoformat(), row.status, row.stage, row.final, row.level] for row in ticket.rows])
    command = RecordHistory(source=source, no=ticket.no, rows=ticket.rows)
    done = await service.desk.handle(
        HISTORY, key, command, await service.context(caller, key),
        command_id=derived_id("issues", "history", str(key), sha256(said).hexdigest(), str(caller.id)),
    )  # fmt: skip
    return 0 if done.replayed else len(done.facts)


def _among(facts: Any, asked: Counter[Any]) -> list[HistoryRecorded]:
    """Of a stored history the rows that were asked about, in the log's order."""
    left = asked.copy()
    found: list[HistoryRecorded] = []
    for fact in facts:
        if isinstance(fact, HistoryRecorded) and left[same(fact)]:
            left[same(fact)] -= 1
            found.append(fact)
    return found


def _counts(histories: Sequence[Sequence[HistoryRecorded]]) -> dict[str, Any]:
    made = Counter(move for facts in histories for n, fact in enumerate(facts[1:]) for move in moves(facts[n], fact))
    return {
        "tickets": sum(bool(facts) for facts in histories), "rows": sum(map(len, histories)),
        "escalations": made[Move.ESCALATED], "hand_downs": made[Move.HANDED_DOWN], "reopenings": made[Move.REOPENED],
        "final": sum(bool(facts) and facts[-1].final for facts in histories),
        "last": dict(Counter(facts[-1].status for facts in histories if facts)),
    }  # fmt: skip


def _refused(histories: Sequence[Sequence[HistoryRecorded]]) -> list[dict[str, Any]]:
    """The rows our rules would have refused."""
    return [
        {"no": fact.no, "line": fact.line, "code": fact.refused, "title": _title(fact.refused)}
        for facts in histories
        for fact in facts
        if fact.refused
    ]


def _title(code: str) -> str:
    return PROBLEMS[code].title if code in PROBLEMS else code


@router.get("/histories", name="list_histories", summary="补录的历史(其他系统的问题)")
async def histories(
    caller: Caller, request: Request, source: Annotated[str | None, Query(max_length=100, description="来源系统")] = None,
    no: Annotated[str | None, Query(max_length=100, description="在来源系统的编号")] = None,
    final: Annotated[bool | None, Query(description="是否已到终态")] = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """By source and number, with what was counted over all that match."""
    service: Service = request.app.state.service
    opening.needs(caller, *DISTRICT)
    where, args = ["true"], list[Any]()
    for name, value in (("source_key", source and writing.key(source)), ("no_key", no and writing.key(no)), ("final", final)):
        if value is not None:
            args.append(value)
            where.append(f"{name} = ${len(args)}")
    page = await listing(
        service.pool,
        table="history",
        columns=_COLUMNS,
        where=where,
        args=args,
        order=["source", "no"],
        cursor=cursor,
        limit=limit,
    )
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in (*_SUMMED, "refused"))
    row = await service.pool.fetchrow(
        f"select {sums}, count(*) filter (where final) as final from history where {' and '.join(where)}", *args
    )
    for item in page["items"]:
        item.update(stage_label=IssueStage(item["stage"]).label, level_label=Level(item["level"]).label, mark="补录")
    return {**page, "counts": dict(row)}


_COLUMNS = (
    "id, ver, source, no, status, stage, final, level, rows, escalations, hand_downs, reopenings, refused, first_at, last_at"
)
_SUMMED = ("rows", "escalations", "hand_downs", "reopenings")


@router.get("/histories/{id_}", name="get_history", summary="一份补录的历史")
async def history(id_: HistoryId, caller: Caller, request: Request) -> dict[str, Any]:
    """Row by row, with its own instants and the rule that would have refused it; owners' names are masked."""
    service: Service = request.app.state.service
    opening.needs(caller, *DISTRICT)
    entries = await load(service.pool, HISTORY.stream(id_))
    state: State = HISTORY.fold(entry.fact for entry in entries)
    if not isinstance(state, Told):
        raise Unknown(what="history", id=str(id_))
    owners = iter(await service.vault.masked([row.owner for row in state.rows if row.owner]))
    return {
        "id": id_, "mark": "补录", "source": state.last.source, "no": state.last.no, "final": state.last.final,
        "escalations": state.escalations, "hand_downs": state.hand_downs, "reopenings": state.reopenings,
        "rows": [
            {
                "at": row.at.isoformat(), "recorded_at": entry.recorded, "line": row.line, "status": row.status,
                "stage": row.stage, "stage_label": row.stage.label, "final": row.final, "level": row.level,
                "level_label": row.level.label, "owner": next(owners) if row.owner else "", "member": row.member,
                "refused": row.refused, "refused_title": _title(row.refused),
            }
            for row, entry in zip(state.rows, entries, strict=True)
        ],
    }  # fmt: skip
