"""Calling enterprises back (电话回访服务, 方案 五(三); R51): what is said, when it is tried again, what counts as tried.

Two tries on one day are enough for that day; three on two days or more without an answer are as many as the rule asks for
(T18, ``permissions.may_close``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.issues.domain.ticket.commands import dissatisfied
from services.issues.domain.ticket.permissions import rating_of
from services.issues.domain.ticket.states import Approved, Archived, Closed, Merged, Reviewed, Ticket
from shared.events.issues import CallBackRecorded
from shared.language.terms import CallOutcome, Rating

TRIES, DAYS, A_DAY = 3, 2, 2
SCRIPT = (
    "您好,这里是七星关区“贵人服务”回访。您反映的问题(编号见工单)承办单位已经答复,想听听您的评价,大约占用一分钟。",
    "承办单位是否联系过您,答复是否清楚?",
    "问题是否得到解决?没有解决的,差在哪里?",
    "您对办理结果的评价:非常满意、满意、基本满意、不满意、非常不满意?(不满意请说明原因)",
    "是否有人要求您撤回诉求或者修改评价?",
    "感谢您的配合。今后有问题,可以联系您的服务专员或者服务热线。",
)


@dataclass(frozen=True)
class Round:
    """The call-backs of a ticket's last answer. ``due`` is the day from which it was to be called."""

    since: date
    tries: int
    days: int
    last: date | None
    answered: bool
    rating: Rating | None

    @property
    def attempted(self) -> bool:
        """Called as the rule asks for (回访率): somebody spoke, or three tries on two days."""
        return self.answered or (self.tries >= TRIES and self.days >= DAYS)


def round_of(state: Ticket) -> Round | None:
    """The round a ticket is in, or was closed with."""
    if isinstance(state, Reviewed | Closed | Archived):
        return _counted(_approved(state), state.calls)
    if isinstance(state, Merged) and state.answer is not None:
        return _counted(state.answer.on, state.calls)
    return None


def settled(state: Merged) -> bool:
    """A merged ticket's enterprise has its own answer, and was asked: it is content, or the office has answered its
    discontent, or it was not reached however often it was tried (T4, T18).
    """
    if state.answer is None:
        return False
    rating = rating_of(state.calls)
    if rating is not None:
        return state.ruled or not dissatisfied(rating)
    missed = [call for call in state.calls if call.outcome is not CallOutcome.ANSWERED]
    return len(missed) >= TRIES and len({call.on for call in missed}) >= DAYS


def _approved(state: Approved) -> date:
    return state.approval.on


def _counted(since: date, calls: Sequence[CallBackRecorded]) -> Round:
    spoken = any(call.outcome is not CallOutcome.UNREACHED for call in calls)
    days = {call.on for call in calls}
    return Round(since, len(calls), len(days), max(days, default=None), spoken, rating_of(tuple(calls)))


def next_on(calls: Sequence[date], since: date) -> date:
    """The day from which the next try makes sense: at once, or the day after one with two tries."""
    last = max(calls, default=since)
    return last + timedelta(days=1) if sum(1 for day in calls if day == last) >= A_DAY else last
