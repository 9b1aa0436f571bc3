"""What facts of visits add to the histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.reporting.domain.histories import Evidence, Histories, SurveyHistory, VisitHistory
from shared.events import visits
from shared.language.terms import Review


def _visit(histories: Histories, key: str) -> VisitHistory:
    found = histories.visits.get(key)
    if found is None:
        found = histories.visits[key] = VisitHistory(key)
    return found


def _recorded(histories: Histories, key: str, data: dict[str, Any], pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.details, item.pos, item.last_us = data, pos, rec_us
    item.first_us = item.first_us or rec_us


def _corrected(histories: Histories, key: str, data: dict[str, Any], pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.details, item.pos, item.last_us = data, pos, rec_us
    item.corrections += 1
    if item.review != Review.VOIDED:
        item.review, item.reason = Review.PENDING, ""


def _evidenced(histories: Histories, key: str, data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.evidence.append(Evidence(data["sha256"], data["kind"], data["size"]))
    item.last_us = rec_us


def _qualified(histories: Histories, key: str, _data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.qualified, item.missing, item.last_us = True, (), rec_us


def _disqualified(histories: Histories, key: str, data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.qualified, item.missing, item.last_us = False, tuple(data["missing"]), rec_us


def _reviewed_as(review: Review) -> Callable[[Histories, str, dict[str, Any], int, int], None]:
    def handler(histories: Histories, key: str, data: dict[str, Any], _pos: int, rec_us: int) -> None:
        item = _visit(histories, key)
        if item.review != Review.VOIDED:  # A voided visit stays voided, whatever comes after.
            item.review, item.reason = review, data.get("reason", "")
        item.last_us = rec_us

    return handler


def _denied(histories: Histories, key: str, _data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.denied, item.last_us = True, rec_us


def _upheld(histories: Histories, key: str, _data: dict[str, Any], _pos: int, rec_us: int) -> None:
    item = _visit(histories, key)
    item.denied, item.last_us = False, rec_us


def _confirmed(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _visit(histories, key).confirmed = data


def _heard(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _visit(histories, key).stands = data["stands"]


def _survey(histories: Histories, key: str) -> SurveyHistory:
    return histories.surveys.setdefault(key, SurveyHistory(key))


def _drawn(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    item = _survey(histories, key)
    item.drawn, item.pos = data, pos


def _said(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    _survey(histories, key).answers += data["answers"]


HANDLERS: dict[str, Callable[[Histories, str, dict[str, Any], int, int], None]] = {
    visits.VisitRecorded.TYPE: _recorded,
    visits.VisitCorrected.TYPE: _corrected,
    visits.EvidenceAttached.TYPE: _evidenced,
    visits.VisitQualified.TYPE: _qualified,
    visits.VisitDisqualified.TYPE: _disqualified,
    visits.VisitAccepted.TYPE: _reviewed_as(Review.ACCEPTED),
    visits.VisitReturned.TYPE: _reviewed_as(Review.RETURNED),
    visits.VisitVoided.TYPE: _reviewed_as(Review.VOIDED),
    visits.VisitDenied.TYPE: _denied,
    visits.VisitUpheld.TYPE: _upheld,
    visits.VisitConfirmed.TYPE: _confirmed,
    visits.ConfirmationHeard.TYPE: _heard,
    visits.SurveyDrawn.TYPE: _drawn,
    visits.SurveyAnswered.TYPE: _said,
}
