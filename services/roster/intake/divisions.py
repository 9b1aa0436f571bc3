"""Names of China's provinces, prefectures, counties and cities, with and without their kind, in characters and in pinyin.

The list is GB/T 2260 with its history since 1980, as python-stdnum carries it. It only sharpens the eye of ``regions``, which
judges what looks like a division without any list: a name missing here is still caught where it ends like one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from pypinyin import lazy_pinyin

_ENTRY = re.compile(r'(?:county|province)="([^"]+)"')
_YEARS = re.compile(r"^\[[^\]]*\]")
_KIND = re.compile(
    r"(?:特别行政区|自治区|自治州|自治县|自治旗|联合旗|地区|林区|特区|新区|矿区|办事处|行政委员会|省|市|州|盟|县|旗|区)$"
)
_PEOPLE = (
    "维吾尔|哈萨克|柯尔克孜|蒙古|塔吉克|锡伯|各族|(?:侗|水|东乡|黎|满|回|纳西|瑶|土家|土|苗|白|普米|布依|彝|仡佬|羌|傣|哈尼|佤|布朗|拉祜|藏|壮|"
    "景颇|傈僳|撒拉|畲|朝鲜|达斡尔|毛南|仫佬|裕固|独龙|怒|鄂温克|保安)族"
)
_PEOPLES = re.compile(rf"(?:{_PEOPLE})+$")
_NO_PLACE = frozenset(
    [
        "省直辖县级行政单位",
        "省直辖行政单位",
        "自治区直辖县级行政单位",
        "市辖区",
        "直辖县",
        "城区",
        "郊区",
        "矿区",
        "东区",
        "西区",
        "南区",
        "北区",
        "市区",
        "新市区",
        "新城区",
        "老城区",
    ]
)
"""Entries that are no name, and names that every town uses for a part of itself."""
_NEW_AREAS = "贵安 两江 西咸 金普 天府 滇中 雄安 金海湖 百里杜鹃"
"""New areas of the state, and of Bijie itself, which have no code of their own."""
_SHORTEST, _LONGEST = 2, 15
_END = re.compile(r"[省市州盟县旗区]")
# What is a division whatever it is called, behind the name of a unit too, where 区 and 市 alone end many other words.
_KINDS = re.compile(
    r"[\u4e00-\u9fff]{2,15}?(?:特别行政区|生产建设兵团|自治区|自治州|自治县|自治旗|管理区|地区|林区|特区|新区|(?<![全外本])省(?![道级]))"
    r"|[\u4e00-\u9fff]{1,8}?县(?![城道级])"
)
_WORD = re.compile(r"[\u4e00-\u9fff]+")
_BEHIND = re.compile(r"[\u4e00-\u9fff]{0,6}?(?:镇|乡|街道|办事处|市|县|区|州|省)|市场监|工商|行政|监管|分局|局")
_LATIN = re.compile(r"[a-z]+")
_LATIN_KINDS = re.compile(
    r"(?:peoples?republicof)?china|prc|province|autonomous|prefecture|municipality|region|county|district|city|sheng|xian|shi|qu|zhou"
)
_LETTERS = re.compile(r"[A-Za-z\u00c0-\u024f\uff21-\uff5a]")
_WITHIN = re.compile(r"[\u0300-\u036f'\u2019\u2010-\u2015\s-]")
_ENGLISH = "hongkong macao macau tibet innermongolia shaanxi urumqi lhasa harbin hohhot kashgar"
_LONG_ENOUGH = 6
"""Letters of a pinyin that is also found within a longer word; a shorter one must be the whole word."""
_MOST = 200
"""Characters of a text in which Latin letters are looked at."""
_A_PLACE = 2
"""Letters from which on a Latin word in a column of places is one."""


@cache
def _names() -> frozenset[str]:
    text = (files("stdnum") / "cn" / "loc.dat").read_text("utf-8")
    return frozenset(
        {_YEARS.sub("", name).replace("區", "区") for entry in _ENTRY.findall(text) for name in entry.split(",")} - _NO_PLACE
    )


@cache
def _stems() -> frozenset[str]:
    """The names without their kind, and without the peoples of the autonomous ones."""
    bare = {_KIND.sub("", name) for name in _names()}
    bare |= {_PEOPLES.sub("", name) for name in bare}
    bare |= set(_NEW_AREAS.split())
    return frozenset(name for name in bare if len(name) >= _SHORTEST)


@cache
def _pinyins() -> frozenset[str]:
    return frozenset((*_ENGLISH.split(), *map(_spelled, _stems())))


def _spelled(name: str) -> str:
    return "".join(lazy_pinyin(name, errors="ignore")).lower()


@dataclass(frozen=True)
class Own:
    """What a district and all within it is called, and what that is without its kind: it speaks against nobody."""

    names: frozenset[str]
    larger: frozenset[str]
    """Of these the district's, what it lies in, and its townships': they may be written in pinyin too."""

    @staticmethod
    def of(larger: Iterable[str], villages: Iterable[str]) -> Own:
        """From full names."""
        larger = frozenset(larger)
        larger |= {bare for name in larger if len(bare := _KIND.sub("", name)) >= _SHORTEST}
        return Own(larger.union(villages), larger)

    @cached_property
    def spelled(self) -> frozenset[str]:
        """Those in pinyin."""
        return frozenset(_spelled(name) for name in self.larger)

    @cached_property
    def only(self) -> re.Pattern[str]:
        """Letters that are nothing but our names and kinds of divisions."""
        return re.compile(f"(?:{'|'.join(sorted(map(re.escape, self.spelled), key=len, reverse=True))}|{_LATIN_KINDS.pattern})+")


def named(text: str, own: Own) -> str:
    """The first division named anywhere in a text: by its full name, by what is one whatever it is called, by its bare name where
    a word begins, or in pinyin. What is our own must have been taken out before (``regions``), so that a word begins behind it.
    """
    return _full(text, own) or _kind(text, own) or _bare(text, own) or _latin(text, own)


def _full(text: str, own: Own) -> str:
    for found in _END.finditer(text):
        for length in range(min(_LONGEST, found.end()), _SHORTEST - 1, -1):
            name = text[found.end() - length : found.end()]
            if name in _names() and name not in own.names:
                return name
    return ""


def _kind(text: str, own: Own) -> str:
    return next((found[0] for found in _KINDS.finditer(text) if found[0] not in own.names), "")


def _bare(text: str, own: Own) -> str:
    for word in _WORD.finditer(text):
        said = word[0]
        for length in range(min(_LONGEST, len(said)), _SHORTEST - 1, -1):
            if said[:length] not in _stems() or said[:length] in own.names:
                continue
            if len(said) == length or _BEHIND.match(said, length):
                return said[:length]
    return ""


def _latin(text: str, own: Own) -> str:
    for word in _LATIN.findall(_plain(text[:_MOST])):
        if _nothing_else(word, own):
            continue
        inner = (word[start:end] for start in range(len(word)) for end in range(start + _LONG_ENOUGH, len(word) + 1))
        if _of_another((*_without_kinds(word), *inner), own):
            return word
    return ""


def _nothing_else(word: str, own: Own) -> bool:
    """Whether the letters are only our names and kinds; Xi'an reads like the kind 县, Shengzhou like 省 and 州: they are places."""
    return bool(own.only.fullmatch(word)) and not _of_another(_without_kinds(word), own)


def _of_another(words: Iterable[str], own: Own) -> bool:
    return any(word in _pinyins() and word not in own.spelled for word in words)


def latin_elsewhere(value: str, own: Own) -> bool:
    """Whether a column of places holds Latin letters that are none of our own names."""
    return any(len(word) >= _A_PLACE and not _nothing_else(word, own) for word in _LATIN.findall(_plain(value[:_MOST])))


def latin_ours(value: str, names: Iterable[str]) -> bool:
    """Whether one of these names stands there in pinyin."""
    plain = _plain(value)
    return any(_spelled(_KIND.sub("", name)) in plain for name in names) if plain else False


def _plain(text: str) -> str:
    """The Latin letters of a text, small and without tones; apostrophes, hyphens and blanks don't part them."""
    if not _LETTERS.search(text):
        return ""
    letters = unicodedata.normalize("NFKD", text).replace("ü", "v").lower()
    return re.sub(r"[^a-z]+", " ", _WITHIN.sub("", letters))


def _without_kinds(word: str) -> list[str]:
    """The word, and what stays of it as one kind after the other is taken from its end."""
    found = [word]
    while (rest := re.sub(f"(?:{_LATIN_KINDS.pattern})$", "", found[-1])) != found[-1]:
        found.append(rest)
    return found
