"""What facts of tickets add to the histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from services.reporting.domain.histories import Histories, IssueHistory, Mirrored
from services.reporting.domain.occurrence import day_of
from shared.events import issues
from shared.language.terms import IssueStage, Level, Source


def _issue(histories: Histories, key: str) -> IssueHistory:
    found = histories.issues.get(key)
    if found is None:
        found = histories.issues[key] = IssueHistory(key)
    return found


def _clock(item: IssueHistory, due: str) -> None:
    """A new deadline in force. More time for a second handling makes nobody punctual who was late the first time."""
    item.due = due
    if not item.reopened:
        item.owed = due


def _reported(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.no, item.unit, item.reported_on = data["no"], data["unit"], data["on"]
    item.enterprise = data["enterprise"]["id"]
    item.parties.add(item.unit)
    item.visit, item.demand = data.get("visit"), data.get("demand")
    item.alleged = data["source"] == Source.ALLEGATION


def _accepted(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _issue(histories, key).stage = IssueStage.ACCEPTED


def _dispatched(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.dispatched_on = IssueStage.DISPATCHED, item.dispatched_on or data["on"]
    item.handler, item.leader, item.measures = data["unit"], data["leader"], data["measures"]
    item.parties.add(item.handler)
    _clock(item, data["due"]["on"])
    item.initial_due = item.initial_due or item.due
    item.level = data.get("level", Level.GRID)


def _signed(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _issue(histories, key).stage = IssueStage.SIGNED


def _resolved(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.resolved_on, item.resolved_under = IssueStage.RESOLVED, data["on"], item.due
    item.outcome, item.result = data["outcome"], data["result"]


def _approved(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    """An answer reaches the enterprise when a reviewer lets it out (K5); no reopening takes it back."""
    item = _issue(histories, key)
    item.stage, item.replied_on = IssueStage.REVIEWED, item.replied_on or data["on"]
    item.let_out_on, item.calls = data["on"], []


def _rejected(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.resolved_on = IssueStage.SIGNED, None


def _called_back(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.calls.append((data["on"], data["outcome"]))
    if (rating := data.get("rating")) is not None:
        item.rating = rating
        item.first_rating = item.first_rating or rating


def _closed(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.closed_on = IssueStage.CLOSED, data["on"]
    item.rating = data.get("rating", item.rating)


def _reopened(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.resolved_on = IssueStage.SIGNED, None
    item.closed_on, item.rating = None, None
    item.let_out_on, item.calls = None, []
    item.promised = item.promised or item.resolved_under
    item.reopened += 1
    _clock(item, data["due"]["on"])


def _archived(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _issue(histories, key).stage = IssueStage.ARCHIVED


def _staged(stage: IssueStage) -> Callable[[Histories, str, dict[str, Any], int, int], None]:
    def handler(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
        _issue(histories, key).stage = stage

    return handler


def _declined(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.replied_on = IssueStage.DECLINED, item.replied_on or data["on"]


def _answered(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.replied_on, item.let_out_on = item.replied_on or data["on"], data["on"]


def _sent_on(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.returned = IssueStage.ACCEPTED, item.returned + 1


def _extended(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    _clock(item, data["due"]["on"])
    item.extensions += 1


def _rederived(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _clock(_issue(histories, key), data["due"]["on"])


def _lifted(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.level = IssueStage.SIGNED, data["level"]
    item.handler, item.leader = data["unit"], data["leader"]
    item.parties.add(item.handler)
    _clock(item, data["due"]["on"])


def _city_replied(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    if due := data.get("due"):
        _clock(_issue(histories, key), due)


def _withdrawn(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    item = _issue(histories, key)
    item.stage, item.withdrawn_on = IssueStage.WITHDRAWN, data["on"]


HANDLERS: dict[str, Callable[[Histories, str, dict[str, Any], int, int], None]] = {
    issues.IssueReported.TYPE: _reported,
    issues.IssueAccepted.TYPE: _accepted,
    issues.IssueDispatched.TYPE: _dispatched,
    issues.IssueSigned.TYPE: _signed,
    issues.IssueResolved.TYPE: _resolved,
    issues.ResolutionApproved.TYPE: _approved,
    issues.ResolutionRejected.TYPE: _rejected,
    issues.CallBackRecorded.TYPE: _called_back,
    issues.IssueClosed.TYPE: _closed,
    issues.IssueReopened.TYPE: _reopened,
    issues.IssueArchived.TYPE: _archived,
    issues.IssueDeclined.TYPE: _declined,
    issues.DeclineContested.TYPE: _staged(IssueStage.REPORTED),
    issues.IssueMerged.TYPE: _staged(IssueStage.MERGED),
    issues.SiblingAnswered.TYPE: _answered,
    issues.IssueReturned.TYPE: _sent_on,
    issues.ExtensionApproved.TYPE: _extended,
    issues.DeadlineRederived.TYPE: _rederived,
    issues.IssueTracked.TYPE: _staged(IssueStage.TRACKED),
    issues.IssueResumed.TYPE: _staged(IssueStage.SIGNED),
    issues.EscalationRequested.TYPE: _staged(IssueStage.ESCALATING),
    issues.EscalationRejected.TYPE: _staged(IssueStage.SIGNED),
    issues.EscalationApproved.TYPE: _lifted,
    issues.CityReplied.TYPE: _city_replied,
    issues.IssueWithdrawn.TYPE: _withdrawn,
}


def remember(histories: Histories, key: str, entry: Mirrored, data: dict[str, Any]) -> None:
    """Keep what a ticket was folded from, and the day of the latest of it."""
    item = _issue(histories, key)
    item.told.append(entry)
    item.last_on = max(item.last_on, _day(entry, data))


def _day(entry: Mirrored, data: dict[str, Any]) -> str:
    return day_of(entry.type, data, datetime.fromtimestamp(entry.rec_us / 1_000_000, UTC))


def stood(issue: IssueHistory, until: str) -> IssueHistory | None:
    """The ticket as it stood at the end of a day, by all that is known now; nothing if it was not there yet (kpi §1).

    Every fact of a ticket is a happening: what has a later day is left out, whenever it was recorded.
    """
    if issue.last_on <= until:
        return issue
    then = Histories()
    for entry in issue.told:
        data = orjson.loads(entry.body)["data"]
        if _day(entry, data) <= until:
            HANDLERS[entry.type](then, issue.id, data, entry.pos, entry.rec_us)
    found = then.issues.get(issue.id)
    return found if found is not None and found.no else None
