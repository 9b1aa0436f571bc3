"""Reading personal data in clear: with a reason, written down before anything is shown, and visible to those who watch.

    (nothing) --unmask--> Disclosed

Masked is the default everywhere. What was shown is never in the fact; who asked, what for, and of whom is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

import prometheus_client as metrics
import structlog
from fastapi import Response
from pydantic import ConfigDict, Field

from shared.events.unmasking import Unmasked
from shared.http.answer import Answer
from shared.http.paging import listing
from shared.http.parameters import receipt
from shared.http.securitylog import Kind
from shared.http.service import Service
from shared.language.decider import Actor, Context, Decider, NoFactOfThisStream
from shared.language.facts import Command
from shared.language.freetext import opened, subjects_in
from shared.language.months import SHANGHAI, local_date
from shared.language.openings import Opening, asker
from shared.language.personal import Personal
from shared.language.problems import Forbidden, KeyReused, Malformed, Refused, Unknown
from shared.language.terms import Role, Term
from shared.log.views import View

_MOST_RECORDS = 500
MANY_A_DAY = 50
"""Readings of one person on one day after which somebody is told."""
log = structlog.get_logger()
_MANY = metrics.Counter("guiren_many_disclosures", "How often somebody read unusually many people's data on a day", ["service"])
_AGAIN = timedelta(minutes=10)
"""How long a repeat is taken for the same reading."""
_ERASING = (Role.OFFICE_HEAD, Role.SECURITY_ADMIN)
"""Who looks at what an erasure would take: whoever asks for it, and whoever confirms."""
_NEVER = frozenset({Role.AUDITOR, Role.ADMIN})
"""Who holds nothing else reads no personal data in clear, whatever route asks; whose data others may read, the routes know."""
_WATCHING = (Role.AUDITOR, Role.INSPECTOR, Role.OFFICE_HEAD, Role.CHIEF)


class Purpose(Term):
    """A routine purpose: enough by itself where one's own enterprises are concerned."""

    CALL = "call", "电话回访"
    VISIT = "visit", "走访联系"
    ANSWER = "answer", "答复诉求"
    CHECK = "check", "核对登记信息"


class UnmaskPersonal(Command):
    """Ask for personal data in clear. Nobody named means all there are. Why: in words, or a routine purpose for one's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "核实走访情况"}]})

    fields: tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")], ...] = Field((), max_length=10)
    reason: str = Field("", max_length=200)
    purpose: Purpose | None = None

    @property
    def why(self) -> str:
        """As it is written down."""
        return ":".join(filter(None, (self.purpose.label if self.purpose else "", self.reason)))

    def says_why(self, caller: Actor, unit: str) -> None:
        """Two words at least (in Chinese four characters), unless the purpose is routine and the unit one's own."""
        if sum(char.isalnum() for char in self.reason) >= 4:  # noqa: PLR2004
            return
        if self.reason or self.purpose is None:
            raise Malformed(errors=[{"pointer": "/body/reason", "code": "reason", "title": "请写明查看原因"}])
        if not unit or caller.unit != unit:
            title = "查看其他单位的个人信息,请写明原因"
            raise Malformed(errors=[{"pointer": "/body/reason", "code": "reason", "title": title}])


class Disclose(Command):
    """What is asked, of whom: everything that the answer depends on, so that a key opens one thing only."""

    what: str
    about: UUID
    unit: str
    fields: tuple[str, ...]
    reason: str


class AskedLongAgo(Refused):
    """A key repeats an answer that got lost on its way; a second reading is a record of its own."""

    title = "该请求编号已用于此前的查看,再次查看须重新登记"


@dataclass(frozen=True)
class Nothing:
    """Nobody has asked."""


@dataclass(frozen=True)
class Disclosed:
    """Somebody has."""

    fact: Unmasked


State = Nothing | Disclosed


UnmaskedT = TypeVar("UnmaskedT", bound=Unmasked)


def disclosures(fact: type[UnmaskedT]) -> tuple[Decider[State, Disclose, UnmaskedT, None], View[State]]:
    """The stream and the view of a service's disclosures; ``fact`` is its ``PersonalUnmasked``."""

    def decide(state: State, command: Disclose, context: Context[None]) -> list[UnmaskedT]:
        actor = context.actor
        if actor.roles <= _NEVER:
            raise Forbidden
        match state, command:
            case Disclosed(), Disclose():
                raise KeyReused
            case Nothing(), Disclose():
                told = command.model_dump(mode="json", exclude={"reason"})
                return [fact(**told, reason=command.reason, by=actor.id, role=",".join(sorted(actor.roles)), at=context.now)]

    def evolve(state: State, told: UnmaskedT) -> State:
        if not isinstance(told, fact):
            raise NoFactOfThisStream(told.TYPE)
        match state:
            case Nothing() | Disclosed():
                return Disclosed(told)

    def rows(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
        if isinstance(state, Disclosed):
            told = state.fact
            yield UUID(key), told.what, told.about, told.unit, ",".join(told.fields), told.reason, told.by, told.role, told.at

    view = View[State](
        "disclosure",
        {
            "id": "uuid",
            "what": "text",
            "about": "text",
            "unit": "text",
            "fields": "text",
            "reason": "text",
            "by": "uuid",
            "role": "text",
            "at": "timestamptz",
        },
        ("id",),
        rows,
        "id",
        indexes=("(what, about)", "(unit, at)", "(at, id)"),
    )
    decider: Decider[State, Disclose, UnmaskedT, None] = Decider("disclosure", Nothing(), decide, evolve)
    return decider, view


class SubjectOfRecord(Answer):
    """Whose data stand in a record."""

    subject: UUID = Field(description="主体编号")
    erased: bool = Field(description="该主体的个人信息是否已删除")


class Subjects(Answer):
    """All of a record."""

    items: list[SubjectOfRecord] = Field(description="各主体")


class RecordOfSubject(Answer):
    """A record in which data of a subject stand."""

    record: str = Field(description="记录(种类/编号)")
    entries: int = Field(description="涉及的日志条目,条")


class Records(Answer):
    """All of a subject in one service."""

    service: str = Field(description="服务")
    subject: UUID = Field(description="主体编号")
    items: list[RecordOfSubject] = Field(description="各记录,最多 500 条")
    more: bool = Field(description="是否还有未列出的")


class DisclosureRow(Answer):
    """Who read what of whom, and why; never the data themselves."""

    id: UUID = Field(description="查看记录编号")
    what: str = Field(description="所查看记录的种类")
    about: UUID = Field(description="所查看记录的编号")
    unit: str = Field(description="所查看记录的单位编码;没有的为空文")
    fields: list[str] = Field(description="所查看的栏目")
    reason: str = Field(description="查看原因")
    by: UUID = Field(description="查看人的人员编号")
    roles: list[str] = Field(description="查看人当时的角色")
    at: datetime = Field(description="查看时间")


async def disclose(
    service: Service,
    decider: Decider[State, Disclose, UnmaskedT, None],
    caller: Actor,
    command_id: UUID,
    command: UnmaskPersonal,
    response: Response,
    *,
    what: str,
    about: UUID,
    unit: str,
    data: Mapping[str, Personal | str | None],
) -> dict[str, Any]:
    """Write down who reads what and why; then, and only then, open it. ``data`` is what the object holds, by field: names and
    numbers, and the texts in which numbers are masked otherwise; these only where they are named.
    """
    command.says_why(caller, unit)
    wanted = command.fields or tuple(name for name, datum in data.items() if not isinstance(datum, str))
    if unknown := [name for name in wanted if name not in data]:
        raise Malformed(errors=[{"pointer": "/body/fields", "code": "unknown", "title": f"没有这一项:{unknown[0]}"}])
    asked = Disclose(what=what, about=about, unit=unit, fields=wanted, reason=command.why)
    context = await service.context(caller, about)
    done = await service.desk.handle(decider, command_id, asked, context, command_id=command_id)
    await watch(service, caller)
    told = done.state.fact if isinstance(done.state, Disclosed) else None
    if told is None or (told.what, told.about) != (what, str(about)) or told.by != caller.id:
        raise KeyReused  # Nothing is opened but what the record names.
    if context.now - told.at > _AGAIN:
        raise AskedLongAgo(at=told.at)
    shown = [data.get(name) for name in told.fields]
    # The vault's record names the fact that says why.
    who = replace(asker(), by=(caller.id,), request=str(command_id), about=about, fields=told.fields)
    names = await service.vault.open(
        [datum if isinstance(datum, Personal) else None for datum in shown], Opening.DISCLOSE, who=who
    )
    words = await opened(service.vault, [datum if isinstance(datum, str) else "" for datum in shown], Opening.DISCLOSE, who=who)
    texts = [name or text for name, text in zip(names, words, strict=True)]
    response.headers["Cache-Control"] = "no-store"
    return {**receipt(service, response, done), "about": about, **dict(zip(told.fields, texts, strict=True))}


async def watch(service: Service, caller: Actor) -> None:
    """Nobody needs so many people's data on one day: whoever reads on is told of, again after as many more."""
    began = datetime.combine(local_date(service.clock()), time(), SHANGHAI)
    read = await service.pool.fetchval("select count(*) from disclosure where by = $1 and at >= $2", caller.id, began)
    if read and read % MANY_A_DAY == 0:
        _MANY.labels(service.name).inc()
        log.warning("many disclosures", service=service.name, actor=caller.account, today=read)
        service.security.tell(Kind.ALARM, outcome="many-disclosures", account=caller.account, member=str(caller.id), count=read)


async def subjects_of(service: Service, caller: Actor, *streams: str) -> dict[str, Any]:
    """Whose data stand in a record, for whoever erases; each is erased at the roster's ``/subjects/{id}/erase``."""
    if not caller.holds(*_ERASING):
        raise Forbidden(needs=[role.label for role in _ERASING])
    rows = await service.pool.fetch("select body from log.entry where stream = any($1::text[])", list(streams))
    if not rows:
        raise Unknown(what="record", id=streams[0].partition("/")[2])
    found = sorted(subjects_in(row["body"] for row in rows))
    alive = set(await service.vault.unerased(found))
    return {"items": [{"subject": id_, "erased": id_ not in alive} for id_ in found]}


async def records_of(service: Service, caller: Actor, subject: UUID) -> dict[str, Any]:
    """The records of this service in which data of a subject stand, for whoever is about to erase it. The whole log is looked
    through: nobody erases often.
    """
    if not caller.holds(*_ERASING):
        raise Forbidden(needs=[role.label for role in _ERASING])
    rows = await service.pool.fetch(
        "select stream, count(*) as entries from log.entry where position($1::bytea in body) > 0 or position($2::bytea in body) > 0 "
        "group by stream order by min(pos) fetch first 501 rows only",
        f'"sub":"{subject}"'.encode(),
        f"${{a1.{subject.hex}.".encode(),
    )
    items = [{"record": row["stream"], "entries": row["entries"]} for row in rows[:_MOST_RECORDS]]
    return {"service": service.name, "subject": subject, "items": items, "more": len(rows) > _MOST_RECORDS}


async def disclosed(
    service: Service, caller: Actor, cursor: str | None, limit: int, *, what: str | None = None, about: UUID | None = None
) -> dict[str, Any]:
    """Who read what, for those who watch; a unit's head sees what was read of the unit's own."""
    where: list[str] = []
    args: list[Any] = []
    if not caller.holds(*_WATCHING):
        if not caller.holds(Role.HEAD) or not caller.unit:
            raise Forbidden(needs=[role.label for role in _WATCHING])
        args.append(caller.unit)
        where.append(f"unit = ${len(args)}")
    for column, value in (("what", what), ("about", about and str(about))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    return await listing(
        service.pool,
        table="disclosure",
        columns="id, what, about, unit, string_to_array(fields, ',') as fields, reason, by, string_to_array(role, ',') as roles, at",
        where=where,
        args=args,
        order=["at", "id"],
        cursor=cursor,
        limit=limit,
    )
