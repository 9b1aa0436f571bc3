"""Links, what enterprises say through them, and how often they may."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.visits.domain.feedback import FEEDBACK, AllegeInspection, AlreadySaid, KnownSpeaker, NobodyAnswers, RaiseDemand
from services.visits.domain.link import (
    LINK,
    AlreadyIssued,
    IssueLink,
    KnownIssuing,
    KnownVisited,
    LinkIsRevoked,
    NobodyToAnswerTo,
    NotYourLink,
    ReissueLink,
    RevokeLink,
    VisitOfAnother,
    holds,
)
from shared.http.public import Limiter, digest
from shared.language.decider import Actor, Context
from shared.language.known import Assigned, KnownEnterprise
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Forbidden, TooMany, Unknown
from shared.language.terms import Line, LinkPurpose, Role, Standing, derived_id

TODAY = date(2026, 9, 15)
ENTERPRISE, WORKER = uuid4(), uuid4()
BOTH = {Line.VERTICAL: Assigned("D01", None, None), Line.HORIZONTAL: Assigned("T01", "T01-V1", WORKER)}


def enterprise(assigned: dict[Line, Assigned] | None = None) -> KnownEnterprise:
    return KnownEnterprise(ENTERPRISE, "91", "某公司", Standing.SURVIVING, BOTH if assigned is None else assigned)


def context(role: Role = Role.WORKER, unit: str = "T01", **known: Any) -> Context:
    actor = Actor(WORKER, "w", frozenset({role}), unit)
    about = (KnownSpeaker if role is Role.SYSTEM else KnownIssuing)(**{"enterprise": enterprise(), **known})
    return Context(actor, datetime(2026, 9, 15, tzinfo=UTC), TODAY, Calendar.of({}), uuid4(), about)


def asked(**more: Any) -> IssueLink:
    given = {"enterprise": ENTERPRISE, "purpose": LinkPurpose.GENERAL, "days": 30, "token": Personal("t"), **more}
    return IssueLink(token_sha256=digest("t"), **given)


def issued(**more: Any) -> Any:
    return LINK.fold(LINK.decide(LINK.initial, asked(**more), context()))


def test_a_link_belongs_to_the_units_that_answer_for_the_enterprise() -> None:
    [fact] = LINK.decide(LINK.initial, asked(), context())
    assert (fact.units, fact.visitors, fact.expires_on) == (("T01", "D01"), (WORKER,), TODAY + timedelta(days=30))
    assert fact.token.subject == derived_id("contact", str(ENTERPRISE))
    for actor, allowed in (
        (context(unit="D01"), True),
        (context(unit="T02"), False),
        (context(Role.OFFICE, ""), True),
        (context(Role.SUPERVISOR), False),
        (context(Role.INSPECTOR, ""), False),
        (context(Role.ADMIN, ""), False),
    ):
        if allowed:
            LINK.decide(LINK.initial, asked(), actor)
        else:
            with pytest.raises(NotYourLink):
                LINK.decide(LINK.initial, asked(), actor)


def test_saying_it_twice_adds_nothing_and_another_content_is_refused() -> None:
    state = issued()
    assert LINK.decide(state, asked(), context()) == []
    for other in (asked(days=3), asked(purpose=LinkPurpose.QUESTIONNAIRE)):
        with pytest.raises(AlreadyIssued):
            LINK.decide(state, other, context())


def test_a_link_holds_until_its_last_day_or_its_end() -> None:
    state = issued()
    assert holds(state, TODAY + timedelta(days=30))
    assert not holds(state, TODAY + timedelta(days=31))
    revoked = LINK.fold(LINK.decide(state, RevokeLink(reason="丢了"), context()), state)
    assert not holds(revoked, TODAY)
    assert LINK.decide(revoked, RevokeLink(reason="丢了"), context()) == []
    with pytest.raises(LinkIsRevoked):
        LINK.decide(revoked, RevokeLink(reason="别的"), context())
    again = LINK.decide(revoked, ReissueLink(days=1, token=Personal("u"), token_sha256=digest("u")), context())
    fresh = LINK.fold(again, revoked)
    assert holds(fresh, TODAY + timedelta(days=1))
    assert (fresh.fact.token_sha256, fresh.fact.enterprise.id) == (digest("u"), ENTERPRISE)


def test_a_questionnaire_needs_somebody_whose_visit_it_is() -> None:
    nobody = enterprise({Line.HORIZONTAL: Assigned("T01", None, None)})
    with pytest.raises(NobodyToAnswerTo):
        LINK.decide(LINK.initial, asked(purpose=LinkPurpose.QUESTIONNAIRE), context(enterprise=nobody))


def test_a_visit_is_confirmed_by_the_enterprise_that_was_visited() -> None:
    with pytest.raises(VisitOfAnother):
        LINK.decide(
            LINK.initial,
            asked(purpose=LinkPurpose.VISIT, visit=uuid4()),
            context(visit=KnownVisited(uuid4(), frozenset({"T01"}))),
        )
    with pytest.raises(Unknown):
        LINK.decide(LINK.initial, RevokeLink(), context())


def test_an_allegation_keeps_the_words_and_nobody() -> None:
    said = AllegeInspection(visit=UUID(int=7), words=Personal("查账"))
    with pytest.raises(Forbidden):
        FEEDBACK.decide(FEEDBACK.initial, said, context(Role.OFFICE_HEAD))
    at = context(Role.SYSTEM, "", units=("T01",))
    [fact] = FEEDBACK.decide(FEEDBACK.initial, said, at)
    assert (fact.units, fact.words.subject) == (("T01",), at.subject)
    with pytest.raises(AlreadySaid):
        FEEDBACK.decide(FEEDBACK.fold([fact]), said, at)


def test_a_demand_goes_to_the_township_before_the_department() -> None:
    said = RaiseDemand(content=" 路坏了\n", phone=Personal("19900000001"))
    [fact] = FEEDBACK.decide(FEEDBACK.initial, said, context(Role.SYSTEM, ""))
    assert (fact.unit, fact.content, fact.phone.subject) == ("T01", " 路坏了\n", derived_id("contact", str(ENTERPRISE)))
    only = enterprise({Line.VERTICAL: BOTH[Line.VERTICAL]})
    [fact] = FEEDBACK.decide(FEEDBACK.initial, said, context(Role.SYSTEM, "", enterprise=only))
    assert fact.unit == "D01"
    with pytest.raises(NobodyAnswers):
        FEEDBACK.decide(FEEDBACK.initial, said, context(Role.SYSTEM, "", enterprise=enterprise({})))
    for content in ("", "。", "x" * 2001, "a\x00b"):
        with pytest.raises(ValidationError):
            RaiseDemand(content=content)


def test_a_bucket_empties_fills_again_and_forgets() -> None:
    limiter = Limiter(burst=2, per_minute=60, keys=2)
    limiter.take("a", now=0.0)
    limiter.take("a", now=0.0)
    with pytest.raises(TooMany) as refused:
        limiter.take("a", now=0.0)
    assert refused.value.facts["retry_after"] >= 1
    limiter.take("a", now=1.0)
    limiter.take("b", now=1.0)
    limiter.take("c", now=1.0)
    limiter.take("a", 2, now=1.0)
