"""Who reads which tickets (``roles.md``: 问题, 回访). Who does what with one stands in ``ticket/permissions``.

| | d | u | o, b | t |
|---|---|---|---|---|
| 问题, 台账, 队列 | 总网格长, 区优化办, 督查, 审计员 (masked) | 网格长, 副网格长, 联络员, 监督队伍 (masked) | 网格员, 信息员: what they handle or reported, and their own enterprises | 热线坐席: what they reported; 回访员: from the review until it is archived |
| 企业举报变味 | 督查 alone | – | – | – |

A worker reads besides what lies before his unit to be signed or helped with: somebody must take it. Where a district has no
inspectorate the office stands in for it, and reads the reports of 变味 that lie with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.issues.domain.ticket.states import Ticket, order_of, units_of, work_of
from shared.language import reach as far
from shared.language.decider import Actor
from shared.language.problems import Forbidden
from shared.language.reach import OFFICE
from shared.language.terms import IssueStage, Role, Source

CALLED = (IssueStage.REVIEWED, IssueStage.CLOSED, IssueStage.MERGED)
"""From the review on the enterprise is called, and until the ticket is archived it may still object."""
WAITING = (IssueStage.DISPATCHED,)


@dataclass(frozen=True)
class Seen:
    """What of a ticket says who reads it."""

    source: Source
    stage: IssueStage
    units: Collection[tuple[str, str]]
    """Each with its part: reported, handling, co."""
    enterprise: UUID
    handler: UUID | None = None
    by: UUID | None = None
    """Who reported it, where that was a person."""


@dataclass(frozen=True)
class Reach:
    """Which tickets somebody may read. ``own`` are the enterprises of who reads no more of his unit than what is his."""

    actor: Actor
    own: frozenset[UUID] | None = None

    @property
    def everything(self) -> bool:
        """Every unit's, but for the reports of 变味."""
        return far.sees_district(self.actor)

    @property
    def alleged(self) -> bool:
        """The reports of 变味 too."""
        return self.actor.holds(Role.INSPECTOR, Role.SYSTEM)

    @property
    def unit(self) -> str | None:
        """The unit of which all is read."""
        return self.actor.unit if self.actor.unit and self.actor.holds(*far.UNIT) else None

    def covers(self, state: Ticket) -> bool:
        """Whether this one is among them."""
        worked = work_of(state)
        return self.sees(
            Seen(
                state.report.source,
                state.STAGE,
                units_of(state),
                state.report.enterprise.id,
                worked.work.handler if worked else None,
                state.report.by,
            )
        )

    def sees(self, ticket: Seen) -> bool:
        """The rule; ``conditions`` is the same in SQL."""
        actor = self.actor
        lies_with = {(actor.unit, part) for part in ("reported", "handling", "co")} & set(ticket.units) if actor.unit else set()
        if ticket.source is Source.ALLEGATION:
            return self.alleged or (actor.holds(*OFFICE) and bool(lies_with))
        if self.everything or (self.unit and lies_with) or (ticket.by is not None and ticket.by == actor.id):
            return True
        if actor.holds(Role.CALLER_BACK) and ticket.stage in CALLED:
            return True
        if not actor.holds(*far.OWN):
            return False
        waits = (actor.unit, "co") in lies_with or ((actor.unit, "handling") in lies_with and ticket.stage in WAITING)
        takes = actor.holds(Role.WORKER) and waits
        return takes or ticket.handler == actor.id or ticket.enterprise in (self.own or ())

    def conditions(self, before: Sequence[Any] = ()) -> tuple[list[str], list[Any]]:
        """For a question to the table ``issue``; its arguments stand after those there are."""
        args, actor = list(before), self.actor

        def given(value: object) -> str:
            args.append(value)
            return f"${len(args)}"

        if self.everything and self.alleged:
            return [], args
        lies = "exists (select 1 from issue_unit r where r.issue = issue.id and r.unit = {} and r.part = any({}::text[]))"
        if self.everything:
            theirs = ""
            if actor.unit and actor.holds(*OFFICE):
                theirs = f" or {lies.format(given(actor.unit), given(['reported', 'handling', 'co']))}"
            return [f"(source <> 'allegation'{theirs})"], args
        found = [f"reported_by = {given(actor.id)}::uuid"]
        if self.unit:
            found.append(lies.format(given(self.unit), given(["reported", "handling", "co"])))
        if actor.holds(Role.CALLER_BACK):
            found.append(f"stage = any({given([str(stage) for stage in CALLED])}::text[])")
        if actor.holds(Role.WORKER) and actor.unit:
            unit = given(actor.unit)
            waiting = (
                f"{lies.format(unit, given(['handling']))} and stage = any({given([str(stage) for stage in WAITING])}::text[])"
            )
            found += [lies.format(unit, given(["co"])), f"({waiting})"]
        if actor.holds(*far.OWN):
            found += [f"handler = {given(actor.id)}::uuid", f"enterprise = any({given(sorted(self.own or ()))}::uuid[])"]
        return [f"(source <> 'allegation' and ({' or '.join(found)}))"], args

    def must_ask(self, unit: str | None) -> None:
        """A list of another unit is refused, never narrowed in silence."""
        if unit is not None and not self.everything and unit != self.actor.unit:
            raise Forbidden(unit=unit)


def reach(actor: Actor, own: Collection[UUID] = ()) -> Reach:
    """What this actor may read; whoever may read nothing is refused (an administrator has no business data)."""
    if not actor.holds(*far.DISTRICT, *far.UNIT, *far.OWN, Role.CALLER_BACK, Role.HOTLINE):
        raise Forbidden
    return Reach(actor, frozenset(own) if far.only_own(actor) else None)


def needs(actor: Actor, *roles: Role) -> None:
    """One of these roles, or nothing."""
    if not actor.holds(*roles):
        raise Forbidden(needs=[role.label for role in roles])


def hears_of(state: Ticket, actor: Actor) -> None:
    """Who may read it, had a hand in it, or speaks for the enterprise: anybody else is not told its stage. Of the unit's own
    workers it is not asked whose enterprise it is: any of them may come to handle it.
    """
    worked, order = work_of(state), order_of(state)
    if worked is not None and actor.id in worked.work.handlers | worked.work.reviewers:
        return
    units = [unit for unit, _ in units_of(state)] + ([order.order.unit] if order else [])
    if state.report.source is Source.ALLEGATION:
        own = actor.holds(Role.INSPECTOR, Role.CHIEF, Role.SYSTEM, *OFFICE)
    else:
        own = actor.holds(Role.CALLER_BACK, Role.HOTLINE) or (actor.unit in units and actor.holds(*far.OWN))
    if not own and not reach(actor).covers(state):
        raise Forbidden
