"""Who may do what with a visit (``roles.md``: 走访): ``decide`` and ``allowed_actions`` ask the same."""

from __future__ import annotations

from collections.abc import Callable

from services.visits.domain.visit.record import may_tell_of
from services.visits.domain.visit.refusals import NotYourCall, NotYourReview, NotYourRuling, OwnVisit
from services.visits.domain.visit.states import MOST_FILES, Accepted, Held, Pending, Recorded, Returned, VisitDetails, Voided
from shared.language.decider import Actor
from shared.language.problems import Problem
from shared.language.reach import OFFICE
from shared.language.terms import Role

CALLING = (Role.CALLER_BACK, Role.INSPECTOR, *OFFICE)
"""Who calls an enterprise about its confirmation."""


def may_tell(details: VisitDetails, actor: Actor) -> None:
    """The visitors themselves, or those who enter for them."""
    may_tell_of(details.told.visitors, actor)


def may_review(details: VisitDetails, actor: Actor) -> None:
    """Deputy or head of a visitor's unit, or the office; never whoever told it."""
    of_unit = actor.unit in details.units and actor.holds(Role.DEPUTY, Role.HEAD)
    if not (of_unit or actor.holds(*OFFICE)):
        raise NotYourReview
    if actor.id in details.tellers:
        raise OwnVisit


def may_hear(details: VisitDetails, actor: Actor) -> bool:
    """Whether this person reads what the enterprise said of the visit in words: its reviewers do."""
    return _passes(may_review, details, actor)


def may_rule(units: frozenset[str], details: VisitDetails, actor: Actor) -> None:
    """Head or deputy of a unit that answers for the enterprise now, or the office; never whoever told it."""
    of_unit = actor.unit in units and actor.holds(Role.DEPUTY, Role.HEAD)
    if not (of_unit or actor.holds(*OFFICE)):
        raise NotYourRuling
    if actor.id in details.tellers:
        raise OwnVisit


def may_call(details: VisitDetails, actor: Actor) -> None:
    """Whoever calls enterprises for the district; never of a unit that came, nor who told the visit."""
    if not actor.holds(*CALLING) or actor.unit in details.units or actor.id in details.tellers:
        raise NotYourCall


def allowed_actions(state: Recorded, actor: Actor, responsible: frozenset[str] = frozenset()) -> list[str]:
    """What this person may do with the visit now, by the guards of ``decide``. ``responsible``: the units of today."""
    details, held = state.details, isinstance(state, Held)
    offered: dict[str, tuple[Callable[[VisitDetails, Actor], None], bool]] = {
        "correct": (may_tell, isinstance(state, (Pending, Returned))),
        "attach": (may_tell, not isinstance(state, Voided) and len(details.evidence) < MOST_FILES),
        "accept": (may_review, isinstance(state, Pending) and not details.missing and not details.disputed),
        "return": (may_review, isinstance(state, (Pending, Accepted))),
        "void": (may_review, not isinstance(state, Voided) and not held),
        "uphold": (may_review, details.disputed and not isinstance(state, (Voided, Held))),
        "hear": (may_call, details.unheard and not isinstance(state, Voided)),
        "rule": (lambda found, who: may_rule(responsible, found, who), held),
    }
    return [name for name, (guard, possible) in offered.items() if possible and _passes(guard, details, actor)]


def _passes(guard: Callable[[VisitDetails, Actor], None], details: VisitDetails, actor: Actor) -> bool:
    try:
        guard(details, actor)
    except Problem:
        return False
    return True
