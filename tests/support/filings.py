"""Makes the golden filing of the current rules: events of a small district, a ledger filed on them, its digest.

    python -m support.filings VERSION DIRECTORY          (from tests/, with the code that the version stands for)

A golden filing is made once, by the code that filed by these rules, and never again: ``tests/contract/test_filings.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import canonical, digest, ledger
from shared.events import issues, roster, visits
from shared.language.months import Calendar, Year
from shared.language.terms import Mode, Role, Standing
from support.stories import H, Story, V, day, ident, sealed, settled

_ACTING, _SIZES, _DEBTS, _DATED = 2, 3, 4, 5
"""Since which rules there are deputies for a leave and denied visits, size classes, heirs of a unit's debts and names read two ways, and things said
out of the order of their days."""
MONTH = "2026-09"
LEDGERS = (("H1", H), ("V1", V))


def events(rules: int) -> Story:
    """Two units, six enterprises, nine visits; tickets that were late, reopened, extended; what came too late."""
    story = settled(*"ABCDEF")
    for unit, kind, name in (("H1", "township", "市西街道"), ("V1", "department", "区工信局"), ("H2", "township", "市东街道")):
        story.tell(
            f"unit/{unit}", roster.UnitEstablished.model_validate({"code": unit, "name": name, "kind": kind, "on": day("01-01")})
        )
    story.tell(
        "calendar/2026",
        roster.YearPublished.model_validate(
            {
                "year": 2026,
                "days": [
                    {"date": "2026-09-20", "off": False},
                    *({"date": f"2026-09-{number}", "off": True} for number in (25, 26, 27)),
                ],
            }
        ),
    )
    for number, (unit, role) in enumerate((("H1", Role.LIAISON), ("H1", Role.HEAD), ("V1", Role.LIAISON), ("V1", Role.HEAD))):
        _appoint(story, f"{unit}-{role}", unit, role, f"0{1 + number}-10")
    if rules >= _ACTING:
        _appoint(story, "H1-deputy", "H1", Role.LIAISON, "09-20", acting_for="H1-liaison", until=day("10-20"))
    story.visit("A", "09-02", "H1")
    asked = story.visit("B", "09-03", "H1", difficulties="融资难", aware="understood", headcount=12)
    story.visit("C", "09-04", "H1", "V1")
    story.visit("D", "09-08", "V1", mode=Mode.PHONE, qualified=False)
    story.visit("E", "09-10", "H1", returned=True)
    story.visit("F", "09-11", "V1", voided=True)
    story.visit("A", "09-16", "V1", recorded="2026-09-28T00:00:00+08:00", aware="unknown")
    denied = story.visit("F", "09-22", "H1")
    story.visit("D", "09-29", "H1", recorded="2026-09-29T15:00:00+08:00")
    story.assign("E", H, "H2", "09-24")
    story.standing("C", Standing.DEREGISTERED, "09-18")
    _late_and_reopened(story, asked)
    _ticket(story, "QXG-202609-H1-0002", "V1", due="09-18")
    if rules >= _ACTING:
        story.tell(f"visit/{denied}", visits.VisitDenied(), "2026-09-26T09:00:00+08:00")
        _extended(story)
    if rules >= _SIZES:
        story.tell(f"enterprise/{ident('A')}", roster.EnterpriseSized(size="small", basis="从业人员 30 人", rule="2017"))  # type: ignore[arg-type]
        story.tell(f"enterprise/{ident('A')}", roster.EnterpriseAmended.model_validate({"staff": 300, "on": day("09-10")}))
        story.tell(f"enterprise/{ident('A')}", roster.EnterpriseSized(size="medium", basis="从业人员 300 人", rule="2017"))  # type: ignore[arg-type]
    if rules >= _DEBTS:
        _inherited(story)
    if rules >= _DATED:
        _out_of_order(story)
    return story


def _out_of_order(story: Story) -> None:
    """What rules 5 and 6 read two ways: a release put right after its successor was appointed, a standing from before the register."""
    for on in ("08-01", "09-10"):
        _appoint(story, "V1-second", "V1", Role.LIAISON, on)
    story.tell(f"member/{ident('V1-second')}", roster.MemberReleased(unit="V1", role=Role.LIAISON, on=day("08-20")))
    story.enterprise("K")
    story.assign("K", H, "H1")
    story.standing("K", Standing.DEREGISTERED, "2025-12-01")


def _inherited(story: Story) -> None:
    """What rules 4 read otherwise: 代管 and gone, a unit that ended inside the freeze, an answer in an unproved visit, a closing
    after T, a rating the enterprise gave by itself.
    """
    for name in ("G", "I", "J"):
        story.enterprise(name, managed_elsewhere=name == "G")
        story.assign(name, H, "H1" if name == "G" else "H2")
    story.visit("G", "09-03", "H1")
    story.standing("G", Standing.DEREGISTERED, "09-16")
    story.assign("I", H, "H3", "09-22")
    story.tell("unit/H2", roster.UnitEnded(on=day("09-23"), successors=("H1",)))
    story.visit("A", "09-24", "H1", qualified=False, aware="unknown")
    story.visit("J", "09-24", "H1", mode=Mode.QUESTIONNAIRE, satisfaction="5")
    for name in ("曾氏商贸", "岑氏商贸", "长顺酒业", "诸葛酒业", "单氏建材", "丁氏建材"):
        story.enterprise(name)
        story.visit(name, "09-15", "H1")
    stream = _ticket(story, "QXG-202609-H1-0009", "V1", due="09-25")
    _settle(story, stream, "09-29", "3")


def _appoint(story: Story, name: str, unit: str, role: Role, on: str, **more: Any) -> None:
    fact = roster.MemberAppointed.model_validate(
        {"account": name, "name": sealed(name), "unit": unit, "role": role, "on": day(on), **more}
    )
    story.tell(f"member/{ident(name)}", fact)


def _due(on: str) -> dict[str, Any]:
    return {"on": day(on), "derivation": "7 工作日", "calendar": "2026.1", "rule": "2026.1"}


def _ticket(story: Story, no: str, unit: str, due: str, **more: Any) -> str:
    stream = f"issue/{ident(no)}"
    story.tell(
        stream,
        issues.IssueReported.model_validate(
            {
                "no": no,
                "enterprise": {"id": ident("B"), "code": "91", "name": "B"},
                "unit": "H1",
                "source": "visit",
                "content": "融资难",
                "category": "finance",
                "nature": "help",
                "urgency": "ordinary",
                "on": day("09-03"),
                **more,
            }
        ),
    )
    story.tell(
        stream,
        issues.IssueDispatched.model_validate(
            {"unit": unit, "leader": ident("V1-head"), "measures": "协调银行对接", "on": day("09-04"), "due": _due(due)}
        ),
    )
    return stream


def _settle(story: Story, stream: str, on: str, rating: str) -> None:
    story.tell(
        stream,
        issues.IssueResolved.model_validate({"outcome": "solved", "result": "已放款", "reply": "贷款已发放", "on": day(on)}),
    )
    story.tell(stream, issues.ResolutionApproved.model_validate({"on": day(on)}))
    story.tell(stream, issues.IssueClosed.model_validate({"rating": rating, "on": day(on)}))


def _late_and_reopened(story: Story, visit: str) -> None:
    """Resolved two days late, reopened with a deadline of its own, resolved again within that one."""
    stream = _ticket(story, "QXG-202609-H1-0001", "V1", "09-10", visit=visit, demand=1)
    _settle(story, stream, "09-12", "2")
    story.tell(stream, issues.IssueReopened.model_validate({"reason": "尚未放款", "due": _due("09-25"), "on": day("09-14")}))
    _settle(story, stream, "09-20", "4")


def _extended(story: Story) -> None:
    """Twice the same: more time moves the deadline, but not once the ticket was reopened."""
    for number in (3, 4):
        stream = _ticket(story, f"QXG-202609-H1-000{number}", "V1", "09-10")
        if number == 4:
            _settle(story, stream, "09-09", "1")
            story.tell(
                stream, issues.IssueReopened.model_validate({"reason": "未解决", "due": _due("09-16"), "on": day("09-11")})
            )
        story.tell(
            stream,
            issues.ExtensionApproved.model_validate(
                {"due": _due("09-24"), "workdays": 10, "by": ident("V1-head"), "on": day("09-11")}
            ),
        )
        _settle(story, stream, "09-22", "5")


def written(rules: int) -> bytes:
    """The file: what was filed, then the events of all logs, each a line."""
    entries = events(rules).entries
    histories = fold(entries)
    calendar = Calendar.of({year: Year.read(year, 1, data["days"]) for year, data in histories.years.items()})
    filed = {unit: ledger(unit, line, MONTH, histories, calendar) for unit, line in LEDGERS}
    first = {
        "rules": rules,
        "month": MONTH,
        "ledgers": [
            {
                "unit": unit,
                "line": str(line),
                "rows": len(filed[unit].rows),
                "digest": digest(filed[unit]),
                "canonical": canonical(filed[unit]).decode(),
            }
            for unit, line in LEDGERS
        ],
    }
    lines: list[Any] = [
        first,
        *([item.pos, item.rec_us, item.stream, item.version, item.type, item.body.decode()] for item in entries),
    ]
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


if __name__ == "__main__":
    Path(sys.argv[2], f"{sys.argv[1]}.jsonl").write_bytes(written(int(sys.argv[1])))
