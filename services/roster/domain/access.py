"""Who reads and who changes what of the roster (``roles.md``: 网格/队伍, 企业库, 配置), and what takes two.

| | d | u | o, b |
|---|---|---|---|
| 网格/队伍, what is published of it | 总网格长, 区优化办, 督查, 审计员 | the unit's people | the unit's people |
| 企业库, row by row | the same; 热线坐席 looks up, masked | 网格长, 副网格长, 联络员, 监督队伍 | 网格员, 信息员: their own |
| 企业库, counted over a unit | the same, without the desk | the same | – |

Of an enterprise that is not theirs people of a unit see what is public of it. A caller-back has the number with the ticket at
hand, in issues. Administrators have no business data. The system role is the installation's own hand.
"""

from __future__ import annotations

from uuid import UUID

from shared.events.roster import CorrectionProposed
from shared.language import reach
from shared.language.decider import Actor, Context
from shared.language.problems import Forbidden
from shared.language.reach import OFFICE
from shared.language.terms import Role

PUBLIC = frozenset(
    {
        "id",
        "code",
        "name",
        "former_names",
        "standing",
        "standing_label",
        "standing_on",
        "managed_elsewhere",
        "kind",
        "kind_label",
        "industry",
        "branch",
        "address",
        "registered_on",
        "as_of",
        "version",
    }
)
"""What is shown of an enterprise to units that don't answer for it: what anybody finds in 国家企业信用信息公示系统."""


def business(caller: Actor) -> None:
    """Whoever has to do with the units' work."""
    reach.reads(caller)


def looks_up(caller: Actor) -> None:
    """The same, and the desk: somebody calls, and it has to be found out for whom."""
    if not caller.holds(Role.HOTLINE):
        reach.reads(caller)


def the_district(caller: Actor) -> None:
    """Only those who see the whole district."""
    if not reach.sees_district(caller):
        raise Forbidden(needs=[role.label for role in reach.DISTRICT[:5]])


def the_office(context: Context[object]) -> None:
    """Only the office changes what concerns more than one unit."""
    if not context.actor.holds(*OFFICE, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])


def the_unit(context: Context[object], unit: str, *roles: Role) -> None:
    """The office, or these roles of the unit itself."""
    actor = context.actor
    if not (actor.holds(*OFFICE, Role.SYSTEM) or (actor.unit == unit and actor.holds(*roles))):
        raise Forbidden(needs=[role.label for role in roles], unit=unit)


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


class ProposerMayNotRule(Forbidden):
    """Who proposes ≠ who approves (roles.md: separation of duties)."""

    title = "提出更正的人不能审批自己的申请"


def may_rule(fact: CorrectionProposed, context: Context[object]) -> None:
    """That another unit answers is approved by the office alone; else head or deputy of the unit, or the office. Never who
    proposed it.
    """
    if fact.to_unit is not None:
        the_office(context)
    else:
        the_unit(context, fact.unit or "-", Role.HEAD, Role.DEPUTY)
    if context.actor.id == fact.proposer:
        raise ProposerMayNotRule
