"""Who may do what with a ticket (``roles.md``), and who may not because of what they did before: 承办 ≠ 审核 ≠ 回访.

Each guard raises, or lets pass; ``decide`` and ``allowed_actions`` ask the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.issues.domain.commands import ReportIssue, dissatisfied
from services.issues.domain.deadlines import ARCHIVED_WORKDAYS
from services.issues.domain.states import (
    Accepted,
    Archived,
    Closed,
    Dispatched,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    Ticket,
    units_of,
)
from shared.decider import Actor, Context
from shared.events.issues import CallBackRecorded
from shared.problems import Forbidden, Refused
from shared.terms import CallOutcome, IssueStage, Level, Rating, Role, Source

_OFFICE = (Role.OFFICE, Role.OFFICE_HEAD)
_LEADING = (Role.HEAD, Role.DEPUTY)
_LIAISON = (Role.LIAISON, Role.BACKUP_LIAISON)
_REPORTING = (Role.WORKER, Role.INFORMANT, *_LIAISON)
_SIGNING = (Role.WORKER, *_LIAISON)
_DISTRICT = (Role.CHIEF, Role.INSPECTOR, Role.AUDITOR, Role.SYSTEM, *_OFFICE)
_UNIT = (Role.SUPERVISOR, *_LEADING, *_REPORTING)
_TRIES, _DAYS = 3, 2


class AcrossUnits(Forbidden):
    """A unit dispatches to itself; to another unit, or with co-handlers, the office does (T5)."""

    title = "跨单位交办由区优化办办理"


class NotTheHandler(Forbidden):
    """Only who signed for it reports on it (T8, T15)."""

    title = "只有承办人可以填报进展和报结"


class HandlerCantReview(Forbidden):
    """Nobody reviews their own work (承办≠审核)."""

    title = "承办人不得审核自己承办的事项"


class OwnUnitCantCallBack(Forbidden):
    """The enterprise is asked by somebody outside the units that handled it (R51)."""

    title = "承办、协办单位不得自行回访"


class SameHands(Forbidden):
    """Who handled or reviewed it does not call back (审核≠回访)."""

    title = "承办人、审核人不得回访同一事项"


class AlreadyRated(Refused):
    """What the enterprise said stands: no calling again until it says something nicer."""

    title = "企业已作出评价,不得重复回访"


class NotReachedOftenEnough(Refused):
    """Without a rating it is closed only after three tries on two days or more (T18)."""

    title = "未取得评价的,须三次以上、不少于两天回访未果方可办结"


class EnterpriseDissatisfied(Refused):
    """Dissatisfaction leads to 重办; only the office may rule that it was not substantiated (T18, T19)."""

    title = "企业不满意的应当重办,不予重办须由区优化办裁定"


class EnterpriseNotDissatisfied(Refused):
    """Handled again only because the enterprise was dissatisfied (T19)."""

    title = "企业未表示不满意,不能重办"


class TooEarlyToArchive(Refused):
    """For five working days the enterprise may still object (T20)."""

    title = "办结后五个工作日内不得归档"


def _needs(context: Context, *roles: Role, unit: str | None = None) -> None:
    actor = context.actor
    if not actor.holds(*roles) or (unit is not None and actor.unit != unit):
        raise Forbidden(needs=[role.label for role in roles], **({"unit": unit} if unit is not None else {}))


def is_office(actor: Actor) -> bool:
    """The dispatchers of the district office, or its head."""
    return actor.holds(*_OFFICE)


def for_any_unit(actor: Actor) -> bool:
    """The desk reports for whichever unit answers for the enterprise."""
    return actor.holds(Role.HOTLINE, Role.SYSTEM, *_OFFICE)


def may_report(command: ReportIssue, unit: str, context: Context) -> None:
    """The desk and the office for any unit, people of a unit for their own. A visit's demand is for the platform."""
    if command.visit is not None or command.demand is not None or context.subject.version == 5:  # noqa: PLR2004  a derived id.
        _needs(context, Role.SYSTEM)
    if not for_any_unit(context.actor):
        _needs(context, *_REPORTING, unit=unit)


def may_accept(state: Reported | Accepted, context: Context) -> None:
    """T2."""
    if not is_office(context.actor):
        _needs(context, *_LIAISON, *_LEADING, unit=state.report.unit)


def may_dispatch(state: Accepted | Dispatched, context: Context) -> None:
    """T5; where to is another question."""
    if not is_office(context.actor):
        _needs(context, *_LEADING, unit=state.report.unit)


def may_dispatch_to(state: Accepted, unit: str, co_units: tuple[str, ...], context: Context) -> None:
    """T5 within the unit, or across units."""
    if (unit != state.report.unit or co_units) and not is_office(context.actor):
        raise AcrossUnits(unit=state.report.unit, to=[unit, *co_units])


def may_sign(state: Dispatched | Signed, context: Context) -> None:
    """T6."""
    _needs(context, *_SIGNING, unit=state.order.unit)


def may_handle(state: Signed | Resolved, context: Context) -> None:
    """T8, T15."""
    if context.actor.id != state.work.handler:
        raise NotTheHandler


def may_review(state: Resolved | Reviewed | Signed, context: Context) -> None:
    """T16, T17."""
    if context.actor.id == state.work.handler:
        raise HandlerCantReview
    if state.order.level is Level.GRID:
        _needs(context, *_LEADING, unit=state.order.unit)
    else:
        _needs(context, *_OFFICE)


def may_call_back(state: Reviewed | Closed | Signed, context: Context) -> None:
    """T18, T19: the role, and clean hands."""
    _needs(context, Role.CALLER_BACK, *_OFFICE)
    if context.actor.unit in (state.order.unit, *state.order.co_units):
        raise OwnUnitCantCallBack(unit=context.actor.unit)
    if context.actor.id == state.work.handler or context.actor.id in state.work.reviewers:
        raise SameHands


def may_record_call(state: Reviewed, context: Context) -> None:
    """One more call, as long as there is no rating."""
    may_call_back(state, context)
    if (rating := rating_of(state.calls)) is not None:
        raise AlreadyRated(rating=rating.label)


def may_close(state: Reviewed, context: Context) -> None:
    """T18."""
    may_call_back(state, context)
    rating = rating_of(state.calls)
    if rating is None:
        tries = [call for call in state.calls if call.outcome is not CallOutcome.ANSWERED]
        days = {call.on for call in tries}
        if len(tries) < _TRIES or len(days) < _DAYS:
            raise NotReachedOftenEnough(tries=len(tries), days=len(days), needs={"tries": _TRIES, "days": _DAYS})
    elif dissatisfied(rating) and not is_office(context.actor):
        raise EnterpriseDissatisfied(rating=rating.label)


def may_reopen(state: Reviewed, context: Context) -> None:
    """T19."""
    may_call_back(state, context)
    rating = rating_of(state.calls)
    if not dissatisfied(rating):
        raise EnterpriseNotDissatisfied(rating=rating.label if rating else None)


def may_archive(state: Closed | Archived, context: Context) -> None:
    """T20."""
    if not context.actor.holds(Role.SYSTEM):
        _needs(context, *_LIAISON, unit=state.order.unit)
    last = context.calendar.add_workdays(state.closing.on, ARCHIVED_WORKDAYS)
    if context.today <= last:
        raise TooEarlyToArchive(after=last)


def rating_of(calls: tuple[CallBackRecorded, ...]) -> Rating | None:
    """The rating of this round's call-backs."""
    return next((call.rating for call in reversed(calls) if call.rating is not None), None)


@dataclass(frozen=True)
class Reach:
    """Which tickets somebody may read: all, those of a unit, those in some stages, those from some source."""

    everything: bool = False
    unit: str | None = None
    stages: tuple[IssueStage, ...] = ()
    source: Source | None = None

    def covers(self, state: Ticket) -> bool:
        """Whether this one is among them."""
        return (
            self.everything
            or (self.unit is not None and self.unit in [unit for unit, _ in units_of(state)])
            or state.STAGE in self.stages
            or state.report.source == self.source
        )


def reach(actor: Actor) -> Reach:
    """What this actor may read; whoever may read nothing is refused (an administrator has no business data)."""
    called = (IssueStage.REVIEWED, IssueStage.CLOSED, IssueStage.ARCHIVED)
    found = Reach(
        everything=actor.holds(*_DISTRICT),
        unit=actor.unit if actor.unit and actor.holds(*_UNIT) else None,
        stages=called if actor.holds(Role.CALLER_BACK) else (),
        source=Source.HOTLINE if actor.holds(Role.HOTLINE) else None,
    )
    if found == Reach():
        raise Forbidden
    return found
