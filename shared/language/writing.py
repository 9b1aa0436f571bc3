"""How texts are compared and found: one normal form on both sides of every comparison and every search.

Two writings are the same if they differ only in width (Ａ１ and A1), in letter case, in blanks, in characters that merely look
like another (Kangxi radicals and the CJK radicals that copying from a PDF leaves behind, compatibility forms), in the dot of
a name, in the shape of brackets, quotes and dashes, or in marks nobody sees (variation selectors, zero-width blanks). What
people typed is kept as they typed it; only ``key`` of it is compared. A question is split at white space and every part of it
must be there.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import Any

# Radicals of the CJK Radicals Supplement that NFKC leaves as they are, each with the character it stands for, after
# EquivalentUnifiedIdeograph of the Unicode character database. Those that stand for no single character are left out.
_RADICALS = dict(
    zip(
        "⺄⺅⺉⺋⺎⺐⺒⺓⺔⺖⺗⺘⺙⺛⺝⺞⺠⺡⺢⺣⺥⺦⺧⺨⺩⺬⺭⺯⺰⺱⺲⺶⺹⺺⺻⺼⺾⺿⻀⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲",
        "乙亻刂㔾兀尢巳幺彑忄㣺扌攵旡月歺民氵氺灬爫丬牛犭王示礻糹纟罓罒羊耂肀聿肉艹艹艹虎衤覀西见角讠贝车辶辶辶阝钅長镸长门阝雨青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀",
        strict=True,
    )
)
_SHAPES = {
    **dict.fromkeys("•‧・∙⋅᛫", "·"),
    **dict.fromkeys("‐‑‒–—―−ー─━〜", "-"),
    **dict.fromkeys("〔【〈《「『", "("),
    **dict.fromkeys("〕】〉》」』", ")"),
    **dict.fromkeys("“”„‟″〝〞‘’‚‛′´", '"'),
    "、": ",",
    "。": ".",
}
_UNSEEN = "\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef"
_NOTHING = re.compile(f"[{_UNSEEN}]")
_PASTED = re.compile(f"[\u2e80-\u2fd5\uf900-\ufaff\U0002f800-\U0002fa1f{_UNSEEN}]")
_TABLE = str.maketrans(_RADICALS | _SHAPES)
_QUOTES = str.maketrans({"'": '"', "`": '"', "[": "(", "]": ")", "{": "(", "}": ")", "~": "-"})
"""Of the typewriter's own characters, those that people write for one another."""
FORM = sha256(repr((sorted(_TABLE.items()), _UNSEEN)).encode()).hexdigest()[:12]
"""Names the rule: views that keep a normal form name it with their columns, and are made anew when the rule changes."""

_BLANKS = re.compile(r"\s+")


def without_radicals(text: str) -> str:
    """The same text with the characters that its radicals and compatibility ideographs stand for, and no unseen marks."""
    if text.isascii() or not _PASTED.search(text):
        return text
    return _PASTED.sub(lambda found: narrow(found[0]), text)


def narrow(text: str) -> str:
    """As it was typed, but half-width, with characters for radicals and one shape of dots, dashes, brackets and quotes."""
    if text.isascii():
        return text.strip()
    return _joined(unicodedata.normalize("NFKC", _NOTHING.sub("", text).translate(_TABLE)).translate(_TABLE).strip())


def normal(text: str) -> str:
    """The normal form with its blanks, each run of them as one, none at the ends."""
    return _joined(_BLANKS.sub(" ", _joined(narrow(text).casefold()).translate(_QUOTES)).strip())


def key(text: str) -> str:
    """What is equal for two writings of the same: the normal form without blanks."""
    return _joined(normal(text).replace(" ", ""))


def _joined(text: str) -> str:
    """Marks that came to stand beside each other (a blank between them is gone) in their one order."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def parts(question: str) -> tuple[str, ...]:
    """What must all stand in a text that answers the question, each once, in the order they were typed."""
    return tuple(dict.fromkeys(normal(question).split()))


def found_by(*texts: str) -> str:
    """The column that a search looks into: the keys of several texts, a line each, so that no part runs over two of them."""
    return "\n".join(found for text in texts if (found := key(text)))


def like(part: str) -> str:
    """A pattern of SQL's ``like`` for texts that have this part somewhere."""
    return "%" + part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def matching(column: str, question: str, args: list[Any]) -> str:
    """The condition that every part of the question stands in a column made by ``found_by``; its values join ``args``.

    A question of nothing but blanks and marks asks nothing and finds everything.
    """
    args.append([like(part) for part in parts(question)])
    return f"{column} like all(${len(args)}::text[])"
