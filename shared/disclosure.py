"""Reading personal data in clear: with a reason, written down before anything is shown, and visible to those who watch.

    (nothing) --unmask--> Disclosed

Masked is the default everywhere. What was shown is never in the fact; who asked, what for, and of whom is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field

from shared.asking import listing, receipt
from shared.decider import Actor, Context, Decider
from shared.events import Command, Fact
from shared.problems import Forbidden, Malformed
from shared.projector import View
from shared.service import Service
from shared.terms import Role
from shared.vault import Personal

_WATCHING = (Role.AUDITOR, Role.INSPECTOR, Role.OFFICE_HEAD, Role.CHIEF)


def _says_why(text: str) -> str:
    if sum(char.isalnum() for char in text) < 4:  # noqa: PLR2004  two words at least, in Chinese four characters.
        message = "请写明查看原因"
        raise ValueError(message)
    return text


class UnmaskPersonal(Command):
    """Ask for personal data in clear. Nobody named means all there are."""

    fields: tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")], ...] = Field((), max_length=10)
    reason: Annotated[str, Field(min_length=4, max_length=200), AfterValidator(_says_why)]


@dataclass(frozen=True)
class Nothing:
    """Nobody has asked."""


@dataclass(frozen=True)
class Disclosed:
    """Somebody has."""

    fact: Any


State = Nothing | Disclosed


def disclosures(fact: Any) -> tuple[Decider[State], View[State]]:
    """The stream and the view of a service's disclosures; ``fact`` is its ``PersonalUnmasked``."""

    def decide(state: State, command: UnmaskPersonal, context: Context) -> list[Fact]:
        if isinstance(state, Disclosed):
            return []
        known, actor = context.known, context.actor
        roles = ",".join(sorted(actor.roles))
        return [
            fact(
                what=known["what"], about=known["about"], unit=known["unit"], fields=known["fields"], reason=command.reason,
                by=actor.id, role=roles, at=context.now,
            )
        ]  # fmt: skip

    def evolve(state: State, told: Fact) -> State:
        return Disclosed(told) if isinstance(told, fact) else state

    def rows(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
        if isinstance(state, Disclosed):
            told = state.fact
            yield UUID(key), told.what, told.about, told.unit, ",".join(told.fields), told.reason, told.by, told.role, told.at

    view = View[State](
        "disclosure",
        {
            "id": "uuid", "what": "text", "about": "text", "unit": "text", "fields": "text", "reason": "text", "by": "uuid",
            "role": "text", "at": "timestamptz",
        },
        ("id",), rows, "id", indexes=("(what, about)", "(unit, at)"),
    )  # fmt: skip
    return Decider("disclosure", Nothing(), decide, evolve), view


async def disclose(
    service: Service, decider: Decider[State], caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, *,
    what: str, about: UUID, unit: str, data: Mapping[str, Personal | None],
) -> dict[str, Any]:  # fmt: skip
    """Write down who reads what and why; then, and only then, open it. ``data`` is what the object holds, by field."""
    wanted = command.fields or tuple(data)
    if unknown := [name for name in wanted if name not in data]:
        raise Malformed(errors=[{"pointer": "/body/fields", "code": "unknown", "title": f"没有这一项:{unknown[0]}"}])
    context = await service.context(caller, about, what=what, about=str(about), unit=unit, fields=wanted)
    done = await service.desk.handle(decider, command_id, command, context, command_id=command_id)
    texts = await service.vault.open([data[name] for name in wanted])
    response.headers["Cache-Control"] = "no-store"
    return {**receipt(service, response, done), "about": about, **dict(zip(wanted, texts, strict=True))}


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
        service.pool, table="disclosure", columns="id, what, about, unit, fields, reason, by, role, at", where=where, args=args,
        order=["at", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
