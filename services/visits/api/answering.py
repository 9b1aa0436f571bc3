"""Answers to a questionnaire: shown to the enterprise, judged, and written down together with the visit that they make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import Field

from services.visits.api import lookups
from services.visits.domain import answers
from services.visits.domain import poll as polls
from services.visits.domain import questionnaire as questionnaires
from services.visits.domain.commands import RecordVisit
from services.visits.domain.poll import POLL, RESPONSE, AlreadyAnswered, GiveAnswers, PollIsClosed, asks
from services.visits.domain.questionnaire import QUESTIONNAIRE, published
from services.visits.domain.refusals import OneQuestionnaireAMonth
from services.visits.domain.visit import VISIT
from shared.decider import Actor
from shared.eventlog import load
from shared.events import Command
from shared.events.visits import Choice, QuestionnaireDefined, Visited
from shared.handle import Ask
from shared.months import local_date
from shared.problems import Unknown
from shared.service import Service
from shared.terms import Ack, Mode, derived_id
from shared.vault import Personal


class AnswerQuestions(Command):
    """By question: the option's id, a list of them, a text, a number."""

    answers: dict[str, str | int | list[str] | None] = Field(max_length=questionnaires.MOST_QUESTIONS)


async def poll(service: Service, id_: UUID) -> tuple[int, polls.Open | polls.Closed]:
    """Version and state of a poll, from the log."""
    entries = await load(service.pool, POLL.stream(id_))
    state = POLL.fold(entry.fact for entry in entries)
    if isinstance(state, polls.Unopened):
        raise Unknown(what="poll", id=str(id_))
    return len(entries), state


async def questionnaire(service: Service, id_: UUID) -> tuple[int, questionnaires.State]:
    """Version and state of a questionnaire, from the log."""
    entries = await load(service.pool, QUESTIONNAIRE.stream(id_))
    return len(entries), QUESTIONNAIRE.fold(entry.fact for entry in entries)


async def _asked(service: Service, poll_id: UUID) -> tuple[polls.Open | polls.Closed, QuestionnaireDefined]:
    _, state = await poll(service, poll_id)
    _, written = await questionnaire(service, state.fact.questionnaire)
    return state, published(written, state.fact.no)


async def shown(service: Service, poll_id: UUID, today: date) -> dict[str, Any]:
    """What the enterprise is asked."""
    state, version = await _asked(service, poll_id)
    return {
        "title": version.title, "introduction": version.introduction, "open": asks(state, today), "until": state.fact.ends_on,
        "questions": [question.model_dump(mode="json", exclude={"meaning"}) for question in version.questions],
    }  # fmt: skip


async def given(
    service: Service, actor: Actor, poll_id: UUID, link: UUID, enterprise: UUID, visitors: Sequence[UUID], body: AnswerQuestions
) -> tuple[UUID, bool]:
    """Write the answers and their visit down in one transaction. Answers the visit's id, and whether it is new.

    Its id follows from enterprise and month, so two answers at once are one stream; ``OneQuestionnaireAMonth`` guards
    against a questionnaire that somebody typed in under another id.
    """
    today = local_date(service.clock())
    visit = derived_id("visit", "questionnaire", str(enterprise), f"{today:%Y-%m}")
    content = orjson.dumps([str(link), body.answers], option=orjson.OPT_SORT_KEYS)
    said = derived_id("visits", "answers", str(visit), (await service.vault.fingerprint(content)).hex())
    if await service.pool.fetchval("select true from log.command where id = $1", said):
        return visit, False
    state, version = await _asked(service, poll_id)
    if not asks(state, today):
        raise PollIsClosed(until=state.fact.ends_on.isoformat())
    judged = answers.judged(version.questions, body.answers)
    known = await _known(service, enterprise, visitors, today)
    named = Visited(id=enterprise, code=known["enterprise"].code, name=known["enterprise"].name)
    record = RecordVisit.model_validate(
        {
            "enterprise": enterprise, "on": today, "mode": Mode.QUESTIONNAIRE, "visitors": known.pop("visitors"), "ack": Ack.SCAN,
            **answers.telling(version.questions, judged),
        }
    )  # fmt: skip
    give = GiveAnswers(
        poll=poll_id, link=link, enterprise=enterprise, asked=judged.asked, answered=judged.answered,
        choices=(
            *(Choice(question=name, chosen=chosen) for name, chosen in judged.chosen.items()),
            *(Choice(question=name, number=number) for name, number in judged.numbers.items()),
        ),
        texts=tuple((name, Personal(text)) for name, text in judged.written.items()),
    )  # fmt: skip
    try:
        await service.desk.handle_all([
            # First whether anything was answered already: then the visit is there as well.
            Ask(RESPONSE, str(visit), give, await service.context(actor, visit, named=named), said),
            Ask(VISIT, str(visit), record, await service.context(actor, visit, **known), derived_id("visits", "record", str(visit))),
        ])  # fmt: skip
    except OneQuestionnaireAMonth as other:
        raise AlreadyAnswered(**other.facts) from None
    return visit, True


async def _known(service: Service, enterprise: UUID, visitors: Sequence[UUID], today: date) -> dict[str, Any]:
    """What the visit's decision must know. Who has left since the link was issued is replaced by who answers today."""
    known = dict(await lookups.known(service, enterprise, visitors, today))
    assigned = known["enterprise"].assigned.values()
    units = {held.unit for held in assigned}
    still = [id_ for id_ in visitors if id_ in known["members"] and _reports_for(known["members"][id_], known["units"], units)]
    if not still:
        still = [held.worker for held in assigned if held.worker is not None]
        known = dict(await lookups.known(service, enterprise, still, today))
    month = f"{today:%Y-%m}"
    known["questionnaire"] = await service.pool.fetchval(
        "select id from visit where enterprise = $1 and month = $2 and mode = 'questionnaire' and review not in ('voided', 'held') and id <> $3",
        enterprise, month, derived_id("visit", "questionnaire", str(enterprise), month),
    )  # fmt: skip
    return {**known, "visitors": tuple(still)}


def _reports_for(member: Any, units: Any, wanted: set[str]) -> bool:
    return any(post.unit in units and units[post.unit].reporting in wanted for post in member.posts)
