"""Which township, and which village, an address names: a suggestion with a confidence and its reason.

The digits of a credit code name the registering office, never the place; about a third of addresses name only a street.
What is not ``SURE`` waits in a queue for a person (方案 三(一); choices, facts and register traps). The longest name wins:
田坝镇 is not in 田坝桥镇. A village's name that stands in two or more townships proves nothing alone. 毕节市 was the district
until 2011-11 and is the whole prefecture since, so beside a village's name it proves little. A place elsewhere before a
unit's name (清镇市青龙街道), behind it, in brackets, in another address or in a column leaves it to a person (``regions``).
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.roster.intake import regions
from services.roster.intake.divisions import Own
from shared.language import writing

SURE = 80
"""From this confidence on the suggestion is taken without a person."""
_TABLE = 90


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the address says. ``confidence`` 0…100 is of the township; a village is only named when the address does."""

    township: str | None
    village: str | None
    confidence: int
    because: str
    start: int = 0
    """Where in the address the name begins that says so."""
    end: int = 0
    """And where it ends."""

    @property
    def sure(self) -> bool:
        """Whether no person needs to look."""
        return self.township is not None and self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class _Township:
    code: str
    name: str
    stem: str
    suffix: str


@dataclass(frozen=True, slots=True)
class _Village:
    code: str
    stem: str
    suffix: str
    township: str


_ETHNIC = "(?:彝族|苗族|白族|回族|布依族)"
_TOWNSHIP_STEM = re.compile(rf"(.+?){_ETHNIC}*(街道|镇|乡)")
_VILLAGE_STEM = re.compile(r"(.+?)(?:村村民委员会|村民委员会|社区居民委员会|居民委员会|社区居委会|居委会|村委会|社区|村)")
# Each place where a township's name may end. 办 is the short form of 街道办事处.
_TOWNSHIP_END = re.compile(rf"街道办事处|街道办|街道|办事处|办|镇|(?:{_ETHNIC}+|民族)?乡")
_VILLAGE_END = re.compile(r"社区|居民委员会|居委会|居委|村民委员会|村")
_BEFORE = frozenset("省市区县州乡镇道处办会村 ,，、。.;；:：()（）[]【】“”\"'-—0123456789/·")
_ELSEWHERE = re.compile(
    r"大方县|黔西(?:县|市)|金沙县|织金县|纳雍县|赫章县|威宁(?:彝族回族苗族自治)?县|威宁自治县|威宁草海"
    r"|(?:毕节市|贵州省|毕节)(?:大方|黔西|金沙|织金|纳雍|赫章|威宁)(?![路街大道巷])"
    r"|百里杜鹃(?:管理区|管委会|风景|景区|旅游|普底|黄泥|大水|鹏程|戛木|金坡|仁和|百纳|沙厂)|(?:毕节市|贵州省)百里杜鹃(?!大道|路|街)"
    r"|金海湖(?:新区|管委会)|(?:毕节市|贵州省)金海湖(?!大道|路|街)"
    r"|贵阳市|遵义市|六盘水市|安顺市|铜仁市|黔东南|黔南布依|黔南州|黔西南"
    r"|^(?!贵州)(?:北京|天津|上海|重庆)市|^(?!贵州)[\u4e00-\u9fff]{2,3}(?:省|自治区)"
)
_ROAD = re.compile(r"路|大道|街|巷|小区|广场|大厦|号|商城|花园|市场")
_AFTER_STEM = re.compile(r"(?!路|大道|街|巷|村|社区|小区|桥|河|广场|大厦|商|中路|东路|西路|南路|北路)")
_LONGEST = 6
_OURS = ("毕节", "七星关")
_DOUBTFUL = 50
_OPENED = re.compile(r"[(\uff08\[【\u3014]")
_STREET = re.compile(r"镇|乡|街道|办事处|路|大道|街|巷|村|社区|小区|\d|[(\uff08|]")
"""Where the names of divisions end in an address and those of streets and houses begin."""
_HEAD = 30
"""Characters of an address in which the place it is in stands."""
_BRACKET = 20
"""Characters of a bracket that may begin with another place's name."""


@dataclass(frozen=True)
class Places:
    """The townships and villages of a district, ready for matching: built once, then pure."""

    townships: Mapping[str, _Township]
    by_stem: Mapping[str, _Township]
    villages: Mapping[tuple[str, str], tuple[_Village, ...]]
    within: Mapping[tuple[str, str], tuple[_Village, ...]]
    district: str = "七星关区"
    called: tuple[str, ...] = ("七星关区",)
    """All names the district goes by: the configured one, and its unit's."""
    codes: tuple[str, ...] = ()
    """Codes of the district and its townships by GB/T 2260, as far as they are numbers."""
    ours: Own = field(default_factory=lambda: regions.own((), ()))
    """All that is our own by name, the townships and villages too."""
    words: Mapping[str, tuple[str, str | None]] = field(default_factory=dict[str, tuple[str, str | None]])
    """Words the office has a table of (old names, roads), each with the township and the village it stands for."""

    @staticmethod
    def of(
        townships: Iterable[tuple[str, str]],
        villages: Iterable[tuple[str, str, str]],
        district: str = "七星关区",
        words: Mapping[str, str] | None = None,
        also: Iterable[tuple[str, str]] = (),
    ) -> Places:
        """From (code, name) of townships, (code, name, township code) of villages, words with a code of either, and what the district's own unit
        is ``also`` called.

        A word whose unit is no longer there stands for nothing.
        """
        villages = list(villages)
        known = {code: _township(code, name) for code, name in townships}
        named: dict[tuple[str, str], list[_Village]] = defaultdict(list)
        within: dict[tuple[str, str], list[_Village]] = defaultdict(list)
        for code, name, township in villages:
            if township not in known:
                continue  # Its township has ended: nobody can answer for it until it is put under another.
            village = _village(code, name, township)
            named[village.stem, village.suffix].append(village)
            within[township, village.stem].append(village)
        return Places(
            known,
            {item.stem: item for item in known.values()},
            {key: tuple(items) for key, items in named.items()},
            {key: tuple(items) for key, items in within.items()},
            district,
            (district, *(name for _, name in also)),
            tuple(code for code in (*known, *(code for code, _ in also)) if code.isdigit()),
            _ours((district, *(name for _, name in also)), known, (item for items in named.values() for item in items)),
            _words(words or {}, known, {code: township for code, _, township in villages}),
        )


def _ours(called: Iterable[str], townships: Mapping[str, _Township], villages: Iterable[_Village]) -> Own:
    stems = (text for item in townships.values() for text in (item.name, item.stem))
    return regions.own((*called, *stems), (item.stem for item in villages))


def _words(
    table: Mapping[str, str], townships: Mapping[str, _Township], villages: Mapping[str, str]
) -> dict[str, tuple[str, str | None]]:
    found: dict[str, tuple[str, str | None]] = {}
    for word, code in table.items():
        if code in townships:
            found[word] = code, None
        elif villages.get(code) in townships:
            found[word] = villages[code], code
    return found


def _township(code: str, name: str) -> _Township:
    found = _TOWNSHIP_STEM.fullmatch(name)
    return _Township(code, name, found[1], found[2]) if found else _Township(code, name, name, "")


def _village(code: str, name: str, township: str) -> _Village:
    found = _VILLAGE_STEM.fullmatch(name)
    stem = found[1] if found else name
    return _Village(code, stem, "社区" if "居" in name or "社区" in name else "村", township)


def read_places(folder: Path | str, district: str = "七星关区") -> Places:
    """Read ``townships.csv`` and ``villages.csv`` (code, name[, township_code], kind) of ``deploy/data/divisions``."""
    with (Path(folder) / "townships.csv").open(encoding="utf-8-sig", newline="") as file:
        townships = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    with (Path(folder) / "villages.csv").open(encoding="utf-8-sig", newline="") as file:
        villages = [(row["code"], row["name"], row["township_code"]) for row in csv.DictReader(file)]
    return Places.of(townships, villages, district)


@dataclass(frozen=True, slots=True)
class _Hit:
    township: _Township
    start: int
    end: int
    confidence: int
    written: str


def suggest(address: str, places: Places) -> Suggestion:
    """The township and village an address names, if any."""
    text = "".join(writing.without_radicals(address).split())
    if not text:
        return Suggestion(None, None, 0, "没有地址")
    if found := _ELSEWHERE.search(text):
        both = f",又写有{places.district}" if places.district in text else ""
        return Suggestion(None, None, 0, f"地址写有“{found[0]}”{both},不是本区地址或需人工核实")
    hits = _townships(text, places)
    if not hits:
        return _unless_elsewhere(text, _by_table(text, places) or _without_township(text, places), places)
    named = {hit.township.code: hit for hit in reversed(hits)}
    first = hits[0]
    if len(named) > 1:
        names = "、".join(hit.township.name for hit in sorted(named.values(), key=lambda hit: hit.start))
        return Suggestion(first.township.code, None, 50, f"地址同时写有{names},需人工核实")
    village, said = _village_within(text, first, places)
    because = f"地址写有“{first.written}”{said}"
    found = Suggestion(first.township.code, village, first.confidence, because, first.start, first.end)
    return _unless_elsewhere(text, found, places)


def _unless_elsewhere(text: str, found: Suggestion, places: Places) -> Suggestion:
    """Sure no more where another place is named before the unit, at the beginning of a bracket behind it, or anywhere by name."""
    if not found.sure:
        return found
    brackets = (part for part in _OPENED.split(text[found.start :])[1:])
    other = (
        regions.before_unit(text[: found.start], places.called)
        or next((name for part in brackets if (name := regions.another(part[:_BRACKET], places.called))), "")
        or regions.anywhere(f"{text[: found.start]}|{text[found.end :]}", places.called, places.ours)
    )
    return _doubted(found, f"还写有“{other}”") if other else found


def _doubted(found: Suggestion, why: str) -> Suggestion:
    return replace(found, confidence=_DOUBTFUL, because=f"{found.because},但{why},需人工核实")


def suggest_for(business_address: str, address: str, places: Places, *, elsewhere: str = "", registrar: str = "") -> Suggestion:
    """The same for an enterprise: by where it does business, else by where it is registered; with what its register says
    besides (the other address, ``elsewhere`` from further columns, the registering office).
    """
    found = suggest(business_address or address, places)
    if not found.sure:
        return found
    if business_address and (other := names_another(address, places)):
        return _doubted(found, f"住所写有“{other}”")
    if elsewhere:
        return _doubted(found, elsewhere)
    if regions.another(registrar, places.called) or regions.anywhere(registrar, places.called, places.ours):
        return _doubted(found, f"登记机关为“{registrar}”")
    return found


def names_another(address: str, places: Places) -> str:
    """The place elsewhere that an address is in or names, or nothing."""
    text = "".join(writing.without_radicals(address).split())
    for hit in reversed(_townships(text, places)):
        text = f"{text[: hit.start]}|{text[hit.end :]}"  # 阿市乡 ends in no city.
    head = _STREET.split(text, maxsplit=1)[0][:_HEAD]
    known = _ELSEWHERE.search(text)
    return (
        (known[0] if known else "") or regions.another(head, places.called) or regions.anywhere(text, places.called, places.ours)
    )


def elsewhere(columns: Iterable[tuple[str, str]], addresses: Iterable[tuple[str, str]], places: Places) -> str:
    """What columns of provinces, cities and districts, and addresses in further columns, each with its heading, say against this
    district, or nothing.
    """
    for label, value in columns:
        # Such a column may also name one of our own townships.
        bare = "".join(writing.without_radicals(value).split())
        for township in sorted(places.townships.values(), key=lambda item: -len(item.name)) if bare else ():
            bare = bare.replace(township.name, "")
        if regions.column_elsewhere(bare, places.called, places.codes, places.ours):
            return f"“{label}”为“{value[:30]}”"
    for label, value in addresses:
        if other := names_another(value, places):
            return f"“{label}”写有“{other[:30]}”"
    return ""


def outside(addresses: Iterable[str], told: Iterable[str], places: Places) -> str:
    """Why an enterprise is wholly outside the district: where it is said to be, another place is named every time, and ours
    never. ``told`` is what columns and the registering office say. Nothing if anything speaks for us, or nothing is said.
    """
    named = [text for text in ("".join(item.split()) for item in addresses) if text]
    said = [text for text in told if text]
    if not named or any(regions.names_ours(text, places.called) for text in (*named, *said)):
        return ""
    others = [regions.another(text[:_HEAD], places.called) for text in named]
    if not all(others) or not all(regions.another(text, places.called) or regions.neutral(text) for text in said):
        return ""
    return f"住所写有“{others[0]}”,没有任何一列指向{places.district}"


def _by_table(text: str, places: Places) -> Suggestion | None:
    """By the words of the office's table, where the address names no township itself. A word within a longer one says nothing."""
    said = [word for word in places.words if word in text]
    said = [word for word in said if not any(word != other and word in other for other in said)]
    if not said:
        return None
    found = {places.words[word] for word in said}
    names = "、".join(f"“{word}”" for word in sorted(said))
    if len({township for township, _ in found}) > 1:
        return Suggestion(None, None, 0, f"地址写有{names},按地址词对照表分属不同乡镇(街道),需人工核实")
    start, end = min((text.index(word), text.index(word) + len(word)) for word in said)
    township = next(iter(found))[0]
    villages = {village for _, village in found if village}
    village = villages.pop() if len(villages) == 1 else None
    because = f"地址写有{names},按地址词对照表属{places.townships[township].name}"
    return Suggestion(township, village, _TABLE, because, start, end)


def _townships(text: str, places: Places) -> list[_Hit]:
    hits: list[_Hit] = []
    for found in _TOWNSHIP_END.finditer(text):
        end = found.start()
        for length in range(min(_LONGEST, end), 0, -1):
            township = places.by_stem.get(text[end - length : end])
            if township is None:
                continue
            start = end - length
            confidence = _confidence(township, found[0])
            if start and text[start - 1] not in _BEFORE and not text.endswith(_OURS, 0, start):
                confidence = min(confidence, 60)  # a longer name that is not known here may end like this one
            if confidence:
                hits.append(_Hit(township, start, found.end(), confidence, text[start : found.end()]))
            break
    return hits


def _confidence(township: _Township, written: str) -> int:
    """How sure a written ending makes it: its own kind; a kind it once had (乡, now 镇); the office of a street."""
    if written.endswith("乡"):
        return {"乡": 95, "镇": 85}.get(township.suffix, 60)
    if written == "镇":
        return {"镇": 95, "乡": 85}.get(township.suffix, 70)
    if written == "街道":
        return 95 if township.suffix == "街道" else 70
    if written in ("街道办事处", "街道办"):
        return 95 if township.suffix == "街道" else 70
    return 90 if township.suffix == "街道" else 60  # 办, 办事处


def _villages(text: str, start: int) -> Iterable[tuple[int, int, str]]:
    """Where a village's name may end from ``start`` on: (end of stem, end, 村 or 社区)."""
    for found in _VILLAGE_END.finditer(text, start):
        yield found.start(), found.end(), "村" if found[0].startswith("村") else "社区"


def _village_within(text: str, hit: _Hit, places: Places) -> tuple[str | None, str]:
    township = hit.township
    strangers = ""
    for end, after, suffix in _villages(text, hit.end):
        for length in range(min(_LONGEST, end - hit.end), 0, -1):
            start = end - length
            if start > hit.end and text[start - 1] not in _BEFORE:
                continue
            stem = text[start:end]
            if known := places.within.get((township.code, stem)):
                # A village that became a community, or is written so: clear as long as only one here has the name.
                own = [item for item in known if item.suffix == suffix] or list(known)
                if len(own) == 1:
                    return own[0].code, f"、“{text[start:after]}”"
            elif (stem, suffix) in places.villages and not strangers:
                strangers = f",但“{text[start:after]}”不在该乡镇(街道),村(社区)待核实"
    return None, strangers


def _without_township(text: str, places: Places) -> Suggestion:
    in_district = places.district in text
    for end, after, suffix in _villages(text, 0):
        for length in range(min(_LONGEST, end), 0, -1):
            start = end - length
            if start and text[start - 1] not in _BEFORE:
                continue
            known = places.villages.get((text[start:end], suffix))
            if not known:
                continue
            written = text[start:after]
            if len(known) > 1:
                names = "、".join(places.townships[item.township].name for item in known)
                return Suggestion(None, None, 0, f"“{written}”在{names}都有,仅凭村(社区)名无法判断")
            village = next(iter(known))
            township = places.townships[village.township]
            other = places.villages.get((text[start:end], "村" if suffix == "社区" else "社区"), ())
            if any(item.township != township.code for item in other):
                names = "、".join(places.townships[item.township].name for item in (*known, *other))
                why = f"“{written}”属{township.name},但{names}都有“{text[start:end]}”村或社区,需人工核实"
                return Suggestion(township.code, village.code, 70, why)
            if not in_district:
                why = f"“{written}”属{township.name},但地址未写明{places.district},需人工核实"
                return Suggestion(township.code, village.code, 60, why)
            return Suggestion(
                township.code, village.code, 85, f"地址写有“{written}”,全区只有{township.name}有此村(社区)", start, after
            )
    at = text.find(places.district)
    if at >= 0:
        start = at + len(places.district)
        for length in range(_LONGEST, 1, -1):
            township = places.by_stem.get(text[start : start + length])
            if township and _AFTER_STEM.match(text, start + length):
                why = f"地址只写有“{township.stem}”,疑为{township.name},需人工核实"
                return Suggestion(township.code, None, 60, why)
    if _ROAD.search(text):
        return Suggestion(None, None, 0, "地址只写到街路门牌,没有乡镇(街道)")
    return Suggestion(None, None, 0, "地址没有写明乡镇(街道)")
