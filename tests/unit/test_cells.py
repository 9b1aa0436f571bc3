"""Every command in every state by everybody: the table of ``tickets.md`` and ``roles.md``, written out without the code.

A row is a command: who may, and in which state with what end. A name is the state it leads to, ``=`` says the same again
and adds nothing, ``!Name`` is the refusal that meets even those who may. A state a row does not name refuses everybody.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from support.tickets import (
    BAD,
    COMMANDS,
    PEOPLE,
    STAGES,
    TO_DISPATCHED,
    TO_RATED,
    TO_REVIEWED,
    TO_SIGNED,
    Said,
    context,
    given,
    of,
)

from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket import states
from services.issues.domain.ticket.decide import ISSUE
from shared.language.problems import Forbidden, Problem, Unknown

STORIES: dict[str, list[Said]] = {
    **STAGES,
    "Returned": [*TO_DISPATCHED, (of(c.ReturnIssue), "d")],
    "Asking": [*TO_SIGNED, (of(c.RequestExtension), "h")],
    "Rated": TO_RATED,
    "Dissatisfied": [*TO_REVIEWED, (BAD, "caller")],
}
"""S1…SX3, and four of them with something pending: sent back, an extension asked for, a good and a bad rating."""
CLASS = {"Returned": "Accepted", "Asking": "Signed", "Rated": "Reviewed", "Dissatisfied": "Reviewed"}

OFFICE = {"office", "office2", "office-head"}
TOWN = {"w", "w2", "wd", "l"}
LEADERS = {"d", "h", "wd"}
REPORTING = TOWN | {"i"} | OFFICE | {"hotline", "system"}
FOR_THE_ENTERPRISE = REPORTING | {"caller", "own-caller"}
CALLERS = OFFICE | {"caller"}
BEFORE = ("Reported", "Accepted")
ORDERED = ("Returned", "Dispatched", "Signed", "Asking", "Resolved", "Reviewed", "Rated", "Dissatisfied", "Tracked", "Escalating")
WORKING = ("Signed", "Asking")
ALL = tuple(name for name in STORIES if name != "Unreported")

Row = list[tuple[set[str], dict[str, str]]]
"""Those who may, and what comes of it state by state; several times where it depends on the state who may."""


def each(names: tuple[str, ...], end: str = "") -> dict[str, str]:
    """The same end in several states; by default each stays what it is."""
    return {name: end or CLASS.get(name, name) for name in names}


TABLE: dict[type[c.Step], Row] = {
    c.ReportIssue: [(REPORTING, {"Unreported": "Reported"} | each(ALL, "="))],  # T1
    c.AcceptIssue: [({"l"} | LEADERS | OFFICE, {"Reported": "Accepted", "Accepted": "=", "Returned": "="})],  # T2
    c.DeclineIssue: [(OFFICE, {"Reported": "Declined", "Declined": "="})],  # T3
    c.ContestDecline: [(OFFICE | {"hotline", "system", "caller", "own-caller"}, {"Declined": "Reported"})],
    c.MergeIssue: [(OFFICE, each(BEFORE, "Merged") | {"Merged": "="})],  # T4: what was sent back is decided, not merged away.
    c.AnswerSibling: [(OFFICE | LEADERS | {"l"}, {"Merged": "Merged"})],
    c.DispatchIssue: [  # T5; what was sent back is the office's alone.
        (LEADERS | OFFICE, {"Accepted": "Dispatched", "Dispatched": "="}),
        (OFFICE, {"Returned": "Dispatched"}),
    ],
    c.SignIssue: [(TOWN, {"Dispatched": "Signed"}), ({"w"}, each(WORKING, "="))],  # T6
    c.ReturnIssue: [(LEADERS, {"Dispatched": "Accepted"})],  # T7
    c.ReassignIssue: [(LEADERS | {"l"}, each((*WORKING, "Tracked")))],
    c.ProgressIssue: [({"w"}, each((*WORKING, "Tracked")))],  # T8
    c.RequestExtension: [({"h"}, {"Signed": "Signed", "Asking": "="})],  # T9
    c.ApproveExtension: [(OFFICE, {"Signed": "!NoExtensionAsked", "Asking": "Signed"})],
    c.RejectExtension: [(OFFICE, {"Signed": "!NoExtensionAsked", "Asking": "Signed"})],
    c.TrackIssue: [({"h"}, each(WORKING, "Tracked") | {"Tracked": "="})],  # T10
    c.RenewTracking: [({"h"}, {"Tracked": "Tracked"})],  # T11
    c.ResumeIssue: [({"h", "w"}, {"Tracked": "Signed"})],
    c.RequestEscalation: [({"h"}, each((*WORKING, "Tracked"), "Escalating") | {"Escalating": "="})],  # T12
    c.ApproveEscalation: [(OFFICE, {"Escalating": "Signed"})],  # T13
    c.RejectEscalation: [(OFFICE, {"Escalating": "Signed"})],  # T14
    c.RecordCityReply: [(OFFICE, each((*WORKING, "Tracked"), "!NotWithTheCity"))],
    c.AnswerStage: [(OFFICE | {"w"}, each((*WORKING, "Tracked")))],
    c.AnswerCoHandling: [(TOWN | LEADERS, each((*WORKING, "Tracked"), "!NotACoHandler"))],
    c.ResolveIssue: [({"w"}, each(WORKING, "Resolved") | {"Resolved": "="})],  # T15
    c.ApproveResolution: [  # T16
        (LEADERS, {"Resolved": "Reviewed"}),
        ({"d"}, each(("Reviewed", "Rated", "Dissatisfied"), "=")),
    ],
    c.RejectResolution: [(LEADERS, {"Resolved": "Signed"})],  # T17
    c.RecordCallBack: [  # T18: a rating stands; only the very call that gave it may be sent again.
        (CALLERS, {"Reviewed": "Reviewed", "Merged": "!NotAnsweredYet", "Dissatisfied": "!AlreadyRated"}),
        ({"caller"}, {"Rated": "="}),
    ],
    c.CloseIssue: [
        (CALLERS, {"Reviewed": "!NotReachedOftenEnough", "Rated": "Closed", "Closed": "="}),
        (OFFICE, {"Dissatisfied": "!RulingMissing"}),
    ],
    c.ReopenIssue: [  # T19
        (CALLERS, {"Reviewed": "!EnterpriseNotDissatisfied", "Rated": "!EnterpriseNotDissatisfied", "Dissatisfied": "Signed"}),
        (CALLERS | {"system"}, {"Closed": "Signed"}),
    ],
    c.ArchiveIssue: [({"l", "system"}, {"Closed": "Archived", "Archived": "="})],  # T20
    c.WithdrawIssue: [
        (
            CALLERS,
            each(BEFORE, "Withdrawn") | each(ORDERED, "Withdrawn") | {"Rated": "!AlreadyRated", "Dissatisfied": "!AlreadyRated"},
        ),
    ],  # T21
    c.UrgeIssue: [  # T22
        (OFFICE | {"inspector", "chief", "system"}, each(BEFORE)),
        (OFFICE | {"inspector", "chief", "system", "h"}, each(ORDERED)),
    ],
    c.SuperviseIssue: [(OFFICE | {"inspector", "chief"}, each((*BEFORE, *ORDERED)))],  # T23
    c.AnswerSupervision: [(LEADERS, each(ALL, "!NoSuchSlip"))],
    c.SupplementIssue: [(FOR_THE_ENTERPRISE, each((*BEFORE, *ORDERED)))],
    c.RaiseAlarm: [({"system"}, each(ALL, "="))],
    c.RederiveDeadline: [({"system"}, each(ALL, "="))],
    c.RuleMeasure: [({"office-head", "chief"}, each(ALL, "!NoSuchProposal"))],
}
LATER = {(c.ArchiveIssue, "Closed"): "10-30T10:00", (c.ArchiveIssue, "Archived"): "10-30T10:00"}
"""Nothing is filed while the enterprise may still object."""


@cache
def state_of(name: str) -> Any:
    return given(STORIES[name])


def ends(state: str, kind: type[c.Step], who: str) -> tuple[str, bool]:
    """What came of it, and whether that was a matter of who asked."""
    before = state_of(state)
    try:
        facts = ISSUE.decide(before, COMMANDS[kind], context(who, LATER.get((kind, state), "09-14T10:00")))
    except Problem as problem:
        return f"!{type(problem).__name__}", isinstance(problem, Forbidden)
    return (type(ISSUE.fold(facts, before)).__name__ if facts else "="), False


def cells() -> list[Any]:
    return [pytest.param(state, kind, id=f"{state}-{kind.__name__}") for state in STORIES for kind in COMMANDS]


@pytest.mark.parametrize(("state", "kind"), cells())
def test_every_cell_is_decided(state: str, kind: type[c.Step]):
    allowed = [(who, row[state]) for who, row in TABLE[kind] if state in row]
    assert len(allowed) <= 1
    who, end = allowed[0] if allowed else (set[str](), "")
    came = {name: ends(state, kind, name) for name in PEOPLE}
    assert {name for name, (found, _) in came.items() if found == end} == who
    others = {name: found for name, (found, _) in came.items() if name not in who}
    assert all(found.startswith("!") for found in others.values()), others
    if not allowed:
        told = {found for found, forbidden in came.values() if not forbidden}
        assert told == {f"!{Unknown.__name__}" if state == "Unreported" else "!NotInThisStage"}


def test_no_command_and_no_state_is_left_out():
    def below(kind: type[c.Step]) -> set[type[c.Step]]:
        return {kind, *(further for sub in kind.__subclasses__() for further in below(sub))}

    assert set(TABLE) == set(COMMANDS) == below(c.Step) - {c.Step}
    stages = {kind.__name__ for kind in vars(states).values() if isinstance(kind, type) and hasattr(kind, "STAGE")}
    assert {CLASS.get(name, name) for name in STORIES} == stages | {"Unreported"}
    assert {name for rows in TABLE.values() for _, row in rows for name in row} <= set(STORIES)
