"""Numbers of people inside a text: telephones, identity numbers, bank cards, however they are written.

One reader for what is masked, hinted at, found and kept out of facts. It looks at a normal form (half-width, no unseen
marks, digits of any script) and answers with places in the text as it was typed. What only looks like one (a credit code, a
ticket number, a digest, a sealed text) is stepped over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from shared.language.codes import InvalidCode, credit_code
from shared.language.writing import narrow

_SHORTEST = 5
_APART = r"[^\w]{0,3}_?"
"""Between groups of digits: a blank, a dot, a dash, a bracket, or a few of them."""
_EACH = r"[-\s.]?"
_DAY = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_AREA = r"(?:\(0\d{2,3}\)|0\d{2,3}|(?:\+|00)86[-\s]?\(?0?[1-9]\d{1,2}\)?)"
_HEAD = r"(?:\(1[3-9]\d\)|1[3-9]\d)"
_LABEL = r"(?:电话|手机|座机|固话|传真|号码|致电|拨打|联系方式|微信|wechat|qq|tel|phone|mobile)"
_STEPPED_OVER = (
    r"\$\{a1\.[^}]*\}"  # a sealed text inside another
    r"|(?<![0-9a-z])(?=[0-9a-z]*[a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])"
    r"|(?<![0-9a-z])(?=[0-9]*[a-z])[0-9a-z]{32,}(?![0-9a-z])"  # a digest
    r"|(?<![0-9a-z])9\d{7}[0-9a-z]{10}(?![0-9a-z])"  # a credit code of an enterprise, of which no identity number has the first digit
    r"|[a-z]{2,5}-\d{6}-[0-9a-z]{1,20}-\d{4,6}(?!\d)"  # a ticket
)
_IDENTITY = (
    rf"(?<!\d)[1-8]\d{{16}}[\dx](?![0-9a-z])"
    rf"|(?<!\d)[1-8]\d{{5}}{_APART}{_DAY}{_APART}\d{{3}}[\dx](?![0-9a-z])"
    rf"|(?<!\d)[1-8]{_EACH}(?:\d{_EACH}){{5}}(?:19|20|1[-\s.]9|2[-\s.]0){_EACH}(?:\d{_EACH}){{9}}[\dx](?![0-9a-z])"
    r"|(?<![0-9a-z])[1-8]\d{5}[2-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?![0-9a-z])"
    rf"|(?<!\d)62(?:{_EACH}\d){{14,17}}(?!\d)"
)
_PHONE = (
    rf"(?<!\d)(?:(?:\+|00)?86{_APART})?{_HEAD}(?:(?:{_EACH}\d){{8}}|{_APART}\d{{3,5}}{_APART}\d{{3,5}}|{_APART}\d{{8}}|\d{{4}}{_APART}\d{{4}})(?!\d)"
    rf"|(?<!\d)(?:(?:\+|00)?86{_APART})?1[-\s.][3-9](?:[-\s.]\d){{9}}(?!\d)"
    rf"|(?<!\d){_AREA}{_APART}[2-9](?:{_EACH}\d){{6,7}}(?!\d)"
    rf"|(?<!\d){_AREA}{_APART}[2-9]\d{{2,3}}{_APART}\d{{4}}(?!\d)"
    r"|(?<!\d)0[-\s.]\d(?:[-\s.]\d){8,10}(?!\d)"
)
_READER = re.compile(
    rf"(?P<over>{_STEPPED_OVER})|(?P<identity>{_IDENTITY})|(?P<phone>{_PHONE})"
    rf"|{_LABEL}(?:号码?)?[^\w]{{0,3}}[为是]?[^\w]{{0,2}}(?!{_PHONE}|{_IDENTITY})(?P<labelled>[2-9](?:{_EACH}\d){{6,7}}(?!\d)|\d{{7,12}}(?!\d))"
    rf"|qq号?[^\w]{{0,3}}[为是]?[^\w]{{0,2}}(?!{_PHONE}|{_IDENTITY})(?P<account>[1-9]\d{{4,11}}(?!\d))",
    re.IGNORECASE,
)
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}")
_SPELLED = {char: str(place) for row in ("〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖") for place, char in enumerate(row)} | {
    "幺": "1",
    "○": "0",
}
_SPOKEN = re.compile(rf"(?<![{''.join(_SPELLED)}])[{''.join(_SPELLED)}]{{11}}(?![{''.join(_SPELLED)}])")


class Kind(Enum):
    """What a number is."""

    PHONE = "phone"
    IDENTITY = "identity"
    """Of a person, or of a bank card."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: from where to where it stands there, and how it reads in the normal form."""

    start: int
    end: int
    written: str
    kind: Kind

    @property
    def bare(self) -> str:
        """Its digits alone."""
        return "".join(char for char in self.written.upper() if char.isdigit() or char == "X")

    @property
    def landline(self) -> bool:
        """Whether it is a telephone that stands somewhere."""
        return self.kind is Kind.PHONE and not _MOBILE.fullmatch(self.bare)


def numbers(text: str) -> Iterator[Number]:
    """Every number of a person's in the text, in its order."""
    if sum(map(_digit, text)) < _SHORTEST:
        return
    plain, places = _plain(text)
    for hit in _READER.finditer(plain):
        name = hit.lastgroup or "over"
        if name == "over" or (name == "identity" and _credit(hit[name])):
            continue
        first, last = hit.span(name)
        kind = Kind.IDENTITY if name == "identity" else Kind.PHONE
        yield Number(places[first], places[last - 1] + 1, hit[name], kind)


def replaced(text: str, by: Callable[[Number], str]) -> str:
    """The text with something else where each number stands; the same text if none does."""
    parts: list[str] = []
    at = 0
    for number in numbers(text):
        parts += (text[at : number.start], by(number))
        at = number.end
    return "".join((*parts, text[at:])) if parts else text


def _digit(char: str) -> bool:
    return char.isdigit() or char in _SPELLED


def _plain(text: str) -> tuple[str, list[int]]:
    """The normal form, and for each of its characters where it stands in the text."""
    spoken = {place for hit in _SPOKEN.finditer(text) if _SPELLED[hit[0][0]] in "01" for place in range(*hit.span())}
    if text.isascii() and not spoken:
        return text, list(range(len(text)))
    shown: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        form = _SPELLED[char] if place in spoken else _form(char)
        shown.append(form)
        places += [place] * len(form)
    return "".join(shown), places


def _form(char: str) -> str:
    if char.isascii() or "\u4e00" <= char <= "\u9fff":
        return char
    if char.isdigit():
        return str(unicodedata.digit(char))
    return " " if char.isspace() else narrow(char)


def _credit(text: str) -> bool:
    try:
        return bool(credit_code(text))
    except InvalidCode:
        return False
