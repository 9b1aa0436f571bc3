"""The views of visits: each row is a pure function of a visit's state, written in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.visits.domain.reuse import bands
from services.visits.domain.visit import states as visit
from services.visits.domain.visit.states import Accepted, Held, Pending, Returned, State, Unrecorded, VisitDetails, Voided
from services.visits.domain.visit.wording import smells_of
from shared.events.visits import ConfirmationHeard, EvidenceAttached, VisitConfirmed, VisitDenied, VisitRecorded
from shared.language.facts import Fact
from shared.language.terms import Review, VisitFlag
from shared.log.views import View


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
            "why": list(state.why) if isinstance(state, Held) else [],
            "confirmed": _dumped(details.confirmed),
            "denied": _dumped(details.denied),
            "upheld": details.upheld,
            "admitted": details.admitted,
            "heard": _dumped(details.heard),
        }
    ).decode()


def _dumped(fact: Fact | None) -> dict[str, Any] | None:
    return None if fact is None else fact.model_dump(mode="json")


def read(text: str) -> visit.Recorded:
    """The state that ``written`` wrote."""
    kept: dict[str, Any] = orjson.loads(text)
    details = VisitDetails(
        told=VisitRecorded.model_validate(kept["told"]),
        evidence=tuple(EvidenceAttached.model_validate(item) for item in kept["evidence"]),
        missing=None if kept["missing"] is None else tuple(kept["missing"]),
        tellers=frozenset(UUID(teller) for teller in kept["tellers"]),
        confirmed=VisitConfirmed.model_validate(kept["confirmed"]) if kept["confirmed"] else None,
        denied=VisitDenied.model_validate(kept["denied"]) if kept["denied"] else None,
        upheld=kept["upheld"],
        admitted=kept["admitted"],
        heard=ConfirmationHeard.model_validate(kept["heard"]) if kept["heard"] else None,
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
        case Review.HELD:
            return Held(details, tuple(kept["why"]))


def flags(state: visit.Recorded) -> tuple[VisitFlag, ...]:
    """What a reviewer should look at."""
    told = state.details.told
    found = {
        VisitFlag.WORDING: bool(smells_of(told)) if told.wording is None else told.wording,
        VisitFlag.SKEW: told.skew_hours is not None,
        VisitFlag.DENIED: state.details.disputed,
        VisitFlag.UNHEARD: state.details.unheard,
    }
    return tuple(flag for flag, raised in found.items() if raised)


def _visit(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    told = state.details.told
    yield (
        UUID(key),
        version,
        told.enterprise.id,
        told.enterprise.name,
        told.enterprise.code,
        told.on,
        f"{told.on:%Y-%m}",
        str(told.mode),
        str(state.review),
        visit.counts(state),
        told.joint,
        told.late_entry,
        len(told.demands),
        len(state.details.evidence),
        orjson.dumps([str(flag) for flag in flags(state)]).decode(),
        state.details.disputed,
        state.details.missing == (),
        _rating(state.details),
        written(state),
    )


def _rating(details: VisitDetails) -> str | None:
    """What the enterprise itself gave, once that may be believed (K7)."""
    return str(details.proved.rating) if details.proved and details.proved.rating else None


def _unit(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    units = {visitor.unit: visitor.line for visitor in state.details.told.visitors}
    for unit, line in units.items():
        yield UUID(key), unit, line and str(line)


VISITS = View[State](
    "visit",
    {
        "id": "uuid",
        "ver": "int",
        "enterprise": "uuid",
        "enterprise_name": "text",
        "code": "text",
        "on_date": "date",
        "month": "text",
        "mode": "text",
        "review": "text",
        "counted": "bool",
        "joint": "bool",
        "late_entry": "bool",
        "demands": "int",
        "files": "int",
        "flags": "jsonb",
        "disputed": "bool",
        "proved": "bool",
        "rating": "text",
        "state": "jsonb",
    },
    ("id",),
    _visit,
    "id",
    indexes=(
        "(enterprise, month)",
        "(on_date, id)",
        "(month, on_date, id)",
        "(review) where review in ('held', 'returned')",
        "(on_date, id) where flags <> '[]'",
        "(disputed) where disputed",
    ),
)
UNITS = View[State](
    "visit_unit", {"visit": "uuid", "unit": "text", "line": "text"}, ("visit", "unit"), _unit, "visit", indexes=("(unit, visit)",)
)


def _files(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    live = not isinstance(state, Voided)
    for item in state.details.evidence:
        yield UUID(key), item.sha256, item.original, item.phash, f"{state.details.told.on:%Y-%m}", live


FILES = View[State](
    "visit_file",
    {"visit": "uuid", "sha256": "text", "original": "text", "phash": "text", "month": "text", "live": "bool"},
    ("visit", "sha256"),
    _files,
    "visit",
    indexes=("(sha256, visit)", "(original, visit)", "(month, visit, sha256)"),
)


def _bands(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Unrecorded):
        return
    for item in state.details.evidence:
        for band in bands(item.phash) if item.phash else ():
            yield UUID(key), item.sha256, band


BANDS = View[State](
    "visit_file_band",
    {"visit": "uuid", "sha256": "text", "band": "int"},
    ("visit", "sha256", "band"),
    _bands,
    "visit",
    indexes=("(band, visit, sha256)",),
)
"""Pieces of how pictures look: those with an equal piece may be alike."""
