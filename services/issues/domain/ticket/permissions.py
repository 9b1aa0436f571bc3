"""Who may do what with a ticket (``roles.md``), and who may not because of what they did before: 承办 ≠ 审核 ≠ 回访.

Each guard raises, or lets pass; ``decide`` and ``allowed_actions`` ask the same ones.
"""

from __future__ import annotations

from services.issues.domain.ticket.commands import ReportIssue, dissatisfied
from services.issues.domain.ticket.deadlines import ARCHIVED_WORKDAYS
from services.issues.domain.ticket.states import (
    Accepted,
    Approved,
    Archived,
    Closed,
    Dispatched,
    Escalating,
    Merged,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    Ticket,
    Tracked,
    under_of,
    work_of,
)
from shared.events.issues import CallBackRecorded
from shared.language.decider import Actor, Context
from shared.language.problems import Forbidden, Refused
from shared.language.reach import OFFICE
from shared.language.terms import CallOutcome, Level, Rating, Role, Source

_LEADING = (Role.HEAD, Role.DEPUTY)
_LIAISON = (Role.LIAISON, Role.BACKUP_LIAISON)
_REPORTING = (Role.WORKER, Role.INFORMANT, *_LIAISON)
_SIGNING = (Role.WORKER, *_LIAISON)
ALONE = (Role.INSPECTOR, *OFFICE)
"""Who handles reports of 变味 in the unit they went to: the inspectorate, or where there is none the office."""
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


class AllegationStays(Forbidden):
    """That a visit became an inspection is for the inspectorate alone: no other unit gets to see it (方案 四(一)3)."""

    title = "变味举报只由区督查办理,不得转交、合办"


class OwnUnitCantCallBack(Forbidden):
    """The enterprise is asked by somebody outside the units that handled it (R51)."""

    title = "承办、协办单位不得自行回访"


class SameHands(Forbidden):
    """Who handled or reviewed it does not call back (审核≠回访)."""

    title = "承办人、审核人不得回访同一事项"


class AlreadyRated(Refused):
    """What the enterprise said stands: no calling again until it says something nicer."""

    title = "企业已作出评价,不得再次回访或撤回"


class NotReachedOftenEnough(Refused):
    """Without a rating it is closed only after three tries on two days or more (T18)."""

    title = "未取得评价的,须三次以上、不少于两天回访未果方可办结"


class EnterpriseDissatisfied(Refused):
    """Dissatisfaction leads to 重办; only the office may rule that it was not substantiated (T18, T19)."""

    title = "企业不满意的应当重办,不予重办须由区优化办裁定"


class RulingMissing(Refused):
    """A dissatisfied enterprise's ticket is closed by the office alone, and with its words (T18, T19)."""

    title = "企业不满意而办结的,须写明裁定理由"


class TooLateToObject(Refused):
    """The enterprise may ask for more within five working days of the closing (T19)."""

    title = "办结已超过五个工作日,请另行反映"


class EnterpriseNotDissatisfied(Refused):
    """Handled again only because the enterprise was dissatisfied (T19)."""

    title = "企业未表示不满意,不能重办"


class TooEarlyToArchive(Refused):
    """For five working days the enterprise may still object (T20)."""

    title = "办结后五个工作日内不得归档"


def _needs(context: Context[object], *roles: Role, unit: str | None = None) -> None:
    actor = context.actor
    if not actor.holds(*roles) or (unit is not None and actor.unit != unit):
        raise Forbidden(needs=[role.label for role in roles], **({"unit": unit} if unit is not None else {}))


def _in_unit(state: Ticket, unit: str, context: Context[object], *roles: Role) -> None:
    """These roles in the unit. With a report of 变味 an inspector is liaison, worker and head at once: there are no others.

    What separates one pair of hands from the next (承办≠审核≠回访) holds for them as for everybody.
    """
    _needs(context, *roles, *(ALONE if state.report.source is Source.ALLEGATION else ()), unit=unit)


def is_office(actor: Actor) -> bool:
    """The dispatchers of the district office, or its head."""
    return actor.holds(*OFFICE)


def for_any_unit(actor: Actor) -> bool:
    """The desk reports for whichever unit answers for the enterprise."""
    return actor.holds(Role.HOTLINE, Role.SYSTEM, *OFFICE)


def may_report(command: ReportIssue, unit: str, context: Context[object]) -> None:
    """The desk and the office for any unit, people of a unit for their own. A visit's demand is for the platform."""
    told = command.source in (Source.ENTERPRISE, Source.ALLEGATION)  # By the enterprise itself, through its link.
    if told or command.visit is not None or command.demand is not None:
        _needs(context, Role.SYSTEM)
    if not for_any_unit(context.actor):
        _needs(context, *_REPORTING, unit=unit)


def may_accept(state: Reported | Accepted, context: Context[object]) -> None:
    """T2."""
    if not is_office(context.actor):
        _in_unit(state, state.report.unit, context, *_LIAISON, *_LEADING)


def may_dispatch(state: Accepted | Dispatched, context: Context[object]) -> None:
    """T5; where to is another question. What was sent back is the office's to decide (T7)."""
    if isinstance(state, Accepted) and state.before is not None:
        _needs(context, *OFFICE)
    elif not is_office(context.actor):
        _in_unit(state, state.report.unit, context, *_LEADING)


def may_dispatch_to(state: Accepted, unit: str, co_units: tuple[str, ...], context: Context[object]) -> None:
    """T5 within the unit, or across units."""
    if state.report.source is Source.ALLEGATION and (unit != state.report.unit or co_units):
        raise AllegationStays
    if (unit != state.report.unit or co_units) and not is_office(context.actor):
        raise AcrossUnits(unit=state.report.unit, to=[unit, *co_units])


def may_sign(state: Dispatched | Signed, context: Context[object]) -> None:
    """T6."""
    _in_unit(state, state.order.unit, context, *_SIGNING)


def may_handle(state: Signed | Resolved | Tracked, context: Context[object]) -> None:
    """T8, T11, T15."""
    if context.actor.id != state.work.handler:
        raise NotTheHandler


def may_review(state: Resolved | Reviewed | Signed, context: Context[object]) -> None:
    """T16, T17. Whoever once handled it reviews it never. An inspector's work another one reviews, or the chief."""
    if context.actor.id in state.work.handlers:
        raise HandlerCantReview
    if state.report.source is Source.ALLEGATION and context.actor.holds(Role.CHIEF):
        return
    if state.order.level is Level.GRID:
        _in_unit(state, state.order.unit, context, *_LEADING)
    else:
        _needs(context, *OFFICE)


def may_call_back(state: Approved | Signed, context: Context[object]) -> None:
    """T18, T19: the role, and clean hands. Who alleged something is asked by the office or the chief alone."""
    _needs(context, Role.CHIEF if state.report.source is Source.ALLEGATION else Role.CALLER_BACK, *OFFICE)
    _outside(state, context)


def _outside(state: Ticket, context: Context[object]) -> None:
    """Not of the units that handle it, and never one of those who handled or reviewed it."""
    order, worked = under_of(state), work_of(state)
    if order is not None and context.actor.unit in (order.unit, *order.co_units):
        raise OwnUnitCantCallBack(unit=context.actor.unit)
    if worked is not None and context.actor.id in worked.work.handlers | worked.work.reviewers:
        raise SameHands


def may_record_call(state: Reviewed, context: Context[object]) -> None:
    """One more call, as long as there is no rating."""
    may_call_back(state, context)
    if (rating := rating_of(state.calls)) is not None:
        raise AlreadyRated(rating=rating.label)


def may_close(state: Reviewed, context: Context[object]) -> None:
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


def must_rule(state: Reviewed, ruling: str) -> None:
    """T18: dissatisfaction is overruled in words, never in silence."""
    if dissatisfied(rating_of(state.calls)) and not any(char.isalnum() for char in ruling):
        raise RulingMissing


def may_reopen(state: Reviewed | Closed, context: Context[object]) -> None:
    """T19: after a call the enterprise was dissatisfied with, or within five working days because it says so itself."""
    if isinstance(state, Closed):
        if not context.actor.holds(Role.SYSTEM):
            may_call_back(state, context)
        if context.today > (last := context.calendar.add_workdays(state.closing.on, ARCHIVED_WORKDAYS)):
            raise TooLateToObject(until=last)
        return
    may_call_back(state, context)
    rating = rating_of(state.calls)
    if not dissatisfied(rating):
        raise EnterpriseNotDissatisfied(rating=rating.label if rating else None)


def may_archive(state: Closed | Archived, context: Context[object]) -> None:
    """T20."""
    if not context.actor.holds(Role.SYSTEM):
        _needs(context, *_LIAISON, unit=state.order.unit)
    last = context.calendar.add_workdays(state.closing.on, ARCHIVED_WORKDAYS)
    if context.today <= last:
        raise TooEarlyToArchive(after=last)


def may_decline(context: Context[object]) -> None:
    """T3, T4: the office alone."""
    _needs(context, *OFFICE)


def may_contest(context: Context[object]) -> None:
    """The one objection to a refusal is the enterprise's: through its link, or told to whoever takes its call."""
    _needs(context, Role.SYSTEM, Role.HOTLINE, Role.CALLER_BACK, *OFFICE)


def may_speak_for_the_enterprise(state: Ticket, context: Context[object]) -> None:
    """Contest, add, urge: the enterprise itself (through its link), or whoever takes its call. To a report of 变味 nobody adds but
    the enterprise and those who handle it: whoever else could, would know that there is one.
    """
    if state.report.source is Source.ALLEGATION:
        if not context.actor.holds(Role.SYSTEM):
            _needs(context, *ALONE, unit=state.report.unit)
        return
    if not context.actor.holds(Role.SYSTEM, Role.HOTLINE, Role.CALLER_BACK, *OFFICE):
        _needs(context, *_REPORTING, unit=state.report.unit)


def may_return(state: Dispatched, context: Context[object]) -> None:
    """T7. A report of 变味 has nowhere to go back to."""
    if state.report.source is Source.ALLEGATION:
        raise AllegationStays
    _needs(context, *_LEADING, unit=state.order.unit)


def may_reassign(state: Signed | Tracked, context: Context[object]) -> None:
    """The unit's own leaders, or its liaison."""
    _in_unit(state, state.order.unit, context, *_LEADING, *_LIAISON)


def may_ask_longer(state: Signed, context: Context[object]) -> None:
    """T9: the head of the handling unit."""
    _in_unit(state, state.order.unit, context, Role.HEAD)


def may_grant_longer(state: Signed, context: Context[object]) -> None:
    """T9: the first by the office, the second by the inspectorate and the chief; never by whoever asked."""
    if state.work.extensions:
        _needs(context, Role.INSPECTOR, Role.CHIEF)
    else:
        _needs(context, *OFFICE)
    if state.work.asking is not None and context.actor.id == state.work.asking.by:
        raise HandlerCantReview


def may_track(state: Signed | Tracked, context: Context[object]) -> None:
    """T10, T11: the head of the handling unit."""
    _in_unit(state, state.order.unit, context, Role.HEAD)


def may_resume(state: Tracked, context: Context[object]) -> None:
    """T11: who handles it, or the unit's head."""
    if context.actor.id != state.work.handler:
        _in_unit(state, state.order.unit, context, Role.HEAD)


def may_ask_above(state: Signed | Tracked | Escalating, context: Context[object]) -> None:
    """T12: the head signs for the grid, the office for the district. Another level would be another unit."""
    if state.report.source is Source.ALLEGATION:
        raise AllegationStays
    if state.order.level is Level.GRID:
        _needs(context, Role.HEAD, unit=state.order.unit)
    else:
        _needs(context, *OFFICE)


def may_decide_above(state: Escalating, context: Context[object]) -> None:
    """T13, T14: the office for the district level, the chief for the city; never whoever asked."""
    _needs(context, *((Role.CHIEF,) if state.request.to is Level.CITY else OFFICE))
    if context.actor.id == state.request.by:
        raise HandlerCantReview


def may_answer_stage(state: Signed | Tracked, context: Context[object]) -> None:
    """Who handles it, or the office."""
    if context.actor.id != state.work.handler:
        _needs(context, *OFFICE)


def may_answer_part(unit: str, context: Context[object]) -> None:
    """A co-handling unit's own people."""
    _needs(context, *_SIGNING, *_LEADING, unit=unit)


def awaits_ruling(state: Merged) -> bool:
    """Its enterprise was not content with its answer, and the office has not answered that."""
    return dissatisfied(rating_of(state.calls)) and not state.ruled


def may_answer_sibling(state: Merged, context: Context[object]) -> None:
    """The office, or the unit that reported it; what the enterprise was not content with the office alone answers again."""
    if awaits_ruling(state):
        _needs(context, *OFFICE)
    elif not is_office(context.actor):
        _needs(context, *_LIAISON, *_LEADING, unit=state.report.unit)


def may_call_sibling(state: Merged, context: Context[object]) -> None:
    """The call-back of a merged ticket, by somebody outside the unit that reported it, as long as there is no rating."""
    _needs(context, Role.CALLER_BACK, *OFFICE)
    if context.actor.unit == state.report.unit:
        raise OwnUnitCantCallBack(unit=context.actor.unit)
    if state.answer is not None and context.actor.id == state.answer.by:
        raise SameHands
    if (rating := rating_of(state.calls)) is not None:
        raise AlreadyRated(rating=rating.label)


def may_withdraw(state: Ticket, context: Context[object]) -> None:
    """T21: somebody outside the unit that has it, after a recorded call; what the enterprise has rated is closed or reopened.
    A report of 变味 only the office or the chief may say to be withdrawn.
    """
    _needs(context, Role.CHIEF if state.report.source is Source.ALLEGATION else Role.CALLER_BACK, *OFFICE)
    _outside(state, context)
    if under_of(state) is None and context.actor.unit == state.report.unit:
        raise OwnUnitCantCallBack(unit=context.actor.unit)
    if isinstance(state, Reviewed) and (rating := rating_of(state.calls)) is not None:
        raise AlreadyRated(rating=rating.label)


def urging(state: Ticket, context: Context[object]) -> str:
    """T22: as whom somebody urges."""
    order = under_of(state)
    if context.actor.holds(Role.SYSTEM):
        return "enterprise"
    if is_office(context.actor) or context.actor.holds(Role.INSPECTOR, Role.CHIEF):
        return "office"
    if order is not None:
        _needs(context, Role.HEAD, unit=order.unit)
        return "head"
    raise Forbidden(needs=[Role.OFFICE.label])


def may_supervise(context: Context[object]) -> None:
    """T23."""
    _needs(context, Role.INSPECTOR, Role.CHIEF, *OFFICE)


def may_answer_slip(state: Ticket, context: Context[object]) -> None:
    """The leaders of the unit that handles it."""
    order = under_of(state)
    _in_unit(state, order.unit if order else state.report.unit, context, *_LEADING)


def may_rule(context: Context[object]) -> None:
    """Notices and interviews are signed by a person of the office's head or the chief; an escalation is then asked for."""
    _needs(context, Role.OFFICE_HEAD, Role.CHIEF)


def the_platform(context: Context[object]) -> None:
    """Alarms and new calendars are the platform's own."""
    _needs(context, Role.SYSTEM)


def rating_of(calls: tuple[CallBackRecorded, ...]) -> Rating | None:
    """The rating of this round's call-backs."""
    return next((call.rating for call in reversed(calls) if call.rating is not None), None)
