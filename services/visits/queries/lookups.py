"""What a decision about a visit must know beside the stream, and who may read one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.visits.domain.access import must_read
from services.visits.domain.switches import KEY as SWITCHES_KEY
from services.visits.domain.visit.decide import VISIT, KnownVisit
from services.visits.domain.visit.record import KnownTelling
from services.visits.domain.visit.states import Recorded, State, Unrecorded
from services.visits.projections import STATES
from shared.events.visits import VisitRecorded
from shared.http.service import Service
from shared.language.decider import Actor, Context
from shared.language.known import KnownEnterprise
from shared.language.months import local_date
from shared.language.openings import Opening
from shared.language.problems import Unknown
from shared.language.reach import Reach, reach_of
from shared.language.terms import Mode
from shared.log.directory import Directory
from shared.log.handle import Done


async def recorded(service: Service, id_: UUID) -> tuple[int, Recorded]:
    """Version and state of a visit as the view has it."""
    found = await perhaps(service, id_)
    if found is None:
        raise Unknown(what="visit", id=str(id_))
    return found


async def perhaps(service: Service, id_: UUID) -> tuple[int, Recorded] | None:
    """The same, if there is one."""
    row = await service.pool.fetchrow("select ver, state from visit where id = $1", id_)
    return None if row is None else (row["ver"], STATES.read(row["state"]))


async def reach(service: Service, caller: Actor) -> Reach:
    """How far the caller reads today; whoever reads nothing is refused."""
    return await reach_of(service.pool, caller, local_date(service.clock()))


async def may_read(service: Service, state: Recorded, caller: Actor) -> None:
    """The visit is the caller's to read, or it is refused."""
    must_read(await reach(service, caller), state.details)


async def served(service: Service, id_: UUID, day: date, caller: Actor) -> KnownEnterprise:
    """The enterprise, if it is the caller's to serve, or he reads the whole district."""
    may = await reach(service, caller)
    enterprise = await Directory(service.pool).enterprise(id_, day)
    may.must_cover([held.unit for held in enterprise.assigned.values()], id_)
    return enterprise


async def known(
    service: Service, enterprise: UUID, visitors: Sequence[UUID], on: date, *, unit: str = "", policies: Sequence[UUID] = ()
) -> KnownTelling:
    """Enterprise, members and their units as they were on the day of the visit; ``unit`` is the teller's, who may hold no
    post there any more. With them the switches and the titles of policies.
    """
    # One connection for all the questions: each return to the pool is a round trip.
    async with service.pool.acquire(timeout=10) as connection:
        directory = Directory(connection)  # pyright: ignore[reportArgumentType]  a connection answers as the pool does.
        members = await directory.members(visitors, on)
        codes = {post.unit for member in members.values() for post in member.posts}
        units = await directory.units({*codes, unit}, on)
        if unknown := codes - units.keys():
            raise Unknown(what="unit", id=min(unknown))
        titles = (
            await connection.fetch("select id, title from policy where id = any($1::uuid[])", list(policies)) if policies else ()
        )
        return KnownTelling(
            await directory.enterprise(enterprise, on),
            members,
            units,
            {row["id"]: row["title"] for row in titles},
            await connection.fetchval("select photos_since from switches where id = $1", SWITCHES_KEY),
        )


async def prepare(
    service: Service,
    id_: UUID,
    enterprise: UUID,
    mode: Mode,
    on: date,
    connection: Any,
    state: State,
    context: Context[KnownVisit],
) -> Context[KnownVisit]:
    """What only the transaction can tell: another questionnaire of the month (one writer of it at a time), and the clear
    texts of what is sealed, so that the same content is seen to be the same.
    """
    known = context.known
    if mode is Mode.QUESTIONNAIRE:
        month = f"{on:%Y-%m}"
        await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 52050202))", f"{enterprise} {month}")
        known = replace(known, questionnaire=await questionnaire_of(connection, enterprise, month, id_))
    if known.telling and not isinstance(state, Unrecorded):
        told = state.details.told
        interviewee, phone = await service.vault.open([told.interviewee, told.phone], Opening.HANDLE)
        known = replace(known, telling=replace(known.telling, interviewee=interviewee, phone=phone))
    return replace(context, known=known)


async def last_visit(service: Service, enterprise: UUID, upto: date, before: UUID | None = None) -> VisitRecorded | None:
    """The last visit of either line up to this day on which somebody was met, if it stands; ``before``: of those of the day
    itself only visits with a smaller id, which is an earlier one (UUIDv7).
    """
    text = await service.pool.fetchval(
        "select state from visit where enterprise = $1 and on_date <= $2 and ($3::uuid is null or (on_date, id) < ($2, $3)) and review in ('pending', "
        "'accepted') and not disputed and met order by on_date desc, id desc limit 1",
        enterprise,
        upto,
        before,
    )
    return STATES.read(text).details.told if text else None


async def responsible(service: Service, enterprise: UUID) -> frozenset[str]:
    """The units that answer for the enterprise today."""
    found = await Directory(service.pool).enterprise(enterprise, local_date(service.clock()))
    return frozenset(held.unit for held in found.assigned.values())


async def again(service: Service, id_: UUID, version: int, state: Recorded) -> Done[State]:
    """A visit that stood there already, as done: what was said of it now adds nothing."""
    position = await service.pool.fetchval("select max(pos) from log.entry where stream = $1", VISIT.stream(id_))
    return Done(state, version, position or 0, (), replayed=True)


async def questionnaire_of(connection: Any, enterprise: UUID, month: str, besides: UUID) -> UUID | None:
    """Another visit by questionnaire of the month, which counts once."""
    return await connection.fetchval(
        "select id from visit where enterprise = $1 and month = $2 and mode = 'questionnaire' and review not in ('voided', 'held') and id <> $3",
        enterprise,
        month,
        besides,
    )
