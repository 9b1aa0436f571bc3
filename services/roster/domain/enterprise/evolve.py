"""What a fact makes of an enterprise of the register. Nothing is refused here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.roster.domain.enterprise.commands import AmendEnterprise
from services.roster.domain.enterprise.states import Registered, State, Unregistered
from shared.events.roster import (
    ContactLossVerified,
    ContactPreferred,
    CustodyChanged,
    EnterpriseAmended,
    EnterpriseAssigned,
    EnterpriseFound,
    EnterpriseMissed,
    EnterpriseMoveProposed,
    EnterpriseMoveRejected,
    EnterpriseRegistered,
    EnterpriseSized,
    EnterpriseSurveyed,
    EnterpriseTagged,
    MainContactChosen,
    StandingChanged,
)

EnterpriseFact = (
    EnterpriseRegistered
    | EnterpriseAmended
    | StandingChanged
    | CustodyChanged
    | EnterpriseAssigned
    | EnterpriseMoveProposed
    | EnterpriseMoveRejected
    | ContactLossVerified
    | MainContactChosen
    | EnterpriseSized
    | EnterpriseTagged
    | ContactPreferred
    | EnterpriseMissed
    | EnterpriseFound
    | EnterpriseSurveyed
)

_PARTICULARS = tuple(name for name in AmendEnterprise.model_fields if name not in ("name", "source", "batch"))


def evolve(state: State, fact: EnterpriseFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unregistered(), EnterpriseRegistered():
            particulars = {name: getattr(fact, name) for name in _PARTICULARS}
            return Registered(
                fact.code,
                fact.on,
                ((date.min, fact.name),),
                ((fact.standing_on or date.min, fact.standing),),
                ((date.min, fact.managed_elsewhere),),
                particulars,
            )
        case Registered(), EnterpriseAmended():
            changes = {name: value for name in _PARTICULARS if (value := getattr(fact, name)) is not None}
            names = (*state.names, (fact.on, fact.name)) if fact.name else state.names
            particulars = {**state.particulars, **changes}
            moved = fact.on if fact.address is not None or fact.business_address is not None else state.address_on
            turned = fact.on if fact.industry is not None else state.industry_on
            return replace(state, names=names, particulars=particulars, address_on=moved, industry_on=turned)
        case Registered(), StandingChanged():
            return replace(state, standings=(*state.standings, (fact.on, fact.standing)))
        case Registered(), CustodyChanged():
            return replace(state, custodies=(*state.custodies, (fact.on, fact.managed_elsewhere)))
        case Registered(), EnterpriseAssigned():
            others = tuple(a for a in state.assigned if (a.line, a.on) != (fact.line, fact.on))
            waiting = tuple(
                m for m in state.moves if (m.by, m.line, m.unit, m.on) != (fact.proposed_by, fact.line, fact.unit, fact.on)
            )
            return replace(state, assigned=(*others, fact), moves=waiting)
        case Registered(), EnterpriseMoveProposed():
            return replace(state, moves=(*state.moves, fact))
        case Registered(), EnterpriseMoveRejected():
            return replace(state, moves=tuple(move for move in state.moves if move.id != fact.id))
        case Registered(), ContactLossVerified():
            return replace(state, lost=(*state.lost, fact))
        case Registered(), MainContactChosen():
            return replace(state, main=(*state.main, fact))
        case Registered(), EnterpriseSized():
            return replace(state, sizing=fact)
        case Registered(), EnterpriseTagged():
            return replace(state, tags=fact.tags)
        case Registered(), ContactPreferred():
            return replace(state, preferred=fact)
        case Registered(), EnterpriseMissed():
            return replace(state, missed=fact)
        case Registered(), EnterpriseFound():
            return replace(state, missed=None)
        case Registered(), EnterpriseSurveyed():
            earlier = tuple(item for item in state.surveys if item.census != fact.census)
            return replace(state, surveys=(*earlier, fact))
        case Registered(), EnterpriseRegistered():
            return state
        case Unregistered(), EnterpriseAmended() | StandingChanged() | CustodyChanged() | EnterpriseAssigned():
            return state
        case Unregistered(), EnterpriseMoveProposed() | EnterpriseMoveRejected() | ContactLossVerified() | MainContactChosen():
            return state
        case Unregistered(), EnterpriseSized() | EnterpriseTagged() | ContactPreferred():
            return state
        case Unregistered(), EnterpriseMissed() | EnterpriseFound() | EnterpriseSurveyed():
            return state
