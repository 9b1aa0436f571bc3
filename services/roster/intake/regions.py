"""Provinces, prefectures, counties and cities in an address or a column: whether they are this district's or another's.

A name that ends like a division (省, 市, 州, 盟, 县, 旗, 区 …) and is none of the district's own is another's, without any list;
the list of ``divisions`` adds what stands without its kind, in pinyin, or behind the unit. The district was 毕节县 until 1993, 毕节市 (at county level) until 2011-11, and is 七星关区 since; 毕节
was the prefecture (专区, 地区) around it and is the prefecture-level city now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from services.roster.intake import divisions
from services.roster.intake.divisions import Own

OLD_CODES = ("522401", "522421")
"""GB/T 2260 of the same district before 2011 and before 1993."""
_NAMED = r"贵州省|毕节地区|毕节专区|毕节市|毕节县|毕节试验区|七星关区"
_CALLED = r"中华人民共和国|中国|贵州|毕节|七星关|(?<![\u4e00-\u9fff])原(?=贵州|毕节|七星关)|县级"
_ALWAYS_OURS = ("贵州省", "毕节市", "毕节县", "毕节地区", "毕节专区", "七星关区")
# What ends like a division and is none.
_NO_DIVISION = re.compile(
    r"(?:开发|高新|经开|工业|产业|小|社|园|校|厂|片|街|示范|集聚|物流|生活|住宅|家属|商业|居住|仓储|加工|安置|库|营|功能|综合|保税|老城|新城|城|市)区"
    r"|(?:超|门|城|菜|夜|集|闹|上|股|都)市(?!区)|市(?=[场政民委容话集])|区(?=[块域间段位])|县(?=[城道])|州(?=[府际])"
)
_DIVISION = re.compile(
    r"[\u4e00-\u9fff]{1,20}?(?:特别行政区|自治区|生产建设兵团|自治州|自治县|自治旗|管理区|管委会|地区|林区|特区|新区|省|市|州|盟|县|旗|区)"
)
_CITY = re.compile(
    r"(?:北京|天津|上海|重庆|深圳|广州|贵阳|遵义|六盘水|安顺|铜仁|昆明|成都|昭通|泸州)(?!路|街|大道|巷|银行|北路|南路|东路|西路|中路)"
)
_OFFICE = re.compile(r"国家|市场监督管理总?局|市场监管局|工商行政管理总?局|工商局|行政审批(?:服务)?局|市辖区")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SHORTEST_CODE = 2
_HARMLESS = re.compile(r"市辖区|直辖县|辖区|县级|直属|本级|本部|全国|全省|[\W\d_]+")


@cache
def _own(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join((*map(re.escape, names), _NAMED, _CALLED)))


def own(names: Iterable[str], villages: Iterable[str]) -> Own:
    """What is ours by any name: ``names`` are the district's and its townships'."""
    return Own.of((*_ALWAYS_OURS, *names), villages)


def names_ours(text: str, names: tuple[str, ...]) -> bool:
    """Whether the district itself is named, by a name it has now; its prefecture and province are others' too."""
    return any(name.removesuffix("区") in text for name in names) or divisions.latin_ours(text, names)


def neutral(text: str) -> bool:
    """Whether a column or an office names no more than the province, the prefecture or the state."""
    return not _CHINESE.search(_OFFICE.sub("", re.sub(rf"{_NAMED}|{_CALLED}", "", text)))


def another(text: str, names: tuple[str, ...]) -> str:
    """The first division of somewhere else that stands in the text, or nothing."""
    rest = _NO_DIVISION.sub("|", _own(names).sub("|", text))
    found = _DIVISION.search(rest) or _CITY.search(rest)
    return found[0] if found else ""


def anywhere(text: str, names: tuple[str, ...], ours: Own) -> str:
    """A division of somewhere else in any place of a text, where words that merely end like one stand too: or nothing."""
    return divisions.named(_own(names).sub("|", text), ours)


def before_unit(text: str, names: tuple[str, ...]) -> str:
    """What of an address before the name of a unit speaks against this district: a division of another place, or words
    that are no division while none of ours is named.
    """
    if found := another(text, names):
        return found
    rest = _HARMLESS.sub("", _own(names).sub("", text))
    ours = any(name in text for name in names) or re.search(_NAMED, text)
    return "" if ours else rest[-12:]


def column_elsewhere(value: str, names: tuple[str, ...], codes: tuple[str, ...], ours: Own) -> bool:
    """Whether a column of provinces, cities or districts names another place. ``codes`` are the townships' codes."""
    if value.isdigit():
        stem = value.rstrip("0")
        return len(value) >= _SHORTEST_CODE and bool(codes) and not any(code.startswith(stem) for code in (*codes, *OLD_CODES))
    return bool(_CHINESE.search(_HARMLESS.sub("", _own(names).sub("", value)))) or divisions.latin_elsewhere(value, ours)
