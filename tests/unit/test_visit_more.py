"""Confirmed and denied by the enterprise, told offline and ruled on, skew, wording, policies, switches, reuse, helping."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.visits.domain import policy, reuse
from services.visits.domain.briefing import (
    AskedInWords,
    Before,
    Contact,
    NothingToTakeOver,
    TellNothing,
    as_last_time,
    changes,
    disturbance,
    disturbed,
    preferences,
)
from services.visits.domain.policy import POLICY, PolicyIsRetired, PublishPolicy, RetirePolicy, reasons
from services.visits.domain.switches import (
    MOST_CONTACTS,
    SWITCHES,
    CapContacts,
    NotYourSwitch,
    PhotosNotRequired,
    RequirePhotos,
    WaivePhotos,
)
from services.visits.domain.visit.commands import (
    AcceptVisit,
    AttachEvidence,
    ConfirmVisit,
    CorrectVisit,
    DenyVisit,
    HearConfirmation,
    RecordVisit,
    ReturnVisit,
    RuleVisit,
    UpholdVisit,
    VoidVisit,
)
from services.visits.domain.visit.decide import VISIT
from services.visits.domain.visit.permissions import allowed_actions
from services.visits.domain.visit.record import EnterpriseOfAnother, PolicyNotInLibrary, VisitorNotInPost, skew
from services.visits.domain.visit.refusals import (
    AlreadyConfirmed,
    AlreadyDenied,
    AlreadyHeard,
    AlreadyReviewed,
    AwaitsRuling,
    DeniedByEnterprise,
    NotAwaitingRuling,
    NotDenied,
    NothingToHear,
    NotTheEnterprise,
    NotYourCall,
    NotYourReview,
    NotYourRuling,
    VisitIsVoid,
)
from services.visits.domain.visit.states import Held, Pending, Recorded, Voided, counts
from services.visits.domain.visit.wording import smells, smells_of
from services.visits.projections import STATES, flags
from shared.events.visits import (
    Came,
    EvidenceAttached,
    PolicyPublished,
    VisitAdmitted,
    VisitConfirmed,
    VisitDismissed,
    VisitHeld,
    VisitQualified,
    VisitRecorded,
)
from shared.language.decider import Actor, Context
from shared.language.facts import Command, Fact
from shared.language.known import Assigned, KnownEnterprise, KnownMember, KnownUnit, Post
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Problem, Unknown
from shared.language.terms import (
    Awareness,
    EvidenceKind,
    Line,
    LinkWay,
    Mode,
    Operation,
    Rating,
    Role,
    Ruling,
    Size,
    Standing,
    UnitKind,
    VisitFlag,
)
from tests.support.known import visiting

NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
TODAY = date(2026, 9, 15)
NOTE = "订单充足,用工稳定,生产正常"
UNITS = {
    code: KnownUnit(code, code, kind, "520502")
    for code, kind in (("T01", UnitKind.TOWNSHIP), ("T02", UnitKind.TOWNSHIP), ("D01", UnitKind.DEPARTMENT))
}
PEOPLE = {
    name: Actor(uuid4(), name, frozenset({role}), unit)
    for name, role, unit in (
        ("worker", Role.WORKER, "T01"),
        ("deputy", Role.DEPUTY, "T01"),
        ("stranger", Role.WORKER, "T02"),
        ("gone", Role.WORKER, "T02"),
        ("deputy2", Role.DEPUTY, "T02"),
        ("office", Role.OFFICE, "OFFICE"),
        ("chief", Role.OFFICE_HEAD, "OFFICE"),
        ("itself", Role.SYSTEM, ""),
    )
}
MEMBERS = {
    who.id: KnownMember(who.id, name, (Post(who.unit, next(iter(who.roles)), None),))
    for name, who in PEOPLE.items()
    if name not in ("gone", "itself")
}
KNOWN = KnownEnterprise(
    uuid4(),
    "91520502MA00000001",
    "星关食品有限公司",
    Standing.SURVIVING,
    {Line.HORIZONTAL: Assigned("T01", None, None), Line.VERTICAL: Assigned("D01", None, None)},
    industry="14",
    size=Size.SMALL,
    tags=("规上企业",),
)


def context(who: str = "worker", **known: Any) -> Context:
    enterprise = known.pop("enterprise", KNOWN)
    return Context(PEOPLE[who], NOW, TODAY, Calendar.of({}), uuid4(), visiting(enterprise, MEMBERS, UNITS, **known))


def record(**changes: Any) -> RecordVisit:
    return RecordVisit(**{"enterprise": KNOWN.id, "on": TODAY, "mode": Mode.ON_SITE, "note": NOTE, **changes})


def when(facts: list[Fact], command: Command, who: str = "worker", **known: Any) -> list[Fact]:
    return list(VISIT.decide(VISIT.fold(facts), command, context(who, **known)))


def story(*steps: tuple[Command, str]) -> list[Fact]:
    facts: list[Fact] = []
    for command, who in steps:
        facts += when(facts, command, who)
    return facts


def state(facts: list[Fact]) -> Recorded:
    found = VISIT.fold(facts)
    assert isinstance(found, Recorded)
    return found


def refused(kind: type[Problem], facts: list[Fact], command: Command, who: str = "worker", **known: Any) -> None:
    with pytest.raises(kind):
        when(facts, command, who, **known)


PHOTO = AttachEvidence(sha256="a" * 64, kind=EvidenceKind.PHOTO, media_type="image/jpeg", size=1, original="b" * 64)
CONFIRM = ConfirmVisit(rating=Rating.VERY_SATISFIED, aware=Awareness.UNDERSTOOD, words=Personal("很满意"))
RECORDED = [(record(), "worker")]
DENIED = [*RECORDED, (PHOTO, "worker"), (DenyVisit(words=Personal("没人来过")), "itself")]
OFFLINE = record(claimed_at=NOW - timedelta(hours=2))
HELD = [(OFFLINE, "stranger")]


# The enterprise speaks.


@pytest.mark.parametrize("mode", [Mode.ON_SITE, Mode.PHONE, Mode.VIDEO])
def test_a_confirmation_is_evidence(mode: Mode) -> None:
    facts = story((record(mode=mode), "worker"))
    assert not counts(state(facts))
    confirmed, qualified = when(facts, CONFIRM, "itself")
    assert isinstance(confirmed, VisitConfirmed)
    assert isinstance(qualified, VisitQualified)
    assert counts(state([*facts, confirmed, qualified]))


SOON = Came(link=uuid4(), by=uuid4(), unit="T01", way=LinkWay.SHOWN, minutes=3, device="d" * 64)


@pytest.mark.parametrize("stands", [True, False])
def test_a_doubtful_confirmation_is_no_evidence_and_no_rating_until_somebody_outside_called(stands: bool) -> None:
    """By the visitor's unit, within minutes: on every mode, in every state that can be confirmed."""
    facts = story(*RECORDED)
    facts += when(facts, ConfirmVisit(rating=Rating.VERY_SATISFIED), "itself", came=SOON)
    doubted = state(facts)
    assert isinstance(facts[-1], VisitConfirmed) and facts[-1].doubtful and facts[-1].came == SOON
    assert not counts(doubted) and doubted.details.proved is None and VisitFlag.UNHEARD in flags(doubted)
    for who in ("worker", "deputy", "itself"):
        refused(NotYourCall, facts, HearConfirmation(stands=True), who)
    own = Actor(uuid4(), "own", frozenset({Role.CALLER_BACK}), "T01")
    with pytest.raises(NotYourCall):
        VISIT.decide(doubted, HearConfirmation(stands=True), replace(context(), actor=own))
    facts += when(facts, HearConfirmation(stands=stands, note="电话核实"), "office")
    heard = state(facts)
    assert counts(heard) == stands and (heard.details.proved is not None) == stands
    assert VisitFlag.UNHEARD not in flags(heard)
    assert when(facts, HearConfirmation(stands=stands), "office") == []
    refused(AlreadyHeard, facts, HearConfirmation(stands=not stands), "office")
    assert STATES.read(STATES.written(heard)) == heard


def test_only_a_doubtful_confirmation_is_called_about() -> None:
    refused(NothingToHear, story(*RECORDED), HearConfirmation(stands=True), "office")
    refused(NothingToHear, story(*RECORDED, (CONFIRM, "itself")), HearConfirmation(stands=True), "office")
    refused(Unknown, [], HearConfirmation(stands=True), "office")


@pytest.mark.parametrize("rating", list(Rating))
def test_every_rating_is_taken_and_the_first_stands(rating: Rating) -> None:
    facts = story(*RECORDED, (ConfirmVisit(rating=rating), "itself"))
    assert counts(state(facts))
    assert when(facts, ConfirmVisit(rating=rating), "itself") == []
    refused(AlreadyConfirmed, facts, ConfirmVisit(rating=None), "itself")
    refused(AlreadyConfirmed, facts, ConfirmVisit(rating=rating, words=Personal("x")), "itself")


def test_only_the_platform_speaks_for_the_enterprise() -> None:
    for who in ("worker", "deputy", "office", "chief"):
        refused(NotTheEnterprise, story(*RECORDED), CONFIRM, who)
        refused(NotTheEnterprise, story(*RECORDED), DenyVisit(), who)
    refused(Unknown, [], CONFIRM, "itself")
    refused(VisitIsVoid, story(*RECORDED, (VoidVisit(reason="重复"), "deputy")), CONFIRM, "itself")


def test_words_of_the_enterprise_are_about_its_contact() -> None:
    [confirmed, _] = when(story(*RECORDED), CONFIRM, "itself")
    assert isinstance(confirmed, VisitConfirmed)
    assert confirmed.words is not None
    assert confirmed.words.subject is not None


@pytest.mark.parametrize(
    ("command", "other"), [(CONFIRM, AlreadyConfirmed), (DenyVisit(words=Personal("很满意")), AlreadyDenied)]
)
def test_sealed_words_of_the_enterprise_are_compared_by_what_they_say(command: Any, other: type[Problem]) -> None:
    said, *rest = when(story(*RECORDED), command, "itself")
    who = UUID(int=5)
    sealed = Personal(subject=who, token={"$enc": "a1", "sub": str(who), "n": "x", "ct": "y"})
    facts = [*story(*RECORDED), said.model_copy(update={"words": sealed}), *rest]
    assert when(facts, command, "itself", said="很满意") == []
    refused(other, facts, command, "itself", said="别的话")


def test_a_denied_visit_counts_when_a_reviewer_has_upheld_it() -> None:
    facts = story(*DENIED)
    assert not counts(state(facts))
    assert VisitFlag.DENIED in flags(state(facts))
    assert "uphold" in allowed_actions(state(facts), PEOPLE["deputy"])
    assert "accept" not in allowed_actions(state(facts), PEOPLE["deputy"])
    refused(DeniedByEnterprise, facts, AcceptVisit(), "deputy")
    refused(AlreadyDenied, facts, DenyVisit(words=Personal("别的话")), "itself")
    upheld = facts + when(facts, UpholdVisit(reason="有签字表"), "deputy")
    assert counts(state(upheld))
    assert when(upheld, UpholdVisit(reason="有签字表"), "deputy") == []
    refused(AlreadyReviewed, upheld, UpholdVisit(reason="别的理由"), "deputy")
    assert counts(state([*upheld, *when(upheld, AcceptVisit(), "deputy")]))
    refused(NotDenied, story(*RECORDED), UpholdVisit(reason="属实"), "deputy")
    voided = facts + when(facts, VoidVisit(reason="查实未走访"), "deputy")
    assert isinstance(state(voided), Voided)


def test_a_denial_outlives_a_correction_and_a_confirmation() -> None:
    facts = story(*DENIED)
    facts += when(facts, CorrectVisit(on=TODAY, mode=Mode.ON_SITE, note=NOTE + "更正"))
    facts += when(facts, CONFIRM, "itself")
    assert not counts(state(facts))
    assert isinstance(facts[-1], VisitConfirmed)


# Told offline.


def test_what_was_typed_offline_is_held_and_everything_else_refused() -> None:
    refused(EnterpriseOfAnother, [], record(), "stranger")
    refused(VisitorNotInPost, [], record(), "gone")
    for who, why in (("stranger", (EnterpriseOfAnother.title,)), ("gone", (VisitorNotInPost.title, EnterpriseOfAnother.title))):
        [held] = when([], OFFLINE, who)
        assert isinstance(held, VisitHeld)
        assert (held.why, held.note) == (why, NOTE)
        assert isinstance(state([held]), Held)
        assert not counts(state([held]))
        assert when([held], OFFLINE, who) == []
    assert isinstance(when([], OFFLINE)[0], VisitRecorded)  # Whoever answers for it is not held.


def test_a_held_telling_waits_for_its_ruling() -> None:
    facts = story(*HELD)
    refused(AwaitsRuling, facts, CorrectVisit(on=TODAY, mode=Mode.PHONE), "stranger")
    for command in (AcceptVisit(), ReturnVisit(reason="补充"), VoidVisit(reason="重复"), UpholdVisit(reason="属实")):
        refused(AwaitsRuling, facts, command, "deputy2")
        refused(NotYourReview, facts, command, "deputy")
    attached = when(facts, PHOTO, "stranger")
    assert len(attached) == 1
    assert allowed_actions(state(facts), PEOPLE["deputy"], frozenset({"T01"})) == ["rule"]
    assert allowed_actions(state(facts), PEOPLE["stranger"], frozenset({"T01"})) == ["attach"]


def test_the_unit_that_answers_now_or_the_office_rules_and_never_the_teller() -> None:
    facts = [*story(*HELD)]
    facts += when(facts, PHOTO, "stranger")
    admit, dismiss = RuleVisit(ruling=Ruling.ADMIT, reason="确系移交前走访"), RuleVisit(ruling=Ruling.DISMISS, reason="未走访")
    for who in ("worker", "deputy2", "stranger"):
        refused(NotYourRuling, facts, admit, who)
    moved = replace(KNOWN, assigned={Line.HORIZONTAL: Assigned("T02", None, None)})
    assert when(facts, admit, "deputy2", enterprise=moved)
    for who in ("deputy", "office"):
        admitted, told, qualified = when(facts, admit, who)
        assert isinstance(admitted, VisitAdmitted)
        assert type(told) is VisitRecorded
        assert isinstance(qualified, VisitQualified)
        after = [*facts, admitted, told, qualified]
        assert isinstance(state(after), Pending)
        assert counts(state(after))
        assert when(after, admit, who) == []
        refused(NotAwaitingRuling, after, dismiss, who)
    [dismissed] = when(facts, dismiss, "office")
    assert isinstance(dismissed, VisitDismissed)
    assert isinstance(state([*facts, dismissed]), Voided)
    assert when([*facts, dismissed], dismiss, "office") == []
    refused(NotAwaitingRuling, story(*RECORDED), admit, "office")


SILENT = [*RECORDED, (PHOTO, "worker"), (DenyVisit(), "itself")]


@pytest.mark.parametrize(
    "steps", [SILENT, HELD, [*RECORDED, (ConfirmVisit(), "itself")], [*SILENT, (UpholdVisit(reason="属实"), "deputy")]]
)
def test_the_view_gives_it_back(steps: list[tuple[Command, str]]) -> None:
    found = state(story(*steps))
    assert STATES.written(STATES.read(STATES.written(found))) == STATES.written(found)
    assert counts(STATES.read(STATES.written(found))) == counts(found)
    assert allowed_actions(STATES.read(STATES.written(found)), PEOPLE["deputy"]) == allowed_actions(found, PEOPLE["deputy"])


# Skew.


def test_a_day_between_device_and_receipt_is_flagged() -> None:
    assert skew(None, NOW) is None
    assert skew(NOW - timedelta(hours=24), NOW) is None
    assert skew(NOW - timedelta(hours=24, seconds=1), NOW) == 24
    assert skew(NOW + timedelta(hours=30), NOW) == 30
    late = state(story((record(claimed_at=NOW - timedelta(hours=49)), "worker")))
    assert flags(late) == (VisitFlag.SKEW,)
    assert flags(state(story(*RECORDED))) == ()


# Wording.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("组织职工体检", []),
        ("到企业检查", ["检查"]),
        ("责令整改并罚款", ["责令", "整改", "罚款"]),
        ("企业反映重复检查较多", []),
        ("从事安全检查服务", []),
        ("反映涉企执法不规范", []),
        ("现场执法", ["执法"]),
        ("检查检查", ["检查", "检查"]),
        ("此次不是检查", []),
        ("问题已整改", []),
    ],
)
def test_words_of_enforcement(text: str, words: list[str]) -> None:
    assert [smell.word for smell in smells(text)] == words
    assert all(text[smell.at :].startswith(smell.word) and smell.word in smell.context for smell in smells(text))


def test_what_the_enterprise_asks_for_is_not_read() -> None:
    told = state(
        story((record(difficulties="被罚款", demands=[{"no": 1, "content": "处罚过重"}], remark="突击抽查"), "worker"))
    ).details.told
    assert {name: [smell.word for smell in found] for name, found in smells_of(told).items()} == {"remark": ["突击", "抽查"]}


# Policies.


def a_policy(**more: Any) -> PolicyPublished:
    return PolicyPublished(**{"unit": "T01", "title": "某政策", "text": "正文", "since": date(2026, 1, 1), **more})


def test_whom_a_policy_is_for() -> None:
    assert reasons(a_policy(), KNOWN, TODAY) == ("普惠政策",)
    assert reasons(a_policy(industries=("14",), sizes=(Size.SMALL,), tags=("规上企业", "x")), KNOWN, TODAY) == (
        "行业相符(14)",
        f"规模相符({Size.SMALL.label})",
        "标签相符(规上企业)",
    )
    for wrong in (
        {"industries": ("13",)},
        {"tags": ("x",)},
        {"since": date(2026, 10, 1)},
        {"until": date(2026, 9, 14)},
        {"sizes": tuple(size for size in Size if size is not Size.SMALL)},
    ):
        assert reasons(a_policy(**wrong), KNOWN, TODAY) == ()
    assert reasons(a_policy(sizes=(Size.SMALL,)), replace(KNOWN, size=None), TODAY) == ()
    assert reasons(a_policy(industries=("14",)), replace(KNOWN, industry="C1411"), TODAY) == ("行业相符(C1411)",)


def test_a_policy_is_published_revised_and_retired() -> None:
    publish = PublishPolicy(unit="T01", title="某政策", text="正文", since=TODAY)
    retire = RetirePolicy(reason="已到期")
    with pytest.raises(policy.NotYourPolicy):
        POLICY.decide(policy.Unpublished(), publish, context("worker"))
    with pytest.raises(Unknown):
        POLICY.decide(policy.Unpublished(), retire, context("office"))
    facts = list(POLICY.decide(policy.Unpublished(), publish, context("deputy")))
    assert list(POLICY.decide(POLICY.fold(facts), publish, context("deputy"))) == []
    facts += POLICY.decide(POLICY.fold(facts), publish.model_copy(update={"title": "新名"}), context("deputy"))
    with pytest.raises(policy.PolicyOfAnother):
        POLICY.decide(POLICY.fold(facts), publish.model_copy(update={"unit": "T02"}), context("office"))
    facts += POLICY.decide(POLICY.fold(facts), retire, context("deputy"))
    assert list(POLICY.decide(POLICY.fold(facts), retire, context("deputy"))) == []
    for again in (publish, RetirePolicy(reason="别的")):
        with pytest.raises(PolicyIsRetired):
            POLICY.decide(POLICY.fold(facts), again, context("office"))
    with pytest.raises(ValidationError):
        PublishPolicy(unit="T01", title="某政策", since=TODAY)
    with pytest.raises(ValidationError):
        PublishPolicy(unit="T01", title="某政策", url="javascript:alert(1)", since=TODAY)


def test_a_visit_names_policies_of_the_library() -> None:
    id_ = uuid4()
    told = when([], record(policies=("讲解",), policy_ids=(id_,)), policies={id_: "某政策"})[0]
    assert isinstance(told, VisitRecorded)
    assert (told.policies, told.policy_ids) == (("讲解", "某政策"), (id_,))
    refused(PolicyNotInLibrary, [], record(policy_ids=(id_,)))


# Switches.


def test_the_head_of_the_office_switches_and_says_why() -> None:
    require = RequirePhotos(necessity="代签较多", since=TODAY)
    for who in ("office", "deputy", "worker"):
        with pytest.raises(NotYourSwitch):
            SWITCHES.decide(SWITCHES.initial, require, context(who))
    facts = list(SWITCHES.decide(SWITCHES.initial, require, context("chief")))
    on = SWITCHES.fold(facts)
    assert (on.photos_since, on.necessity) == (TODAY, "代签较多")
    assert list(SWITCHES.decide(on, require, context("chief"))) == []
    off = SWITCHES.fold(SWITCHES.decide(on, WaivePhotos(reason="已无必要"), context("chief")), on)
    with pytest.raises(PhotosNotRequired):
        SWITCHES.decide(off, WaivePhotos(reason="已无必要"), context("chief"))
    assert SWITCHES.fold(SWITCHES.decide(off, CapContacts(most=6), context("chief")), off).most_contacts == 6
    told, judged = when([], record(ack="scan"), photos_since=TODAY)
    assert isinstance(told, VisitRecorded)
    assert told.photo_required
    assert judged.model_dump()["rule"] == "2026.1-photo"
    assert counts(state([told, judged, *when([told, judged], PHOTO)]))
    assert not counts(state([told, judged, *when([told, judged], CONFIRM, "itself")]))


# Files used again.


def test_two_files_are_ruled_on_once_by_somebody_else() -> None:
    one, two = uuid4(), uuid4()
    command = reuse.RuleEvidence(
        first_visit=one, first="a" * 64, second_visit=two, second="b" * 64, reused=True, reason="同一图片"
    )
    pair = reuse.KnownPair(frozenset({"T01"}), frozenset({PEOPLE["worker"].id}), 3)

    def by(who: str, apart: int | None = 3) -> Context[reuse.KnownPair]:
        return replace(context(who), known=replace(pair, distance=apart))

    facts = list(reuse.decide(reuse.Unruled(), command, by("deputy")))
    ruled = reuse.REUSE.fold(facts)
    assert list(reuse.decide(ruled, command, by("deputy"))) == []
    with pytest.raises(reuse.AlreadyRuled):
        reuse.decide(ruled, command.model_copy(update={"reused": False}), by("office"))
    for who in ("worker", "deputy2"):
        with pytest.raises(reuse.NotYoursToRule):
            reuse.decide(reuse.Unruled(), command, by(who))
    for distance in (None, 7):
        with pytest.raises(reuse.NotAlike):
            reuse.decide(reuse.Unruled(), command, by("office", distance))
    assert reuse.pair_id((one, "a"), (two, "b")) == reuse.pair_id((two, "b"), (one, "a"))


@pytest.mark.parametrize("seed", range(40))
def test_hashes_that_differ_in_six_bits_share_a_band(seed: int) -> None:
    bits = hash((seed, "x")) & (2**64 - 1)
    other = bits
    for n in range(6):
        other ^= 1 << (seed * 7 + n * 11) % 64
    one, two = f"{bits:016x}", f"{other:016x}"
    assert reuse.distance(one, two) <= 6
    assert set(reuse.bands(one)) & set(reuse.bands(two))
    assert len(set(reuse.bands(one))) == reuse.BANDS


# Helping.


def told(**changes_: Any) -> VisitRecorded:
    return state(story((record(**changes_), "worker"))).details.told


def test_what_changed_since_last_time() -> None:
    assert changes(None, told()) == ()
    assert changes(None, told(operation="reduced")) == ("停产半停产",)
    assert changes(told(headcount=100), told(headcount=70)) == ("用工减少30.00%(100→70)",)
    assert changes(told(headcount=100), told(headcount=71)) == ()
    assert changes(told(headcount=0), told(headcount=0)) == ()
    assert changes(told(operation="reduced"), told(operation="reduced")) == ()
    assert changes(told(operation="reduced"), told()) == ("恢复正常",)
    assert changes(told(), told(operation="expanding", headcount=5)) == ("扩产",)
    assert changes(told(), told(operation="closed")) == (Operation.CLOSED.label,)


def test_how_much_an_enterprise_bears() -> None:
    one = Contact(frozenset({Line.HORIZONTAL}), TODAY)
    both = Contact(frozenset(Line), TODAY)
    assert disturbance([], 2)[0] == 0
    assert disturbance([one], 2) == (1, ("纵向本月尚未走访,如再走访请与其合并",))
    assert disturbance([both], 2) == (1, ("本月两条线均已走访",))
    assert "上限" in disturbance([one, one], 2)[1][0]


def test_an_enterprise_is_disturbed_by_a_fifth_contact_or_by_two_close_visits_on_site() -> None:
    def on(day: int, mode: Mode = Mode.ON_SITE, month: int = 9) -> Contact:
        return Contact(frozenset({Line.HORIZONTAL}), date(2026, month, day), mode)

    calls = [on(day, Mode.PHONE) for day in (1, 2, 3, 4)]
    assert MOST_CONTACTS == 4
    assert disturbed(calls, MOST_CONTACTS, "2026-09") == ()
    assert disturbed([*calls, on(5)], MOST_CONTACTS, "2026-09") == ("本月联系5次,超过每月4次",)
    assert disturbed([on(5), on(9)], MOST_CONTACTS, "2026-09") == ()
    assert disturbed([on(5), on(8)], MOST_CONTACTS, "2026-09") == ("09-05、09-08两次实地走访相隔不超过3日",)
    assert disturbed([on(5), on(6, Mode.PHONE)], MOST_CONTACTS, "2026-09") == ()
    # Across the end of a month: it is felt in the second.
    assert disturbed([on(31, month=8), on(2)], MOST_CONTACTS, "2026-09") == ("08-31、09-02两次实地走访相隔不超过3日",)
    assert disturbed([on(31, month=8), on(2)], MOST_CONTACTS, "2026-08") == ()


def test_what_an_enterprise_wants_is_told_as_warnings() -> None:
    quiet = replace(KNOWN, quiet_until=TODAY, hours="下午", modes=(Mode.PHONE,))
    assert preferences(quiet, TODAY) == ("企业要求免打扰至2026-09-15", "偏好时段:下午", f"偏好方式:{Mode.PHONE.label}")
    assert preferences(quiet, TODAY + timedelta(days=1))[0].startswith("偏好时段")
    assert preferences(KNOWN, TODAY) == ()


def test_nothing_to_report_takes_over_what_stays_and_nothing_else() -> None:
    last = Before(
        told(headcount=9, title="经理", operation="reduced", difficulties="订单不足", aware="heard"), "李四", "19900000001"
    )
    step = TellNothing(enterprise=KNOWN.id, on=TODAY, mode=Mode.ON_SITE)
    made = as_last_time(step, last)
    assert (made.headcount, made.title, made.operation) == (9, "经理", Operation.REDUCED)
    assert made.interviewee is not None
    assert made.interviewee.text == "李四"
    assert (made.difficulties, made.demands, made.aware) == ("", (), Awareness.NOT_ASKED)
    with pytest.raises(NothingToTakeOver):
        as_last_time(step, None)
    with pytest.raises(AskedInWords):
        as_last_time(step.model_copy(update={"mode": Mode.QUESTIONNAIRE}), last)


def test_a_file_says_who_sent_it_and_when() -> None:
    [fact, _] = when(story(*RECORDED), PHOTO)
    assert isinstance(fact, EvidenceAttached)
    assert (fact.uploaded_at, fact.uploader) == (NOW, PEOPLE["worker"].id)
