"""Credit codes: both check digits, and a sentence that says which one fails. All codes here are made, none is anybody's."""

from __future__ import annotations

import pytest
from stdnum.cn import uscc

from shared.language.codes import CodeClass, CodeFault, InvalidCode, credit_code, inner_check, make_code, outer_check
from shared.language.industries import DIVISIONS, SECTIONS, Industry, industry_of

CODE = make_code("520502", "MA6DP001").text


def fault(text: str) -> InvalidCode:
    with pytest.raises(InvalidCode) as caught:
        credit_code(text)
    return caught.value


def test_the_outer_check_is_the_golden_vector():
    assert outer_check("91440300192203821") == "6"


def test_the_inner_check_is_that_of_the_organisation_code():
    assert inner_check("19220382") == "1"


def test_a_made_code_holds_for_another_implementation_too():
    assert uscc.is_valid(CODE)
    assert credit_code(CODE).text == CODE


def test_a_code_tells_its_class_its_division_and_its_body():
    code = credit_code(CODE)
    assert (code.kind, code.division, code.body[:8]) == (CodeClass.ENTERPRISE, "520502", "MA6DP001")
    assert code.is_enterprise
    assert make_code("520502", "MA6DP001", "92").kind is CodeClass.INDIVIDUAL
    assert make_code("520502", "MA6DP001", CodeClass.COOPERATIVE).kind is CodeClass.COOPERATIVE
    assert make_code("520502", "MA6DP001", "51").kind is CodeClass.OTHER
    assert not make_code("520502", "MA6DP001", "92").is_enterprise


def test_a_wrong_last_character_is_named_with_the_right_one():
    wrong = CODE[:17] + ("0" if CODE[17] != "0" else "1")
    error = fault(wrong)
    assert error.fault is CodeFault.OUTER_CHECK
    assert f"第 18 位校验码应为 {CODE[17]}" in str(error)


def test_a_wrong_inner_digit_is_found_though_the_outer_one_holds():
    inner = "0" if CODE[16] != "0" else "1"
    wrong = CODE[:16] + inner
    wrong += outer_check(wrong)
    assert uscc.is_valid(wrong)
    error = fault(wrong)
    assert error.fault is CodeFault.INNER_CHECK
    assert "第 17 位" in str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", CodeFault.EMPTY),
        ("   ", CodeFault.EMPTY),
        (CODE[:-1], CodeFault.LENGTH),
        (CODE + "0", CodeFault.LENGTH),
        ("522401000012345", CodeFault.LENGTH),
        ("9.15205E+17", CodeFault.SCIENTIFIC),
        (CODE[:9] + "O" + CODE[10:], CodeFault.ALPHABET),
        (CODE[:9] + "企" + CODE[10:], CodeFault.ALPHABET),
        ("91A" + CODE[3:], CodeFault.DIVISION),
    ],
)
def test_a_malformed_code_says_what_is_wrong(text, expected):
    assert fault(text).fault is expected


def test_an_old_registration_number_is_recognised():
    assert "旧版工商注册号" in str(fault("522401000012345"))


def test_a_letter_that_looks_like_a_digit_is_hinted_at():
    assert "疑为 0" in str(fault(CODE[:9] + "O" + CODE[10:]))


@pytest.mark.parametrize(
    "spoilt", [CODE.lower(), f" {CODE}\t", f"'{CODE}", f"{CODE[:8]} {CODE[8:]}", f"{CODE[:8]}-{CODE[8:]}", f"\ufeff{CODE}"]
)
def test_blanks_case_and_quotes_do_not_matter(spoilt):
    assert credit_code(spoilt).text == CODE


def test_full_width_characters_are_read_as_half_width():
    assert credit_code("".join(chr(ord(char) + 0xFEE0) for char in CODE)).text == CODE


def test_making_a_code_from_a_wrong_body_is_refused():
    wrong = "MA6DP001" + ("0" if CODE[16] != "0" else "1")
    with pytest.raises(InvalidCode):
        make_code("520502", wrong)


def test_there_are_twenty_sections_and_ninety_seven_divisions():
    assert (len(SECTIONS), len(DIVISIONS)) == (20, 97)
    assert sorted(DIVISIONS) == [f"{number:02d}" for number in range(1, 98)]


@pytest.mark.parametrize(
    ("text", "division", "section"),
    [
        ("F5211", "52", "F"),
        ("52", "52", "F"),
        ("5211", "52", "F"),
        ("F", "", "F"),
        ("K", "70", "K"),
        ("F52", "52", "F"),
        ("零售业", "52", "F"),
        ("批发和零售业", "", "F"),
        ("F52 零售业", "52", "F"),
        ("批发和零售业/零售业", "52", "F"),
        ("教育", "83", "P"),
        ("农、林、牧、渔业", "", "A"),
        ("农,林,牧,渔业", "", "A"),
        ("A0111", "01", "A"),
    ],
)
def test_an_industry_is_read_from_a_code_or_a_name(text, division, section):
    assert industry_of(text) == Industry(division, section)


@pytest.mark.parametrize("text", ["", "A52", "99", "521", "某业", "0", "Z", "零售业/餐饮业"])
def test_what_is_no_industry_or_contradicts_itself_is_not_guessed(text):
    assert not industry_of(text)
