"""问题台账 (``ledgers.md`` §2): every column from the ticket's own facts, in Chinese as printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.issues.documents.story import People, Story, instant
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.permissions import dissatisfied, rating_of
from services.issues.domain.ticket.states import (
    Archived,
    Closed,
    Declined,
    Merged,
    Resolved,
    Reviewed,
    Tracked,
    Unreported,
    Withdrawn,
    clocked,
    colour,
    under_of,
    work_of,
)
from shared.events.issues import (
    CallBackRecorded,
    CityReplied,
    CoHandlingAnswered,
    EscalationApproved,
    EscalationRejected,
    EscalationRequested,
    ExtensionApproved,
    IssueAccepted,
    IssueDispatched,
    IssueProgressed,
    IssueReopened,
    IssueResolved,
    IssueReturned,
    IssueSigned,
    IssueTracked,
    StageAnswered,
    TrackingRenewed,
)
from shared.language.terms import CallOutcome, DeclineReason, IssueStage, Outcome, Term
from shared.paper.sheets import sheet

_PAGES_WIDE = 5
"""Forty columns of one sheet of A4 can't be read."""

Value = str | int | date | Term | None


@dataclass(frozen=True)
class Column:
    """A column: its field, its name as printed, its width, and where its value comes from."""

    name: str
    label: str
    width: float
    value: Callable[[Story, People], Value]


def _reasonable(item: Story, _people: People) -> str:
    """What the log says of it: taken on, refused as unlawful, or not judged; nobody is made to say more than they did."""
    if isinstance(item.state, Declined):
        refusal = item.state.refusal
        if refusal.reason is DeclineReason.UNLAWFUL:
            return f"否:{refusal.reason.label}"
        return f"未认定:{refusal.reason.label}"
    return "是:已受理" if item.last(IssueAccepted) else "待受理"


def _taken(item: Story, _people: People) -> str:
    if isinstance(item.state, Declined):
        return f"不予受理:{item.state.refusal.text}"
    if isinstance(item.state, Merged):
        return f"并入 {item.state.merging.master_no} {item.state.merging.reason}".rstrip()
    accepted = item.last(IssueAccepted)
    return f"受理 {accepted.on or ''}".rstrip() if accepted else ""


def _order(read: Callable[[IssueDispatched, People], Value]) -> Callable[[Story, People], Value]:
    def value(item: Story, people: People) -> Value:
        order = under_of(item.state)
        return read(order, people) if order else None

    return value


def _co_units(item: Story, people: People) -> str:
    order = under_of(item.state)
    if order is None:
        return ""
    due = {part.unit: part.due.on for part in order.co_dues}
    told = {answer.unit: answer.result for answer in item.all(CoHandlingAnswered)}
    return ";".join(
        people.unit(unit) + (f"(时限 {due[unit]})" if unit in due else "") + (f" 反馈:{told[unit]}" if unit in told else "")
        for unit in order.co_units
    )


def _handler(item: Story, people: People) -> str:
    worked = work_of(item.state)
    return people.member(worked.work.handler) if worked else ""


def _dispatched(item: Story, _people: People) -> Value:
    """When it was given out. An escalation is told in a column of its own, and comes after the signature."""
    dispatched = item.last(IssueDispatched)
    return dispatched and dispatched.on


def _signed(item: Story, _people: People) -> Value:
    signed = item.last(IssueSigned)
    return None if signed is None else f"{signed.on}(超时自动签收)" if signed.auto else signed.on


def _first_due(item: Story, _people: People) -> Value:
    ordered = clocked(item.state)
    return ordered.first.on if ordered else None


def _due(item: Story, _people: People) -> Value:
    ordered = clocked(item.state)
    return ordered.due.on if ordered else None


def _extended(item: Story, people: People) -> str:
    granted = item.all(ExtensionApproved)
    return (
        f"{len(granted)}次:" + ";".join(f"{it.workdays}个工作日至{it.due.on},{people.member(it.by)}批准" for it in granted)
        if granted
        else "0"
    )


def _returned(item: Story, _people: People) -> str:
    returned = item.all(IssueReturned)
    return f"{len(returned)}次:" + ";".join(it.reason for it in returned) if returned else "0"


def _lifted(item: Story, _people: People) -> str:
    found: list[str] = []
    for fact in item.facts:
        match fact:
            case EscalationRequested():
                found.append(f"{fact.no} {fact.on} 报请{fact.to.label}级:{fact.request}")
            case EscalationApproved():
                found.append(f"{fact.on} 同意由{fact.level.label}级办理{' ' + fact.document if fact.document else ''}")
            case EscalationRejected():
                found.append(f"{fact.on} 退回,批示:{fact.directions}")
            case CityReplied():
                found.append(f"{fact.on} 市级答复 {fact.document}:{fact.reply}")
            case _:
                continue
    return ";".join(found)


def _slips(item: Story, _people: People) -> str:
    waiting = item.state.notes.unanswered
    return ";".join(f"{slip.no}({slip.colour.label}{',未回复' if slip.no in waiting else ''})" for slip in item.state.notes.slips)


def _cause(item: Story, _people: People) -> str:
    return ";".join(f"{it.cause.label}:{it.analysis}" for it in item.all(IssueTracked))


def _progress(item: Story, _people: People) -> str:
    found: list[str] = []
    for fact in item.facts:
        match fact:
            case IssueProgressed():
                found.append(f"{fact.on} {'[已联系企业] ' if fact.contacted else ''}{fact.note}")
            case StageAnswered():
                found.append(f"{fact.on} 阶段答复:{fact.reply}")
            case TrackingRenewed():
                found.append(f"{fact.on} 跟踪:{fact.progress}")
            case _:
                continue
    return "\n".join(found)


def _next(item: Story, _people: People) -> Value:
    if isinstance(item.state, Tracked):
        return item.state.tracking.milestone
    worked = work_of(item.state)
    return worked.work.next_on if worked and item.state.STAGE is IssueStage.SIGNED else None


def _result(item: Story, _people: People) -> str:
    match item.state:
        case Resolved() | Reviewed() | Closed() | Archived():
            return item.state.resolution.result
        case Withdrawn():
            return item.state.withdrawal.reason
        case Merged(answer=answer) if answer is not None:
            return answer.reply
        case _:
            return ""


def _outcome(item: Story, _people: People) -> Value:
    if isinstance(item.state, Withdrawn):
        return Outcome.WITHDRAWN
    return item.state.resolution.outcome if isinstance(item.state, Resolved | Reviewed | Closed | Archived) else None


def _closed(item: Story, _people: People) -> Value:
    if isinstance(item.state, Withdrawn):
        return item.state.withdrawal.on
    return item.state.closing.on if isinstance(item.state, Closed | Archived) else None


def _in_time(item: Story, _people: People) -> str:
    """By the day it was reported done, as in K4: the calls that follow are no delay of the unit's, and the term of a second
    handling makes nobody punctual.
    """
    state = item.state
    if not isinstance(state, Closed | Archived):
        return ""
    done = state.resolution.on
    return "/".join("按期" if done <= due else "逾期" for due in (_owed(item, state), state.first.on))


def _owed(item: Story, state: Closed | Archived) -> date:
    """The deadline in force, or where it was reopened, the one in force at the 报结 that led to the first reopening (kpi §3)."""
    if not state.work.reopened:
        return state.due.on
    first = next(n for n, fact in enumerate(item.facts) if isinstance(fact, IssueReopened))
    done = max(n for n, fact in enumerate(item.facts[:first]) if isinstance(fact, IssueResolved))
    before = ISSUE.fold(item.facts[:done])
    ordered = None if isinstance(before, Unreported) else clocked(before)
    return ordered.due.on if ordered else state.first.on


def _calls(item: Story, people: People) -> str:
    calls = item.all(CallBackRecorded)
    return (
        f"{len(calls)}次:" + ";".join(f"{call.on} 电话 {people.member(call.by)} {call.outcome.label}" for call in calls)
        if calls
        else ""
    )


def _rating(item: Story, _people: People) -> Value:
    calls = tuple(item.all(CallBackRecorded))
    reopened = item.last(IssueReopened)
    if reopened and not isinstance(item.state, Reviewed | Closed | Archived):
        return None
    if isinstance(item.state, Reviewed | Closed | Archived):
        calls = item.state.calls
    rating = rating_of(calls)
    return rating or ("未评价" if isinstance(item.state, Closed | Archived) else None)


def _unhappy(item: Story, _people: People) -> str:
    return ";".join(
        call.reason for call in item.all(CallBackRecorded) if call.outcome is CallOutcome.ANSWERED and dissatisfied(call.rating)
    )


def _reopened(item: Story, _people: People) -> int:
    return len(item.all(IssueReopened))


def _filed(item: Story, _people: People) -> str:
    if not isinstance(item.state, Archived):
        return ""
    filing = item.state.filing
    years = f"{filing.retention_years}年" if filing.retention_years else ""
    return " / ".join(part for part in (str(filing.on), filing.file_no, years) if part)


def _remark(item: Story, _people: People) -> str:
    overlay = colour(item.state)
    ruling = item.state.closing.ruling if isinstance(item.state, Closed | Archived) else ""
    visit = f"来自走访 {item.state.report.visit}" if item.state.report.visit else ""
    return ";".join(part for part in (overlay.label if overlay.value != "none" else "", ruling, visit) if part)


COLUMNS: tuple[Column, ...] = (
    Column("no", "问题编号", 22, lambda item, _: item.state.report.no),
    Column("source", "来源", 8, lambda item, _: item.state.report.source),
    Column("external_no", "外部工单号", 10, lambda item, _: item.state.report.external_no),
    Column("enterprise", "企业", 18, lambda item, _: item.state.report.enterprise.name),
    Column("uscc", "统一社会信用代码", 20, lambda item, _: item.state.report.enterprise.code),
    Column("reporter", "反映人/电话", 13, lambda item, people: " ".join(part for part in people.reporter(item.id) if part)),
    Column("reported_at", "反映日期", 17, lambda item, _: instant(item.entries[0])),
    Column("category", "类别", 9, lambda item, _: item.state.kind.category),
    Column("nature", "性质", 7, lambda item, _: item.state.kind.nature),
    Column("urgency", "紧急度", 6, lambda item, _: item.state.kind.urgency),
    Column("content", "内容", 30, lambda item, _: item.state.report.content),
    Column("reasonable", "诉求是否合理及依据", 12, _reasonable),
    Column("taken", "受理/不予受理理由", 14, _taken),
    Column("unit", "承办单位(主办)", 14, _order(lambda order, people: people.unit(order.unit))),
    Column("co_units", "协办单位", 16, _co_units),
    Column("leader", "责任领导", 8, _order(lambda order, people: people.member(order.leader))),
    Column("handler", "承办人", 8, _handler),
    Column("measures", "工作方案/解决措施", 24, _order(lambda order, _people: order.measures)),
    Column("dispatched_on", "交办日期", 11, _dispatched),
    Column("signed_on", "签收日期", 11, _signed),
    Column("first_due", "初始时限", 11, _first_due),
    Column("due", "当前时限", 11, _due),
    Column("extended", "延期次数/批准人", 14, _extended),
    Column("returned", "退回次数/理由", 12, _returned),
    Column("level", "当前层级", 7, _order(lambda order, _people: order.level)),
    Column("lifted", "提级文号/日期/批示", 20, _lifted),
    Column("slips", "督办单号/颜色", 16, _slips),
    Column("cause", "原因分析", 16, _cause),
    Column("progress", "阶段进展", 26, _progress),
    Column("next_on", "下次答复日期", 11, _next),
    Column("stage", "办理环节", 9, lambda item, _: item.state.STAGE),
    Column("result", "办理结果", 22, _result),
    Column("outcome", "办结类型", 8, _outcome),
    Column("closed_on", "办结日期", 11, _closed),
    Column("in_time", "是否按期(现时限/初始时限)", 12, _in_time),
    Column("calls", "回访方式/人/次数/日期", 20, _calls),
    Column("rating", "满意度", 8, _rating),
    Column("unhappy", "不满意原因", 14, _unhappy),
    Column("reopened", "重办次数", 6, _reopened),
    Column("filed", "归档日期/档号/保管期限", 16, _filed),
    Column("remark", "备注", 16, _remark),
)
"""All of ``ledgers.md`` §2, in its order, and 办理环节, without which an open ticket's row would not say where it stands."""


def row(item: Story, people: People) -> dict[str, Value]:
    """One ticket's row, by field."""
    return {column.name: column.value(item, people) for column in COLUMNS}


def told(item: Story, people: People) -> dict[str, Any]:
    """The same for an answer in JSON: terms by their words."""
    return {name: value.label if isinstance(value, Term) else value for name, value in row(item, people).items()}


def workbook(title: str, stories: Sequence[Story], people: People, notes: Sequence[str]) -> bytes:
    """The register to print."""
    rows = ([column.value(item, people) for column in COLUMNS] for item in stories)
    labels = [column.label for column in COLUMNS]
    return sheet(title, labels, rows, notes=notes, widths=[column.width for column in COLUMNS], pages_wide=_PAGES_WIDE)
