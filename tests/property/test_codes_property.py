"""Properties of credit codes and of reading arbitrary text as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from shared.language.codes import ALPHABET, InvalidCode, credit_code, make_code

BODIES = st.text(ALPHABET, min_size=8, max_size=8)
DIVISIONS = st.text("0123456789", min_size=6, max_size=6)


@given(DIVISIONS, BODIES, st.sampled_from(["91", "92", "93", "12", "51"]))
def test_every_made_code_is_read_back_and_holds_for_another_implementation(division, body, kind):
    code = make_code(division, body, kind).text
    assert credit_code(code).text == code
    assert uscc.is_valid(code)


@given(DIVISIONS, BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(division, body, place, char):
    code = make_code(division, body).text
    if code[place] == char:
        return
    try:
        credit_code(code[:place] + char + code[place + 1 :])
    except InvalidCode as error:
        assert str(error)
    else:
        raise AssertionError(code, place, char)


@given(DIVISIONS, BODIES, st.integers(8, 15))
def test_two_neighbours_swapped_are_always_found(division, body, place):
    code = make_code(division, body).text
    if code[place] == code[place + 1]:
        return
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    try:
        credit_code(swapped)
    except InvalidCode:
        return
    raise AssertionError(code, swapped)


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_a_sentence(text):
    try:
        assert uscc.is_valid(credit_code(text).text)
    except InvalidCode as error:
        assert str(error)
        assert error.fault
