"""What reporting makes of visits that were held, admitted, denied and upheld."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from services.reporting.domain.folding import fold
from services.reporting.domain.histories import VisitHistory
from shared.events.visits import (
    VisitAdmitted,
    VisitDenied,
    Visited,
    VisitHeld,
    Visitor,
    VisitQualified,
    VisitRecorded,
    VisitUpheld,
)
from shared.language.facts import Fact, encode
from shared.language.terms import Line, Mode, Role
from shared.log.eventlog import Entry

VISIT = str(uuid4())
TOLD = {
    "enterprise": Visited(id=uuid4(), code="91520502MA00000001", name="某企业"),
    "on": "2026-09-14",
    "mode": Mode.ON_SITE,
    "visitors": (Visitor(member=uuid4(), unit="T01", line=Line.HORIZONTAL, role=Role.WORKER),),
}


def folded(*facts: Fact) -> VisitHistory | None:
    entries = [Entry(n, n * 1_000, f"visit/{VISIT}", n, fact.TYPE, body(fact, n)) for n, fact in enumerate(facts, 1)]
    return fold(entries).visits.get(VISIT)


def body(fact: Fact, n: int) -> bytes:
    return encode(
        fact,
        event_id=uuid4(),
        source="/x/visits",
        subject=f"visit/{VISIT}",
        happened=datetime(2026, 9, 15, n, tzinfo=UTC),
        actor={},
        links={},
    )


def test_a_denied_visit_is_not_valid_until_it_is_upheld() -> None:
    counted = (VisitRecorded(**TOLD), VisitQualified(rule="2026.1"))
    found = [folded(*counted), folded(*counted, VisitDenied()), folded(*counted, VisitDenied(), VisitUpheld(reason="属实"))]
    assert [item is not None and item.valid for item in found] == [True, False, True]


def test_a_held_telling_is_nothing_until_it_is_admitted() -> None:
    held = VisitHeld(**TOLD, why=("当日不在岗",))
    before = folded(held)
    assert before is None or (not before.valid and not before.details)
    after = folded(held, VisitAdmitted(reason="属实"), VisitRecorded(**TOLD), VisitQualified(rule="2026.1"))
    assert after is not None
    assert (after.valid, after.on) == (True, "2026-09-14")
