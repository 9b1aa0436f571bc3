"""The second person of what takes two (``roles.md``: proposed and approved by two): who that may be, and that it is another."""

from __future__ import annotations

from uuid import UUID

from shared.language.decider import Context
from shared.language.problems import Forbidden
from shared.language.terms import Role

OFFICE = (Role.OFFICE, Role.OFFICE_HEAD)


class NeedsAnother(Forbidden):
    """Who proposed, and who is proposed, confirm nothing."""

    title = "提出人和所涉及的本人不能确认,请由另一人办理"


def of_the_office(*, by_head: bool) -> tuple[Role, ...]:
    """区优化办 proposes, its head approves; what the head proposed a dispatcher may confirm."""
    return OFFICE if by_head else (Role.OFFICE_HEAD,)


def confirming(context: Context[object], roles: tuple[Role, ...], *others: UUID) -> None:
    """Refuse who holds none of these roles, or is one of the others."""
    if not context.actor.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles])
    if context.actor.id in others:
        raise NeedsAnother
