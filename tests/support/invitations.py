"""What gets a ticket on from where it is, and by whom: the steps random stories are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket.states import Unreported, order_of
from shared.language.terms import Nature, Role, Source, Urgency
from support import tickets as t

PEOPLE = [
    *t.PEOPLE.values(),
    *(
        replace(t.PEOPLE[name], account=f"{name}-moved", unit="OFFICE", roles=frozenset({Role.CALLER_BACK, Role.OFFICE}))
        for name in ("w", "d", "h", "w5", "d5", "h5")
    ),
]
"""Also the same persons at another desk: hands do not get clean by moving."""
WORKER, DEPUTY, HEAD = {"T01": "w", "D05": "w5"}, {"T01": "d", "D05": "d5"}, {"T01": "h", "D05": "h5"}
Try = tuple[c.Step, str]


def near(today: date, days: int) -> date:
    return today + timedelta(days=days)


def inviting(state: Any, today: date) -> list[Try]:
    """What gets a ticket on from where it is, by those who may."""
    if isinstance(state, Unreported):
        hotline = t.REPORT.model_copy(
            update={"source": Source.TRANSFERRED, "external_no": "12345-7", "external_due": near(today, 4)}
        )
        return [(t.REPORT, "w"), (t.REPORT.model_copy(update={"urgency": Urgency.CRITICAL}), "hotline"), (hotline, "office")]
    order = order_of(state)
    unit = order.order.unit if order else "T01"
    slips = [(c.AnswerSupervision(no=no, reply="已安排"), HEAD[unit]) for no in sorted(state.notes.unanswered)]
    match type(state).__name__:
        case "Reported":
            found = [(c.AcceptIssue(), "l"), (c.AcceptIssue(nature=Nature.COMPLAINT), "d"), (c.AcceptIssue(), "office")] * 3
            found += [(t.of(c.DeclineIssue), "office"), (t.of(c.MergeIssue), "office")]
        case "Accepted":
            found = [
                (t.DISPATCH, "office" if state.before else "h"),
                (t.CROSS, "office"),
                (t.CROSS.model_copy(update={"due": near(today, 1)}), "office"),
            ]
        case "Dispatched":
            found = [(c.SignIssue(), WORKER[unit]), (c.SignIssue(), WORKER[unit]), (t.of(c.ReturnIssue), DEPUTY[unit])]
        case "Signed" | "Tracked":
            found = on_the_desk(state, unit, today)
        case "Resolved":
            reviewer = DEPUTY[unit] if state.order.level.value == "grid" else "office2"
            found = [(c.ApproveResolution(), reviewer)] * 3 + [(t.of(c.RejectResolution), reviewer)]
        case "Reviewed":
            found = after_the_calls(state)
        case "Closed":
            found = [(t.of(c.ReopenIssue), "system"), (t.of(c.ArchiveIssue), "l")]
        case "Escalating":
            city = t.LIFT.model_copy(update={"document": "毕贵服请〔2026〕1号"})
            found = [(t.LIFT, "office2"), (city, "chief"), (t.of(c.RejectEscalation), "office2")]
        case "Declined":
            found = [(t.of(c.ContestDecline), "hotline")]
        case "Merged":
            found = [(t.of(c.AnswerSibling), "office"), (t.GOOD, "caller")]
        case _:
            found = []
    return [*found, *slips] or [(t.of(c.SupplementIssue), "hotline")]


def after_the_calls(state: Any) -> list[Try]:
    if not state.calls:
        unclean = [(t.GOOD, who) for who in ("own-caller", "w-moved", "d-moved", "h-moved", "w5-moved", "d5-moved")]
        return [(t.GOOD, "caller"), (t.BAD, "caller"), (t.MISSED, "caller"), *unclean]
    if state.calls[-1].rating is None:
        return [(t.MISSED, "caller"), (t.MISSED, "office"), (c.CloseIssue(), "caller"), (t.GOOD, "caller")]
    return [(c.CloseIssue(), "caller"), (t.of(c.ReopenIssue), "caller"), (c.CloseIssue(ruling="经核实已办理"), "office")]


def on_the_desk(state: Any, unit: str, today: date) -> list[Try]:
    handler = next((who.account for who in PEOPLE if who.id == state.work.handler), "w")
    track = t.TRACK.model_copy(update={"milestone": near(today, 20)})
    above = (t.of(c.RequestEscalation), HEAD[unit] if state.order.level.value == "grid" else "office")
    if type(state).__name__ == "Tracked":
        renew = t.of(c.RenewTracking).model_copy(update={"milestone": near(today, 25)})
        return [(renew, HEAD[unit]), (t.of(c.ResumeIssue), handler), (t.of(c.ProgressIssue), handler), above]
    granting = [(c.ApproveExtension(), who) for who in ("office", "inspector", "chief")] * 4 if state.work.asking else []
    reply = c.RecordCityReply(document="毕府办函〔2026〕3号", reply="已列入计划", due=near(today, 30))
    return [
        *granting,
        *[(t.RESOLVE, handler)] * 4,
        (t.of(c.ProgressIssue), handler),
        (t.EXTEND, HEAD[unit]),
        (t.EXTEND, HEAD[unit]),
        (track, HEAD[unit]),
        above,
        (t.of(c.ReassignIssue), HEAD[unit]),
        (t.of(c.AnswerStage), handler),
        (reply, "office"),
    ]
