"""Telephone numbers: what one is, by the numbering plan; how two writings of one are seen to be the same.

One reader for registers and commands. A local number of seven digits gets the district's area code (0857); an extension is
only what is written as one (转, 分机, ext, or a hyphen before its digits), never a digit too many; words beside a number
(办公室, 王经理) are a note to it. What was typed stays as it was typed; ``same`` is what numbers are compared by, and what
they are found by in the vault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat
from pydantic import AfterValidator, WithJsonSchema

from shared.language.personal import Personal
from shared.language.writing import narrow

AREA_CODE = "0857"
_CHINA = 86
_LOCAL = re.compile(r"[2-8]\d{6}")
_WRITTEN = re.compile(
    r"""(?P<before>[^\d+]*?)
    (?P<number>\(?\+?\(?\d[\d\s.\-]*(?:\(\d{1,4}\)|\))?[\d\s.\-]*\d)
    \s*\)?\s*(?:[,;]?\s*\(?\s*(?:转接?|分机号?码?|extension|ext\.?|x|\#)\s*[:.\-]?\s*(?P<extension>\d{1,6})\s*(?![\d\-])\)?)?
    (?P<after>\D.*)?""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_HYPHENED = re.compile(r"(.*\d)\s*-\s*(\d{1,6})")
_ANOTHER = re.compile(r"\d[\d\s\-]{4,}\d")
_NO_NOTE = " ,.;:-()\"'/|"
_LABELS = re.compile(r"(?:联系|办公|单位|公司|固定)?电话(?:号码)?|手机(?:号码?)?|座机|tel|phone|转|分机", re.IGNORECASE)
_LONGEST = 50
_LONGEST_CELL = 100
_LONGEST_NOTE = 20


class NotAPhone(ValueError):
    """Not a number that can be dialled."""


@dataclass(frozen=True, slots=True)
class Read:
    """A number that was read. ``same`` is equal for all writings: ``+868578222222`` or ``+868578222222;801``."""

    same: str
    number: str
    """As it is dialled within China: 13800000000, 0857-8220000, 4001234567; with its country code if it is of another."""
    extension: str
    note: str
    """The words that stood beside it."""

    @property
    def written(self) -> str:
        """Number, extension and note as a register keeps them: ``0857-8220000-801(办公室)``."""
        return (
            self.number
            + (f"-{self.extension}" if self.extension else "")
            + (f"({self.note[:_LONGEST_NOTE]})" if self.note else "")
        )


def read(text: str) -> Read:
    """The one number in a text; refuses a text with none, with two, or with one that can't be dialled."""
    shown = narrow(text).removesuffix(".0")
    found = _WRITTEN.fullmatch(shown) if len(shown) <= _LONGEST_CELL else None
    if found is None:
        raise NotAPhone(text)
    digits, extension = found["number"], found["extension"] or ""
    number = _dialled(digits)
    if number is None and not extension and (split := _HYPHENED.fullmatch(digits)):
        number, extension = _dialled(split[1]), split[2]
    beside = (part.strip(_NO_NOTE) for part in (found["before"], found["after"] or ""))
    note = " ".join(part for part in beside if part and not _LABELS.fullmatch(part))
    if number is None or _ANOTHER.search(note):
        raise NotAPhone(text)
    same_ = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Read(f"{same_};{extension}" if extension else same_, _at_home(number), extension, note)


def same(text: str) -> str:
    """The number as all its writings have it: ``+868578222222`` or ``+868578222222;801``; refuses what is none."""
    return read(text).same


def same_or_none(text: str) -> str | None:
    """Likewise; nothing for what is no number."""
    try:
        return same(text)
    except NotAPhone:
        return None


def is_phone(text: str) -> bool:
    """Whether it can be dialled."""
    try:
        read(text)
    except NotAPhone:
        return False
    return True


def _dialled(text: str) -> PhoneNumber | None:
    bare = re.sub(r"[^\d+]", "", text)
    if bare.rfind("+") > 0:
        return None
    try:
        number = phonenumbers.parse(AREA_CODE + bare if _LOCAL.fullmatch(bare) else bare, "CN")
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _at_home(number: PhoneNumber) -> str:
    if number.country_code != _CHINA:
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    digits = phonenumbers.national_significant_number(number)
    area = phonenumbers.length_of_geographical_area_code(number)
    return f"0{digits[:area]}-{digits[area:]}" if area else digits


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
        message = "电话号码无效:应为一个手机号,或带区号的固定电话,分机号写在“转”后"
        raise ValueError(message) from None


Phone = Annotated[
    Personal,
    AfterValidator(_checked),
    WithJsonSchema(
        {"type": "string", "maxLength": _LONGEST, "description": "电话号码:加密保存,默认脱敏显示", "examples": ["19900000001"]}
    ),
]
"""A telephone number in a command: checked, sealed like every personal datum, and found by its keyed index."""
