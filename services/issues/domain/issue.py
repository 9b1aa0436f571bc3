"""A ticket from report to archive (方案 四(一)4–6, R17, R29–R31, R51; ``tickets.md``).

    (nothing) --report--> Reported --accept--> Accepted --dispatch--> Dispatched --sign--> Signed <--+
                                                                                           |  ^      |
                                                                                   resolve |  |      |
                                                                                           v  reject |
                                                                                         Resolved    |
                                                                                           |         |
                                                                                   approve |         |
                                                                                           v         |
                      Archived <--archive-- Closed <--close-- (call back again and again) Reviewed --+
                                                                                              reopen
    beside it: Reported -> Declined, Merged · Accepted -> Merged · Signed <-> Tracked, Escalating · any open -> Withdrawn

The straight path is decided here; whatever leads into Declined, Merged, Withdrawn, Tracked and Escalating is the side
path, whose states stand in the table already. The clock starts with 交办, signed or not, and nothing but a dispatch or a
reopening moves it. Whoever handled it does not review it, whoever reviewed it does not call back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.issues.domain import deadlines, permissions
from services.issues.domain.commands import (
    AcceptIssue,
    ApproveResolution,
    ArchiveIssue,
    Asked,
    CloseIssue,
    DispatchIssue,
    ProgressIssue,
    RecordCallBack,
    RejectResolution,
    ReopenIssue,
    ReportIssue,
    ResolveIssue,
    SignIssue,
)
from services.issues.domain.states import (
    Accepted,
    Archived,
    Closed,
    Declined,
    Dispatched,
    Escalating,
    Kind,
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
    Work,
)
from shared.decider import Context, Decider
from shared.events import Fact
from shared.events.issues import (
    CallBackRecorded,
    IssueAccepted,
    IssueArchived,
    IssueClosed,
    IssueDispatched,
    IssueProgressed,
    IssueReopened,
    IssueReported,
    IssueResolved,
    IssueSigned,
    ResolutionApproved,
    ResolutionRejected,
)
from shared.problems import Problem, Refused, Unknown
from shared.terms import Role, derived_id

_LEADERS = frozenset({Role.HEAD, Role.DEPUTY})


class NotInThisStage(Refused):
    """Each action belongs to its stage (``tickets.md``)."""

    title = "问题所处环节不能进行此操作"


class AlreadyReported(Refused):
    """One ticket, one report: the same id names no other."""

    title = "该问题已登记,内容不同"


class AlreadyDone(Refused):
    """It was done, with another content."""

    title = "该环节已办理,内容不同"


class UnitNotKnown(Refused):
    """A ticket goes to a department, a township or the office, and to each once."""

    title = "没有这个单位,或者同一单位重复"


class LeaderNotOfUnit(Refused):
    """The responsible leader is 网格长 or 副网格长 of the handling unit, or 总网格长 (R30)."""

    title = "责任领导须为承办单位的网格长、副网格长或者总网格长"


class HandlerNotOfUnit(Refused):
    """The handler holds a post in the handling unit."""

    title = "承办人须在承办单位任职"


class DueTooLate(Refused):
    """An earlier day may be set, never a later one: that is what an extension is for (T9)."""

    title = "办理时限不得晚于规定时限"


class DueInThePast(Refused):
    """Nobody can be given a day that is over."""

    title = "办理时限不得早于交办当日"


def decide(state: State, command: Asked, context: Context) -> list[Fact]:
    """Facts, or a refusal: one row of the table per state.

    ``context.known`` brings for a report its number (``no``), the ``enterprise`` as it is called and its ``unit``; for a
    report and a dispatch which ``units`` there are; for a dispatch the ``posts`` of the leader and for signing those of the
    handler (member → unit → roles).
    """
    match state:
        case Unreported():
            return _unreported(command, context)
        case Reported():
            return _reported(state, command, context)
        case Accepted():
            return _accepted(state, command, context)
        case Dispatched():
            return _dispatched(state, command, context)
        case Signed():
            return _signed(state, command, context)
        case Resolved():
            return _resolved(state, command, context)
        case Reviewed():
            return _reviewed(state, command, context)
        case Closed():
            return _closed(state, command, context)
        case Archived():
            return _archived(state, command, context)
        case Tracked() | Escalating() | Declined() | Merged() | Withdrawn():
            return _aside(state, command, context)


def _not_now(state: Ticket, command: Asked) -> Problem:
    return NotInThisStage(stage=state.STAGE.label, command=command.LABEL, no=state.report.no)


def _done(state: Ticket, command: Asked, *, same: bool) -> list[Fact]:
    if same:
        return []
    raise AlreadyDone(stage=state.STAGE.label, command=command.LABEL, no=state.report.no)


def _unreported(command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            unit = context.known["unit"]
            permissions.may_report(command, unit, context)
            if unit not in context.known["units"]:
                raise UnitNotKnown(unit=unit)
            enterprise = context.known["enterprise"]
            contact = derived_id("contact", str(enterprise.id))
            return [
                IssueReported(
                    no=context.known["no"], enterprise=enterprise, unit=unit, on=context.today,
                    reporter=command.reporter.about(contact) if command.reporter else None,
                    phone=command.phone.about(contact) if command.phone else None,
                    **command.model_dump(exclude={"enterprise", "unit", "reporter", "phone"}),
                )
            ]  # fmt: skip
        case (
            AcceptIssue() | DispatchIssue() | SignIssue() | ProgressIssue() | ResolveIssue() | ApproveResolution()
            | RejectResolution() | RecordCallBack() | CloseIssue() | ReopenIssue() | ArchiveIssue()
        ):  # fmt: skip
            raise Unknown(what="issue", id=str(context.subject))


def _again(state: Ticket, command: ReportIssue, context: Context) -> list[Fact]:
    """The same report a second time. Personal data are not compared: they are sealed, and the command's id knows them."""
    permissions.may_report(command, state.report.unit, context)
    told = command.model_dump(exclude={"enterprise", "unit", "reporter", "phone"})
    same = command.enterprise == state.report.enterprise.id and command.unit in (None, state.report.unit)
    if same and all(getattr(state.report, name) == value for name, value in told.items()):
        return []
    raise AlreadyReported(no=state.report.no)


def _reported(state: Reported, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case AcceptIssue():
            permissions.may_accept(state, context)
            kind = _kind(state.kind, command)
            return [IssueAccepted(category=kind.category, nature=kind.nature, urgency=kind.urgency)]
        case (
            DispatchIssue() | SignIssue() | ProgressIssue() | ResolveIssue() | ApproveResolution() | RejectResolution()
            | RecordCallBack() | CloseIssue() | ReopenIssue() | ArchiveIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _accepted(state: Accepted, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case AcceptIssue():
            permissions.may_accept(state, context)
            return _done(state, command, same=_kind(state.kind, command) == state.kind)
        case DispatchIssue():
            return [_dispatch(state, command, context)]
        case (
            SignIssue() | ProgressIssue() | ResolveIssue() | ApproveResolution() | RejectResolution() | RecordCallBack()
            | CloseIssue() | ReopenIssue() | ArchiveIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _dispatch(state: Accepted, command: DispatchIssue, context: Context) -> IssueDispatched:
    permissions.may_dispatch(state, context)
    permissions.may_dispatch_to(state, command.unit, command.co_units, context)
    units = (command.unit, *command.co_units)
    if missing := [unit for n, unit in enumerate(units) if unit not in context.known["units"] or unit in units[:n]]:
        raise UnitNotKnown(unit=missing[0])
    posts = context.known["posts"].get(command.leader, {})
    if not (posts.get(command.unit, frozenset()) & _LEADERS or any(Role.CHIEF in roles for roles in posts.values())):
        raise LeaderNotOfUnit(leader=str(command.leader), unit=command.unit)
    latest = deadlines.limit(context.calendar, context.today, state.kind.nature, state.kind.urgency, state.report.external_due)
    due = latest
    if command.due != "standard":
        if command.due > latest.on:
            raise DueTooLate(due=command.due, limit=latest.on, derivation=latest.derivation)
        if command.due < min(context.today, latest.on):
            raise DueInThePast(due=command.due, today=context.today)
        due = deadlines.stated(latest, command.due)
    return IssueDispatched(
        unit=command.unit, co_units=command.co_units, leader=command.leader, measures=command.measures, due=due,
        on=context.today,
    )  # fmt: skip


def _dispatched(state: Dispatched, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case DispatchIssue():
            permissions.may_dispatch(state, context)
            order = state.order
            asked = (command.unit, command.co_units, command.leader, command.measures)
            same = asked == (order.unit, order.co_units, order.leader, order.measures)
            return _done(state, command, same=same and command.due in ("standard", order.due.on))
        case SignIssue():
            permissions.may_sign(state, context)
            handler = command.handler or context.actor.id
            if handler != context.actor.id and state.order.unit not in context.known["posts"].get(handler, {}):
                raise HandlerNotOfUnit(handler=str(handler), unit=state.order.unit)
            return [IssueSigned(handler=handler, on=context.today)]
        case (
            AcceptIssue() | ProgressIssue() | ResolveIssue() | ApproveResolution() | RejectResolution() | RecordCallBack()
            | CloseIssue() | ReopenIssue() | ArchiveIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _signed(state: Signed, command: Asked, context: Context) -> list[Fact]:
    last = state.work.last
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case SignIssue():
            permissions.may_sign(state, context)
            return _done(state, command, same=(command.handler or context.actor.id) == state.work.handler)
        case ProgressIssue():
            permissions.may_handle(state, context)
            fact = IssueProgressed(**command.model_dump(), on=context.today)
            return [] if fact == last else [fact]
        case ResolveIssue():
            permissions.may_handle(state, context)
            return [IssueResolved(**command.model_dump(), on=context.today)]
        case RejectResolution():
            permissions.may_review(state, context)
            if not isinstance(last, ResolutionRejected):
                raise _not_now(state, command)
            return _done(state, command, same=last.reason == command.reason)
        case ReopenIssue():
            permissions.may_call_back(state, context)
            if not isinstance(last, IssueReopened):
                raise _not_now(state, command)
            return _done(state, command, same=last.reason == command.reason)
        case AcceptIssue() | DispatchIssue() | ApproveResolution() | RecordCallBack() | CloseIssue() | ArchiveIssue():
            raise _not_now(state, command)


def _resolved(state: Resolved, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case ResolveIssue():
            permissions.may_handle(state, context)
            told = state.resolution
            same = (told.outcome, told.result, told.reply) == (command.outcome, command.result, command.reply)
            return _done(state, command, same=same)
        case ApproveResolution():
            permissions.may_review(state, context)
            return [ResolutionApproved(note=command.note, by=context.actor.id, on=context.today)]
        case RejectResolution():
            permissions.may_review(state, context)
            return [ResolutionRejected(reason=command.reason, by=context.actor.id, on=context.today)]
        case (
            AcceptIssue() | DispatchIssue() | SignIssue() | ProgressIssue() | RecordCallBack() | CloseIssue() | ReopenIssue()
            | ArchiveIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _reviewed(state: Reviewed, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case ApproveResolution():
            permissions.may_review(state, context)
            same = (state.approval.by, state.approval.note) == (context.actor.id, command.note)
            return _done(state, command, same=same)
        case RecordCallBack():
            permissions.may_call_back(state, context)
            fact = CallBackRecorded(**command.model_dump(), by=context.actor.id, on=context.today)
            # An answer is given once, however often it is sent; but two calls nobody took on one day are two tries.
            if command.rating is not None and state.calls and state.calls[-1] == fact:
                return []
            permissions.may_record_call(state, context)
            return [fact]
        case CloseIssue():
            permissions.may_close(state, context)
            return [IssueClosed(rating=permissions.rating_of(state.calls), on=context.today)]
        case ReopenIssue():
            permissions.may_reopen(state, context)
            due = deadlines.reopened(context.calendar, context.today)
            return [IssueReopened(reason=command.reason, due=due, on=context.today)]
        case (
            AcceptIssue() | DispatchIssue() | SignIssue() | ProgressIssue() | ResolveIssue() | RejectResolution() | ArchiveIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _closed(state: Closed, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case CloseIssue():
            permissions.may_call_back(state, context)
            return []
        case ArchiveIssue():
            permissions.may_archive(state, context)
            return [IssueArchived(file_no=command.file_no, on=context.today)]
        case (
            AcceptIssue() | DispatchIssue() | SignIssue() | ProgressIssue() | ResolveIssue() | ApproveResolution()
            | RejectResolution() | RecordCallBack() | ReopenIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _archived(state: Archived, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case ArchiveIssue():
            permissions.may_archive(state, context)
            return _done(state, command, same=command.file_no == state.filing.file_no)
        case (
            AcceptIssue() | DispatchIssue() | SignIssue() | ProgressIssue() | ResolveIssue() | ApproveResolution()
            | RejectResolution() | RecordCallBack() | CloseIssue() | ReopenIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _aside(state: Tracked | Escalating | Declined | Merged | Withdrawn, command: Asked, context: Context) -> list[Fact]:
    match command:
        case ReportIssue():
            return _again(state, command, context)
        case (
            AcceptIssue() | DispatchIssue() | SignIssue() | ProgressIssue() | ResolveIssue() | ApproveResolution()
            | RejectResolution() | RecordCallBack() | CloseIssue() | ReopenIssue() | ArchiveIssue()
        ):  # fmt: skip
            raise _not_now(state, command)


def _kind(reported: Kind, command: AcceptIssue) -> Kind:
    return Kind(command.category or reported.category, command.nature or reported.nature, command.urgency or reported.urgency)


def evolve(state: State, fact: Fact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unreported(), IssueReported():
            return Reported(fact, Kind(fact.category, fact.nature, fact.urgency))
        case Reported(), IssueAccepted():
            return Accepted(state.report, Kind(fact.category, fact.nature, fact.urgency))
        case Accepted(), IssueDispatched():
            return Dispatched(state.report, state.kind, fact, fact.due)
        case Dispatched(), IssueSigned():
            return Signed(state.report, state.kind, state.order, state.due, Work(fact, fact))
        case Signed(), IssueProgressed():
            contacted = state.work.contacted or fact.contacted
            return replace(state, work=replace(state.work, last=fact, contacted=contacted))
        case Signed(), IssueResolved():
            return Resolved(state.report, state.kind, state.order, state.due, state.work, fact)
        case Resolved(), ResolutionRejected():
            return Signed(state.report, state.kind, state.order, state.due, _seen_by(state.work, fact, last=fact))
        case Resolved(), ResolutionApproved():
            work = _seen_by(state.work, fact, last=state.work.last)
            return Reviewed(state.report, state.kind, state.order, state.due, work, state.resolution, fact, ())
        case Reviewed(), CallBackRecorded():
            return replace(state, calls=(*state.calls, fact))
        case Reviewed(), IssueReopened():
            work = replace(state.work, last=fact, reopened=state.work.reopened + 1)
            return Signed(state.report, state.kind, state.order, fact.due, work)
        case Reviewed(), IssueClosed():
            return Closed(
                state.report, state.kind, state.order, state.due, state.work, state.resolution, state.approval, state.calls, fact
            )
        case Closed(), IssueArchived():
            return Archived(
                state.report, state.kind, state.order, state.due, state.work, state.resolution, state.approval, state.calls,
                state.closing, fact,
            )  # fmt: skip
        case _:  # A fact of another time or kind changes nothing: evolve can't refuse.
            return state


def _seen_by(
    work: Work,
    fact: ResolutionApproved | ResolutionRejected,
    *,
    last: IssueSigned | IssueProgressed | ResolutionRejected | IssueReopened,
) -> Work:
    reviewers = work.reviewers | {fact.by} if fact.by else work.reviewers
    return replace(work, last=last, reviewers=reviewers)


def allowed_actions(state: State, context: Context) -> list[str]:
    """What this actor may ask of this ticket now, by the guards that would judge it."""
    match state:
        case Reported():
            guards = {"accept": lambda: permissions.may_accept(state, context)}
        case Accepted():
            guards = {"dispatch": lambda: permissions.may_dispatch(state, context)}
        case Dispatched():
            guards = {"sign": lambda: permissions.may_sign(state, context)}
        case Signed():
            guards = dict.fromkeys(("progress", "resolve"), lambda: permissions.may_handle(state, context))
        case Resolved():
            guards = dict.fromkeys(("approve", "reject"), lambda: permissions.may_review(state, context))
        case Reviewed():
            guards = {
                "call-back": lambda: permissions.may_record_call(state, context),
                "close": lambda: permissions.may_close(state, context),
                "reopen": lambda: permissions.may_reopen(state, context),
            }
        case Closed():
            guards = {"archive": lambda: permissions.may_archive(state, context)}
        case Unreported() | Archived() | Tracked() | Escalating() | Declined() | Merged() | Withdrawn():
            return []
    return [name for name, guard in guards.items() if _passes(guard)]


def _passes(guard: Callable[[], None]) -> bool:
    try:
        guard()
    except Problem:
        return False
    return True


ISSUE: Decider[State] = Decider("issue", Unreported(), decide, evolve)
