"""Annex 3 (附件3 贵人服务走访服务企业台账) of one unit and month, computed from histories (方案 四(一)3, 五(五)).

    prepare(month, histories, calendar, settings) -> Prepared       once for all units of a month
    ledger(prepared, unit, line) -> Ledger              canonical(ledger) -> bytes        digest(ledger) -> str

Which rows: every visit of the month one of the unit's people made, unless it was voided; a returned one stands there with
退回 until it is corrected, a joint one stands in the ledgers of both units; and every visit the unit that gave an enterprise
away made, if it is what makes that enterprise count for this unit (移交前). Enterprise and units are called as they were on
the day of the visit. The ledger depends on the histories, the calendar and the version of the rules alone: no clock, no
locale, no float.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

from services.reporting.domain import former, spelling
from services.reporting.domain.awareness import awareness, latest_answers
from services.reporting.domain.coverage import (
    Basis,
    Coverage,
    Period,
    Settings,
    UnitCoverage,
    coverage,
    period,
)
from services.reporting.domain.demands import demands
from services.reporting.domain.histories import EnterpriseHistory, Histories, IssueHistory, VisitHistory, standing_value
from shared.language.months import Calendar, start_of_day
from shared.language.percent import percentage
from shared.language.terms import Awareness, Line, Mode, Review, Role

Row = dict[str, Any]
"""A row by field name; days and instants are texts, persons are tokens, no floats."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What stands in the ledger; everything but ``rules`` and ``sealed`` is in its canonical form."""

    header: Mapping[str, Any]
    """unit, unit_name, line, month, first, due, last; liaison and head as ``member:<uuid>`` or ``None``."""
    rows: tuple[Row, ...]
    summary: Mapping[str, Mapping[str, Any]]
    """``filing`` (报送口径) and ``month`` (全月口径)."""
    rules: int
    """The version of the rules it was computed by."""
    sealed: Mapping[str, dict[str, str]]
    """What ``names`` of the workbook must resolve: ``member:<uuid>``, ``<visit id>:interviewee``, ``<visit id>:phone`` →
    the sealed token (``Personal(token=…)``)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What all ledgers of a month have in common, worked out once."""

    month: str
    rules: int
    """By which version of the rules (``rules``)."""
    histories: Histories
    filing: Coverage
    whole: Coverage
    visits: Mapping[str, Sequence[VisitHistory]]
    """The month's visits by unit of a visitor; voided ones are not among them."""
    issues_of_visits: Mapping[str, Sequence[IssueHistory]]
    issues_of_units: Mapping[str, Sequence[IssueHistory]]
    """By every unit that collected or ever handled them."""
    calendar: Calendar

    def units(self) -> list[tuple[str, Line]]:
        """Units with something to say this month, by code: those that owe visits."""
        return sorted(set(self.filing.units) | set(self.whole.units))


def prepare(month: str, histories: Histories, calendar: Calendar, settings: Settings | None = None) -> Prepared:
    """Work out a month (``2026-09``).

    For one unit's ledger the histories must hold: every enterprise ever assigned to the unit or visited in the month by its
    people, and those of the units it succeeds; all visits of the month to those enterprises; the tickets of those visits, and
    the tickets the unit ever reported or handled; the members and the units named.
    """
    filing = coverage(period(month, Basis.FILING, calendar, settings), histories)
    whole = coverage(period(month, Basis.MONTH, calendar, settings), histories)
    visits: dict[str, list[VisitHistory]] = {}
    for visit in histories.visits.values():
        if visit.on[:7] == month and visit.review != Review.VOIDED:
            for unit in {visitor["unit"] for visitor in visit.details["visitors"]}:
                visits.setdefault(unit, []).append(visit)
    of_visits: dict[str, list[IssueHistory]] = {}
    of_units: dict[str, list[IssueHistory]] = {}
    for issue in histories.issues.values():
        if issue.visit:
            of_visits.setdefault(issue.visit, []).append(issue)
        for unit in issue.parties:
            of_units.setdefault(unit, []).append(issue)
    return Prepared(month, filing.period.settings.rules, histories, filing, whole, visits, of_visits, of_units, calendar)


def ledger(
    unit: str, line: Line, month: str, histories: Histories, calendar: Calendar, settings: Settings | None = None
) -> Ledger:
    """The ledger of one unit; ``prepare`` says what the histories must hold. For many units prepare once."""
    return ledger_of(prepare(month, histories, calendar, settings), unit, line)


def ledger_of(prepared: Prepared, unit: str, line: Line) -> Ledger:
    """The ledger of one of the units of a prepared month."""
    histories = prepared.histories
    own = prepared.visits.get(unit, ())
    handed = prepared.filing.unit(unit, line).before_handover | prepared.whole.unit(unit, line).before_handover
    known = {visit.id for visit in own}
    chosen = [*own, *(histories.visits[key] for key in sorted(handed - known))]
    due_us = _end_of(prepared.filing.period.due)
    made = [_row(prepared, unit, visit, handed=visit.id in handed, due_us=due_us) for visit in chosen]
    spelt = spelling.order if prepared.rules >= _SPELT else former.pinyin
    made.sort(key=lambda row: (row["visited_on"], spelt(row["enterprise_name"]), row["enterprise_name"], row["visit"]))
    for seq, row in enumerate(made, 1):
        row["seq"] = seq
    header = _header(prepared, unit, line)
    return Ledger(
        header=header,
        rows=tuple(made),
        summary={
            str(at.period.basis): _summary(prepared, at.period, at.unit(unit, line), unit, made)
            for at in (prepared.filing, prepared.whole)
        },
        rules=prepared.rules,
        sealed=_sealed(histories, header, made),
    )


def canonical(item: Ledger) -> bytes:
    """JSON lines with sorted keys: the header, the rows, the summary. Each ends with a newline."""
    lines: list[Mapping[str, Any]] = [item.header, *item.rows, item.summary]
    return b"".join(orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for line in lines)


def digest(item: Ledger) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return sha256(canonical(item)).hexdigest()


def _end_of(day: str) -> int:
    """Microseconds since 1970 at 24:00 of a day."""
    return int(start_of_day(date.fromisoformat(day) + timedelta(days=1)).timestamp()) * 1_000_000


def _instant(us: int) -> str:
    """``2026-09-03 17:00:00`` in Asia/Shanghai."""
    days, seconds = divmod(us // 1_000_000 + 8 * 3_600, 86_400)
    return f"{_day(days)} {seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


@lru_cache(maxsize=4_096)
def _day(since_1970: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=since_1970)).isoformat()


def _row(prepared: Prepared, unit: str, visit: VisitHistory, *, handed: bool, due_us: int) -> Row:
    histories, details, on = prepared.histories, visit.details, visit.details["on"]
    enterprise = histories.enterprises.get(visit.enterprise) or EnterpriseHistory(visit.enterprise)
    horizontal, vertical = enterprise.assigned(Line.HORIZONTAL, on), enterprise.assigned(Line.VERTICAL, on)
    units = sorted({visitor["unit"] for visitor in details["visitors"]} - {unit})
    issues = sorted(prepared.issues_of_visits.get(visit.id, ()), key=lambda issue: (issue.no, issue.id))
    joint = bool(details.get("joint"))
    marks = {
        "late_report": visit.first_us >= due_us,
        "late_entry": details.get("late_entry", False),
        "handed_over": handed,
        "joint": joint,
    }
    return {
        **({"size": standing_value(enterprise.sizes, on, "")} if prepared.rules >= _SIZED else {}),
        "visit": visit.id,
        "fact": visit.pos,
        "enterprise": visit.enterprise,
        "enterprise_name": details["enterprise"]["name"],
        "uscc": details["enterprise"]["code"],
        "industry": standing_value(enterprise.industries, on, ""),
        "vertical_unit": vertical.unit if vertical else None,
        "vertical_name": histories.unit_name(vertical.unit, on) if vertical else "",
        "horizontal_unit": horizontal.unit if horizontal else None,
        "horizontal_name": histories.unit_name(horizontal.unit, on) if horizontal else "",
        "village": horizontal.sub_unit if horizontal else None,
        "village_name": histories.unit_name(horizontal.sub_unit, on) if horizontal else "",
        "visited_on": on,
        "mode": details["mode"],
        "joint": joint,
        "partners": [histories.unit_name(code, on) for code in units],
        "visitors": [
            {
                "member": f"member:{visitor['member']}",
                "role": visitor["role"],
                "unit": visitor["unit"],
                "unit_name": histories.unit_name(visitor["unit"], on),
            }
            for visitor in details["visitors"]
        ],
        "interviewee": _subject(details.get("interviewee")),
        "title": details.get("title", ""),
        "phone": _subject(details.get("phone")),
        "operation": details.get("operation", ""),
        "note": details.get("note", ""),
        "headcount": details.get("headcount"),
        "revenue_trend": details.get("revenue_trend"),
        "difficulties": details.get("difficulties", ""),
        "suggestions": details.get("suggestions", ""),
        "policies": details.get("policies", []),
        "onemap_given": details.get("onemap_given", 0),
        "aware": details.get("aware", Awareness.NOT_ASKED),
        "issues": [_ticket(issue) for issue in issues],
        "satisfaction": None
        if prepared.rules >= _ANONYMOUS and details["mode"] == Mode.QUESTIONNAIRE
        else details.get("satisfaction"),
        "evidence": [{"kind": item.kind, "sha256": item.sha256} for item in visit.evidence],
        "ack": details.get("ack", "none"),
        "recorded_at": _instant(visit.first_us),
        "review": visit.review,
        "qualified": visit.qualified,
        "missing": list(visit.missing),
        "marks": [name for name, holds in marks.items() if holds],
        "remark": details.get("remark", ""),
    }


_SPELT = 5
"""Since these rules surnames and places stand by their own reading."""


_SIZED = 3
"""Since these rules 企业规模 stands in a row."""


_ANONYMOUS = 4
"""Since these rules what an enterprise answered by itself is in no ledger: its rating is anonymous to the visited unit (K7)."""


def _ticket(issue: IssueHistory) -> dict[str, Any]:
    return {
        "no": issue.no,
        "leader": f"member:{issue.leader}" if issue.leader else None,
        "measures": issue.measures,
        "due": issue.due,
        "stage": issue.stage,
        "outcome": issue.outcome,
        "result": issue.result,
        "closed_on": issue.closed_on,
        "level": issue.level,
        "rating": issue.rating,
    }


def _subject(sealed: dict[str, str] | None) -> str | None:
    return f"sub:{sealed['sub']}" if sealed else None


def _header(prepared: Prepared, unit: str, line: Line) -> dict[str, Any]:
    at = prepared.whole.period
    return {
        "unit": unit,
        "unit_name": prepared.histories.unit_name(unit, at.until),
        "line": str(line),
        "month": prepared.month,
        "first": at.first,
        "due": at.due,
        "last": at.until,
        "liaison": _holder(prepared, unit, Role.LIAISON, at.due),
        "head": _holder(prepared, unit, Role.HEAD, at.due),
    }


_SEATED = 6
"""Since these rules a release leaves later posts alone, whatever the order of saying."""


def _holder(prepared: Prepared, unit: str, role: Role, on: str) -> str | None:
    """Who holds a role in the unit itself on a day: the one appointed last, before anybody who only stands in."""
    held = [
        (post.acting_for is None, post.since, member.id)
        for member in prepared.histories.members.values()
        for post in (member.held() if prepared.rules >= _SEATED else member.posts)
        if post.unit == unit and post.role == role and post.since <= on and (post.until is None or post.until > on)
    ]
    return f"member:{max(held)[2]}" if held else None


def _sealed(histories: Histories, header: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    tokens = {header["liaison"], header["head"]}
    sealed: dict[str, dict[str, str]] = {}
    for row in rows:
        tokens.update(visitor["member"] for visitor in row["visitors"])
        tokens.update(issue["leader"] for issue in row["issues"])
        details = histories.visits[row["visit"]].details
        for name in ("interviewee", "phone"):
            if details.get(name):
                sealed[f"{row['visit']}:{name}"] = details[name]
    for token in tokens - {None}:
        member = histories.members.get(token[7:])
        if member is not None and member.name:
            sealed[token] = member.name
    return sealed


def _rate(n: int, d: int) -> dict[str, Any]:
    return {"n": n, "d": d, "pct": percentage(n, d)}


def _summary(prepared: Prepared, at: Period, covered: UnitCoverage, unit: str, rows: Iterable[Row]) -> dict[str, Any]:
    """月度汇总."""
    seen = [row for row in rows if row["visited_on"] <= at.until]
    if prepared.rules >= _COUNTED:
        own = {visit.id for visit in prepared.visits.get(unit, ())} | covered.before_handover
        seen = [row for row in seen if row["visit"] in own]
    return {
        "until": at.until,
        "owed": covered.strict.d,
        "visited": covered.strict.n,
        "coverage": covered.strict.pct,
        "missing": len(covered.missing),
        "lost": covered.lost,
        "diligent": _rate(covered.diligent.n, covered.diligent.d),
        "grace": covered.grace,
        "visits": len(seen),
        "modes": {str(mode): sum(1 for row in seen if row["mode"] == mode) for mode in Mode},
        **_told(prepared, at, unit, seen),
    }


_COUNTED = 4
"""Since these rules a visit made before a handover is summed up only at the cut-off at which it counts for the unit."""


def _told(prepared: Prepared, at: Period, unit: str, seen: Sequence[Row]) -> dict[str, Any]:
    """What became of the tickets, and who knows of the service."""
    deadline, whole = former.DEADLINES.get(prepared.rules), prepared.whole.period
    if deadline is None:
        return {**_tickets(prepared, at, unit), **_awareness(prepared.visits.get(unit, ()), at.until)}
    known = [issue for issue in prepared.issues_of_units.get(unit, ()) if issue.unit == unit]
    return {**former.tickets(known, whole.first, at.until, whole.until, deadline), **former.awareness(seen)}


def _tickets(prepared: Prepared, at: Period, unit: str) -> dict[str, Any]:
    """The figures of ``demands``, as everybody tells them: 交办 and 提级 of what the unit collected, 办结, 按期 and 满意 of what
    it handles; ``by`` says so, and the sheet says it in words.
    """
    whole = prepared.whole.period
    found = demands(prepared.issues_of_units.get(unit, ()), whole.first, at.until, whole.until, prepared.calendar, unit=unit)
    told = ("dispatched", "closed", "on_time", "satisfied", "satisfied_strictly")
    return {"by": "handling_unit", **found.counts, **{name: _rate(found.rates[name].n, found.rates[name].d) for name in told}}


def _awareness(visits: Iterable[VisitHistory], until: str) -> dict[str, Any]:
    """知晓率(自报), kpi §6: of the unit's counted visits up to a day."""
    said = latest_answers(visits, until)
    aware, strictly = awareness(said)
    return {"aware": _rate(aware.n, aware.d), "aware_strictly": _rate(strictly.n, strictly.d)}
