"""Telephone numbers: what one is, by the numbering plan; how two writings of one are seen to be the same.

A local number of seven digits gets the district's area code (0857). What was typed stays as it was typed; ``same`` is what
numbers are compared by, and what they are found by in the vault.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber
from pydantic import AfterValidator, WithJsonSchema

from shared.vault import Personal

AREA_CODE = "0857"
_LOCAL = re.compile(r"[2-8]\d{6}")
_EXTENSION = re.compile(r"(.+?)\s*(?:转|分机|ext\.?|x|-)\s*(\d{1,6})", re.IGNORECASE)
_LONGEST = 50


class NotAPhone(ValueError):
    """Not a number that can be dialled."""


def same(text: str) -> str:
    """The number as all its writings have it: ``+868578222222`` or ``+868578222222;801``; refuses what is none."""
    shown = unicodedata.normalize("NFKC", text).strip()
    if (number := _read(shown)) is not None:
        return _written(number)
    if (found := _EXTENSION.fullmatch(shown)) and (number := _read(found[1])) is not None:
        return f"{_written(number)};{found[2]}"
    raise NotAPhone(text)


def is_phone(text: str) -> bool:
    """Whether it can be dialled."""
    try:
        same(text)
    except NotAPhone:
        return False
    return True


def _read(text: str) -> PhoneNumber | None:
    bare = re.sub(r"[\s-]", "", text)
    try:
        number = phonenumbers.parse(AREA_CODE + bare if _LOCAL.fullmatch(bare) else text, "CN")
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) and not re.search(r"[^\d\s()+\-.]", text) else None


def _written(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _checked(datum: Personal) -> Personal:
    """A clear number, ready to be found again; a sealed one was looked at when it was sealed, an empty one says nothing."""
    if datum.text is None or not datum.text:
        return datum
    if len(datum.text) > _LONGEST:
        message = "文字过长"
        raise ValueError(message)
    try:
        return Personal(datum.text, datum.subject, datum.token, found_by=same(datum.text))
    except NotAPhone:
        message = "电话号码无效:应为手机号,或带区号的固定电话"
        raise ValueError(message) from None


Phone = Annotated[
    Personal,
    AfterValidator(_checked),
    WithJsonSchema(
        {"type": "string", "maxLength": _LONGEST, "description": "电话号码:加密保存,默认脱敏显示", "examples": ["19900000001"]}
    ),
]
"""A telephone number in a command: checked, sealed like every personal datum, and found by its keyed index."""
