"""Pinyin order of Chinese names: the one key for whatever is sorted by pinyin (序号 of a ledger).

    order("毕节市曾氏餐馆") == "bi jie shi zeng shi can guan"

A name is read from left to right, word by word: a place, a surname or a word of the tables below, else the longest phrase of
pypinyin's dictionary that begins there, else one character. A surname is read as one where no word begins with it and it stands
at the head of the name, behind the places there, or before 氏: 解 is xie in 解氏 and jie in 解放. Tones don't count; what isn't
Chinese stays as it is, in small letters.

Filed digests rest on the order of rows, so on these tables and on the dictionary that is locked: whoever changes one of them
makes a version of the rules more (decision 0041). ``tests/contract/test_filings.py`` holds their fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT

SURNAMES: Mapping[str, str] = {
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "查": "zha",
    "盖": "ge",
    "朴": "piao",
    "区": "ou",
    "卜": "bu",
    "乜": "nie",
    "隗": "wei",
    "郇": "xun",
}
"""Read otherwise where they are surnames (《现代汉语词典》)."""

WORDS: Mapping[str, str] = {
    "曾": "zeng",
    "翟": "zhai",
    "覃": "qin",
    "缪": "miao",
    "阚": "kan",
    "佴": "nai",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "长孙": "zhang sun",
    "令狐": "ling hu",
    "澹台": "tan tai",
    "单品": "dan pin",
    "单项": "dan xiang",
    "单店": "dan dian",
    "单晶": "dan jing",
    "解压": "jie ya",
    "解锁": "jie suo",
    "解百": "jie bai",
    "盖板": "gai ban",
    "盖浇": "gai jiao",
    "盖碗": "gai wan",
    "区块": "qu kuai",
    "区级": "qu ji",
    "查理": "cha li",
    "查干": "cha gan",
    "街道": "jie dao",
    "社区": "she qu",
}
"""Surnames that in a name of today are hardly anything else; those of two characters; words that begin like a surname and that the
dictionary lacks."""

PLACES: Mapping[str, str] = {
    "贵州": "gui zhou",
    "贵阳": "gui yang",
    "遵义": "zun yi",
    "安顺": "an shun",
    "毕节": "bi jie",
    "七星关": "qi xing guan",
    "大方": "da fang",
    "黔西": "qian xi",
    "金沙": "jin sha",
    "织金": "zhi jin",
    "纳雍": "na yong",
    "威宁": "wei ning",
    "赫章": "he zhang",
    "六盘水": "liu pan shui",
    "六枝": "liu zhi",
    "铜仁": "tong ren",
    "黔东南": "qian dong nan",
    "黔南": "qian nan",
    "黔西南": "qian xi nan",
    "都匀": "du yun",
    "三都": "san du",
    "长顺": "chang shun",
    "云南": "yun nan",
    "四川": "si chuan",
    "重庆": "chong qing",
    "六安": "lu an",
    "六合": "lu he",
    "台州": "tai zhou",
    "长宁": "chang ning",
    "长治": "chang zhi",
    "长丰": "chang feng",
    "长阳": "chang yang",
    "长岭": "chang ling",
    "长白": "chang bai",
    "长垣": "chang yuan",
    "长葛": "chang ge",
    "长海": "chang hai",
    "长泰": "chang tai",
    "长武": "chang wu",
    "长岛": "chang dao",
    "长清": "chang qing",
    "朝阳": "chao yang",
    "单县": "shan xian",
    "乐陵": "lao ling",
    "乐亭": "lao ting",
    "筠连": "jun lian",
    "涡阳": "guo yang",
    "繁峙": "fan shi",
    "荥经": "ying jing",
    "什邡": "shi fang",
    "会稽": "kuai ji",
    "洪洞": "hong tong",
    "浚县": "xun xian",
    "大城": "dai cheng",
    "珲春": "hun chun",
    "召陵": "shao ling",
    "穆棱": "mu ling",
    "盖州": "gai zhou",
}
"""Places of the district and around it, and others (GB/T 2260) that the dictionary lacks or reads otherwise."""

_READ = {**WORDS, **PLACES}
_BEHIND = frozenset(("省", "市", "州", "县", "区", "镇", "乡", "村", "街道", "社区", *PLACES))
"""Behind these the name itself may begin."""


def _by_beginning() -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for word in (*PHRASES_DICT, *_READ):
        found.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


_LENGTHS = _by_beginning()
"""How long words are, by the character they begin with, the longest first."""


@lru_cache(maxsize=65_536)
def order(name: str) -> str:
    """The sort key of a name: its syllables. Depends on the tables and the locked dictionary alone."""
    return " ".join(_syllables(name))


def _syllables(name: str) -> Iterator[str]:
    at, head = 0, True
    while at < len(name):
        word = _word(name, at)
        owner = name.startswith("氏", at + 1) or (head and (word != "区" or at == 0))  # 七星关区 is a district, and nobody's.
        yield SURNAMES[word] if owner and word in SURNAMES else _READ.get(word) or _spelt(word)
        at, head = at + len(word), word in _BEHIND


def _word(name: str, at: int) -> str:
    """The longest word of the tables or the dictionary that begins there, or the one character."""
    for length in _LENGTHS.get(name[at], ()):
        word = name[at : at + length]
        if word in _READ or word in PHRASES_DICT:
            return word
    return name[at]


@lru_cache(maxsize=32_768)
def _spelt(word: str) -> str:
    return " ".join(lazy_pinyin(word)).casefold()
