"""One normal form of text: what counts as the same writing, and that the rule holds whatever is typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.roster.intake.cells import company_name
from services.roster.intake.read import RawRow, layout_of
from services.roster.intake.verdict import Accepted, Repeated
from services.roster.intake.whole import judge_all
from shared.language.codes import make_code, normalise
from shared.language.industries import industry_of
from shared.language.writing import found_by, key, narrow, normal, parts, without_radicals

RADICALS = [chr(code) for code in (*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6)) if unicodedata.name(chr(code), "")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("贵州西马⾦融有限公司", "贵州⻄⻢金融有限公司"),
        ("１２３４５", "12345"),
        ("阿·买买提", "阿•买买提"),
        ("阿・买买提", "阿‧买买提"),
        ("七星关区甲(贵州)公司", "七星关区甲〔贵州〕公司"),
        ("ABC  公司", "abc\u3000公司"),
        ("毕节 — 七星关", "毕节-七星关"),
        ("甲\u200b公司\ufe0f", "甲公司"),
        ("樂\uf914", "樂樂"),
        ("ﬁrst", "First"),
    ],
)
def test_two_writings_of_the_same_are_the_same(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), [("甲公司", "乙公司"), ("12", "21"), ("曰", "日"), ("己", "已")])
def test_what_differs_differs(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_every_radical_that_has_a_character_becomes_it() -> None:
    left = [char for char in RADICALS if key(char) == char]
    assert set(left) <= set("⺀⺁⺂⺃⺆⺇⺈⺊⺌⺍⺏⺑⺕⺜⺤⺪⺫⺮⺳⺴⺵⺷⺸⺽⻇⻊⻕⻞⻡"), (
        left
    )  # Those that stand for no single character.


@given(st.text())
def test_the_form_is_its_own_form_and_has_no_blanks_at_its_ends(text: str) -> None:
    assert normal(normal(text)) == normal(text) == normal(f" \u3000{text}\t")
    assert key(key(text)) == key(text) and not any(char.isspace() for char in key(text))
    assert key(text) == key(text.upper()) or text.upper().casefold() != text.casefold()


@given(st.text(), st.text(alphabet=st.characters(codec="utf-8", categories=["Lo", "Nd", "Lu"]), min_size=1))
def test_a_part_of_a_text_is_found_in_it(before: str, part: str) -> None:
    column = found_by(f"甲{before}甲", part)
    assert all(found in column for found in parts(f" {part}\u3000{part} "))


def test_a_question_is_split_at_white_space() -> None:
    assert parts("贷款\u3000") == ("贷款",)
    assert parts(" 银行  贷款 ") == ("银行", "贷款")
    assert parts(" \u200b ") == ()


def test_what_is_kept_keeps_its_shape() -> None:
    assert company_name("⻄⻢ （贵州） Ａ1") == "西马（贵州）A1"
    assert without_radicals("“甲”—乙・丙") == "“甲”—乙・丙"
    assert narrow("１３９－０") == "139-0"


def test_codes_headings_and_industries_are_read_by_it() -> None:
    code = make_code("520502", "MA6DP001").text
    assert normalise(code.lower() + "\u200b") == code
    assert industry_of("零售业") == industry_of("零\u200b售业") != industry_of("⾯")
    assert len(layout_of(1, ["企业名称", "统⼀社会信⽤代码"], 2).places) == 2


def test_a_row_pasted_from_a_pdf_is_the_same_row() -> None:
    code = make_code("520502", "MA6DP001").text
    headers = ["统一社会信用代码", "企业名称", "登记状态", "住所"]
    layout = layout_of(1, headers, len(headers))
    plain = RawRow(2, (code, "贵州西马金融有限公司", "存续", "七星关区西路1号"), layout)
    pasted = RawRow(3, (code, "贵州⻄⻢⾦融有限公司", "存续", "七星关区⻄路１号"), layout)
    verdicts = list(judge_all([plain, pasted]))
    assert isinstance(verdicts[0], Accepted) and isinstance(verdicts[1], Repeated)
