"""Visits, given what happened, when somebody asks, then facts or a refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.visits.domain.visit.commands import (
    AcceptVisit,
    AttachEvidence,
    CorrectVisit,
    RecordVisit,
    ReturnVisit,
    VoidVisit,
    Wanted,
)
from services.visits.domain.visit.counting import RULE, missing
from services.visits.domain.visit.decide import VISIT
from services.visits.domain.visit.permissions import allowed_actions
from services.visits.domain.visit.record import EnterpriseOfAnother, NotYourVisit, VisitInTheFuture, VisitorNotInPost
from services.visits.domain.visit.refusals import (
    AlreadyAccepted,
    AlreadyRecorded,
    AlreadyReviewed,
    EvidenceAlreadyThere,
    EvidenceLacking,
    NotAwaitingReview,
    NotYourReview,
    OneQuestionnaireAMonth,
    OwnVisit,
    TooMuchEvidence,
    VisitIsVoid,
    WrongKindOfFile,
)
from services.visits.domain.visit.states import MOST_FILES, Returned, counts
from services.visits.projections import STATES
from shared.events.visits import (
    EvidenceAttached,
    VisitAccepted,
    VisitCorrected,
    VisitDisqualified,
    VisitQualified,
    VisitRecorded,
    VisitReturned,
    VisitVoided,
)
from shared.language.decider import Actor, Context
from shared.language.facts import Command, Fact
from shared.language.known import Assigned, KnownEnterprise, KnownMember, KnownUnit, Post
from shared.language.months import Calendar
from shared.language.personal import Personal
from shared.language.problems import Problem, Unknown
from shared.language.terms import Ack, EvidenceKind, Line, Mode, Role, Standing, UnitKind, derived_id
from tests.support.known import visiting

NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
TODAY = date(2026, 9, 15)
SUBJECT = UUID("01990000-0000-7000-8000-000000000001")
ENTERPRISE = UUID("01990000-0000-7000-8000-0000000000e1")
NOTE = "订单充足,用工稳定,生产正常"

UNITS = {
    code: KnownUnit(code, code, kind, parent)
    for code, kind, parent in [
        ("T01", UnitKind.TOWNSHIP, "520502"),
        ("T01-1", UnitKind.VILLAGE, "T01"),
        ("T02", UnitKind.TOWNSHIP, "520502"),
        ("D01", UnitKind.DEPARTMENT, "520502"),
        ("D01-1", UnitKind.BRANCH, "D01"),
        ("OFFICE", UnitKind.OFFICE, None),
    ]
}
POSTS = {
    "worker": Post("T01", Role.WORKER, "T01-1"),
    "worker2": Post("T01", Role.WORKER, None),
    "informant": Post("T01-1", Role.INFORMANT, None),
    "liaison": Post("T01", Role.LIAISON, None),
    "deputy": Post("T01", Role.DEPUTY, None),
    "head": Post("T01", Role.HEAD, None),
    "stranger": Post("T02", Role.WORKER, None),
    "deputy2": Post("T02", Role.DEPUTY, None),
    "clerk": Post("D01", Role.WORKER, "D01-1"),
    "deputy_d": Post("D01", Role.DEPUTY, None),
    "office": Post("OFFICE", Role.OFFICE, None),
    "auditor": Post("OFFICE", Role.AUDITOR, None),
}
WHO = {name: derived_id("member", name) for name in POSTS}
PEOPLE = {
    name: Actor(WHO[name], name, frozenset({post.role}), UNITS[post.unit].reporting, post.sub_unit or "")
    for name, post in POSTS.items()
}
PEOPLE["admin"] = Actor(derived_id("member", "admin"), "admin", frozenset({Role.ADMIN}))
MEMBERS = {WHO[name]: KnownMember(WHO[name], name, (post,)) for name, post in POSTS.items()}
KNOWN = KnownEnterprise(
    ENTERPRISE,
    "91520502MA00000001",
    "星关食品有限公司",
    Standing.SURVIVING,
    {Line.HORIZONTAL: Assigned("T01", "T01-1", None), Line.VERTICAL: Assigned("D01", None, None)},
)


def context(who: str = "worker", today: date = TODAY, **known: Any) -> Context:
    about = visiting(**{"enterprise": KNOWN, "members": MEMBERS, "units": UNITS, **known})
    return Context(PEOPLE[who], NOW, today, Calendar.of({}), SUBJECT, about)


def record(**changes: Any) -> RecordVisit:
    return RecordVisit(**{"enterprise": ENTERPRISE, "on": TODAY, "mode": Mode.ON_SITE, "note": NOTE, **changes})


def correct(**changes: Any) -> CorrectVisit:
    return CorrectVisit(**{"on": TODAY, "mode": Mode.ON_SITE, "note": NOTE, **changes})


def attach(
    number: int = 1, kind: EvidenceKind = EvidenceKind.PHOTO, media_type: str = "image/jpeg", original: int = 0
) -> AttachEvidence:
    return AttachEvidence(
        sha256=f"{number:064x}", kind=kind, media_type=media_type, size=9, original=f"{original or number + 10**6:064x}"
    )


def when(facts: list[Fact], command: Command, who: str = "worker", **known: Any) -> list[Fact]:
    return list(VISIT.decide(VISIT.fold(facts), command, context(who, **known)))


def story(*steps: tuple[Command, str]) -> list[Fact]:
    facts: list[Fact] = []
    for command, who in steps:
        facts += when(facts, command, who)
    return facts


def refused(kind: type[Problem], facts: list[Fact], command: Command, who: str = "worker", **known: Any) -> Problem:
    with pytest.raises(kind) as caught:
        when(facts, command, who, **known)
    return caught.value


RECORDED = [(record(visitors=(WHO["worker"],)), "worker")]
PROVED = [*RECORDED, (attach(), "worker")]
ACCEPTED = [*PROVED, (AcceptVisit(), "deputy")]
RETURNED = [*PROVED, (ReturnVisit(reason="请写明情况"), "deputy")]
VOIDED = [*PROVED, (VoidVisit(reason="重复录入"), "deputy")]


def test_a_visit_without_evidence_is_recorded_and_waits_for_it() -> None:
    told, judged = when([], record())
    assert isinstance(told, VisitRecorded)
    assert told.visitors[0].unit == "T01"
    assert told.visitors[0].sub_unit == "T01-1"
    assert told.visitors[0].line is Line.HORIZONTAL
    assert not told.joint
    assert not told.late_entry
    assert isinstance(judged, VisitDisqualified)
    assert judged.rule == RULE
    assert judged.missing == ("缺少印证资料:现场图片、企业扫码或短信确认、签字表扫描件之一",)


def test_a_photo_makes_it_count_and_a_correction_can_take_that_back() -> None:
    attached, judged = when(story(*RECORDED), attach())
    assert isinstance(attached, EvidenceAttached)
    assert isinstance(judged, VisitQualified)
    corrected, judged = when(story(*PROVED), correct(note="短"))
    assert isinstance(corrected, VisitCorrected)
    assert isinstance(judged, VisitDisqualified)


def test_further_evidence_changes_no_answer() -> None:
    assert [type(fact) for fact in when(story(*PROVED), attach(2))] == [EvidenceAttached]


def test_a_visit_of_the_past_is_a_late_entry() -> None:
    told, _ = when([], record(on=date(2026, 9, 14)))
    assert isinstance(told, VisitRecorded)
    assert told.late_entry


def test_nobody_visits_tomorrow() -> None:
    refused(VisitInTheFuture, [], record(on=date(2026, 9, 16)))


def test_a_unit_that_does_not_answer_for_the_enterprise_does_not_visit_it_alone() -> None:
    problem = refused(EnterpriseOfAnother, [], record(), "stranger")
    assert problem.facts["responsible"] == {"横向": "T01", "纵向": "D01"}


def test_a_companion_of_another_unit_makes_it_joint_and_the_responsible_one_comes_first() -> None:
    told, _ = when([], record(visitors=(WHO["stranger"], WHO["worker"])), "worker")
    assert isinstance(told, VisitRecorded)
    assert told.joint
    assert [visitor.unit for visitor in told.visitors] == ["T01", "T02"]


def test_somebody_of_the_office_who_comes_along_makes_no_joint_visit() -> None:
    told, _ = when([], record(visitors=(WHO["office"], WHO["worker"])), "worker")
    assert isinstance(told, VisitRecorded)
    assert not told.joint
    assert [visitor.unit for visitor in told.visitors] == ["T01", "OFFICE"]


def test_a_village_informant_visits_for_the_township() -> None:
    told, _ = when([], record(), "informant")
    assert isinstance(told, VisitRecorded)
    assert (told.visitors[0].unit, told.visitors[0].sub_unit) == ("T01", "T01-1")


def test_of_several_posts_the_one_that_answers_for_the_enterprise_counts() -> None:
    both = KnownMember(WHO["worker"], "worker", (Post("T02", Role.HEAD, None), Post("D01", Role.WORKER, None)))
    told, _ = when([], record(), "worker", members={WHO["worker"]: both})
    assert isinstance(told, VisitRecorded)
    assert told.visitors[0].unit == "D01"


@pytest.mark.parametrize("who", ["auditor", "admin"])
def test_who_holds_no_visiting_post_does_not_visit(who: str) -> None:
    refused(VisitorNotInPost, [], record(), who)


def test_a_member_nobody_knows_does_not_visit() -> None:
    refused(VisitorNotInPost, [], record(visitors=(WHO["worker"], UUID(int=7))))


def test_the_liaison_enters_for_a_worker_and_both_are_named() -> None:
    told, _ = when([], record(visitors=(WHO["worker"],)), "liaison")
    assert isinstance(told, VisitRecorded)
    assert told.entered_by == WHO["liaison"]
    assert [visitor.member for visitor in told.visitors] == [WHO["worker"]]


@pytest.mark.parametrize("who", ["worker2", "stranger", "deputy2", "office", "auditor", "admin"])
def test_nobody_else_enters_for_a_worker(who: str) -> None:
    refused(NotYourVisit, [], record(visitors=(WHO["worker"],)), who)


def test_saying_it_twice_adds_nothing_and_another_content_is_refused() -> None:
    command = record(visitors=(WHO["worker"],), interviewee=Personal("李四"))
    facts = when([], command)
    assert when(facts, command) == []
    assert when(facts, command, "liaison") == []
    refused(AlreadyRecorded, facts, record(visitors=(WHO["worker"],), interviewee=Personal("张三")))
    refused(AlreadyRecorded, facts, record(visitors=(WHO["worker"],), note=NOTE + "!", interviewee=Personal("李四")))


def test_what_the_enterprise_is_called_meanwhile_changes_nothing_that_was_said() -> None:
    renamed = KnownEnterprise(ENTERPRISE, KNOWN.code, "星关食品集团有限公司", Standing.SURVIVING, KNOWN.assigned)
    assert when(story(*RECORDED), record(visitors=(WHO["worker"],)), enterprise=renamed) == []


def test_personal_data_are_about_the_contact_of_the_enterprise() -> None:
    told, _ = when([], record(interviewee=Personal("李四"), phone=Personal("13812345678")))
    assert isinstance(told, VisitRecorded)
    assert told.phone is not None
    assert told.phone.subject == derived_id("contact", str(ENTERPRISE))


def test_a_correction_that_leaves_the_phone_out_keeps_it_and_null_takes_it_away() -> None:
    facts = when([], record(phone=Personal("13812345678")))
    kept, *_ = when(facts, correct(note=NOTE + "更正"))
    assert isinstance(kept, VisitCorrected)
    assert kept.phone == Personal("13812345678")
    gone, *_ = when(facts, correct(note=NOTE + "更正", phone=None))
    assert isinstance(gone, VisitCorrected)
    assert gone.phone is None


def test_sealed_data_are_compared_by_what_they_say() -> None:
    sealed = Personal(subject=SUBJECT, token={"$enc": "a1", "sub": str(SUBJECT), "n": "x", "ct": "y"})
    told, judged = when([], record())
    facts = [told.model_copy(update={"phone": sealed}), judged]
    same = correct(phone=Personal("13812345678"))
    assert when(facts, same, phone="13812345678") == []
    assert when(facts, same, phone="13900000000") != []


def test_the_same_correction_adds_nothing_while_pending_and_hands_a_returned_visit_in_again() -> None:
    assert when(story(*PROVED), correct()) == []
    assert [type(fact) for fact in when(story(*RETURNED), correct())] == [VisitCorrected]


def test_a_correction_keeps_whether_it_was_entered_late_unless_the_day_moves() -> None:
    facts = when([], record())
    later = list(VISIT.decide(VISIT.fold(facts), correct(note=NOTE + "更正"), context(today=date(2026, 9, 20))))
    assert isinstance(later[0], VisitCorrected)
    assert not later[0].late_entry
    moved, *_ = when(facts, correct(on=date(2026, 9, 1)))
    assert isinstance(moved, VisitCorrected)
    assert moved.late_entry


def test_an_accepted_visit_is_corrected_only_after_it_was_returned() -> None:
    refused(AlreadyAccepted, story(*ACCEPTED), correct(note=NOTE + "更正"))


def test_a_deputy_accepts_what_is_in_order() -> None:
    assert when(story(*PROVED), AcceptVisit(), "deputy") == [VisitAccepted()]
    assert when(story(*PROVED), AcceptVisit(), "office") == [VisitAccepted()]


def test_nothing_is_accepted_without_evidence() -> None:
    assert refused(EvidenceLacking, story(*RECORDED), AcceptVisit(), "deputy").facts["missing"]


@pytest.mark.parametrize("who", ["worker", "liaison", "stranger", "deputy2", "auditor", "admin"])
@pytest.mark.parametrize("command", [AcceptVisit(), ReturnVisit(reason="不清楚"), VoidVisit(reason="重复")])
def test_only_deputy_and_head_of_a_visitors_unit_and_the_office_review(command: Command, who: str) -> None:
    refused(NotYourReview, story(*PROVED), command, who)


def test_the_deputy_of_any_visitors_unit_reviews_a_joint_visit() -> None:
    facts = story((record(visitors=(WHO["worker"], WHO["clerk"]), ack=Ack.SCAN), "worker"))
    assert when(facts, AcceptVisit(), "deputy_d") == [VisitAccepted()]


def test_nobody_reviews_his_own_visit() -> None:
    refused(OwnVisit, when([], record(ack=Ack.SMS), "deputy"), AcceptVisit(), "deputy")


def test_nobody_reviews_what_he_typed_for_another_even_after_somebody_corrected_it() -> None:
    facts = story(
        (record(visitors=(WHO["worker"],), ack=Ack.SMS), "deputy"), (correct(note=NOTE + "更正", ack=Ack.SMS), "worker")
    )
    refused(OwnVisit, facts, AcceptVisit(), "deputy")
    assert when(facts, AcceptVisit(), "head") == [VisitAccepted()]


def test_a_returned_visit_does_not_count_and_is_reviewed_again_after_its_correction() -> None:
    facts = story(*RETURNED)
    state = VISIT.fold(facts)
    assert isinstance(state, Returned)
    assert not counts(state)
    refused(NotAwaitingReview, facts, AcceptVisit(), "deputy")
    facts += when(facts, correct())
    assert when(facts, AcceptVisit(), "deputy") == [VisitAccepted()]


def test_an_accepted_visit_can_still_be_returned_or_voided() -> None:
    assert when(story(*ACCEPTED), ReturnVisit(reason="抽查不符"), "office") == [VisitReturned(reason="抽查不符")]
    assert when(story(*ACCEPTED), VoidVisit(reason="抽查不实"), "office") == [VisitVoided(reason="抽查不实")]


@pytest.mark.parametrize(
    ("steps", "same", "other"),
    [
        (ACCEPTED, AcceptVisit(), AcceptVisit(note="很好")),
        (RETURNED, ReturnVisit(reason="请写明情况"), ReturnVisit(reason="别的")),
        (VOIDED, VoidVisit(reason="重复录入"), VoidVisit(reason="别的")),
    ],
)
def test_the_same_review_twice_adds_nothing_and_other_words_are_refused(steps: Any, same: Command, other: Command) -> None:
    facts = story(*steps)
    assert when(facts, same, "deputy") == []
    refused(VisitIsVoid if steps is VOIDED else AlreadyReviewed, facts, other, "deputy")


@pytest.mark.parametrize("command", [correct(), attach(5), AcceptVisit(), ReturnVisit(reason="不清楚")])
def test_a_voided_visit_stays_voided(command: Command) -> None:
    refused(VisitIsVoid, story(*VOIDED), command, "head")


@pytest.mark.parametrize("command", [correct(), attach(), AcceptVisit(), ReturnVisit(reason="不清楚"), VoidVisit(reason="重复")])
def test_what_was_never_recorded_is_unknown(command: Command) -> None:
    refused(Unknown, [], command)


def test_the_same_file_twice_adds_nothing_and_is_of_one_kind() -> None:
    facts = story(*PROVED)
    assert when(facts, attach()) == []
    assert when(facts, attach(2, original=1 + 10**6)) == []
    refused(EvidenceAlreadyThere, facts, attach(1, EvidenceKind.ACK))


def test_a_photo_is_an_image_and_a_call_log_may_be_a_recording() -> None:
    refused(WrongKindOfFile, story(*RECORDED), attach(1, EvidenceKind.PHOTO, "audio/mpeg"))
    assert when(story(*RECORDED), attach(1, EvidenceKind.CALL_LOG, "audio/mpeg"))


def test_fifty_files_are_enough() -> None:
    facts = story(*RECORDED, *((attach(number), "worker") for number in range(1, MOST_FILES + 1)))
    refused(TooMuchEvidence, facts, attach(99))


def test_one_questionnaire_an_enterprise_and_month() -> None:
    other = UUID(int=9)
    refused(OneQuestionnaireAMonth, [], record(mode=Mode.QUESTIONNAIRE), questionnaire=other)
    assert when([], record(), questionnaire=other)


def test_demands_are_numbered_from_one() -> None:
    told, _ = when([], record(demands=(Wanted(no=1, content="用电"), Wanted(no=2, content="用工"))))
    assert isinstance(told, VisitRecorded)
    assert [demand.no for demand in told.demands] == [1, 2]
    for numbers in ((2,), (1, 1), (0,), (1, 3)):
        with pytest.raises(ValidationError):
            record(demands=tuple({"no": no, "content": "用电"} for no in numbers))


@pytest.mark.parametrize(
    "change",
    [
        {"note": "长" * 501},
        {"difficulties": "长" * 1001},
        {"remark": "长" * 201},
        {"title": "长" * 51},
        {"headcount": 10**30},
        {"connected_seconds": -1},
        {"on": "9999-12-31"},
        {"claimed_at": "0001-01-01T00:00:00+14:00"},
        {"note": "\x00"},
        {"purpose": "检查"},
        {"interviewee": "长" * 51},
        {"phone": "\ud800"},
        {"asked_required": 5, "answered_required": 6},
        {"demands": [{"no": 1, "content": " "}]},
        {"demands": [{"no": n, "content": "长" * 2000} for n in range(1, 11)]},
        {"phone": {"$enc": "a1", "sub": str(SUBJECT), "n": "", "ct": ""}},
        {"mode": "inspection"},
    ],
)
def test_what_is_too_long_too_large_or_no_part_of_a_visit_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        record(**change)


PHONE = {"mode": Mode.PHONE, "connected_seconds": 45, "ack": Ack.SMS}
VIDEO = {"mode": Mode.VIDEO, "ack": Ack.SCAN}
ASKED = {"mode": Mode.QUESTIONNAIRE, "asked_required": 10, "answered_required": 8, "ack": Ack.SCAN}


@pytest.mark.parametrize(
    ("told", "kinds", "lacks"),
    [
        ({}, [EvidenceKind.PHOTO], 0),
        ({"ack": Ack.SCAN}, [], 0),
        ({"ack": Ack.SMS}, [], 0),
        ({}, [EvidenceKind.SIGNED_FORM], 0),
        ({}, [EvidenceKind.ACK], 0),
        ({"ack": Ack.SIGNATURE}, [], 1),
        ({}, [EvidenceKind.CALL_LOG], 1),
        ({"met": False}, [EvidenceKind.PHOTO], 1),
        ({"note": "一 二 三 四 五 六"}, [EvidenceKind.PHOTO], 1),
        ({"note": ""}, [], 2),
        (PHONE, [], 0),
        ({**PHONE, "ack": Ack.NONE}, [], 1),
        ({**PHONE, "ack": Ack.NONE}, [EvidenceKind.CALL_LOG], 0),
        ({**PHONE, "ack": Ack.NONE, "phone": Personal("0857-8222222"), "claimed_at": NOW}, [], 0),
        ({**PHONE, "connected_seconds": 29}, [], 1),
        ({**PHONE, "connected_seconds": 30}, [], 0),
        ({**PHONE, "connected_seconds": 29, "remark": "企业在外地,已约定详谈"}, [], 0),
        ({**PHONE, "connected_seconds": None}, [], 0),
        ({**PHONE, "connected_seconds": None, "note": "短"}, [], 1),
        ({**PHONE, "met": False}, [], 1),
        ({**PHONE, "ack": Ack.SCAN}, [], 1),
        (VIDEO, [], 0),
        ({**VIDEO, "ack": Ack.NONE}, [EvidenceKind.SCREENSHOT], 0),
        ({**VIDEO, "ack": Ack.NONE}, [], 1),
        (ASKED, [], 0),
        ({**ASKED, "answered_required": 7}, [], 1),
        ({**ASKED, "ack": Ack.NONE}, [EvidenceKind.RESPONSE], 0),
        ({**ASKED, "ack": Ack.NONE}, [], 1),
        ({**ASKED, "answered_required": None, "asked_required": None}, [], 1),
    ],
)
def test_each_mode_has_its_own_rule_of_evidence(told: dict[str, Any], kinds: list[EvidenceKind], lacks: int) -> None:
    fact, *_ = when([], record(**told))
    assert isinstance(fact, VisitRecorded)
    files = [EvidenceAttached(sha256="", kind=kind, media_type="", size=1) for kind in kinds]
    assert len(missing(fact, files)) == lacks, missing(fact, files)


@pytest.mark.parametrize(
    ("steps", "who", "actions"),
    [
        (RECORDED, "worker", ["correct", "attach"]),
        (RECORDED, "deputy", ["correct", "attach", "return", "void"]),
        (PROVED, "deputy", ["correct", "attach", "accept", "return", "void"]),
        (PROVED, "office", ["accept", "return", "void"]),
        (PROVED, "stranger", []),
        (PROVED, "admin", []),
        (ACCEPTED, "worker", ["attach"]),
        (RETURNED, "worker", ["correct", "attach"]),
        (VOIDED, "head", []),
    ],
)
def test_a_client_is_told_what_its_user_may_do(steps: Any, who: str, actions: list[str]) -> None:
    state = VISIT.fold(story(*steps))
    assert allowed_actions(state, PEOPLE[who]) == actions  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [RECORDED, PROVED, ACCEPTED, RETURNED, VOIDED])
def test_the_view_gives_back_the_state_it_was_given(steps: Any) -> None:
    state = VISIT.fold(story(*steps))
    assert STATES.read(STATES.written(state)) == state  # type: ignore[arg-type]
