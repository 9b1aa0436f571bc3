"""Asking again by lot (R51): of which tickets a sample is drawn, who had a part in each, and what was found."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from services.issues.domain.access import needs
from services.issues.domain.recheck import ASKING, DRAWING, RECHECK, Drawn, Hands
from services.issues.domain.recheck import State as Sampled
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import (
    Archived,
    Closed,
    Merged,
    Reviewed,
    State,
    Unreported,
    Withdrawn,
    units_of,
    work_of,
)
from services.issues.queries.reading import MemberId, UnitCode, Version
from shared.events.issues import RecheckRecorded
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import CallOutcome, IssueStage, RecheckKind, Role, Source
from shared.log.eventlog import load, load_many

_AT_ONCE = 500


class RecheckFinding(Answer):
    """What an enterprise said when it was asked again."""

    no: str = Field(description="问题的流水编号")
    outcome: CallOutcome = Field(description="是否接通")
    outcome_label: str = label_of("outcome")
    confirmed: bool | None = Field(description="企业是否认可记录属实;未接通的为空")
    note: str = Field(description="记录;没有的为空文")
    by: MemberId
    on: date = Field(description="抽查日期")


class RecheckItem(Answer):
    """A ticket of the sample."""

    id: UUID | None = Field(None, description="问题编号;尚未读到的为空")
    no: str = Field(description="问题的流水编号")
    enterprise_name: str | None = Field(None, description="企业名称;尚未读到的为空")
    handling_unit: str | None = Field(None, description="承办单位编码;没有的为空")
    stage: IssueStage | None = Field(None, description="问题所在环节;尚未读到的为空")
    stage_label: str | None = label_of("stage")
    found: RecheckFinding | None = Field(None, description="抽查结果;尚未抽查的为空")


class Recheck(Answer):
    """A draw that anybody can repeat, and what was found."""

    id: UUID = Field(description="抽查编号")
    version: Version
    kind: RecheckKind = Field(description="抽查种类")
    kind_label: str = label_of("kind")
    month: str = Field(description="月份 YYYY-MM")
    method: str = Field(description="抽样方法")
    seed: str = Field(description="随机种子(十六进制)")
    population: int = Field(description="总体数,件")
    digest: str = Field(description="总体名单的 SHA-256")
    by: MemberId
    unit: UnitCode
    on: date = Field(description="抽取日期")
    items: list[RecheckItem] = Field(description="样本各件及结果,按抽取次序")


class RecheckReceipt(Receipt, Recheck):
    """A draw after a command."""


class RecheckRow(Answer):
    """A draw in a list."""

    id: UUID = Field(description="抽查编号")
    ver: int = Field(description="版本号,从 1 起每办理一次加一;同 ETag")
    kind: RecheckKind = Field(description="抽查种类")
    kind_label: str = label_of("kind")
    month: str = Field(description="月份 YYYY-MM")
    seed: str = Field(description="随机种子(十六进制)")
    population: int = Field(description="总体数,件")
    digest: str = Field(description="总体名单的 SHA-256")
    size: int = Field(description="样本数,件")
    asked: int = Field(description="已抽查,件")
    denied: int = Field(description="企业不认可的,件")
    by_member: MemberId
    unit: UnitCode
    drawn_on: date = Field(description="抽取日期")


def may_read(caller: Actor) -> None:
    """Never people of the units that are checked: a sample known beforehand is no sample."""
    if not caller.holds(*ASKING, Role.CHIEF, Role.AUDITOR, Role.SYSTEM):
        raise Forbidden(needs=[role.label for role in ASKING])


async def population(service: Service, caller: Actor, kind: RecheckKind, month: Month) -> dict[str, Hands]:
    """The tickets of the month, and who had a part in each. The inspectorate's own are not among them."""
    needs(caller, *DRAWING)
    withdrawn = kind is RecheckKind.WITHDRAWN
    which = "stage = 'withdrawn'" if withdrawn else "stage in ('closed', 'archived') and closed_on between $2 and $3"
    rows = await service.pool.fetch(
        f"select id, no from issue where source <> $1 and $2::date <= $3::date and {which} order by no",
        str(Source.ALLEGATION),
        month.first_day,
        month.last_day,
    )
    found: dict[str, Hands] = {}
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        async with service.pool.acquire() as connection:
            histories = await load_many(connection, [ISSUE.stream(row["id"]) for row in some])
        for row in some:
            state = ISSUE.fold(entry.fact for entry in histories[ISSUE.stream(row["id"])])
            if _belongs(state, kind, month):
                found[row["no"]] = _hands(state)
    return found


def _belongs(state: State, kind: RecheckKind, month: Month) -> bool:
    match state:
        case Closed() | Archived():
            return month.contains(state.closing.on) and (kind is RecheckKind.CLOSED or state.closing.rating is None)
        case Withdrawn():
            return month.contains(state.withdrawal.on)
        case _:
            return False


def _hands(state: State) -> Hands:
    """Units that handled or helped; people who handled, reviewed or called. Whoever only wrote it down had no part in it."""
    if isinstance(state, Unreported):
        return Hands(frozenset(), frozenset())
    worked = work_of(state)
    members = worked.work.handlers | worked.work.reviewers if worked else frozenset[UUID]()
    calls = state.calls if isinstance(state, Reviewed | Closed | Archived | Merged) else ()
    people = {call.by for call in calls if call.by}
    if isinstance(state, Withdrawn):
        people.add(state.withdrawal.by)
    return Hands(frozenset(unit for unit, part in units_of(state) if part != "reported"), members | people)


async def hands(service: Service, caller: Actor, no: str) -> Hands:
    """Who had a part in the one ticket that is asked about."""
    needs(caller, *ASKING)
    ticket = await service.pool.fetchval("select id from issue where no = $1", no)
    entries = await load(service.pool, ISSUE.stream(ticket)) if ticket else []
    return _hands(ISSUE.fold(entry.fact for entry in entries))


async def rechecks(service: Service, caller: Actor, cursor: str | None, limit: int) -> Page[RecheckRow]:
    """Every draw, the first first: one that was thrown away would be seen here."""
    may_read(caller)
    page = await listing(
        service.pool, table="recheck", columns="*", where=[], args=[], order=["drawn_on", "id"], cursor=cursor, limit=limit
    )
    return Page[RecheckRow].of(page, (RecheckRow(**row) for row in page["items"]))


async def recheck(service: Service, caller: Actor, id_: UUID) -> Recheck:
    """Seed, digest of the population, sample and findings."""
    may_read(caller)
    entries = await load(service.pool, RECHECK.stream(id_))
    return await shown(service, id_, len(entries), RECHECK.fold(entry.fact for entry in entries))


async def shown(service: Service, id_: UUID, version: int, state: Sampled) -> Recheck:
    """The same, of a state."""
    if not isinstance(state, Drawn):
        raise Unknown(what="recheck", id=str(id_))
    draw = state.draw
    rows = await service.pool.fetch(
        "select id, no, enterprise_name, handling_unit, stage from issue where no = any($1::text[])", list(draw.sample)
    )
    tickets = {row["no"]: dict(row) for row in rows}
    return Recheck(
        id=id_,
        version=version,
        **draw.model_dump(exclude={"sample"}),
        items=[RecheckItem(**tickets.get(no, {"no": no}), found=_finding(state.found.get(no))) for no in draw.sample],
    )


def _finding(found: RecheckRecorded | None) -> RecheckFinding | None:
    return RecheckFinding(**found.model_dump()) if found else None
