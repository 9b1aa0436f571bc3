"""What in a visit's words smells of a demand nobody wrote down as one (R29). A rule people can read, and never a verdict.

Difficulties that say more than 「无」 are a clue by themselves. A suggestion is one only where it asks for something: it has
to hold one of ``ASKING``; praise and advice to the district at large do not.
"""

from __future__ import annotations

import re

from shared.events.issues import Clue

ASKING = (
    "希望",
    "恳请",
    "请求",
    "请帮",
    "请协调",
    "盼",
    "急需",
    "亟需",
    "需要",
    "能否",
    "可否",
    "帮忙",
    "帮助解决",
    "协调解决",
    "尽快",
    "尽早",
    "无法",
    "办不了",
    "办不下来",
    "拖欠",
    "欠款",
    "投诉",
    "举报",
    "反映",
)
"""Words with which somebody asks for something."""

_NOTHING = re.compile(
    r"(目前|现在|本月|近期|企业|公司|暂时|暂|均|尚|还|都)*(无|没有|没|未|不存在)"
    r"(任何|什么|明显|突出|重大|特别|其他|其它|反映|提出|发现|遇到|有|困难|问题|诉求|意见|建议|需求|情况|事项|和|与|及|或|的|等)*"
    r"|(生产|经营|运行|一切|情况)*(正常|良好|平稳|顺利)"
)
_MARKS = re.compile(r"[\W_]+")
_ASKED = re.compile("|".join(map(re.escape, sorted(ASKING, key=len, reverse=True))))


def says_nothing(text: str) -> bool:
    """Whether a text says that there is nothing: 无, 暂无困难和问题, 一切正常, or only marks."""
    return all(_NOTHING.fullmatch(part) for part in re.split(_MARKS, text) if part)


def clues(difficulties: str, suggestions: str) -> tuple[Clue, ...]:
    """What points at a demand, in the order of the text; none where there is nothing to ask anybody about."""
    found: list[Clue] = []
    if not says_nothing(difficulties):
        found.append(Clue(field="difficulties", why="填写了困难和问题,没有诉求"))
        found += _asking("difficulties", difficulties)
    if not says_nothing(suggestions):
        found += _asking("suggestions", suggestions)
    return tuple(found[:20])


def _asking(field: str, text: str) -> list[Clue]:
    return [Clue(field=field, word=hit.group(), at=hit.start(), why=f"含有「{hit.group()}」") for hit in _ASKED.finditer(text)]
