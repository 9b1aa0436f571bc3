"""A poll asks the enterprises of some units a published questionnaire between two days, and their answers (R20).

    (nothing) --open--> Open --close--> Closed

    (nothing) --give--> Given          one answer an enterprise and month; its stream is that of the visit it makes

Each enterprise gets a link of its own; its answer is a visit by questionnaire of those who answer for it (方案 四(一)3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.visits.domain.questionnaire import OFFICE, OfficeAsks
from shared.events.visits import AnswersGiven, Choice, PollClosed, PollOpened, Visited, Written
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.persons import seat
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.terms import Role

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
Day = Annotated[WrittenDate, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
MOST_DAYS = 366


class AlreadyOpened(Refused):
    """An id names one poll for ever."""

    title = "该编号的问卷调查已建立,内容不同"


class PollIsClosed(Refused):
    """Answers are taken from the first day of the poll to its last."""

    title = "问卷调查不在进行期间"


class AlreadyAnswered(Refused):
    """One questionnaire an enterprise and month counts (``ledgers.md`` §5); what was answered stays."""

    title = "贵企业本月已答过问卷,感谢支持,下月再见"


class OpenPoll(Command):
    """Ask the enterprises of these units; of the whole district where none is named."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    questionnaire: UUID
    no: int = Field(ge=1, le=10_000)
    units: tuple[Code, ...] = Field((), max_length=100)
    begins_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _some_days(self) -> OpenPoll:
        if not 0 <= (self.ends_on - self.begins_on).days < MOST_DAYS:
            message = "结束日期应在开始日期之后一年以内"
            raise ValueError(message)
        return self


class ClosePoll(Command):
    """No more answers."""

    reason: str = Field("", max_length=200)


class GiveAnswers(Command):
    """What the enterprise answered, as it was judged."""

    poll: UUID
    link: UUID
    enterprise: UUID
    choices: tuple[Choice, ...] = ()
    texts: tuple[tuple[str, Personal], ...] = ()
    asked: int
    answered: int


@dataclass(frozen=True)
class Unopened:
    """No such poll."""


@dataclass(frozen=True)
class Open:
    """Answers are taken on its days."""

    fact: PollOpened


@dataclass(frozen=True)
class Closed:
    """It ended before its day."""

    fact: PollOpened
    reason: str


State = Unopened | Open | Closed


PollFact = PollOpened | PollClosed


PollCommand = OpenPoll | ClosePoll


def decide(state: State, command: PollCommand, context: Context[None]) -> list[PollFact]:
    """Facts, or a refusal."""
    if not context.actor.holds(*OFFICE):
        raise OfficeAsks
    match state, command:
        case Unopened(), OpenPoll():
            return [PollOpened(**command.model_dump())]
        case Unopened(), ClosePoll():
            raise Unknown(what="poll", id=str(context.subject))
        case Open(fact=fact) | Closed(fact=fact), OpenPoll():
            if fact == PollOpened(**command.model_dump()):
                return []
            raise AlreadyOpened(poll=str(context.subject))
        case Open(), ClosePoll():
            return [PollClosed(reason=command.reason)]
        case Closed(), ClosePoll():
            if state.reason == command.reason:
                return []
            raise PollIsClosed(reason=state.reason)


def evolve(state: State, fact: PollFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unopened(), PollOpened():
            return Open(fact)
        case Open(fact=opened), PollClosed(reason=reason):
            return Closed(opened, reason)
        case Unopened(), PollClosed():
            return state
        case Open() | Closed(), PollOpened():
            return state
        case Closed(), PollClosed():
            return state


def asks(state: State, today: date) -> bool:
    """Whether answers are taken on this day."""
    return isinstance(state, Open) and state.fact.begins_on <= today <= state.fact.ends_on


@dataclass(frozen=True)
class Unanswered:
    """Nothing was answered."""


@dataclass(frozen=True)
class Given:
    """The enterprise answered."""

    fact: AnswersGiven


Response = Unanswered | Given


@dataclass(frozen=True)
class KnownResponse:
    """The enterprise as it is called on the day."""

    named: Visited


def decide_response(state: Response, command: GiveAnswers, context: Context[KnownResponse]) -> list[AnswersGiven]:
    """Facts, or a refusal."""
    if not context.actor.holds(Role.SYSTEM):
        raise Forbidden
    match state, command:
        case Unanswered(), GiveAnswers():
            contact = seat("contact", str(command.enterprise))
            written = tuple(Written(question=name, words=words.about(contact)) for name, words in command.texts)
            return [
                AnswersGiven(
                    poll=command.poll,
                    link=command.link,
                    enterprise=context.known.named,
                    choices=command.choices,
                    written=written,
                    asked=command.asked,
                    answered=command.answered,
                    on=context.today,
                )
            ]
        case Given(), GiveAnswers():
            raise AlreadyAnswered(on=state.fact.on.isoformat())


def evolve_response(state: Response, fact: AnswersGiven) -> Response:
    """The state after a fact."""
    match state, fact:
        case Unanswered(), AnswersGiven():
            return Given(fact)
        case Given(), AnswersGiven():
            return state


POLL: Decider[State, PollCommand, PollFact, None] = Decider("poll", Unopened(), decide, evolve)
RESPONSE: Decider[Response, GiveAnswers, AnswersGiven, KnownResponse] = Decider(
    "response", Unanswered(), decide_response, evolve_response
)
