"""An independent survey of how many enterprises know the brand (K8; 方案 三: 知晓率; kpi §6).

    (nothing) --draw--> Open --answer--> Open --close--> Closed

The office, or a third party for it, asks a seeded stratified sample of the enterprises in scope. Whoever visits enterprises
neither chooses whom to ask nor enters what they said. Answers are never mixed with what visitors report of themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field, StringConstraints

from services.visits.domain.sampling import METHOD, Member, digest, draw
from services.visits.domain.visit.commands import Day
from shared.events.visits import Answered, Stratum, SurveyAnswered, SurveyClosed, SurveyDrawn
from shared.language.decider import Actor, Context, Decider, looked_up
from shared.language.estimate import SAID, Estimate
from shared.language.estimate import survey as estimated
from shared.language.facts import Command, Part
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Conductor, SurveyAnswer

MOST_SAMPLED = 1_500
"""An entry of the log holds 65,000 bytes, a code with its quotes and comma 21."""
_AT_ONCE = 500
"""Answers in one fact."""
_ENTERPRISE = "91"


class DrawSurvey(Command):
    """Draw the sample. The seed is the service's: whoever could choose it could choose the sample."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    conductor: Conductor = Conductor.OFFICE
    agency: str = Field("", max_length=100)
    sample_size: int | None = Field(None, ge=10, le=MOST_SAMPLED)


class AnswerOf(Part):
    """What one enterprise of the sample answered on a day."""

    code: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]
    answer: SurveyAnswer
    on: Day


class AnswerSurvey(Command):
    """Answers that came in."""

    answers: tuple[AnswerOf, ...] = Field(min_length=1, max_length=MOST_SAMPLED)


class CloseSurvey(Command):
    """No more answers are taken."""

    note: str = Field("", max_length=500)


class NotYourSurvey(Forbidden):
    """The office surveys; those who visit enterprises don't examine themselves (kpi §6: 独立抽样)."""

    title = "知晓率抽样调查由区优化办组织,走访单位不能抽样或录入"


class SurveyAlreadyDrawn(Refused):
    """A sample is drawn once: another one is another survey, and both stay to be seen."""

    title = "该调查已抽样"


class AgencyNotNamed(Refused):
    """A third party has a name (方案 三: 第三方评估)."""

    title = "第三方调查须填写机构名称"


class NobodyToAsk(Refused):
    """A sample needs a population: enterprises in scope with a township (kpi §1, §6)."""

    title = "没有可抽样的在册企业"


class SampleTooLarge(Refused):
    """The strata that are there make a sample larger than one entry of the log can hold."""

    title = "样本过大,请减少样本量"


class AnswerOutsideSample(Refused):
    """Only the enterprises that were drawn are asked: volunteers are no sample."""

    title = "有企业不在样本内"


class AnswerOutsidePeriod(Refused):
    """An answer was given after the drawing and not after today."""

    title = "回答日期应在抽样之日至今天之间"


class AnswerStands(Refused):
    """An answer stands; only one that was refused or not reached may still be given (kpi §6)."""

    title = "该企业已有不同的回答"


class SurveyIsClosed(Refused):
    """The estimate of a closed survey stands."""

    title = "调查已结束"


@dataclass(frozen=True)
class Undrawn:
    """Nothing was drawn yet."""


@dataclass(frozen=True)
class Open:
    """Drawn, and being answered."""

    drawn: SurveyDrawn
    answers: Mapping[str, Answered] = field(default_factory=dict[str, Answered])
    closed = False


@dataclass(frozen=True)
class Closed:
    """The estimate stands."""

    drawn: SurveyDrawn
    answers: Mapping[str, Answered]
    note: str = ""
    closed = True


Drawn = Open | Closed
State = Undrawn | Drawn
SurveyCommand = DrawSurvey | AnswerSurvey | CloseSurvey
SurveyFact = SurveyDrawn | SurveyAnswered | SurveyClosed


@dataclass(frozen=True)
class KnownPopulation:
    """Whom a sample can be drawn from, at which position of the roster's log, and the seed it is drawn by."""

    population: Sequence[Member]
    position: int
    seed: str


def may_survey(actor: Actor) -> None:
    """The office alone."""
    if not actor.holds(*OFFICE):
        raise NotYourSurvey


def decide(state: State, command: SurveyCommand, context: Context[KnownPopulation | None]) -> list[SurveyFact]:
    """Facts, or a refusal. Only for a drawing the population is looked up."""
    may_survey(context.actor)
    match state, command:
        case Undrawn(), DrawSurvey():
            return [_draw(command, context, looked_up(context.known))]
        case Undrawn(), AnswerSurvey() | CloseSurvey():
            raise Unknown(what="survey", id=str(context.subject))
        case Open() | Closed(), DrawSurvey():
            said = (state.drawn.title, state.drawn.conductor, state.drawn.agency)
            if said == (command.title, command.conductor, command.agency):
                return []
            raise SurveyAlreadyDrawn(survey=str(context.subject))
        case Open(), AnswerSurvey():
            return _answer(state, command, context)
        case Open(), CloseSurvey():
            return [SurveyClosed(note=command.note)]
        case Closed(), CloseSurvey():
            return []
        case Closed(), AnswerSurvey():
            raise SurveyIsClosed(survey=str(context.subject))


def evolve(state: State, fact: SurveyFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Undrawn(), SurveyDrawn():
            return Open(fact)
        case Open(), SurveyAnswered():
            return replace(state, answers={**state.answers, **{item.code: item for item in fact.answers}})
        case Open(), SurveyClosed():
            return Closed(state.drawn, state.answers, fact.note)
        case Undrawn(), SurveyAnswered() | SurveyClosed():
            return state
        case Open(), SurveyDrawn():
            return state
        case Closed(), SurveyDrawn() | SurveyAnswered() | SurveyClosed():
            return state


def _draw(command: DrawSurvey, context: Context[object], known: KnownPopulation) -> SurveyDrawn:
    if command.conductor is Conductor.THIRD_PARTY and not command.agency.strip():
        raise AgencyNotNamed
    population = [item for item in known.population if item.code.startswith(_ENTERPRISE)]
    if not population:
        raise NobodyToAsk
    strata = draw(population, known.seed, command.sample_size)
    sampled = sum(len(stratum.sample) for stratum in strata)
    if sampled > MOST_SAMPLED:
        raise SampleTooLarge(sample=sampled, most=MOST_SAMPLED)
    return SurveyDrawn(
        title=command.title,
        conductor=command.conductor,
        agency=command.agency,
        on=context.today,
        method=METHOD,
        seed=known.seed,
        population=len(population),
        population_sha256=digest(population),
        roster_position=known.position,
        strata=tuple(
            Stratum(township=item.township, size=item.size, population=item.population, sample=item.sample) for item in strata
        ),
    )


def _answer(state: Open, command: AnswerSurvey, context: Context[object]) -> list[SurveyFact]:
    sampled = {code for stratum in state.drawn.strata for code in stratum.sample}
    fresh: dict[str, Answered] = {}
    for item in command.answers:
        if item.code not in sampled:
            raise AnswerOutsideSample(code=item.code)
        if not state.drawn.on <= item.on <= context.today:
            raise AnswerOutsidePeriod(code=item.code, on=item.on.isoformat(), drawn=state.drawn.on.isoformat())
        before = fresh.get(item.code) or state.answers.get(item.code)
        if before is not None and before.answer in SAID:
            if before.answer == item.answer:
                continue
            raise AnswerStands(code=item.code, answer=before.answer.label)
        if before is None or (before.answer, before.on) != (item.answer, item.on):
            fresh[item.code] = Answered(code=item.code, answer=item.answer, on=item.on)
    found = tuple(fresh.values())
    return [SurveyAnswered(answers=found[n : n + _AT_ONCE]) for n in range(0, len(found), _AT_ONCE)]


@dataclass(frozen=True)
class Result:
    """K8 of one survey: both rates with their intervals, and what they rest on."""

    aware: Estimate | None
    """知晓内涵 + 听说过."""
    understood: Estimate | None
    """知晓内涵 alone (严口径)."""
    population: int
    sampled: int
    asked: int
    valid: int
    counts: Mapping[SurveyAnswer, int]
    joined: int
    """Strata joined to a neighbour because too few of them answered."""


def result(state: Drawn) -> Result:
    """The estimate: those who refused or were not reached are left out, and the response rate says how many (kpi §6)."""
    found = estimated(
        (stratum.population, [state.answers[code].answer for code in stratum.sample if code in state.answers])
        for stratum in state.drawn.strata
    )
    return Result(
        found.aware,
        found.understood,
        state.drawn.population,
        sum(len(stratum.sample) for stratum in state.drawn.strata),
        len(state.answers),
        sum(stratum.valid for stratum in found.strata),
        {answer: sum(item.answer is answer for item in state.answers.values()) for answer in SurveyAnswer},
        found.joined,
    )


def sample_of(drawn: SurveyDrawn) -> list[tuple[str, str, str]]:
    """The list of the sample: township, size, code."""
    return [(stratum.township, stratum.size, code) for stratum in drawn.strata for code in stratum.sample]


SURVEY: Decider[State, SurveyCommand, SurveyFact, KnownPopulation | None] = Decider("survey", Undrawn(), decide, evolve)
