"""疑似遗漏: what points at a demand nobody wrote down, and that only a person rules."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.issues.domain.clues import clues, says_nothing
from services.issues.domain.omission import (
    OMISSION,
    Cleared,
    Dismissed,
    DismissOmission,
    NothingSuspected,
    OmissionRuled,
    Opened,
    OpenOmission,
    State,
    Suspected,
    SuspectOmission,
    Unsuspected,
    allowed_actions,
    ticket_of_omission,
)
from shared.events.visits import Demand, Visited, Visitor, VisitRecorded
from shared.language.decider import Actor, Context
from shared.language.months import Calendar
from shared.language.problems import Forbidden, Unknown
from shared.language.terms import Mode, Role

VISIT = UUID(int=7)
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)


def as_(*roles: Role, unit: str = "T01") -> Context:
    actor = Actor(UUID(int=9), "x", frozenset(roles), unit)
    return Context(actor, NOW, date(2026, 9, 15), Calendar.of({}), VISIT, None)


PLATFORM, HEAD = as_(Role.SYSTEM, unit=""), as_(Role.HEAD)


def told(version: int, difficulties: str = "流动资金偏紧", suggestions: str = "", demands: int = 0) -> SuspectOmission:
    visitor = Visitor(member=UUID(int=1), unit="T01", role=Role.WORKER)
    visit = VisitRecorded(
        enterprise=Visited(id=UUID(int=2), code="c", name="某公司"),
        on=date(2026, 9, 14),
        mode=Mode.PHONE,
        visitors=(visitor,),
        difficulties=difficulties,
        suggestions=suggestions,
        demands=tuple(Demand(no=n + 1, content="诉求") for n in range(demands)),
    )
    return SuspectOmission.model_construct(told=version, unit="T01", visit=visit)


def after(*steps: tuple[Any, Context]) -> State:
    state: State = Unsuspected()
    for command, context in steps:
        state = OMISSION.fold(OMISSION.decide(state, command, context), state)
    return state


@pytest.mark.parametrize(
    "text",
    [
        "",
        "无",
        "暂无",
        "无。",
        "没有困难",
        "暂无困难和问题",
        "目前没有什么困难",
        "一切正常",
        "生产经营正常,暂无困难",
        "未反映困难",
        " \n ",
        "——",
    ],
)
def test_a_text_that_says_nothing(text: str) -> None:
    assert says_nothing(text)
    assert clues(text, text) == ()


@pytest.mark.parametrize(
    "text", ["没有流动资金", "无法办理许可证", "正常生产受停电影响", "无水", "暂无困难,但用工紧张", "贷款", "no power"]
)
def test_a_text_that_says_something(text: str) -> None:
    assert clues(text, "")[0].field == "difficulties"


def test_a_suggestion_is_pointed_at_only_where_it_asks() -> None:
    assert clues("", "政策很好,继续保持") == ()
    (clue,) = clues("无", "希望简化办事材料")
    assert (clue.field, clue.word, clue.at, clue.why) == ("suggestions", "希望", 0, "含有「希望」")
    assert len(clues("希望" * 400, "")) == 20


def test_a_long_text_is_read_in_no_time() -> None:
    assert not says_nothing("无" + "困难和问题" * 199 + "x")


def test_only_the_platform_points_and_only_people_of_the_unit_or_the_office_rule() -> None:
    with pytest.raises(Forbidden):
        OMISSION.decide(Unsuspected(), told(1), HEAD)
    with pytest.raises(Unknown):
        OMISSION.decide(Unsuspected(), DismissOmission(reason="无诉求"), HEAD)
    state = after((told(1), PLATFORM))
    assert isinstance(state, Suspected)
    for context in (PLATFORM, as_(Role.WORKER), as_(Role.HEAD, unit="T02"), as_(Role.INSPECTOR), as_(Role.ADMIN)):
        assert allowed_actions(state, context) == []
        with pytest.raises(Forbidden):
            OMISSION.decide(state, OpenOmission(content="续贷"), context)
    for context in (HEAD, as_(Role.DEPUTY), as_(Role.LIAISON), as_(Role.OFFICE, unit="OFFICE")):
        assert allowed_actions(state, context) == ["dismiss", "open"]


def test_the_same_ruling_twice_adds_nothing_and_another_one_is_refused() -> None:
    opening, dismissal = OpenOmission(content="续贷"), DismissOmission(reason="一般性反映")
    opened, dismissed = after((told(1), PLATFORM), (opening, HEAD)), after((told(1), PLATFORM), (dismissal, HEAD))
    assert isinstance(opened, Opened)
    assert opened.ruling.ticket == ticket_of_omission(VISIT)
    assert isinstance(dismissed, Dismissed)
    assert list(OMISSION.decide(opened, opening, HEAD)) == list(OMISSION.decide(dismissed, dismissal, HEAD)) == []
    for state, command in ((opened, dismissal), (dismissed, opening), (opened, OpenOmission(content="别的"))):
        with pytest.raises(OmissionRuled):
            OMISSION.decide(state, command, HEAD)


def test_a_correction_is_read_anew_and_never_takes_back_a_ticket() -> None:
    dismissal = (DismissOmission(reason="一般性反映"), HEAD)
    cleared = after((told(1), PLATFORM), (told(2, demands=1), PLATFORM))
    assert isinstance(cleared, Cleared)
    with pytest.raises(NothingSuspected):
        OMISSION.decide(cleared, OpenOmission(content="续贷"), HEAD)
    assert isinstance(after((told(1), PLATFORM), (told(2, "无"), PLATFORM)), Cleared)
    assert isinstance(after((told(1), PLATFORM), dismissal, (told(2), PLATFORM)), Dismissed)
    assert isinstance(after((told(1), PLATFORM), dismissal, (told(2, "用工不足"), PLATFORM)), Suspected)
    opened = after((told(1), PLATFORM), (OpenOmission(content="续贷"), HEAD), (told(2, "无"), PLATFORM))
    assert isinstance(opened, Opened)


def test_an_older_telling_that_comes_late_changes_nothing() -> None:
    state = after((told(3, "用工不足"), PLATFORM))
    assert list(OMISSION.decide(state, told(2), PLATFORM)) == []
    assert list(OMISSION.decide(state, told(3, "无"), PLATFORM)) == []
    assert after((told(1, "无"), PLATFORM)) == Unsuspected()
