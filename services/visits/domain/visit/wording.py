"""Words of enforcement in what was written about a visit (方案 四(一)3: 严禁将上门服务变味为检查工作).

A visit has no purpose field, so that only the words can tell. What is found is shown to a reviewer with its place; nothing
is refused and nothing is counted because of it: a factory may well speak of its own quality inspection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.events.visits import VisitRecorded

WORDS = ("检查", "处罚", "整改", "罚款", "执法", "查处", "稽查", "抽查", "责令", "立案", "督查企业", "突击")
"""What an inspector does and a visitor does not."""

HARMLESS = (
    "安全检查服务",
    "质量检查员",
    "自检查",
    "自我检查",
    "免于处罚",
    "减免罚款",
    "不予处罚",
    "未检查",
    "不检查",
    "非检查",
    "不是检查",
    "身体检查",
    "检查服务公司",
    "联合检查太多",
    "减少检查",
    "重复检查",
    "多头检查",
    "涉企执法",
    "整改完成",
    "已整改",
    "自行整改",
    "检查站",
)
"""Where these words speak of a trade, a wish or the contrary. Longer than the words, so that they win."""

_FOUND = re.compile("|".join(map(re.escape, sorted((*HARMLESS, *WORDS), key=len, reverse=True))))
_AROUND = 10


@dataclass(frozen=True)
class Smell:
    """A word, where it stands, and what stands around it."""

    word: str
    at: int
    context: str


def smells(text: str) -> tuple[Smell, ...]:
    """The words of enforcement in a text, in their order. ``体检`` (a health check) holds none of them."""
    return tuple(
        Smell(found.group(), found.start(), text[max(0, found.start() - _AROUND) : found.end() + _AROUND])
        for found in _FOUND.finditer(text)
        if found.group() in WORDS
    )


def smelling(note: str, remark: str, title: str, policies: Iterable[str]) -> bool:
    """Whether any of these holds one."""
    return any(smells(text) for text in (note, remark, title, *policies))


def smells_of(told: VisitRecorded) -> dict[str, tuple[Smell, ...]]:
    """The same by field, of what the visitor wrote. What the enterprise asks for is its own business and is not read."""
    return {name: found for name, text in _written(told) if (found := smells(text))}


def _written(told: VisitRecorded) -> Iterator[tuple[str, str]]:
    yield "note", told.note
    yield "remark", told.remark
    yield "title", told.title
    for policy in told.policies:
        yield "policies", policy
