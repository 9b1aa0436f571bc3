"""The views of visits: each row is a pure function of a stream's state, written in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.visits.domain import visit
from services.visits.domain.visit import VISIT, Accepted, Pending, Returned, State, Unrecorded, VisitDetails, Voided
from shared.events.visits import EvidenceAttached, VisitRecorded
from shared.projector import View
from shared.terms import Review


def written(state: visit.Recorded) -> str:
    """A state as JSON; personal data stay the sealed tokens they are."""
    details = state.details
    return orjson.dumps(
        {
            "told": details.told.model_dump(mode="json"),
            "evidence": [item.model_dump(mode="json") for item in details.evidence],
            "missing": details.missing,
            "tellers": sorted(str(teller) for teller in details.tellers),
            "review": str(state.review),
            "words": state.words,
        }
    ).decode()


def read(text: str) -> visit.Recorded:
    """The state that ``written`` wrote."""
    kept: dict[str, Any] = orjson.loads(text)
    details = VisitDetails(
        told=VisitRecorded.model_validate(kept["told"]),
        evidence=tuple(EvidenceAttached.model_validate(item) for item in kept["evidence"]),
        missing=None if kept["missing"] is None else tuple(kept["missing"]),
        tellers=frozenset(UUID(teller) for teller in kept["tellers"]),
    )
    match Review(kept["review"]):
        case Review.PENDING:
            return Pending(details)
        case Review.ACCEPTED:
            return Accepted(details, kept["words"])
        case Review.RETURNED:
            return Returned(details, kept["words"])
        case Review.VOIDED:
            return Voided(details, kept["words"])


def _visit(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    told = state.details.told
    yield (
        UUID(key), version, told.enterprise.id, told.enterprise.name, told.enterprise.code, told.on, f"{told.on:%Y-%m}",
        str(told.mode), str(state.review), visit.counts(state), told.joint, told.late_entry, len(told.demands),
        len(state.details.evidence), written(state),
    )  # fmt: skip


def _unit(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    units = {visitor.unit: visitor.line for visitor in state.details.told.visitors}
    for unit, line in units.items():
        yield UUID(key), unit, line and str(line)


VISITS = View[State](
    "visit",
    {
        "id": "uuid", "ver": "int", "enterprise": "uuid", "enterprise_name": "text", "code": "text", "on_date": "date",
        "month": "text", "mode": "text", "review": "text", "counted": "bool", "joint": "bool", "late_entry": "bool",
        "demands": "int", "files": "int", "state": "jsonb",
    },
    ("id",), _visit, "id", indexes=("(enterprise, month)", "(month, on_date, id)"),
)  # fmt: skip
UNITS = View[State](
    "visit_unit", {"visit": "uuid", "unit": "text", "line": "text"}, ("visit", "unit"), _unit, "visit", indexes=("(unit, visit)",)
)

DECIDERS = (VISIT,)
VIEWS: dict[str, tuple[View[Any], ...]] = {"visit": (VISITS, UNITS)}
