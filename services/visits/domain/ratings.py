"""企业满意度 of visits (K7): what an enterprise itself says of a visit is anonymous to the unit that came (kpi §5).

A unit learns how often its visits were rated so or so, never which visit, and nothing of a cell under five. Two things are
an enterprise's own rating: the one given through its link, and the one it gave in a questionnaire. What a visitor noted
himself in 企业满意度 is his own note and no secret to him.
"""

from __future__ import annotations

from shared.events.visits import VisitRecorded
from shared.language.terms import Mode


def by_itself(told: VisitRecorded) -> bool:
    """Whether the satisfaction that stands in the visit is what the enterprise answered by itself."""
    return told.mode is Mode.QUESTIONNAIRE
