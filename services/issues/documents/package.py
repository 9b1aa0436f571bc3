"""The archive package of a ticket (R17): its history byte for byte, readable pages, forms, replies, where it came from.

Made from the log alone: the same entries and names give the same bytes. ``manifest.json`` names every other member with its
SHA-256. The digest of the manifest is in no fact: pages hold names that open only outside ``domain``, and a name that is
erased later must change the pages. What proves the history for ever is ``timeline.jsonl``, whose leaf hashes are the log's.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from services.issues.documents.forms import print_form
from services.issues.documents.papers import FORMS, TITLES
from services.issues.documents.register import COLUMNS, row
from services.issues.documents.story import People, Story, instant
from services.issues.domain.ticket.states import Archived
from shared.events.issues import IssueDeclined, IssueResolved, SiblingAnswered, StageAnswered
from shared.language.facts import Fact
from shared.language.terms import Role, Term
from shared.log.eventlog import Entry
from shared.paper.prints import Printed, pdf

_LONG_AGO = (2021, 8, 11, 0, 0, 0)
_QUIET = ("alarms-set",)
"""Plans of the clock are in the timeline, and not on the page people read."""

_HOW = """问题归档包 {no}

manifest.json   各文件的 SHA-256、问题编号、截至位置、保管期限
timeline.jsonl  全部事件原文:一行一条,按先后
summary.pdf     供阅读的办理过程
forms/          交办单、报请单、督办单
replies.json    对企业的答复
visit.json      诉求的来源走访及其印证资料(清单)。印证资料文件保存在走访服务,此处只列地址、大小和 SHA-256

核对方法
1. 逐个计算文件的 SHA-256(例如 sha256sum),与 manifest.json 的 files 逐项比对。
2. timeline.jsonl 每行的 body 是事件原文;将其按 UTF-8 编码为字节 B,position、recorded_us 各写成 8 字节大端整数 P、R,
   leaf_hash 等于 SHA-256(字节 00 ‖ P ‖ R ‖ B)。与事件日志中同一位置的 leaf_hash 相同,即未被改动。
3. 个人信息在事件原文中以密文保存,填写的文字同样以密文保存;依法删除后密文不可读,上述各值不变;summary.pdf 和表单中的姓名、文字届时显示为〔已删除〕。
"""

_SOURCE = r"""
#let say = sys.inputs
#let facts = json(bytes(say.facts))
#let steps = json(bytes(say.steps))
#set document(title: say.title, date: none)
#set page(paper: "a4", margin: (x: 20mm, top: 22mm, bottom: 20mm), footer: context [
  #set text(font: "Noto Sans SC", size: 8.5pt, fill: rgb("#555555"))
  #say.footer #h(1fr) 第 #counter(page).display() 页 共 #counter(page).final().first() 页
])
#set text(font: "Noto Serif SC", lang: "zh", region: "cn", size: 10.5pt)
#set par(leading: 0.68em, justify: false)
#let bold(body) = text(stroke: 0.28pt + black, body)
#align(center, text(size: 18pt, stroke: 0.4pt + black, say.title))
#v(3mm)
#table(columns: (34mm, 1fr), stroke: 0.5pt, inset: 2.2mm, ..facts.map(row => (bold(row.at(0)), row.at(1))).flatten())
#v(4mm)
#bold[办理过程]
#v(1mm)
#table(
  columns: (30mm, 30mm, 1fr), stroke: 0.5pt, inset: 2mm,
  table.header(bold[时间], bold[环节 / 办理], bold[内容]),
  ..steps.map(row => (row.at(0), row.at(1), row.at(2))).flatten(),
)
"""


def package(item: Story, people: People, visit: Mapping[str, Any] | None, office: str) -> Printed:
    """The archive. ``visit`` is the copy of the visit it came from."""
    summary = _summary(item, people)
    missing = set(summary.missing)
    files: dict[str, tuple[str, bytes]] = {
        "timeline.jsonl": ("事件原文", b"".join(_line(entry) for entry in item.entries)),
        "summary.pdf": ("办理过程", summary.content),
        "replies.json": ("对企业的答复", _json(_replies(item))),
        "visit.json": ("来源走访和印证资料清单", _json(_origin(item, visit))),
        "README.txt": ("说明", _HOW.format(no=item.state.report.no).encode()),
    }
    for what, (form, kind) in FORMS.items():
        for n in range(1, len(item.all(kind)) + 1):
            page = print_form(form(item, n, people, office))
            missing |= page.missing
            files[f"forms/{what}-{n}.pdf"] = (f"{TITLES[what]}({n})", page.content)
    files["manifest.json"] = ("清单", _json(_manifest(item, visit, files)))
    return Printed(_zipped({name: content for name, (_, content) in files.items()}), frozenset(missing))


def _manifest(item: Story, visit: Mapping[str, Any] | None, files: Mapping[str, tuple[str, bytes]]) -> dict[str, Any]:
    filing = item.state.filing if isinstance(item.state, Archived) else None
    return {
        "no": item.state.report.no,
        "issue": str(item.id),
        "stage": item.state.STAGE.label,
        "enterprise": item.state.report.enterprise.model_dump(mode="json"),
        "cut": {"issues": item.cut, **({"visits": visit["cut"]} if visit else {})},
        "entries": len(item.entries),
        "filing": {
            "on": filing and filing.on.isoformat(),
            "file_no": filing.file_no if filing else "",
            "retention_years": filing and filing.retention_years,
            "retention": f"{filing.retention_years}年" if filing and filing.retention_years else "尚未归档",
        },
        "files": [
            {"name": name, "title": title, "size": len(content), "sha256": sha256(content).hexdigest()}
            for name, (title, content) in sorted(files.items())
        ],
        "evidence": list(visit["evidence"]) if visit else [],
    }


def _line(entry: Entry) -> bytes:
    """One entry, its body as the text it is: encoded again it is the stored bytes."""
    hashed = sha256(b"\x00" + entry.pos.to_bytes(8, "big") + entry.rec_us.to_bytes(8, "big") + entry.body).hexdigest()
    told = {
        "position": entry.pos,
        "recorded_us": entry.rec_us,
        "recorded_at": entry.recorded.isoformat(),
        "stream": entry.stream,
        "version": entry.version,
        "type": entry.type,
        "leaf_hash": hashed,
        "body": entry.body.decode(),
    }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _replies(item: Story) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for fact in item.facts:
        match fact:
            case IssueResolved():
                found.append({"on": str(fact.on), "kind": f"报结({fact.outcome.label})", "reply": fact.reply})
            case StageAnswered():
                found.append({"on": str(fact.on), "kind": "阶段答复", "reply": fact.reply})
            case SiblingAnswered():
                found.append({"on": str(fact.on), "kind": "合并件答复", "reply": fact.reply})
            case IssueDeclined():
                found.append({"on": str(fact.on), "kind": "不予受理告知", "reply": fact.text})
            case _:
                continue
    return found


def _origin(item: Story, visit: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where it came from, and the way back."""
    report = item.state.report
    if report.visit is None:
        return {"source": report.source.label, "external_no": report.external_no, "visit": None, "evidence": []}
    return {
        "source": report.source.label,
        "external_no": report.external_no,
        "visit": str(report.visit),
        "demand": report.demand,
        "href": f"/api/visits/visits/{report.visit}",
        "known": visit is not None,
        **(visit or {"evidence": []}),
        "note": "印证资料文件保存在走访服务,按 href 取用,按 sha256 核对。",
    }


def _summary(item: Story, people: People) -> Printed:
    labels = {column.name: column.label for column in COLUMNS}
    facts = [
        [labels[name], value.label if isinstance(value, Term) else str(value)]
        for name, value in row(item, people).items()
        if value not in (None, "", 0, "0") and name != "progress"
    ]
    steps = [
        [instant(entry), f"{fact.TITLE}\n{_who(entry, people)}".rstrip(), _said(fact, people)]
        for entry, fact in zip(item.entries, item.facts, strict=True)
        if entry.type.split(".")[1] not in _QUIET
    ]
    inputs = {
        "title": f"问题办理档案 {item.state.report.no}",
        "footer": f"{item.state.report.no} · 截至日志第 {item.cut} 条",
        "facts": facts,
        "steps": steps,
    }
    return pdf(_SOURCE, inputs)


def _who(entry: Entry, people: People) -> str:
    """Unit and role, as the log has them; the platform acts under its own name."""
    roles = [role for role in entry.envelope.get("actorrole", "").split(",") if role]
    if str(Role.SYSTEM) in roles:
        return "系统"
    unit = entry.envelope.get("actorunit", "")
    return " ".join(part for part in (people.unit(unit) if unit else "", "、".join(Role(role).label for role in roles)) if part)


_WORDS = {
    "content": "内容",
    "text": "理由",
    "words": "要求",
    "reason": "理由",
    "measures": "措施",
    "note": "情况",
    "analysis": "原因",
    "progress": "进展",
    "tried": "已开展",
    "request": "请求",
    "directions": "批示",
    "result": "结果",
    "reply": "答复",
    "plan": "计划",
    "ruling": "裁定",
    "call": "回访记录",
    "document": "文号",
    "file_no": "档号",
    "master_no": "并入",
    "no": "编号",
}


def _said(fact: Fact, people: People) -> str:
    """What a fact says in words people read."""
    lines = [
        f"{label}:{value}" for name, label in _WORDS.items() if isinstance(value := getattr(fact, name, None), str) and value
    ]
    for name, label in (("rating", "满意度"), ("outcome", "结果"), ("cause", "原因"), ("kind", "提醒"), ("colour", "等级")):
        value = getattr(fact, name, None)
        if isinstance(value, Term):
            lines.append(f"{label}:{value.label}")
    if (due := getattr(fact, "due", None)) is not None:
        lines.append(f"时限:{getattr(due, 'on', due)} {getattr(due, 'derivation', '')}".rstrip())
    if unit := getattr(fact, "unit", ""):
        co = getattr(fact, "co_units", ())
        lines.append(f"单位:{people.unit(unit)}" + (f",协办:{people.all(co)}" if co else ""))
    for name, label in (("leader", "责任领导"), ("handler", "承办人")):
        if (member := getattr(fact, name, None)) is not None:
            lines.append(f"{label}:{people.member(member)}")
    return "\n".join(lines)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Sorted, undated, with the same attributes: the same content gives the same bytes."""
    out = io.BytesIO()
    names: Sequence[str] = sorted(files)
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.create_system, info.external_attr, info.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            made.writestr(info, files[name], compresslevel=6)
    return out.getvalue()
