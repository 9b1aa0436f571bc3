"""A number of a person's is seen in a text however it is written and wherever it stands, and nothing else is taken for one."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.language.freetext import hints, mask_numbers, numbers_in
from shared.language.traces import personal_number, without_numbers

FULL = str.maketrans("0123456789-.()X ", "０１２３４５６７８９－．（）Ｘ　")
ROUND = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")
GROUPS = {
    "mobile": [("137", "1234", "5678"), ("137", "123", "45678"), ("137", "12345678"), ("1371234", "5678"), ("13712345678",)],
    "landline": [("0857", "8765432"), ("0857", "876", "5432"), ("08578765432",), ("0857", "876", "5432")],
    "identity": [
        ("522401", "19900101", "1234"),
        ("522401199001011234",),
        ("522401", "19900101", "123X"),
        ("52240119900101123x",),
    ],
    "card": [("6222", "0212", "3456", "7890", "123"), ("6222021234567890123",)],
}
BETWEEN = ["-", " ", ".", "－", "—", "–", "‑", "·", "　", "\u200b", "\u00ad", " - "]
WRAPPED = {"mobile": ["({})", "+86 {}", "0086{}", "86-{}"], "landline": ["({})"], "identity": ["({})"], "card": ["({})"]}
BEFORE = [
    "",
    "电话",
    "座机:",
    "tel",
    "Tel.",
    "a",
    "微信 ",
    "王经理",
    "(",
    "2026年11月27日 ",
    "27 ",
    "1.",
    "QXG-202611-520502102-0001,",
    "@",
]
AFTER = ["", "。", "a", "转801", "(办公室)", "号", ",13", " 8", "\n", "元"]


def spellings() -> list[tuple[str, str, str]]:
    """Each kind of number in each of its writings, with its digits."""
    found: dict[tuple[str, str], str] = {}
    for kind, groups in GROUPS.items():
        for group in groups:
            for text in dict.fromkeys(between.join(group) for between in BETWEEN):
                found[kind, text] = "".join(group)
                found[kind, text.translate(FULL)] = "".join(group)
                for wrap in WRAPPED[kind]:
                    found[kind, wrap.format(text)] = "".join(group)
    for between in (" ", "-", ".", "\u200b", "\ufeff"):
        found["mobile", between.join("13712345678")] = "13712345678"
    for table in (FULL, ROUND, ARABIC, SPOKEN):
        found["mobile", "13712345678".translate(table)] = "13712345678"
        found["landline", "08578765432".translate(table)] = "08578765432"
    for text in ("(0857)8765432", "（0857）8765432", "(0857) 876-5432", "+86 857 8765432", "0086-857-8765432"):
        found["landline", text] = "8765432"
    return [(kind, text, digits) for (kind, text), digits in found.items()]


@pytest.mark.parametrize(("kind", "text", "digits"), spellings())
def test_every_spelling_is_seen_in_every_place(kind: str, text: str, digits: str) -> None:
    for before in BEFORE:
        if before[-1:].isascii() and before[-1:].isdigit():
            continue
        for after in AFTER:
            if kind in ("identity", "card") and after == "a":
                continue  # A longer code.
            whole = f"{before}{text}{after}"
            assert personal_number(whole), whole
            hidden = without_numbers(whole)
            assert "〔号码〕" in hidden and digits[-4:] not in hidden, whole
            masked = mask_numbers(whole)
            assert "*" in masked and text not in masked and digits not in masked, whole
            assert hints([whole]), whole
            assert not personal_number(hidden) and mask_numbers(masked) == masked, whole
            if kind in ("mobile", "landline"):
                assert numbers_in(whole), whole


@pytest.mark.parametrize(
    "text",
    [
        "电话8222222",
        "座机:0857－8222222",
        "（0857）8222222",
        "微信 139.0000.5555",
        "QQ 123456",
        "tel: 822-2222",
        "电话号码是8222222",
    ],
)
def test_what_a_word_says_is_a_number(text: str) -> None:
    assert not any(part in mask_numbers(text) for part in ("8222222", "139.0000", "123456", "822-2222"))


@pytest.mark.parametrize(
    "text",
    [
        "91520502MA6DQ13812",
        "915205021234567895",
        "QXG-202611-520502102-0001",
        "2026-11-27 10:30—11:30",
        "2026-11-27T10:00:00+08:00",
        "12345热线",
        "注册资本1,200,000,000元",
        "营收1380万元,纳税125.5万元",
        "96项目3000平方米",
        "十一月二〇二六年一二三四",
        "1号楼2单元301室",
        "018f3c1e-7d2a-7c3b-9a4f-13812345678a",
        "${a1.13712345678137123456781371234567.MTM4.a13712345678b}",
        "20261127",
        "5%—13%",
        "e3b0c44298fc1c13712345678afbf4c8996fb92427ae41e4649b934ca495991b",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert (mask_numbers(text), without_numbers(text), hints([text])) == (text, text, ())


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(spellings()), st.text(max_size=20), st.text(max_size=20))
def test_no_text_around_it_gives_it_away(spelling: tuple[str, str, str], before: str, after: str) -> None:
    """Only digits on both sides, and letters behind an identity number, make it part of something longer."""
    _kind, text, digits = spelling
    whole = f"{before}。{text}。{after}"
    assert text not in mask_numbers(whole) and digits not in mask_numbers(whole)


def test_the_spellings_are_many() -> None:
    assert len(list(chain(spellings()))) > 200
