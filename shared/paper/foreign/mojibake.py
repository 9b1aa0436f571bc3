"""Text that was spoilt on its way: read in another encoding than it was written in, once or twice."""

from __future__ import annotations

import re

SPOILT = "文字是乱码(编码有误,已无法还原),请从原系统重新导出,不要用记事本等转存"
"""Of a file whose very headings are."""
# One class of characters, searched first because it is fast; then the patterns themselves.
_SUSPECT = re.compile("[\ufffd锟烫\u0080-\u0084\u0086-\u009fÀ-ÖØ-öø-ÿ]")
_GARBLE = re.compile(
    "\ufffd|锟斤拷|烫烫烫|ï¿½|ï»¿|[ÃÂ]|â€|[\u0080-\u0084\u0086-\u009f]|[À-ÖØ-öø-ÿ][\u0080-¶¸-ÿ]"
    "|[èéåæçä][\u0080-¿‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ]"  # UTF-8 read as Latin-1 or Windows-1252
)
LOST = re.compile(r"[?\uff1f]{2,}|□{2,}|■{2,}|\\u[0-9a-f]{4}|&#x?[0-9a-f]+;")
_UTF8_TRIPLE = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}|\xef[\xbc-\xbd][\x80-\xbf]")
_SHORTEST_MISREAD = 3


def misread(text: str) -> bool:
    """Whether the text looks like UTF-8 read as GBK (鏈夐檺鍏徃 for 有限公司): most of its bytes are UTF-8 again."""
    if len(text) < _SHORTEST_MISREAD or text.isascii():
        return False
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        # Rare characters only: spoilt text is full of them. Legitimate ones do not spell UTF-8.
        octets = b"".join([part for part in [char.encode("gb18030") for char in text] if len(part) > 1])
        return 3 * len(_UTF8_TRIPLE.findall(octets)) >= 0.7 * len(octets) > 0
    return False


def suspicious(text: str) -> bool:
    """Whether ``garble`` need be asked at all: cheap, and seldom true of what is in order."""
    return bool(_SUSPECT.search(text))


def garble(text: str) -> re.Match[str] | None:
    """The first characters that only a wrong encoding leaves behind."""
    return None if text.isascii() else _GARBLE.search(text)


def spoilt(text: str) -> bool:
    """Whether the text looks read in a wrong encoding, by its characters or by its bytes."""
    return garble(text) is not None or misread(text)
