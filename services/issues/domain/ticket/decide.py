r"""A ticket from report to archive (方案 四(一)4–6, R17, R29–R32, R51; ``tickets.md``).

    (nothing) --report--> Reported --accept--> Accepted --dispatch--> Dispatched --sign--> Signed <--+
                            |   ^  \               |  ^                  |                  |  ^      |
                    decline |   |   +--- merge ----+  +---- return ------+          resolve |  |      |
                            v   | contest, once    v       (once)                          v  | reject
                          Declined               Merged                                  Resolved    |
                                                                                           |         |
              Signed <--> Tracked (can't be solved now)                            approve |         |
              Signed, Tracked <--> Escalating (the level above)                            v         |
                      Archived <--archive-- Closed <--close-- (call back again and again) Reviewed --+
                                              |                                                reopen
                                              +-- reopen within five working days --> Signed
    any open --withdraw--> Withdrawn; urging, slips, additions and alarms lie over every stage

The clock starts with 交办, signed or not; only an extension, a reopening, a higher level or a new calendar gives another
deadline, each as a fact, and the first one is kept. Whoever handled it does not review it, whoever reviewed it does not
call back. After every change the alarms are planned anew from the state alone (``timers``).
"""

from __future__ import annotations

from collections.abc import Callable

from services.issues.domain import access
from services.issues.domain.ticket import permissions, timers
from services.issues.domain.ticket.anytime import offered, over
from services.issues.domain.ticket.beginning import accepted, again, declined, merged, reported, unreported
from services.issues.domain.ticket.commands import Anytime, RederiveDeadline, ReportIssue, TicketCommand
from services.issues.domain.ticket.evolve import evolve
from services.issues.domain.ticket.facts import TicketFact
from services.issues.domain.ticket.finishing import archived, closed, resolved, reviewed
from services.issues.domain.ticket.handling import dispatched, escalating, signed, tracked
from services.issues.domain.ticket.known import Knowing, KnownTicket
from services.issues.domain.ticket.refusals import NotInThisStage, not_now
from services.issues.domain.ticket.states import (
    OPEN,
    Accepted,
    Archived,
    Closed,
    Declined,
    Dispatched,
    Escalating,
    Merged,
    Reported,
    Resolved,
    Reviewed,
    Signed,
    State,
    Ticket,
    Tracked,
    Unreported,
    Withdrawn,
)
from shared.events.issues import AlarmsSet
from shared.language.decider import Context, Decider
from shared.language.problems import Problem
from shared.language.terms import Level


def decide(state: State, command: TicketCommand, context: Knowing) -> list[TicketFact]:
    """Facts, or a refusal; and with the facts the alarms that follow from them."""
    try:
        facts = _decided(state, command, context)
    except NotInThisStage:
        if not isinstance(state, Unreported):
            access.hears_of(state, context.actor)  # Who may not even know of the ticket does not hear where it stands.
        raise
    if not facts and not isinstance(command, RederiveDeadline):
        return facts
    after = ISSUE.fold(facts, state)
    if isinstance(after, Unreported):
        return facts
    rings = timers.plan(after, context.calendar)
    return facts if rings == after.notes.rings else [*facts, AlarmsSet(rings=rings, calendar=context.calendar.version)]


def _decided(state: State, command: TicketCommand, context: Knowing) -> list[TicketFact]:
    """One row of the table per state."""
    if isinstance(state, Unreported):
        return unreported(state, command, context)
    if isinstance(command, ReportIssue):
        return again(state, command, context)
    if isinstance(command, Anytime):
        return over(state, command, context)
    match state:
        case Reported():
            return reported(state, command, context)
        case Accepted():
            return accepted(state, command, context)
        case Dispatched():
            return dispatched(state, command, context)
        case Signed():
            return signed(state, command, context)
        case Resolved():
            return resolved(state, command, context)
        case Reviewed():
            return reviewed(state, command, context)
        case Closed():
            return closed(state, command, context)
        case Archived():
            return archived(state, command, context)
        case Tracked():
            return tracked(state, command, context)
        case Escalating():
            return escalating(state, command, context)
        case Declined():
            return declined(state, command, context)
        case Merged():
            return merged(state, command, context)
        case Withdrawn():
            raise not_now(state, command)


def allowed_actions(state: State, context: Context[object]) -> list[str]:
    """What this actor may ask of this ticket now, by the guards that would judge it."""
    if isinstance(state, Unreported):
        return []
    guards = {**_guards(state, context), **(offered(state, context) if isinstance(state, OPEN) else {})}
    return [name for name, guard in guards.items() if _passes(guard)]


def _guards(state: Ticket, context: Context[object]) -> dict[str, Callable[[], object]]:
    match state:
        case Reported():
            office = lambda: permissions.may_decline(context)  # noqa: E731
            return {"accept": lambda: permissions.may_accept(state, context), "decline": office, "merge": office}
        case Accepted():
            return {
                "dispatch": lambda: permissions.may_dispatch(state, context),
                **({} if state.before else {"merge": lambda: permissions.may_decline(context)}),
            }
        case Dispatched():
            sendable = not state.returned and context.today <= context.calendar.add_workdays(state.order.on, 1)
            back = {"return": lambda: permissions.may_return(state, context)} if sendable else {}
            return {"sign": lambda: permissions.may_sign(state, context), **back}
        case Signed():
            return _at_work(state, context)
        case Resolved():
            return dict.fromkeys(("approve", "reject"), lambda: permissions.may_review(state, context))
        case Reviewed():
            return {
                "call-back": lambda: permissions.may_record_call(state, context),
                "close": lambda: permissions.may_close(state, context),
                "reopen": lambda: permissions.may_reopen(state, context),
            }
        case Closed():
            return {
                "archive": lambda: permissions.may_archive(state, context),
                "reopen": lambda: permissions.may_reopen(state, context),
            }
        case Tracked():
            return {
                "renew": lambda: permissions.may_track(state, context),
                "resume": lambda: permissions.may_resume(state, context),
                "progress": lambda: permissions.may_handle(state, context),
                "request-escalation": lambda: permissions.may_ask_above(state, context),
                "reassign": lambda: permissions.may_reassign(state, context),
                **_meanwhile(state, context),
            }
        case Escalating():
            return dict.fromkeys(
                ("approve-escalation", "reject-escalation"), lambda: permissions.may_decide_above(state, context)
            )
        case Declined():
            contest = lambda: permissions.may_contest(context)  # noqa: E731
            return {} if state.refusal.final else {"contest": contest}
        case Merged():
            if state.answer is None or permissions.awaits_ruling(state):
                return {"answer-sibling": lambda: permissions.may_answer_sibling(state, context)}
            return {"call-back": lambda: permissions.may_call_sibling(state, context)}
        case Archived() | Withdrawn():
            return {}


def _at_work(state: Signed, context: Context[object]) -> dict[str, Callable[[], object]]:
    asking = state.work.asking is not None
    grant = lambda: permissions.may_grant_longer(state, context)  # noqa: E731
    return {
        **dict.fromkeys(("progress", "resolve"), lambda: permissions.may_handle(state, context)),
        "reassign": lambda: permissions.may_reassign(state, context),
        **(dict.fromkeys(("approve-extension", "reject-extension"), grant) if asking else {}),
        **({} if asking else {"request-extension": lambda: permissions.may_ask_longer(state, context)}),
        "track": lambda: permissions.may_track(state, context),
        "request-escalation": lambda: permissions.may_ask_above(state, context),
        **_meanwhile(state, context),
    }


def _meanwhile(state: Signed | Tracked, context: Context[object]) -> dict[str, Callable[[], object]]:
    waiting = context.actor.unit in state.order.co_units and context.actor.unit not in state.work.co_answered
    found: dict[str, Callable[[], object]] = {"answer-stage": lambda: permissions.may_answer_stage(state, context)}
    if waiting:
        found["answer-co-handling"] = lambda: permissions.may_answer_part(context.actor.unit, context)
    if state.order.level is Level.CITY:
        found["record-city-reply"] = lambda: permissions.may_decline(context)
    return found


def _passes(guard: Callable[[], object]) -> bool:
    try:
        guard()
    except Problem:
        return False
    return True


ISSUE: Decider[State, TicketCommand, TicketFact, KnownTicket] = Decider("issue", Unreported(), decide, evolve)
