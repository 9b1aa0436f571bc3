"""What a decision about a visit must know beside the stream, who may read one, and how one is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.visits.domain.counting import RULE
from services.visits.domain.visit import Recorded, State, Unrecorded, allowed_actions, counts
from services.visits.projections import read
from shared.decider import Actor, Context
from shared.directory import Directory, KnownUnit
from shared.problems import Forbidden, Unknown
from shared.service import Service
from shared.terms import Mode, Role
from shared.vault import mask

DISTRICT = (Role.CHIEF, Role.OFFICE, Role.OFFICE_HEAD, Role.INSPECTOR, Role.AUDITOR, Role.SYSTEM)
OWN_UNIT = (
    Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON, Role.INFORMANT, Role.SUPERVISOR,
)  # fmt: skip
EVIDENCE = (Role.OFFICE, Role.OFFICE_HEAD, Role.INSPECTOR, Role.AUDITOR)
"""Who sees files of the whole district; a visitor's unit sees its own."""


def sees_district(caller: Actor) -> bool:
    """Whether every unit's visits may be read; refuses those who may read none (``roles.md``: 走访)."""
    if caller.holds(*DISTRICT):
        return True
    if not caller.holds(*OWN_UNIT):
        raise Forbidden
    return False


async def recorded(service: Service, id_: UUID) -> tuple[int, Recorded]:
    """Version and state of a visit as the view has it."""
    row = await service.pool.fetchrow("select ver, state from visit where id = $1", id_)
    if row is None:
        raise Unknown(what="visit", id=str(id_))
    return row["ver"], read(row["state"])


def may_read(state: Recorded, caller: Actor, everywhere: Sequence[Role] = DISTRICT) -> None:
    """The visitors' units read it, and these roles anywhere."""
    if not (caller.holds(*everywhere) or (caller.holds(*OWN_UNIT) and caller.unit in state.details.units)):
        raise Forbidden


async def known(service: Service, enterprise: UUID, visitors: Sequence[UUID], on: date) -> Mapping[str, Any]:
    """Enterprise, members and their units as they were on the day of the visit."""
    # One connection for all the questions: each return to the pool is a round trip.
    async with service.pool.acquire(timeout=10) as connection:
        directory = Directory(connection)  # pyright: ignore[reportArgumentType]  a connection answers as the pool does.
        members = await directory.members(visitors, on)
        codes = {post.unit for member in members.values() for post in member.posts}
        units: dict[str, KnownUnit] = {code: await directory.unit(code) for code in codes}
        return {"enterprise": await directory.enterprise(enterprise, on), "members": members, "units": units}


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
            "select id from visit where enterprise = $1 and month = $2 and mode = 'questionnaire' and review <> 'voided' and id <> $3",
            enterprise, month, id_,
        )  # fmt: skip
    if not isinstance(state, Unrecorded):
        told = state.details.told
        interviewee, phone = await service.vault.open([told.interviewee, told.phone])
        more["opened"] = {"interviewee": interviewee, "phone": phone}
    return Context(context.actor, context.now, context.today, context.calendar, context.subject, {**context.known, **more})


async def shown(service: Service, id_: UUID, version: int, state: Recorded, caller: Actor) -> dict[str, Any]:
    """A visit as people read it: codes with their words, personal data masked, and what the reader may do next."""
    details = state.details
    told = details.told
    interviewee, phone = await service.vault.open([told.interviewee, told.phone])
    return {
        "id": id_, "version": version, "month": f"{told.on:%Y-%m}", **told.model_dump(mode="json", exclude={"interviewee", "phone"}),
        "interviewee": mask(interviewee), "phone": mask(phone), "mode_label": told.mode.label,
        "operation_label": told.operation.label, "review": str(state.review), "review_label": state.review.label,
        "review_words": state.words, "counted": counts(state), "rule": RULE, "missing": list(details.missing or ()),
        "evidence": [
            {**item.model_dump(mode="json"), "kind_label": item.kind.label, "href": f"/visits/{id_}/evidence/{item.sha256}"}
            for item in details.evidence
        ],
        "allowed_actions": allowed_actions(state, caller),
    }  # fmt: skip
