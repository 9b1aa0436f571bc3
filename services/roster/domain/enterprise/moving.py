"""Moves of an enterprise between units: proposed by one person of the office, confirmed by another (``roles.md``).

What a unit left behind when it ended, which took two already, is placed by one; an approved correction carries both.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from services.roster.domain.access import NeedsAnother, confirming
from services.roster.domain.enterprise.commands import AssignEnterprise, RejectMove
from services.roster.domain.unit import Placed
from shared.events.roster import EnterpriseAssigned, EnterpriseMoveProposed, EnterpriseMoveRejected
from shared.language.decider import Context
from shared.language.problems import Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Role

_MOST = 10


class TooManyMoves(Refused):
    """What waits for a second person is settled first."""

    title = "该企业待确认的单位调整过多,请先确认或退回"


def takes_two(unit: str, lines: Mapping[str, Placed], context: Context[object]) -> bool:
    """Whether leaving this unit does: one that is still there on the day."""
    return unit in lines and not context.actor.holds(Role.SYSTEM)


def proposed(
    waiting: tuple[EnterpriseMoveProposed, ...], command: AssignEnterprise, id_: UUID | None, context: Context[object]
) -> list[EnterpriseMoveProposed]:
    """The proposal; nothing if the same person proposed the same already."""
    if id_ is None:  # Whoever hands the command over made no id for it: nobody could ever confirm it.
        raise NeedsAnother
    by = context.actor.id
    told = EnterpriseMoveProposed(**command.model_dump(), id=id_, by=by, proposed_on=context.today)
    if any(item.model_copy(update={"id": told.id, "proposed_on": told.proposed_on}) == told for item in waiting):
        return []
    if len(waiting) >= _MOST:
        raise TooManyMoves(most=_MOST)
    return [told]


def asked(waiting: tuple[EnterpriseMoveProposed, ...], id_: UUID) -> EnterpriseMoveProposed:
    """The proposal meant."""
    found = next((item for item in waiting if item.id == id_), None)
    if found is None:
        raise Unknown(what="proposal", id=str(id_))
    return found


def confirmed(told: EnterpriseMoveProposed, context: Context[object]) -> EnterpriseAssigned:
    """The move, by the second person."""
    confirming(context, OFFICE, told.by)
    names = ("line", "unit", "sub_unit", "worker", "on", "reason", "document")
    return EnterpriseAssigned(**{name: getattr(told, name) for name in names}, proposed_by=told.by)


def rejected(told: EnterpriseMoveProposed, command: RejectMove, context: Context[object]) -> EnterpriseMoveRejected:
    """No move; whoever proposed it may take it back."""
    confirming(context, OFFICE)
    return EnterpriseMoveRejected(id=told.id, reason=command.reason, on=context.today)
