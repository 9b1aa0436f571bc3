"""How a confirmation came about, and which one may be the visitor's own word."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.visits.domain.link import SOON_MINUTES, Issued, came, doubtful
from shared.events.visits import Came, LinkIssued, LinkOpened, LinkShown, Visited
from shared.language.months import SHANGHAI
from shared.language.personal import Personal
from shared.language.terms import LinkPurpose, LinkWay

AT = datetime(2026, 9, 15, 10, tzinfo=SHANGHAI)
UNITS = ("T01", "D01", "T02", "OFFICE", "")


def a_link(unit: str, *, shown: str | None = None, staff: bool = False, waited: int = 0) -> Issued:
    """Issued by this unit; shown by that one ``waited`` minutes later."""
    fact = LinkIssued(
        enterprise=Visited(id=uuid4(), code="91", name="某公司"),
        purpose=LinkPurpose.GENERAL,
        token=Personal("x"),
        token_sha256="a" * 64,
        expires_on=AT.date(),
        on=AT.date(),
        by=uuid4(),
        unit=unit,
        at=AT,
    )
    code = None if shown is None else LinkShown(by=uuid4(), unit=shown, at=AT + timedelta(minutes=waited))
    return Issued(fact, code, LinkOpened(device="d", staff=staff, at=AT))


@given(
    st.sampled_from(UNITS),
    st.none() | st.sampled_from(UNITS),
    st.booleans(),
    st.integers(0, 600),
    st.integers(0, 600),
    st.frozensets(st.sampled_from(UNITS[:3]), min_size=1),
)
def test_doubtful_is_what_came_soon_from_the_visitors_own_hand_or_from_their_device(
    issuer: str, shower: str | None, staff: bool, waited: int, later: int, visiting: frozenset[str]
) -> None:
    state = a_link(issuer, shown=shower, staff=staff, waited=waited)
    told = came(uuid4(), state, "d", AT + timedelta(minutes=(waited if shower is not None else 0) + later))
    hand = issuer if shower is None else shower
    assert (told.unit, told.minutes, told.way) == (hand, later, LinkWay.HANDED if shower is None else LinkWay.SHOWN)
    assert doubtful(told, visiting) == (staff or (hand in visiting and later < SOON_MINUTES))


def test_what_old_links_do_not_tell_is_not_held_against_them() -> None:
    old = a_link("").fact.model_copy(update={"by": None, "at": None})
    told = came(uuid4(), Issued(old), "d", AT)
    assert told.minutes is None and not doubtful(told, frozenset({"T01"}))


@pytest.mark.parametrize("minutes", [0, SOON_MINUTES - 1])
def test_another_units_code_is_no_reason(minutes: int) -> None:
    assert not doubtful(Came(link=uuid4(), unit="D01", way=LinkWay.SHOWN, minutes=minutes), frozenset({"T01"}))
