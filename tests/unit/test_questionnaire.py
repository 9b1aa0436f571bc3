"""Questionnaires: sound questions, answers that fit them, skip rules, and what a set of answers says of a visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.visits.domain.answers import AnswersNotAccepted, judged, telling
from services.visits.domain.poll import (
    POLL,
    RESPONSE,
    AlreadyAnswered,
    AlreadyOpened,
    ClosePoll,
    GiveAnswers,
    KnownResponse,
    OpenPoll,
    asks,
)
from services.visits.domain.questionnaire import (
    QUESTIONNAIRE,
    DefineQuestionnaire,
    Draft,
    NothingToPublish,
    NotPublished,
    OfficeAsks,
    Published,
    PublishQuestionnaire,
    Retired,
    RetireQuestionnaire,
    may_be_asked,
    published,
)
from services.visits.domain.visit.commands import RecordVisit
from shared.events.visits import Option, Question, Visited
from shared.language.decider import Actor, Context
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.terms import Awareness, Meaning, Mode, QuestionKind, Rating, Role

TODAY = date(2026, 9, 15)
YES_NO = (Option(id="yes", text="是"), Option(id="no", text="否"))
FIRST = Question(id="q1", text="有困难吗?", kind=QuestionKind.SINGLE, options=YES_NO, required=True)
SECOND = Question(
    id="q2", text="什么困难?", kind=QuestionKind.TEXT, required=True, if_question="q1", if_answer="yes", meaning=Meaning.DEMAND
)
THIRD = Question(id="q3", text="满意吗?", kind=QuestionKind.RATING, required=True, meaning=Meaning.SATISFACTION)
ALL = (FIRST, SECOND, THIRD)


def context(role: Role = Role.OFFICE, **known: Any) -> Context:
    actor = Actor(uuid4(), "o", frozenset({role}))
    return Context(actor, datetime(2026, 9, 15, tzinfo=UTC), TODAY, Calendar.of({}), uuid4(), known)


def told(state: Any, *commands: Any) -> Any:
    for command in commands:
        state = QUESTIONNAIRE.fold(QUESTIONNAIRE.decide(state, command, context()), state)
    return state


def test_the_way_of_a_questionnaire() -> None:
    one, two = DefineQuestionnaire(title="甲", questions=ALL), DefineQuestionnaire(title="乙", questions=ALL)
    draft = told(QUESTIONNAIRE.initial, one)
    assert isinstance(draft, Draft)
    assert QUESTIONNAIRE.decide(draft, one, context()) == []
    out = told(draft, PublishQuestionnaire())
    assert isinstance(out, Published)
    assert QUESTIONNAIRE.decide(out, PublishQuestionnaire(), context()) == []
    assert QUESTIONNAIRE.decide(out, one, context()) == []
    may_be_asked(out, 1)
    with pytest.raises(NotPublished):
        may_be_asked(out, 2)
    second = told(out, two, PublishQuestionnaire())
    assert [published(second, no).title for no in (1, 2)] == ["甲", "乙"]
    gone = told(second, RetireQuestionnaire(reason="旧"))
    assert isinstance(gone, Retired)
    assert published(gone, 2).title == "乙"
    with pytest.raises(NotPublished):
        may_be_asked(gone, 2)
    with pytest.raises(NothingToPublish):
        told(gone, PublishQuestionnaire())
    with pytest.raises(OfficeAsks):
        QUESTIONNAIRE.decide(out, two, context(Role.HEAD))


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "q 1"},
        {"text": ""},
        {"options": YES_NO[:1]},
        {"options": (YES_NO[0], YES_NO[0])},
        {"kind": QuestionKind.TEXT},
        {"if_question": "q3", "if_answer": "yes"},
        {"if_answer": "yes"},
        {"meaning": Meaning.AWARE},
        {"meaning": Meaning.DEMAND},
        {"least": 3, "most": 2},
        {"most": 10**9},
    ],
)
def test_unsound_questions_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DefineQuestionnaire(title="甲", questions=(FIRST.model_copy(update=changed), THIRD))


def test_skip_rules_decide_what_must_be_answered() -> None:
    shown = judged(ALL, {"q1": "yes", "q2": "缺资金", "q3": 4})
    assert (shown.asked, shown.answered) == (3, 3)
    hidden = judged(ALL, {"q1": "no", "q3": 4})
    assert (hidden.asked, hidden.answered) == (2, 2)
    few = judged(ALL, {"q1": "yes", "q2": ""})
    assert (few.asked, few.answered) == (3, 1)
    with pytest.raises(AnswersNotAccepted):
        judged(ALL, {"q1": "no", "q2": "缺资金", "q3": 4})


@pytest.mark.parametrize(
    "answers",
    [
        {"q1": "maybe"},
        {"q1": ["yes"]},
        {"q1": "yes", "q2": "x" * 1001},
        {"q3": 0},
        {"q3": True},
        {"q3": "5"},
        {"q9": 1},
        {"q1": 1},
    ],
)
def test_answers_that_fit_no_question_are_refused(answers: dict[str, Any]) -> None:
    with pytest.raises(AnswersNotAccepted) as refused:
        judged(ALL, answers)
    assert refused.value.facts["errors"][0]["pointer"].startswith("/answers/q")


def test_answers_become_a_visit() -> None:
    aware = Question(
        id="a",
        text="知道吗?",
        kind=QuestionKind.SINGLE,
        meaning=Meaning.AWARE,
        options=(Option(id="understood", text="知晓"), Option(id="unknown", text="不知道")),
    )
    questions = (*ALL, aware)
    fields = telling(questions, judged(questions, {"q1": "yes", "q2": "缺资金", "q3": 2, "a": "understood"}))
    visit = RecordVisit.model_validate({"enterprise": uuid4(), "on": TODAY, "mode": Mode.QUESTIONNAIRE, **fields})
    assert (visit.aware, visit.satisfaction, visit.demands[0].content) == (Awareness.UNDERSTOOD, Rating.DISSATISFIED, "缺资金")
    assert (visit.asked_required, visit.answered_required) == (3, 3)


VALUES = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text(max_size=5), max_size=4))


@given(st.dictionaries(st.sampled_from(["q1", "q2", "q3", "q4"]), VALUES))
def test_whatever_is_answered_is_judged_or_refused(answers: dict[str, Any]) -> None:
    try:
        found = judged(ALL, answers)
    except AnswersNotAccepted:
        return
    assert 0 <= found.answered <= found.asked <= len(ALL)
    RecordVisit.model_validate({"enterprise": uuid4(), "on": TODAY, "mode": Mode.QUESTIONNAIRE, **telling(ALL, found)})


def test_a_poll_takes_answers_on_its_days() -> None:
    command = OpenPoll(title="九月", questionnaire=uuid4(), no=1, begins_on=date(2026, 9, 1), ends_on=date(2026, 9, 30))
    state = POLL.fold(POLL.decide(POLL.initial, command, context()))
    assert [asks(state, day) for day in (date(2026, 8, 31), TODAY, date(2026, 9, 30), date(2026, 10, 1))] == [
        False,
        True,
        True,
        False,
    ]
    assert POLL.decide(state, command, context()) == []
    with pytest.raises(AlreadyOpened):
        POLL.decide(state, command.model_copy(update={"no": 2}), context())
    assert not asks(POLL.fold(POLL.decide(state, ClosePoll(), context()), state), TODAY)
    with pytest.raises(ValidationError):
        OpenPoll(title="九月", questionnaire=uuid4(), no=1, begins_on=TODAY, ends_on=date(2026, 9, 14))


def test_a_response_is_given_once() -> None:
    enterprise = uuid4()
    command = GiveAnswers(
        poll=uuid4(), link=uuid4(), enterprise=enterprise, asked=1, answered=1, texts=(("q2", Personal("王某")),)
    )
    at = replace(context(Role.SYSTEM), known=KnownResponse(Visited(id=enterprise, code="91", name="某公司")))
    facts = RESPONSE.decide(RESPONSE.initial, command, at)
    assert facts[0].written[0].words.subject is not None
    with pytest.raises(AlreadyAnswered):
        RESPONSE.decide(RESPONSE.fold(facts), command, at)
