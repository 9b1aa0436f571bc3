"""What a set of answers to a questionnaire comes to, and what it says of the visit that it makes (``ledgers.md`` §5).

Questions are shown by the skip rules: only what was shown is asked, counts as asked, and may be answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.visits.domain.questionnaire import CHOSEN
from shared.events.visits import Question
from shared.language.problems import Problem
from shared.language.terms import Awareness, Meaning, Operation, QuestionKind, Rating

LONGEST_ANSWER = 1_000
MOST_WRITTEN = 12_000
"""Characters of all that is written in one answer: sealed and in base64 it must fit into one entry of the log."""
_LARGEST = 10_000_000
_BEST = 5

Answers = Mapping[str, Any]


class AnswersNotAccepted(Problem):
    """Answers fit their questions: options that there are, numbers within bounds, texts of a length people read."""

    status = 422
    title = "答卷填写有误"


@dataclass(frozen=True)
class Judged:
    """What answers come to: per question what was chosen, counted or written, and how many that must be answered were."""

    chosen: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]
    written: Mapping[str, str]
    asked: int
    answered: int


def judged(questions: Sequence[Question], answers: Answers) -> Judged:
    """The answers, checked. Those to questions that the skip rules hide are refused: nobody was asked them."""
    errors: list[dict[str, str]] = []
    chosen: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, int] = {}
    written: dict[str, str] = {}
    asked = answered = 0
    known = {question.id for question in questions}
    errors += [_error(name, "没有这道题") for name in answers if name not in known]
    for question in questions:
        shown = not question.if_question or question.if_answer in chosen.get(question.if_question, ())
        value = answers.get(question.id)
        if value is None or value in ("", []):
            asked += shown and question.required
            continue
        if not shown:
            errors.append(_error(question.id, "按前面的回答,这道题不需要回答"))
            continue
        if wrong := _misfit(question, value):
            errors.append(_error(question.id, wrong))
            continue
        if question.kind in CHOSEN:
            chosen[question.id] = (value,) if isinstance(value, str) else tuple(value)
        elif question.kind is QuestionKind.TEXT:
            written[question.id] = value
        else:
            numbers[question.id] = value
        asked += question.required
        answered += question.required
    if sum(len(text) for text in written.values()) > MOST_WRITTEN:
        errors.append(_error("", "文字合计过长"))
    if errors:
        raise AnswersNotAccepted(errors=errors)
    return Judged(chosen, numbers, written, asked, answered)


def _misfit(question: Question, value: object) -> str:
    """Why a value is no answer to the question; nothing if it is one."""
    ids = {option.id for option in question.options}
    match question.kind:
        case QuestionKind.SINGLE:
            return "" if isinstance(value, str) and value in ids else "不在可选范围内"
        case QuestionKind.MULTI:
            if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and item in ids for item in value):
                return "不在可选范围内"
            if len(set(value)) != len(value):
                return "选项重复"
            return "" if _within(len(value), question) else "选择的数量不符合要求"
        case QuestionKind.TEXT:
            return "" if isinstance(value, str) and len(value) <= LONGEST_ANSWER else f"应为{LONGEST_ANSWER}字以内的文字"
        case QuestionKind.NUMBER:
            whole = isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
            return "" if whole and _within(int(value), question) else "应为范围内的整数"  # pyright: ignore[reportArgumentType]
        case QuestionKind.RATING:
            whole = isinstance(value, int) and not isinstance(value, bool)
            return "" if whole and 1 <= int(value) <= _BEST else "应为1至5"  # pyright: ignore[reportArgumentType]


def _within(number: int, question: Question) -> bool:
    return (question.least is None or number >= question.least) and (question.most is None or number <= question.most)


def _error(question: str, title: str) -> dict[str, str]:
    return {"pointer": f"/answers/{question}", "code": "answer", "title": title}


def telling(questions: Sequence[Question], answers: Judged) -> dict[str, Any]:
    """What the answers say of the visit: fields of ``RecordVisit``."""
    told: dict[str, Any] = {"asked_required": answers.asked, "answered_required": answers.answered}
    demands: list[str] = []
    for question in questions:
        chosen, number = answers.chosen.get(question.id), answers.numbers.get(question.id)
        text = answers.written.get(question.id, "")
        match question.meaning:
            case Meaning.AWARE if chosen:
                told["aware"] = Awareness(chosen[0])
            case Meaning.OPERATION if chosen:
                told["operation"] = Operation(chosen[0])
            case Meaning.SATISFACTION if number is not None:
                told["satisfaction"] = Rating(str(number))
            case Meaning.HEADCOUNT if number is not None and number >= 0:
                told["headcount"] = number
            case Meaning.DIFFICULTIES if text:
                told["difficulties"] = text
            case Meaning.SUGGESTIONS if text:
                told["suggestions"] = text
            case Meaning.DEMAND if any(char.isalnum() for char in text):
                demands.append(text)
            case _:
                continue
    if demands:
        told["demands"] = tuple({"no": no, "content": text} for no, text in enumerate(demands, 1))
    return told
