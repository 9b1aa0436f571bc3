"""Histories of other systems: counted again out of the log, listed, and shown row by row (补录)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.history import HISTORY, Move, State, Told, moves, same
from services.issues.queries.reading import filters
from shared.events.issues import HistoryRecorded
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language import writing
from shared.language.decider import Actor
from shared.language.problems import PROBLEMS, Problem, Unknown
from shared.language.reach import DISTRICT
from shared.language.terms import IssueStage, Level
from shared.log.eventlog import load, load_many

_MARK = "补录"
_COLUMNS = (
    "id, ver, source, no, status, stage, final, level, rows, escalations, hand_downs, reopenings, refused, first_at, last_at"
)
_SUMMED = ("rows", "escalations", "hand_downs", "reopenings")


class DifferingHistory(Answer):
    """A ticket whose rows are not taken in: they contradict what is recorded, or lie in the future."""

    no: str = Field(description="在来源系统的编号")
    code: str = Field(description="不收的原因代码")
    title: str = Field(description="不收的原因")
    line: int | None = Field(description="所在行,第几行;不指某行的为空")
    at: datetime | None = Field(description="该行的时刻;不指某行的为空")
    after: datetime | None = Field(default=None, description="已补录的最后时刻,该行应晚于它;与此无关的为空")


class HistoryCounts(Answer):
    """What was counted out of the log, of the rows of this request."""

    tickets: int = Field(description="问题,件")
    rows: int = Field(description="记录,行")
    escalations: int = Field(description="提级,次")
    hand_downs: int = Field(description="下移,次")
    reopenings: int = Field(description="重办,次")
    final: int = Field(description="已到终态,件")
    last: dict[str, int] = Field(description="最后状态对件数,状态照来源系统的写法")


class RefusedRow(Answer):
    """A row that our rules would have refused; it is kept nonetheless."""

    no: str = Field(description="在来源系统的编号")
    line: int = Field(description="行号")
    code: str = Field(description="本平台规则会拒绝的原因代码")
    title: str = Field(description="该原因的中文说明")


class HistoriesRecorded(Answer):
    """What became of a request."""

    added: int = Field(description="新记,行")
    differing: list[DifferingHistory] = Field(description="未收的问题")
    counts: HistoryCounts = Field(description="由日志重新点数,只数本次所送的行")
    refused: list[RefusedRow] = Field(description="按本平台规则会被拒绝的行,照样收录")


class History(Answer):
    """A ticket of another system in a list."""

    id: UUID = Field(description="历史记录编号")
    ver: int = Field(description="已补录,行")
    source: str = Field(description="来源系统")
    no: str = Field(description="在来源系统的编号")
    status: str = Field(description="最后状态,照来源系统的写法")
    stage: IssueStage = Field(description="相当于本平台的办理环节")
    stage_label: str = label_of("stage")
    final: bool = Field(description="是否已到终态")
    level: Level = Field(description="办理层级")
    level_label: str = label_of("level")
    rows: int = Field(description="记录,行")
    escalations: int = Field(description="提级,次")
    hand_downs: int = Field(description="下移,次")
    reopenings: int = Field(description="重办,次")
    refused: int = Field(description="按本平台规则会被拒绝的,行")
    first_at: datetime = Field(description="第一行的时刻")
    last_at: datetime = Field(description="最后一行的时刻")
    mark: str = Field(default=_MARK, description="标记:补录")


class HistorySums(Answer):
    """What was counted over all that match."""

    rows: int = Field(description="记录,行")
    escalations: int = Field(description="提级,次")
    hand_downs: int = Field(description="下移,次")
    reopenings: int = Field(description="重办,次")
    refused: int = Field(description="按本平台规则会被拒绝的,行")
    final: int = Field(description="已到终态,件")


class HistoryPage(Page[History]):
    """By source and number, with what was counted over all that match."""

    counts: HistorySums = Field(description="符合条件的合计")


class HistoryLine(Answer):
    """A row, with its own instant and the rule that would have refused it."""

    at: datetime = Field(description="该行自己的时刻")
    recorded_at: datetime = Field(description="补录的时间")
    line: int = Field(description="行号")
    status: str = Field(description="状态,照来源系统的写法")
    stage: IssueStage = Field(description="相当于本平台的办理环节")
    stage_label: str = label_of("stage")
    final: bool = Field(description="是否终态")
    level: Level = Field(description="办理层级")
    level_label: str = label_of("level")
    owner: str | None = Field(description="责任人姓名,已脱敏;没有的为空文")
    member: UUID | None = Field(description="责任人的人员编号;不是本平台人员的为空")
    refused: str = Field(description="按本平台规则会被拒绝的原因代码;不会的为空文")
    refused_title: str = Field(description="该原因的中文说明;不会的为空文")


class HistoryWhole(Answer):
    """A ticket of another system, row by row."""

    id: UUID = Field(description="历史记录编号")
    mark: str = Field(default=_MARK, description="标记:补录")
    source: str = Field(description="来源系统")
    no: str = Field(description="在来源系统的编号")
    final: bool = Field(description="是否已到终态")
    escalations: int = Field(description="提级,次")
    hand_downs: int = Field(description="下移,次")
    reopenings: int = Field(description="重办,次")
    rows: list[HistoryLine] = Field(description="各行,由远及近")


def differing(no: str, problem: Problem) -> DifferingHistory:
    """A ticket that is not taken in, and why."""
    facts = {name: problem.facts.get(name) for name in ("line", "at", "after")}
    return DifferingHistory(no=no, code=problem.code(), title=problem.title, **facts)


async def recorded(
    service: Service, wanted: Mapping[UUID, Counter[Any]], added: int, refused: list[DifferingHistory]
) -> HistoriesRecorded:
    """Counted from the stored facts, of the rows that were asked about; never from the request."""
    async with service.pool.acquire() as connection:
        stored = await load_many(connection, [HISTORY.stream(key) for key in wanted])
    facts = [_among((entry.fact for entry in stored.get(HISTORY.stream(key), [])), asked) for key, asked in wanted.items()]
    return HistoriesRecorded(added=added, differing=refused, counts=_counts(facts), refused=_refused(facts))


def _among(facts: Any, asked: Counter[Any]) -> list[HistoryRecorded]:
    """Of a stored history the rows that were asked about, in the log's order."""
    left = asked.copy()
    found: list[HistoryRecorded] = []
    for fact in facts:
        if isinstance(fact, HistoryRecorded) and left[same(fact)]:
            left[same(fact)] -= 1
            found.append(fact)
    return found


def _counts(histories: Sequence[Sequence[HistoryRecorded]]) -> HistoryCounts:
    made = Counter(move for facts in histories for n, fact in enumerate(facts[1:]) for move in moves(facts[n], fact))
    return HistoryCounts(
        tickets=sum(bool(facts) for facts in histories),
        rows=sum(map(len, histories)),
        escalations=made[Move.ESCALATED],
        hand_downs=made[Move.HANDED_DOWN],
        reopenings=made[Move.REOPENED],
        final=sum(bool(facts) and facts[-1].final for facts in histories),
        last=dict(Counter(facts[-1].status for facts in histories if facts)),
    )


def _refused(histories: Sequence[Sequence[HistoryRecorded]]) -> list[RefusedRow]:
    """The rows our rules would have refused."""
    return [
        RefusedRow(no=fact.no, line=fact.line, code=fact.refused, title=_title(fact.refused))
        for facts in histories
        for fact in facts
        if fact.refused
    ]


def _title(code: str) -> str:
    return PROBLEMS[code].title if code in PROBLEMS else code


async def histories(
    service: Service, caller: Actor, source: str | None, no: str | None, final: bool | None, cursor: str | None, limit: int
) -> HistoryPage:
    """By source and number, with what was counted over all that match."""
    needs(caller, *DISTRICT)
    where, args = filters(source_key=source and writing.key(source), no_key=no and writing.key(no), final=final)
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
        f"select {sums}, count(*) filter (where final) as final from history where {' and '.join(where) or 'true'}", *args
    )
    return HistoryPage.of(page, (History(**item) for item in page["items"]), counts=HistorySums(**row))


async def history(service: Service, caller: Actor, id_: UUID) -> HistoryWhole:
    """Row by row, with its own instants and the rule that would have refused it; owners' names are masked."""
    needs(caller, *DISTRICT)
    entries = await load(service.pool, HISTORY.stream(id_))
    state: State = HISTORY.fold(entry.fact for entry in entries)
    if not isinstance(state, Told):
        raise Unknown(what="history", id=str(id_))
    owners = iter(await service.vault.masked([row.owner for row in state.rows if row.owner]))
    return HistoryWhole(
        id=id_,
        source=state.last.source,
        no=state.last.no,
        final=state.last.final,
        escalations=state.escalations,
        hand_downs=state.hand_downs,
        reopenings=state.reopenings,
        rows=[
            HistoryLine(
                at=row.at,
                recorded_at=entry.recorded,
                line=row.line,
                status=row.status,
                stage=row.stage,
                final=row.final,
                level=row.level,
                owner=next(owners) if row.owner else "",
                member=row.member,
                refused=row.refused,
                refused_title=_title(row.refused),
            )
            for row, entry in zip(state.rows, entries, strict=True)
        ],
    )
