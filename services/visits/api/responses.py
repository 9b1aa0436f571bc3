"""Answers to a questionnaire: shown to the enterprise, judged, and written down together with the visit that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import orjson
from pydantic import Field

from services.visits.domain import answers
from services.visits.domain import questionnaire as questionnaires
from services.visits.domain.poll import RESPONSE, AlreadyAnswered, GiveAnswers, KnownResponse, PollIsClosed, asks
from services.visits.domain.visit.commands import RecordVisit
from services.visits.domain.visit.decide import VISIT, KnownVisit
from services.visits.domain.visit.record import KnownTelling
from services.visits.domain.visit.refusals import OneQuestionnaireAMonth
from services.visits.queries import lookups
from services.visits.queries.public import carried_out
from services.visits.queries.questionnaires import asked
from shared.events.visits import Choice, Visited
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.facts import Command
from shared.language.known import KnownMember, KnownUnit
from shared.language.months import local_date
from shared.language.personal import Personal
from shared.language.terms import Ack, Mode, derived_id
from shared.log.handle import Ask


class AnswerQuestions(Command):
    """By question: the option's id, a list of them, a text, a number."""

    answers: dict[str, str | int | list[str] | None] = Field(max_length=questionnaires.MOST_QUESTIONS)


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
    if await carried_out(service, said):
        return visit, False
    state, version = await asked(service, poll_id)
    if not asks(state, today):
        raise PollIsClosed(until=state.fact.ends_on.isoformat())
    judged = answers.judged(version.questions, body.answers)
    still, known = await _known(service, enterprise, visitors, today)
    named = Visited(id=enterprise, code=known.enterprise.code, name=known.enterprise.name)
    month = f"{today:%Y-%m}"
    besides = derived_id("visit", "questionnaire", str(enterprise), month)
    about = KnownVisit(known, questionnaire=await lookups.questionnaire_of(service.pool, enterprise, month, besides))
    record = RecordVisit.model_validate(
        {
            "enterprise": enterprise,
            "on": today,
            "mode": Mode.QUESTIONNAIRE,
            "visitors": still,
            "ack": Ack.SCAN,
            **answers.telling(version.questions, judged),
        }
    )
    give = GiveAnswers(
        poll=poll_id,
        link=link,
        enterprise=enterprise,
        asked=judged.asked,
        answered=judged.answered,
        choices=(
            *(Choice(question=name, chosen=chosen) for name, chosen in judged.chosen.items()),
            *(Choice(question=name, number=number) for name, number in judged.numbers.items()),
        ),
        texts=tuple((name, Personal(text)) for name, text in judged.written.items()),
    )
    try:
        await service.desk.handle_all(
            [
                # First whether anything was answered already: then the visit is there as well.
                Ask(RESPONSE, str(visit), give, await service.context(actor, visit, KnownResponse(named)), said),
                Ask(
                    VISIT,
                    str(visit),
                    record,
                    await service.context(actor, visit, about),
                    derived_id("visits", "record", str(visit)),
                ),
            ]
        )
    except OneQuestionnaireAMonth as other:
        raise AlreadyAnswered(**other.facts) from None
    return visit, True


async def _known(
    service: Service, enterprise: UUID, visitors: Sequence[UUID], today: date
) -> tuple[tuple[UUID, ...], KnownTelling]:
    """Whose visit it is and what its decision must know. Who has left since the link was issued is replaced by who answers
    today.
    """
    known = await lookups.known(service, enterprise, visitors, today)
    assigned = known.enterprise.assigned.values()
    units = {held.unit for held in assigned}
    still = [id_ for id_ in visitors if id_ in known.members and _reports_for(known.members[id_], known.units, units)]
    if not still:
        still = [held.worker for held in assigned if held.worker is not None]
        known = await lookups.known(service, enterprise, still, today)
    return tuple(still), known


def _reports_for(member: KnownMember, units: Mapping[str, KnownUnit], wanted: set[str]) -> bool:
    return any(post.unit in units and units[post.unit].reporting in wanted for post in member.posts)
