"""Consultations, publicity, materials, surveys: given what happened, when somebody asks, then facts or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.visits.domain import campaign, consultation, distribution, material, survey
from services.visits.domain.sampling import Member
from services.visits.projections import campaigns, consultations, materials, surveys
from shared.events.visits import CampaignLaunched, SurveyAnswered
from shared.language.decider import Actor, AnyDecider, Context
from shared.language.facts import Command, Fact
from shared.language.known import KnownMember, KnownUnit, Post
from shared.language.months import Calendar
from shared.language.problems import Problem, Unknown
from shared.language.terms import Channel, Conductor, MaterialKind, Occasion, Role, SurveyAnswer, UnitKind, derived_id
from tests.support.known import known_of

SUBJECT = UUID("01990000-0000-7000-8000-000000000001")
TODAY = date(2026, 9, 15)
VISIT, TICKET, FIRM = (UUID(int=n) for n in (11, 12, 13))
UNITS = {code: KnownUnit(code, code, kind, None) for code, kind in (("D01", UnitKind.DEPARTMENT), ("T01", UnitKind.TOWNSHIP))}
MARK = "a" * 64


def actor(role: Role, unit: str = "D01", account: str = "") -> Actor:
    return Actor(derived_id("member", account or f"{unit}-{role}"), account, frozenset({role}), unit)


WORKER, HEAD, OFFICE, CHIEF = actor(Role.WORKER), actor(Role.HEAD), actor(Role.OFFICE, ""), actor(Role.OFFICE_HEAD, "")
MEMBERS = {
    who.id: KnownMember(who.id, "", (Post(who.unit, role, None),)) for who, role in ((WORKER, Role.WORKER), (HEAD, Role.HEAD))
}


def context(who: Actor, decider: AnyDecider | None = None, **known: Any) -> Context:
    base: dict[str, Any] = {
        "members": MEMBERS,
        "units": UNITS,
        "visits": {VISIT: frozenset({"D01"})},
        "unit": UNITS["D01"],
        "enterprises": {FIRM},
        "editions": frozenset(),
        "population": (),
        "position": 0,
        "seed": "0",
    }
    about = known_of(decider, **{**base, **known}) if decider else None
    return Context(who, datetime(2026, 9, 15, 2, tzinfo=UTC), TODAY, Calendar.of({}), SUBJECT, about)


def after(decider: AnyDecider, steps: Sequence[tuple[Command, Actor]], **known: Any) -> Any:
    state = decider.initial
    for command, who in steps:
        facts = decider.decide(state, command, context(who, decider, **known))
        state = decider.fold(facts, state)
        # Said twice it adds nothing.
        assert not list(decider.decide(state, command, context(who, decider, **known)))
    return state


def refused(decider: AnyDecider, state: Any, command: Command, who: Actor, **known: Any) -> str:
    with pytest.raises(Problem) as raised:
        decider.decide(state, command, context(who, decider, **known))
    return raised.value.code()


def task(**more: Any) -> consultation.Wish:
    return consultation.Wish(**{"content": "对接银行", "unit": "D01", "member": WORKER.id, "due": date(2026, 9, 20), **more})


def meeting(**more: Any) -> consultation.HoldConsultation:
    content: dict[str, Any] = {
        "unit": "D01",
        "on": TODAY,
        "place": "会议室",
        "title": "会商",
        "participants": (HEAD.id,),
        "visits": (VISIT,),
        "minutes": "纪要",
        "decisions": (task(),),
        **more,
    }
    return consultation.HoldConsultation(**content)


def test_a_consultation_from_its_minutes_to_its_last_task() -> None:
    state = after(
        consultation.CONSULTATION,
        [
            (meeting(), WORKER),
            (consultation.TakeDecision(decision=task(content="回访")), WORKER),
            (consultation.ConfirmConsultation(), HEAD),
            (consultation.FulfilDecision(no=1, words="已办"), WORKER),
        ],
    )
    assert consultations.STATES.read(consultations.STATES.written(state)) == state
    assert [consultation.overdue(item, state.done, date(2026, 9, 21)) for item in state.decisions] == [False, True]
    assert (
        refused(consultation.CONSULTATION, state, consultation.FulfilDecision(no=1, words="别的"), WORKER) == "already-fulfilled"
    )
    assert refused(consultation.CONSULTATION, state, meeting(minutes="别的"), WORKER) == "consultation-already-held"


def test_what_a_consultation_refuses() -> None:
    decider, new = consultation.CONSULTATION, consultation.Unheld()
    for command, who, code in (
        (meeting(), OFFICE, "not-your-consultation"),
        (meeting(on=date(2026, 9, 16)), WORKER, "consultation-in-the-future"),
        (meeting(visits=()), WORKER, "consultation-about-nothing"),
        (meeting(visits=(TICKET,)), WORKER, "visit-not-known-here"),
        (meeting(participants=(FIRM,)), WORKER, "participant-unknown"),
        (meeting(decisions=(task(unit="T01"),)), WORKER, "task-elsewhere"),
        (meeting(decisions=(task(unit="T01"),)), CHIEF, "task-of-nobody"),
        (meeting(decisions=(task(due=date(2026, 9, 14)),)), WORKER, "task-due-too-early"),
        (consultation.ConfirmConsultation(), HEAD, "unknown"),
    ):
        assert refused(decider, new, command, who) == code
    held = after(decider, [(meeting(visits=(), tickets=(TICKET,)), HEAD)])
    assert refused(decider, held, consultation.ConfirmConsultation(), HEAD) == "own-minutes"
    assert refused(decider, held, consultation.ConfirmConsultation(), WORKER) == "not-yours-to-confirm"
    assert (
        refused(decider, held, consultation.FulfilDecision(no=1, words="已办"), actor(Role.WORKER, account="x"))
        == "not-your-decision"
    )
    with pytest.raises(ValueError, match="过长"):
        meeting(minutes="汉" * 10_000, decisions=tuple(task(content="汉" * 500) for _ in range(20)))


def plan(**more: Any) -> campaign.PlanCampaign:
    return campaign.PlanCampaign(**{"unit": "D01", "title": "方案", "starts": TODAY, "ends": TODAY, **more})


def test_publicity_from_its_plan_to_a_checked_link() -> None:
    use = campaign.UseChannel(channel=Channel.WECHAT, on=TODAY, title="推文", link="https://example.com/1", photo=MARK)
    state = after(
        campaign.CAMPAIGN,
        [
            (plan(), WORKER),
            (campaign.ApproveCampaign(), HEAD),
            (campaign.AddCampaignFile(sha256=MARK, original="b" * 64, media_type="image/jpeg", size=1), WORKER),
            (campaign.LaunchCampaign(on=TODAY, place="大厅", invited=(FIRM,), evidence=("b" * 64,)), WORKER),
            (use, WORKER),
            (campaign.CheckLink(no=1, on=TODAY, alive=True), WORKER),
        ],
    )
    assert campaigns.STATES.read(campaigns.STATES.written(state)) == state
    assert isinstance(state.launch, CampaignLaunched)
    assert state.launch.evidence == (MARK,)  # The digest it is stored under, whichever it was named by.
    township = after(campaign.CAMPAIGN, [(plan(unit="T01"), CHIEF), (campaign.ApproveCampaign(), CHIEF)], unit=UNITS["T01"])
    launch = campaign.LaunchCampaign(on=TODAY, place="大厅", invited=(FIRM,), evidence=(MARK,))
    assert refused(campaign.CAMPAIGN, township, launch, CHIEF) == "launch-is-vertical"
    assert refused(campaign.CAMPAIGN, campaign.Unplanned(), launch, CHIEF) == "unknown"


@pytest.mark.parametrize("link", ["http://example.com", "https://a.example.com:8443/路径?x=1#y", "http://例子.测试", ""])
def test_links_that_are_links(link: str) -> None:
    assert campaign.checked_link(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "example.com",
        "http://localhost/",
        "http://[::1]/",
        "http://[::1",
        "https://x y.com",
        "http://a.com:99999/",
        "data:,x",
        "http://" + "a" * 300 + ".com",
    ],
)
def test_links_that_are_none(link: str) -> None:
    with pytest.raises(campaign.NotALink):
        campaign.checked_link(link)


def test_a_material_and_the_sheets_that_were_handed_out() -> None:
    state = after(
        material.MATERIAL,
        [
            (material.EnterMaterial(unit="D01", kind=MaterialKind.ONE_MAP, title="一张图"), WORKER),
            (material.AddVersion(sha256=MARK, media_type="application/pdf", size=9), WORKER),
            (material.ApproveVersion(no=1), HEAD),
            (material.UseVersion(no=1, on=TODAY, place="大厅"), WORKER),
        ],
    )
    assert materials.STATES.read(materials.STATES.written(state)) == state
    assert refused(material.MATERIAL, state, material.ApproveVersion(no=2), HEAD) == "unknown"
    give = distribution.DistributeMaps(
        unit="D01", on=TODAY, occasion=Occasion.COUNTER, event="窗口", copies=5, material=SUBJECT, edition=1
    )
    assert refused(distribution.DISTRIBUTION, distribution.Untold(), give, WORKER) == "one-map-not-there"
    gone = after(distribution.DISTRIBUTION, [(give, WORKER)], editions=frozenset({1}))
    withdrawn = distribution.DISTRIBUTION.fold(
        distribution.decide(gone, distribution.WithdrawDistribution(reason="重复"), context(WORKER, distribution.DISTRIBUTION)),
        gone,
    )
    assert not withdrawn.valid


def test_a_survey_keeps_what_was_answered() -> None:
    population = [Member("T01", "", f"91{n:016d}") for n in range(600)]
    known = {"population": population, "position": 7, "seed": "0"}
    draw = survey.DrawSurvey(title="抽样", conductor=Conductor.OFFICE)
    state = after(survey.SURVEY, [(draw, OFFICE)], **known)
    assert len(survey.sample_of(state.drawn)) == 235
    assert surveys.STATES.read(surveys.STATES.written(state)) == state
    many = survey.DrawSurvey(title="全部", sample_size=600)
    whole = after(survey.SURVEY, [(many, OFFICE)], **known)
    answers = tuple(survey.AnswerOf(code=code, answer=SurveyAnswer.HEARD, on=TODAY) for *_, code in survey.sample_of(whole.drawn))
    facts: list[Fact] = survey.decide(whole, survey.AnswerSurvey(answers=answers), context(OFFICE, survey.SURVEY))
    assert [len(fact.answers) for fact in facts if isinstance(fact, SurveyAnswered)] == [500, 100]
    answered = survey.SURVEY.fold(facts, whole)
    assert surveys.STATES.read(surveys.STATES.written(answered)) == answered
    found = survey.result(answered)
    assert found.aware is not None
    assert (found.aware.pct, found.aware.low, found.valid) == ("100.00", "100.00", 600)
    assert refused(survey.SURVEY, answered, survey.AnswerSurvey(answers=answers), WORKER) == "not-your-survey"
    closed = survey.SURVEY.fold(survey.decide(answered, survey.CloseSurvey(), context(OFFICE, survey.SURVEY)), answered)
    assert refused(survey.SURVEY, closed, survey.AnswerSurvey(answers=answers), OFFICE) == "survey-is-closed"
    assert surveys.STATES.read(surveys.STATES.written(closed)) == closed
    with pytest.raises(Unknown):
        survey.decide(survey.Undrawn(), survey.CloseSurvey(), context(OFFICE, survey.SURVEY))
    assert refused(survey.SURVEY, survey.Undrawn(), draw, OFFICE, population=[], position=0, seed="0") == "nobody-to-ask"
