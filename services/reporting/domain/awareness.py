"""K8 知晓率 in its two series that are never mixed (kpi §6): what visitors noted, and what a drawn sample said.

- latest_answers(visits, until) -> the answer of each enterprise; awareness(answers) -> both shares
- sampled(surveys, until) -> the survey that holds on a day, as it had been answered by then
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.domain.coverage import Figure
from services.reporting.domain.histories import SurveyHistory, VisitHistory
from shared.language.estimate import Surveyed, survey
from shared.language.terms import Awareness, SurveyAnswer


def latest_answers(visits: Iterable[VisitHistory], until: str) -> list[tuple[VisitHistory, Awareness]]:
    """Of counted visits up to a day the latest answer of each enterprise, with the visit it was given in; who was not asked
    gave none, and no answer is taken from a visit that doesn't count.
    """
    latest: dict[str, tuple[str, str, VisitHistory]] = {}
    for visit in visits:
        if visit.valid and visit.on <= until and visit.details.get("aware", Awareness.NOT_ASKED) != Awareness.NOT_ASKED:
            answer = (visit.on, visit.id, visit)
            latest[visit.enterprise] = max(answer, latest.get(visit.enterprise, answer), key=lambda item: item[:2])
    return [(visit, Awareness(visit.details["aware"])) for _, _, visit in latest.values()]


def awareness(answers: Sequence[tuple[VisitHistory, Awareness]]) -> tuple[Figure, Figure]:
    """知晓率(自报): 知晓内涵 + 听说过, and strictly 知晓内涵 alone."""
    aware = sum(said is not Awareness.UNKNOWN for _, said in answers)
    understood = sum(said is Awareness.UNDERSTOOD for _, said in answers)
    return Figure(aware, len(answers)), Figure(understood, len(answers))


@dataclass(frozen=True)
class Sampled:
    """A survey as it had been answered by a day."""

    id: str
    drawn: Mapping[str, Any]
    answered: tuple[int, ...]
    """By stratum, how many have answered, refused or not been reached."""
    found: Surveyed


def sampled(surveys: Iterable[SurveyHistory], until: str) -> Sampled | None:
    """The survey drawn last up to a day, by the answers given up to it; nothing if none was drawn."""
    drawn = [item for item in surveys if item.drawn and item.drawn["on"] <= until]
    if not drawn:
        return None
    last = max(drawn, key=lambda item: (item.drawn["on"], item.pos))
    said: dict[str, SurveyAnswer] = {}
    for answer in last.answers:
        if answer["on"] <= until:
            said[answer["code"]] = SurveyAnswer(answer["answer"])
    strata = [
        (stratum["population"], [said[code] for code in stratum["sample"] if code in said]) for stratum in last.drawn["strata"]
    ]
    return Sampled(last.id, last.drawn, tuple(len(answers) for _, answers in strata), survey(strata))
