"""Who may rule on a correction that was proposed (roles.md: who proposes does not approve; 方案 三(一))."""

from __future__ import annotations

from services.roster.domain.permissions import the_office, the_unit
from shared.events.roster import CorrectionProposed
from shared.language.decider import Context
from shared.language.problems import Forbidden
from shared.language.terms import Role


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
