"""What an enterprise says by itself: that a visit became an inspection, or that it needs something (方案 四(一)3, 4).

    (nothing) --allege--> Alleged        goes to the inspectorate, never to the unit that came
              --raise---> Raised         becomes one ticket at the unit that answers for the enterprise

Both are said through a link of the enterprise and by nobody else; both are said once and stay as they were said. That a
visit turned into an inspection is what 国办发〔2024〕54号 and the plan forbid, so whoever says it must not have to fear it:
nothing of it is shown to the visited unit, and who of the enterprise said it is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

from services.visits.domain.visit.commands import Typed
from shared.events.visits import DemandRaised, InspectionAlleged, Visited
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.known import KnownEnterprise
from shared.language.personal import Personal
from shared.language.persons import seat
from shared.language.phones import Phone
from shared.language.problems import Forbidden, Refused
from shared.language.terms import Category, Line, Nature, Role

_LONGEST = 2_000


class AlreadySaid(Refused):
    """What was said stays as it was said; something else is said anew."""

    title = "该编号的反馈已提交,内容不同"


class SaidToday(Refused):
    """The same words of the same enterprise on one day are one demand; what is to be added is added to it."""

    title = "今天已提出过相同的诉求,需要补充的请在该诉求下补充情况"


class NobodyAnswers(Refused):
    """A demand goes to a unit that answers for the enterprise (方案 三(一))."""

    title = "该企业尚未落实责任单位,请拨打服务热线"


def _meant(text: str) -> str:
    if not any(char.isalnum() for char in text):
        message = "须有文字内容"
        raise ValueError(message)
    return text


def _short_enough(datum: Personal) -> Personal:
    if datum.token is not None or datum.text is None or len(datum.text) > _LONGEST:
        message = "文字过长"
        raise ValueError(message)
    return datum


Words = Annotated[Personal, AfterValidator(_short_enough)]


class AllegeInspection(Command):
    """The visit became an inspection. ``visit`` is the one that is meant, where the enterprise names one."""

    visit: UUID | None = None
    words: Words | None = None


class RaiseDemand(Command):
    """The enterprise asks for something. ``reporter`` and ``phone`` only if it wants to be called."""

    content: Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST), AfterValidator(_meant)]
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    reporter: Typed | None = None
    phone: Phone | None = None


@dataclass(frozen=True)
class Unsaid:
    """Nothing was said."""


@dataclass(frozen=True)
class Alleged:
    """A visit became an inspection."""

    fact: InspectionAlleged


@dataclass(frozen=True)
class Raised:
    """The enterprise asked for something."""

    fact: DemandRaised


State = Unsaid | Alleged | Raised
FeedbackCommand = AllegeInspection | RaiseDemand
FeedbackFact = InspectionAlleged | DemandRaised


@dataclass(frozen=True)
class KnownSpeaker:
    """Which enterprise speaks, as it is today; ``units`` that came, where it speaks of a visit."""

    enterprise: KnownEnterprise
    units: tuple[str, ...] = ()


def decide(state: State, command: FeedbackCommand, context: Context[KnownSpeaker]) -> list[FeedbackFact]:
    """Facts, or a refusal."""
    if not context.actor.holds(Role.SYSTEM):
        raise Forbidden
    enterprise = context.known.enterprise
    named = Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name)
    match state, command:
        case Unsaid(), AllegeInspection():
            words = command.words.about(context.subject) if command.words is not None and command.words.text else None
            return [
                InspectionAlleged(enterprise=named, visit=command.visit, units=context.known.units, words=words, on=context.today)
            ]
        case Unsaid(), RaiseDemand():
            contact = seat("contact", str(enterprise.id))
            return [
                DemandRaised(
                    enterprise=named,
                    unit=responsible(enterprise),
                    on=context.today,
                    content=command.content,
                    category=command.category,
                    nature=command.nature,
                    reporter=command.reporter.about(contact) if command.reporter else None,
                    phone=command.phone.about(contact) if command.phone else None,
                )
            ]
        case Alleged() | Raised(), AllegeInspection() | RaiseDemand():
            raise AlreadySaid(feedback=str(context.subject))


def evolve(state: State, fact: FeedbackFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Unsaid(), InspectionAlleged():
            return Alleged(fact)
        case Unsaid(), DemandRaised():
            return Raised(fact)
        case Alleged() | Raised(), InspectionAlleged() | DemandRaised():
            return state


def responsible(enterprise: KnownEnterprise) -> str:
    """The unit that a demand goes to: the township's before the department's."""
    for line in (Line.HORIZONTAL, Line.VERTICAL):
        if (held := enterprise.assigned.get(line)) is not None:
            return held.unit
    raise NobodyAnswers(enterprise=enterprise.name)


FEEDBACK: Decider[State, FeedbackCommand, FeedbackFact, KnownSpeaker] = Decider("feedback", Unsaid(), decide, evolve)
