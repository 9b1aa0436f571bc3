"""Pinyin order: surnames and places by their own reading, words by the dictionary's."""

from __future__ import annotations

import random

import pytest
from support.stories import H, Story, settled

from services.reporting.domain.coverage import Settings
from services.reporting.domain.folding import fold
from services.reporting.domain.ledger import ledger
from services.reporting.domain.rules import CURRENT
from services.reporting.domain.spelling import PLACES, SURNAMES, WORDS, order
from shared.language.months import Calendar

IN_ORDER = (
    "Alpha",
    "岑氏商贸",
    "长顺酒业",
    "朝阳农业",
    "重庆小面",
    "单身公寓",
    "都匀毛尖",
    "盖碗茶楼",
    "盖氏商贸",
    "解放路超市",
    "六安瓜片",
    "卢记",
    "仇氏商贸",
    "区块链科技",
    "单氏建材",
    "尚品",
    "毋氏",
    "解氏建材",
    "尉迟商贸",
    "曾氏商贸",
    "查氏商贸",
    "翟家面馆",
    "诸葛酒业",
)
"""As a clerk would file them; by the first reading of the dictionary nearly every second one stands elsewhere."""


def visited(*names: str) -> Story:
    story = settled()
    for name in names:
        story.enterprise(name)
        story.visit(name, "09-15", "H1")
    return story


def rows(story: Story, rules: int) -> list[str]:
    made = ledger("H1", H, "2026-09", fold(story.entries), Calendar.of({}), Settings(rules=rules))
    return [row["enterprise_name"] for row in made.rows]


def test_a_new_ledger_has_surnames_and_places_where_they_are_looked_for() -> None:
    shuffled = list(IN_ORDER)
    random.Random(7).shuffle(shuffled)
    story = visited(*shuffled)
    assert rows(story, CURRENT) == list(IN_ORDER)
    assert rows(story, 4) != list(IN_ORDER), "what was filed by former rules keeps its order"


@pytest.mark.parametrize("place", ["", "贵州", "毕节市", "贵州省毕节市七星关区", "毕节市七星关区某某街道"])
def test_a_surname_is_read_as_one_wherever_a_name_may_begin(place: str) -> None:
    for surname in "曾单翟仇解查盖朴卜":
        reading = {**SURNAMES, **WORDS}[surname]
        assert order(f"{place}{surname}某某商贸").removeprefix(order(place)).split()[0] == reading, (place, surname)
        assert order(f"某某{surname}氏餐饮").split()[2] == reading
    assert order("区某某商贸").startswith("ou mou")


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("七星关区区块链", "qi xing guan qu qu kuai lian"),
        ("毕节市解放路", "bi jie shi jie fang lu"),
        ("毕节市单身公寓", "bi jie shi dan shen gong yu"),
        ("单县羊肉", "shan xian yang rou"),
        ("某某查询", "mou mou cha xun"),
        ("未曾", "wei ceng"),
        ("社区家政", "she qu jia zheng"),
        ("重庆银行", "chong qing yin hang"),
        ("六安", "lu an"),
        ("台州", "tai zhou"),
        ("Ａ1", "Ａ 1".casefold()),
        ("𠮷野家", "𠮷 ye jia"),
        ("", ""),
    ],
)
def test_a_word_is_read_as_the_word_it_is(name: str, reading: str) -> None:
    assert order(name) == reading


def test_the_tables_say_a_syllable_for_every_character() -> None:
    for word, reading in {**SURNAMES, **WORDS, **PLACES}.items():
        assert len(word) == len(reading.split()) and reading.isascii() and reading.islower(), word
