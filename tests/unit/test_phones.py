"""One reader of telephone numbers, for registers and commands alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.language.personal import mask
from shared.language.phones import NotAPhone, is_phone, read, same

MOBILE, OFFICE, LINE = "+8613900000001", "+868578222222", "+868578222222;801"
DASHES = "-–—−－ー‐‑‒―"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *((f"139{dash}0000{dash}0001", MOBILE) for dash in DASHES),
        *((f"0857{dash}8222222", OFFICE) for dash in DASHES),
        *((f"0857{dash}8222222{dash}801", LINE) for dash in DASHES),
        *(
            (f"0857-8222222{word}801", LINE)
            for word in ("转", " 转 ", "分机", "分机号:", " ext ", " ext.", "x", "#", "（转", "转接")
        ),
        ("0857-8222222(转801)", LINE),
        ("8222222-801", LINE),
        ("8222222", OFFICE),
        ("(0857)8222222", OFFICE),
        ("（0857）8222222", OFFICE),
        ("00 86 13900000001", MOBILE),
        ("0086-13900000001", MOBILE),
        ("+86 13900000001", MOBILE),
        ("+86-0857-8222222", OFFICE),
        ("00 86 857 8222222", OFFICE),
        ("(+86)13900000001", MOBILE),
        ("8613900000001", MOBILE),
        ("１３９００００００01", MOBILE),
        ("13900000001 王经理", MOBILE),
        ("13900000001(办公室)", MOBILE),
        ("电话:13900000001", MOBILE),
        ("0857-8222222(2楼)", OFFICE),
    ],
)
def test_all_writings_of_a_number_are_one(text: str, number: str) -> None:
    assert same(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "139000000011",
        "1390000000",
        "0857-82222221",
        "0857-8222222 1",
        "08578222222801",
        "085782222221",
        "82222221",
        "13900000001/13900000002",
        "13900000001 13900000002",
        "转801",
        "13900000001转8888888",
        "",
        "王经理",
        "2016-03-01",
        "+86+13900000001",
        "139****0001",
        "1" * 40,
        "-" * 50,
    ],
)
def test_a_digit_too_many_is_no_extension_and_two_numbers_are_not_one(text: str) -> None:
    with pytest.raises(NotAPhone):
        read(text)


@given(st.integers(10**10, 2 * 10**10 - 1), st.text("0123456789", min_size=1, max_size=5))
def test_digits_that_follow_without_a_sign_never_make_a_number(number: int, more: str) -> None:
    if is_phone(str(number)):
        assert not is_phone(f"{number}{more}") or same(f"{number}{more}") != same(str(number))


def test_words_beside_a_number_are_its_note_and_stay_hidden() -> None:
    told = read("办公室 0857—8222222 转 801 李主任")
    assert (told.number, told.extension, told.note, told.written) == (
        "0857-8222222",
        "801",
        "办公室 李主任",
        "0857-8222222-801(办公室 李主任)",
    )
    assert not set("办公室李主任") & set(mask(told.written))
    assert read("电话:0857-8222222转").note == ""  # Labels say nothing.
    assert mask("13900000001(王经理)") == "139****0001"


@given(st.sampled_from(["0857-8222222", "13900000001", "8222222"]), st.text(max_size=60))
def test_what_a_register_keeps_is_read_as_the_same_number(number: str, words: str) -> None:
    try:
        told = read(number + words)
    except NotAPhone:
        return
    assert same(told.written) == told.same and len(told.written) <= 50
