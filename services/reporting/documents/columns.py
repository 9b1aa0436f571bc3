"""Which columns the printed ledger has: order, titles, widths. Data, so that the office can re-map them (choices 12).

The annex of the plan (附件3) is not public; ``ledgers.md`` §1 is what it is taken to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from shared.language.industries import industry_label
from shared.language.terms import (
    Ack,
    Awareness,
    EvidenceKind,
    IssueStage,
    Level,
    Mode,
    Operation,
    Outcome,
    Rating,
    Review,
    Role,
    RowMark,
    Size,
    Term,
    Trend,
)

Row = Mapping[str, Any]
Names = Mapping[str, str]


class Kind(StrEnum):
    """How a cell is stored. A text that merely looks like a number or a formula stays a text."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    """An ISO day becomes a real Excel date; anything else (several days in one cell) a text."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its field (the key of ``VALUES``), its title, its width in characters."""

    field: str
    title: str
    width: float
    group: str = ""
    """Title of the merged header above neighbouring columns of the same group."""
    kind: Kind = Kind.TEXT
    centred: bool = False


ANNEX = (
    Column("seq", "序号", 6, kind=Kind.NUMBER, centred=True),
    Column("enterprise_name", "企业名称", 22, "企业基本情况"),
    Column("uscc", "统一社会信用代码", 21, "企业基本情况", centred=True),
    Column("industry", "所属行业", 13, "企业基本情况"),
    Column("vertical_unit", "行业主管部门", 12, "企业基本情况"),
    Column("place", "所属乡镇(街道)、村(社区)", 14, "企业基本情况"),
    Column("visited_on", "走访日期", 11.5, "走访服务情况", Kind.DAY, centred=True),
    Column("mode", "走访方式", 9.5, "走访服务情况", centred=True),
    Column("visitors", "走访人员", 15, "走访服务情况"),
    Column("interviewee", "企业受访人及职务", 11, "走访服务情况"),
    Column("phone", "联系电话", 13, "走访服务情况", centred=True),
    Column("operation", "生产经营情况", 20, "走访服务情况"),
    Column("difficulties", "存在的困难和问题", 24, "走访服务情况"),
    Column("suggestions", "意见建议", 16, "走访服务情况"),
    Column("policies", "宣传政策及发放资料", 16, "走访服务情况"),
    Column("aware", "是否知晓“贵人服务”", 10, "走访服务情况", centred=True),
    Column("issue_nos", "问题编号", 19, "问题办理情况"),
    Column("responsible_leader", "责任领导", 9, "问题办理情况", centred=True),
    Column("measures", "解决措施", 20, "问题办理情况"),
    Column("deadline", "办理时限", 11.5, "问题办理情况", Kind.DAY, centred=True),
    Column("status", "办理情况", 20, "问题办理情况"),
    Column("level", "层级", 6, "问题办理情况", centred=True),
    Column("satisfaction", "企业满意度", 9, centred=True),
    Column("evidence", "印证资料", 11),
    Column("remark", "备注", 11),
)
"""The printed form: the ★ columns of ``ledgers.md`` §1."""

DETAIL = (
    Column("seq", "序号", 6, kind=Kind.NUMBER, centred=True),
    Column("enterprise_name", "企业名称", 26),
    Column("uscc", "统一社会信用代码", 21, centred=True),
    Column("size", "企业规模", 9, centred=True),
    Column("joint", "是否联合走访", 18),
    Column("duties", "走访人员职务", 20),
    Column("headcount", "用工人数", 9, kind=Kind.NUMBER, centred=True),
    Column("revenue_trend", "营业收入变化", 12, centred=True),
    Column("closed_on", "办结日期", 12, kind=Kind.DAY, centred=True),
    Column("enterprise_ack", "企业确认", 9, centred=True),
    Column("evidence_ids", "印证资料编号", 24),
    Column("recorded_at", "录入时间", 19, centred=True),
    Column("review", "审核状态", 9, centred=True),
    Column("missing", "待补证", 16),
    Column("visit", "走访编号", 38),
)
"""What the form has no room for, on a sheet of its own."""

UNKNOWN = "〔未知〕"
_TICKET_SIGNS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


@lru_cache(maxsize=4_096)
def label(term: type[Term], value: str | None, default: str = "") -> str:
    """The Chinese word of a value; a value nobody knows is printed as it is."""
    if value is None:
        return default
    try:
        return term(value).label
    except ValueError:
        return value


@lru_cache(maxsize=4_096)
def _industry(code: str) -> str:
    return industry_label(code)


def _several(texts: Iterable[str]) -> str:
    """One text as it is, several numbered and each on a line of its own, so that the columns of a ticket line up."""
    found = list(texts)
    if len(found) <= 1:
        return "".join(found)
    return "\n".join(f"{_TICKET_SIGNS[n] if n < len(_TICKET_SIGNS) else n + 1}{text}" for n, text in enumerate(found))


def _named(names: Names, token: str | None) -> str:
    return names.get(token) or UNKNOWN if token else ""


def _visitors(row: Row, names: Names) -> str:
    return "、".join(f"{_named(names, item['member'])}({label(Role, item['role'])})" for item in row["visitors"])


def _duties(row: Row, _names: Names) -> str:
    return "、".join(f"{item['unit_name']}{label(Role, item['role'])}" for item in row["visitors"])


def _interviewee(row: Row, names: Names) -> str:
    name = _named(names, f"{row['visit']}:interviewee") if row["interviewee"] else ""
    return f"{name}({row['title']})" if name and row["title"] else name or row["title"]


def _phone(row: Row, names: Names) -> str:
    return _named(names, f"{row['visit']}:phone") if row["phone"] else ""


def _operation(row: Row, _names: Names) -> str:
    word = label(Operation, row["operation"])
    return f"{word};{row['note']}" if row["note"] else word


def _policies(row: Row, _names: Names) -> str:
    given = f"发放服务一张图{row['onemap_given']}份" if row["onemap_given"] else ""
    return ";".join(part for part in ("、".join(row["policies"]), given) if part)


def _status(row: Row, _names: Names) -> str:
    return _several(
        ":".join(part for part in (label(IssueStage, item["stage"]), item["result"] or label(Outcome, item["outcome"])) if part)
        for item in row["issues"]
    )


def _evidence(row: Row, _names: Names) -> str:
    counts: dict[str, int] = {}
    for item in row["evidence"]:
        word = label(EvidenceKind, item["kind"])
        counts[word] = counts.get(word, 0) + 1
    return " ".join(f"{word}{count}" for word, count in counts.items())


def _remark(row: Row, _names: Names) -> str:
    parts = [label(RowMark, mark) for mark in row["marks"]]
    if row["review"] == Review.RETURNED:
        parts.append(Review.RETURNED.label)
    if row["missing"]:
        parts.append("待补证")
    if row["remark"]:
        parts.append(row["remark"])
    return ";".join(parts)


def _joint(row: Row, _names: Names) -> str:
    return f"是({'、'.join(row['partners'])})" if row["joint"] else "否"


def _issues(field: str) -> Callable[[Row, Names], str]:
    return lambda row, _names: _several(item[field] or "—" for item in row["issues"])


VALUES: Mapping[str, Callable[[Row, Names], Any]] = {
    "change": lambda row, _names: row["change"],
    "seq": lambda row, _names: row["seq"],
    "visit": lambda row, _names: row["visit"],
    "enterprise_name": lambda row, _names: row["enterprise_name"],
    "uscc": lambda row, _names: row["uscc"],
    "size": lambda row, _names: label(Size, row.get("size")),
    "industry": lambda row, _names: _industry(row["industry"]),
    "vertical_unit": lambda row, _names: row["vertical_name"],
    "place": lambda row, _names: row["horizontal_name"] + row["village_name"],
    "visited_on": lambda row, _names: row["visited_on"],
    "mode": lambda row, _names: label(Mode, row["mode"]),
    "joint": _joint,
    "visitors": _visitors,
    "duties": _duties,
    "interviewee": _interviewee,
    "phone": _phone,
    "operation": _operation,
    "headcount": lambda row, _names: row["headcount"],
    "revenue_trend": lambda row, _names: label(Trend, row["revenue_trend"]),
    "difficulties": lambda row, _names: row["difficulties"],
    "suggestions": lambda row, _names: row["suggestions"],
    "policies": _policies,
    "aware": lambda row, _names: label(Awareness, row["aware"]),
    "issue_nos": _issues("no"),
    "responsible_leader": lambda row, names: _several(_named(names, item["leader"]) or "—" for item in row["issues"]),
    "measures": _issues("measures"),
    "deadline": _issues("due"),
    "status": _status,
    "closed_on": _issues("closed_on"),
    "level": lambda row, _names: _several(label(Level, item["level"]) for item in row["issues"]),
    "satisfaction": lambda row, _names: label(Rating, row["satisfaction"], "未评价"),
    "evidence": _evidence,
    "evidence_ids": lambda row, _names: "\n".join(
        f"{label(EvidenceKind, item['kind'])} {item['sha256'][:16]}" for item in row["evidence"]
    ),
    "enterprise_ack": lambda row, _names: label(Ack, row["ack"]),
    "recorded_at": lambda row, _names: row["recorded_at"],
    "review": lambda row, _names: label(Review, row["review"]),
    "missing": lambda row, _names: "、".join(row["missing"]),
    "remark": _remark,
}
"""What a field prints, by its name. A mapping the office uploads names these fields."""
