"""What a query asks for is a column of a view: no SQL looks into a state that is kept whole, and a state that changed is made anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from services.visits.projections import VIEWS
from shared.language.states import Gathered, States, Unordered

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path for room in ("queries", "api", "domain") for path in ROOT.glob(f"services/*/{room}/**/*.py"))
INSIDE = re.compile(r"\b(?:state|told|before)\s*(?:->|#>|@>|\?\s*[$'{])")


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sql_looks_into_a_state(path: Path) -> None:
    assert not [line.strip() for line in path.read_text("utf-8").splitlines() if INSIDE.search(line)]


def test_looking_into_a_state_is_seen() -> None:
    for text in (
        "v.state->'told'",
        "state->>'words'",
        "previous.told->>'operation'",
        "state ? 'x'",
        "state @> $1",
        "state #> '{a}'",
    ):
        assert INSIDE.search(text), text
    assert not INSIDE.search("state, action = told")


def test_a_view_that_keeps_a_state_is_made_anew_when_the_state_changes() -> None:
    keeping = [view for group in VIEWS.values() for view in group if "state" in view.columns]
    assert len(keeping) == 5
    assert all(re.fullmatch("[0-9a-f]{16}", view.rule) for view in keeping)
    assert all(view.rule in view.ddl("view") for view in keeping)


@dataclass(frozen=True)
class One:
    """A state with a set."""

    ids: Gathered[UUID] = frozenset()


@dataclass(frozen=True)
class Other:
    """Another with the same content."""

    ids: Gathered[UUID] = frozenset()


@dataclass(frozen=True)
class Loose:
    """Its set is in no order."""

    ids: frozenset[UUID] = frozenset()


def test_states_come_back_as_they_were() -> None:
    states = States[One | Other]((One, Other))
    ids = [UUID(int=n) for n in (2**61 + 1, 2, 2**61, 1, 7)]
    for kind in (One, Other):
        assert states.read(states.written(kind(frozenset(ids)))) == kind(frozenset(ids))
        assert states.written(kind(frozenset(ids))) == states.written(kind(frozenset(reversed(ids))))
    assert states.shape != States[One]((One,)).shape


def test_a_set_in_no_order_is_not_kept() -> None:
    with pytest.raises(Unordered):
        States[Loose]((Loose,))
