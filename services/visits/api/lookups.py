"""What a decision about a visit must know beside the stream, who may read one, and how one is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.visits.domain.access import must_read
from services.visits.domain.counting import rule_of
from services.visits.domain.helping import changes
from services.visits.domain.ratings import by_itself
from services.visits.domain.switches import KEY as SWITCHES_KEY
from services.visits.domain.visit import Held, Recorded, State, Unrecorded, allowed_actions, counts, may_hear
from services.visits.domain.wording import smells_of
from services.visits.projections import flags, read
from shared.decider import Actor, Context
from shared.directory import Directory, KnownEnterprise, KnownUnit
from shared.events.visits import VisitRecorded
from shared.freetext import opened
from shared.months import local_date
from shared.openings import Opening
from shared.problems import Unknown
from shared.public import ticket_of_demand
from shared.reach import DISTRICT, Reach, reach_of
from shared.service import Service
from shared.terms import Mode, Role


async def recorded(service: Service, id_: UUID) -> tuple[int, Recorded]:
    """Version and state of a visit as the view has it."""
    row = await service.pool.fetchrow("select ver, state from visit where id = $1", id_)
    if row is None:
        raise Unknown(what="visit", id=str(id_))
    return row["ver"], read(row["state"])


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
) -> Mapping[str, Any]:
    """Enterprise, members and their units as they were on the day of the visit; ``unit`` is the teller's, who may hold no
    post there any more. With them the switches and the titles of policies.
    """
    # One connection for all the questions: each return to the pool is a round trip.
    async with service.pool.acquire(timeout=10) as connection:
        directory = Directory(connection)  # pyright: ignore[reportArgumentType]  a connection answers as the pool does.
        members = await directory.members(visitors, on)
        codes = {post.unit for member in members.values() for post in member.posts}
        if unit and unit not in codes and await connection.fetchval("select true from known_unit where code = $1", unit):
            codes.add(unit)
        units: dict[str, KnownUnit] = {code: await directory.unit(code, on) for code in codes}
        titles = (
            await connection.fetch("select id, title from policy where id = any($1::uuid[])", list(policies)) if policies else ()
        )
        return {
            "enterprise": await directory.enterprise(enterprise, on), "members": members, "units": units,
            "policies": {row["id"]: row["title"] for row in titles},
            "photos_since": await connection.fetchval("select photos_since from switches where id = $1", SWITCHES_KEY),
        }  # fmt: skip


async def prepare(service: Service, id_: UUID, mode: Mode, on: date, connection: Any, state: State, context: Context) -> Context:
    """What only the transaction can tell: another questionnaire of the month (one writer of it at a time), and the clear
    texts of what is sealed, so that the same content is seen to be the same.
    """
    more: dict[str, Any] = {}
    if mode is Mode.QUESTIONNAIRE:
        enterprise = context.known["enterprise"].id
        month = f"{on:%Y-%m}"
        await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 52050202))", f"{enterprise} {month}")
        more["questionnaire"] = await connection.fetchval(
            "select id from visit where enterprise = $1 and month = $2 and mode = 'questionnaire' and review not in ('voided', 'held') and id <> $3",
            enterprise, month, id_,
        )  # fmt: skip
    if not isinstance(state, Unrecorded):
        told = state.details.told
        confirmed, denied = state.details.confirmed, state.details.denied
        sealed = [told.interviewee, told.phone, confirmed and confirmed.words, denied and denied.words]
        more["opened"] = dict(
            zip(("interviewee", "phone", "confirmed", "denied"), await service.vault.open(sealed, Opening.HANDLE), strict=True)
        )
    return Context(context.actor, context.now, context.today, context.calendar, context.subject, {**context.known, **more})


async def last_visit(service: Service, enterprise: UUID, upto: date, before: UUID | None = None) -> VisitRecorded | None:
    """The last visit of either line up to this day on which somebody was met, if it stands; ``before``: of those of the day
    itself only visits with a smaller id, which is an earlier one (UUIDv7).
    """
    text = await service.pool.fetchval(
        "select state from visit where enterprise = $1 and on_date <= $2 and ($3::uuid is null or (on_date, id) < ($2, $3)) and review in ('pending', "
        "'accepted') and not disputed and (state->'told'->>'met')::bool order by on_date desc, id desc limit 1",
        enterprise, upto, before,
    )  # fmt: skip
    return read(text).details.told if text else None


async def responsible(service: Service, enterprise: UUID) -> frozenset[str]:
    """The units that answer for the enterprise today."""
    found = await Directory(service.pool).enterprise(enterprise, local_date(service.clock()))
    return frozenset(held.unit for held in found.assigned.values())


def _ticket(visit: UUID, demand: int) -> dict[str, Any]:
    """Where a demand's ticket is found; it opens a moment after the visit was told (R17, R29)."""
    key = ticket_of_demand(visit, demand)
    return {"demand": demand, "id": key, "href": f"/api/issues/issues/{key}"}


async def shown(service: Service, id_: UUID, version: int, state: Recorded, caller: Actor) -> dict[str, Any]:
    """A visit as people read it: codes with their words, personal data masked, and what the reader may do next. How the
    enterprise itself rated it is not for the visited unit (K7).
    """
    details = state.details
    told = details.told
    confirmed, denied = details.confirmed, details.denied
    interviewee, phone = await service.vault.masked([told.interviewee, told.phone])
    praised, blamed = await service.vault.open([confirmed and confirmed.words, denied and denied.words], Opening.READ)
    # Words of the enterprise may blame the visitor: who reviews reads them, who is spoken of does not.
    if not (may_hear(details, caller) or caller.holds(Role.INSPECTOR, Role.OFFICE, Role.OFFICE_HEAD)):
        praised = blamed = ""
    smelt = smells_of(await opened(service.vault, told))
    units = await responsible(service, told.enterprise.id) if isinstance(state, Held) else frozenset[str]()
    last = await last_visit(service, told.enterprise.id, told.on, id_)
    district = caller.holds(*DISTRICT)
    hidden = {"satisfaction": None} if by_itself(told) and not district else {}
    return {
        "id": id_, "version": version, "month": f"{told.on:%Y-%m}",
        **told.model_dump(mode="json", exclude={"interviewee", "phone", "wording"}), **hidden,
        "interviewee": interviewee, "phone": phone, "mode_label": told.mode.label,
        "operation_label": told.operation.label, "review": str(state.review), "review_label": state.review.label,
        "review_words": state.words, "counted": counts(state), "rule": rule_of(told), "missing": list(details.missing or ()),
        "proof_label": "已补证" if details.missing == () else "待补证",
        "lines": sorted({str(visitor.line) for visitor in told.visitors if visitor.line is not None}),
        "confirmed": confirmed and {
            "rating": confirmed.rating if district else None, "aware": confirmed.aware, "via": confirmed.via, "words": praised or "",
            "doubtful": confirmed.doubtful, "heard": details.heard and details.heard.stands,
        },
        "denied": denied and {"words": blamed or "", "upheld": details.upheld},
        "flags": [{"flag": str(flag), "label": flag.label} for flag in flags(state)],
        "smells": {name: [vars(smell) for smell in found] for name, found in smelt.items()},
        "changes": list(changes(last, told)),
        "evidence": [
            {**item.model_dump(mode="json"), "kind_label": item.kind.label, "href": f"/api/visits/visits/{id_}/evidence/{item.sha256}"}
            for item in details.evidence
        ],
        "tickets": [_ticket(id_, demand.no) for demand in told.demands] if not isinstance(state, Held) else [],
        "allowed_actions": allowed_actions(state, caller, units),
    }  # fmt: skip
