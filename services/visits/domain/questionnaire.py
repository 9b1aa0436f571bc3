"""A questionnaire and its versions: what enterprises are asked (方案 四(一)3: 问卷调查).

    (nothing) --define--> Draft --publish--> Published
                          |  ^ ^                 |   |
                   define +--+ +---- define -----+   | retire
                               |  (next version)     v
                               +---- define ------ Retired

The office writes it. A draft may be replaced; what was published never changes, because answers refer to it. What a set of
answers comes to is said in ``answers``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from shared.events.visits import (
    Question,
    QuestionnaireDefined,
    QuestionnairePublished,
    QuestionnaireRetired,
)
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.problems import Forbidden, Refused, Unknown
from shared.language.reach import OFFICE
from shared.language.terms import Awareness, Meaning, Operation, QuestionKind

MOST_QUESTIONS = 60
MOST_OPTIONS = 30
_MOST_BYTES = 50_000
"""An entry of the log holds 65,000 bytes."""
_LARGEST = 10_000_000
CHOSEN = (QuestionKind.SINGLE, QuestionKind.MULTI)
"""Kinds with options."""
_MEANINGS: Mapping[Meaning, QuestionKind] = {
    Meaning.AWARE: QuestionKind.SINGLE,
    Meaning.OPERATION: QuestionKind.SINGLE,
    Meaning.SATISFACTION: QuestionKind.RATING,
    Meaning.HEADCOUNT: QuestionKind.NUMBER,
    Meaning.DIFFICULTIES: QuestionKind.TEXT,
    Meaning.SUGGESTIONS: QuestionKind.TEXT,
    Meaning.DEMAND: QuestionKind.TEXT,
}
_WORDS: Mapping[Meaning, type[Awareness | Operation]] = {Meaning.AWARE: Awareness, Meaning.OPERATION: Operation}


class OfficeAsks(Forbidden):
    """The office writes questionnaires and opens polls (``roles.md``: 配置)."""

    title = "只有区优化办可以编制、发布问卷"


class NothingToPublish(Refused):
    """A draft is published once."""

    title = "没有待发布的问卷版本"


class NotPublished(Refused):
    """A poll asks a published version."""

    title = "问卷尚未发布"


class DefineQuestionnaire(Command):
    """The whole questionnaire as it shall be."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    introduction: str = Field("", max_length=1_000)
    questions: tuple[Question, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)

    @field_validator("questions")
    @classmethod
    def _sound(cls, questions: tuple[Question, ...]) -> tuple[Question, ...]:
        if wrong := unsound(questions):
            raise ValueError(wrong)
        if sum(len(question.model_dump_json().encode()) for question in questions) > _MOST_BYTES:
            message = "问卷合计过长"
            raise ValueError(message)
        return questions


class PublishQuestionnaire(Command):
    """Polls may ask the draft from now on."""


class RetireQuestionnaire(Command):
    """No new poll asks it."""

    reason: str = Field("", max_length=200)


@dataclass(frozen=True)
class Undefined:
    """No such questionnaire."""


@dataclass(frozen=True)
class Versions:
    """The draft, if there is one, and what was published, by number."""

    draft: QuestionnaireDefined | None = None
    published: tuple[QuestionnaireDefined, ...] = ()

    @property
    def newest(self) -> QuestionnaireDefined:
        """What was defined last."""
        return self.draft or self.published[-1]


@dataclass(frozen=True)
class Draft:
    """There is something to publish."""

    versions: Versions


@dataclass(frozen=True)
class Published:
    """The newest version is what polls ask."""

    versions: Versions


@dataclass(frozen=True)
class Retired:
    """No new poll asks it."""

    versions: Versions
    reason: str


Defined = Draft | Published | Retired
State = Undefined | Defined
QuestionnaireCommand = DefineQuestionnaire | PublishQuestionnaire | RetireQuestionnaire


QuestionnaireFact = QuestionnaireDefined | QuestionnairePublished | QuestionnaireRetired


def decide(state: State, command: QuestionnaireCommand, context: Context[None]) -> list[QuestionnaireFact]:
    """Facts, or a refusal."""
    if not context.actor.holds(*OFFICE):
        raise OfficeAsks
    match state, command:
        case Undefined(), DefineQuestionnaire():
            return [_version(1, command)]
        case Undefined(), PublishQuestionnaire() | RetireQuestionnaire():
            raise Unknown(what="questionnaire", id=str(context.subject))
        case Draft(versions=versions) | Published(versions=versions) | Retired(versions=versions), DefineQuestionnaire():
            newest = versions.newest
            fact = _version(newest.no if versions.draft else newest.no + 1, command)
            return [] if fact.model_copy(update={"no": newest.no}) == newest else [fact]
        case Draft(versions=versions), PublishQuestionnaire():
            return [QuestionnairePublished(no=versions.newest.no)]
        case Published(), PublishQuestionnaire():
            return []
        case Retired(), PublishQuestionnaire():
            raise NothingToPublish(questionnaire=str(context.subject))
        case Draft() | Published(), RetireQuestionnaire():
            return [QuestionnaireRetired(reason=command.reason)]
        case Retired(), RetireQuestionnaire():
            return [] if state.reason == command.reason else [QuestionnaireRetired(reason=command.reason)]


def evolve(state: State, fact: QuestionnaireFact) -> State:
    """The state after a fact."""
    match state, fact:
        case Undefined(), QuestionnaireDefined():
            return Draft(Versions(fact))
        case Draft(versions=versions) | Published(versions=versions) | Retired(versions=versions), QuestionnaireDefined():
            return Draft(replace(versions, draft=fact))
        case Draft(versions=Versions(draft=QuestionnaireDefined() as draft) as versions), QuestionnairePublished():
            return Published(Versions(None, (*versions.published, draft)))
        case Draft(versions=versions) | Published(versions=versions) | Retired(versions=versions), QuestionnaireRetired():
            return Retired(versions, fact.reason)
        case Draft() | Published() | Retired(), QuestionnairePublished():
            return state
        case Undefined(), QuestionnairePublished() | QuestionnaireRetired():
            return state


def published(state: State, no: int) -> QuestionnaireDefined:
    """A version that was published, or a refusal. A poll that runs goes on with it when it is retired."""
    versions = () if isinstance(state, Undefined) else state.versions.published
    found = next((version for version in versions if version.no == no), None)
    if found is None:
        raise NotPublished(no=no)
    return found


def may_be_asked(state: State, no: int) -> None:
    """Whether a new poll may ask this version."""
    if isinstance(state, Retired):
        raise NotPublished(no=no, reason=state.reason)
    published(state, no)


def _version(no: int, command: DefineQuestionnaire) -> QuestionnaireDefined:
    return QuestionnaireDefined(no=no, title=command.title, introduction=command.introduction, questions=command.questions)


def unsound(questions: Sequence[Question]) -> str:
    """What is wrong with these questions, in Chinese; nothing if they can be asked."""
    seen: dict[str, Question] = {}
    for question in questions:
        if question.id in seen or not _is_key(question.id):
            return f"题号重复或格式不对:{question.id[:40]}"
        if not 1 <= len(question.text) <= 300:  # noqa: PLR2004
            return f"题目应为1至300字:{question.id}"
        if wrong := _unsound(question, seen):
            return f"{wrong}:{question.id}"
        seen[question.id] = question
    meanings = [question.meaning for question in questions if question.meaning not in (None, Meaning.DEMAND)]
    return "同一含义的题目只能有一道" if len(meanings) != len(set(meanings)) else ""


def _unsound(question: Question, before: Mapping[str, Question]) -> str:
    ids = [option.id for option in question.options]
    if question.kind in CHOSEN:
        if not 2 <= len(ids) <= MOST_OPTIONS or len(set(ids)) != len(ids):  # noqa: PLR2004
            return "选项应为2至30个且不重复"
        if any(not _is_key(option.id) or not 1 <= len(option.text) <= 100 for option in question.options):  # noqa: PLR2004
            return "选项格式不对"
    elif ids:
        return "只有选择题可以有选项"
    least, most = question.least, question.most
    if any(bound is not None and not -_LARGEST <= bound <= _LARGEST for bound in (least, most)):
        return "上下限过大"
    if least is not None and most is not None and least > most:
        return "下限不能大于上限"
    if question.if_question:
        other = before.get(question.if_question)
        if other is None or other.kind not in CHOSEN or question.if_answer not in [option.id for option in other.options]:
            return "跳题条件应为前面一道选择题的选项"
    elif question.if_answer:
        return "跳题条件缺少题号"
    if question.meaning is not None:
        if question.kind is not _MEANINGS[question.meaning]:
            return "题型与含义不符"
        if (words := _WORDS.get(question.meaning)) is not None and not set(ids) <= {str(term) for term in words}:
            return "选项应使用系统代码"
    return ""


def _is_key(text: str) -> bool:
    return 1 <= len(text) <= 40 and text.isascii() and text.replace("_", "").replace("-", "").isalnum()  # noqa: PLR2004


QUESTIONNAIRE: Decider[State, QuestionnaireCommand, QuestionnaireFact, None] = Decider(
    "questionnaire", Undefined(), decide, evolve
)
