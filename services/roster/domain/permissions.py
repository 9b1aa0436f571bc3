"""Who may change the roster (``roles.md``: 网格/队伍, 企业库, 配置). The system role is the installation's own hand."""

from shared.language.decider import Context
from shared.language.problems import Forbidden
from shared.language.terms import Role


def the_office(context: Context[object]) -> None:
    """Only the office changes what concerns more than one unit."""
    if not context.actor.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])


def the_unit(context: Context[object], unit: str, *roles: Role) -> None:
    """The office, or these roles of the unit itself."""
    actor = context.actor
    if not (actor.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM) or (actor.unit == unit and actor.holds(*roles))):
        raise Forbidden(needs=[role.label for role in roles], unit=unit)
