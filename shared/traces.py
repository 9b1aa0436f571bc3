"""What a text gives away: whether it is plainly no person's, or plainly carries a person's number.

Facts are for ever. A cell that somebody may have filled with the wrong thing goes into one in clear only where it is the
kind of thing its column is for; everything else is sealed.
"""

from __future__ import annotations

import re
from datetime import date

from pydantic import AfterValidator

from shared import writing

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)\(?0\d{2,3}\)?[- ]?[2-9]\d{2,3}[- ]?\d{4}(?!\d)")
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{5})(\d{4})(\d{2})(\d{2})\d{3}[0-9Xx](?![0-9A-Za-z])")
_HIDDEN = "〔号码〕"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_LONGEST_NAME = 100
_ORGANISATION = re.compile(
    r"(?:.{2,}(?:公司|合伙企业|合作社|联社|供销社|企业|集团|工厂|厂|分行|支行|营业部|事务所|中心|商行|门市部|经营部|学校|医院|超市)"
    r"|.{4,}[店馆部社所行场站院园城])(?:[(（][^()（）]*[)）])?"
)
_LONG_NUMBER = re.compile(r"\d{5,}")


def personal_number(text: str) -> bool:
    """Whether a telephone number or an identity number (GB 11643, with its check character) stands in it."""
    narrow = writing.narrow(text)
    if _MOBILE.search(narrow) or _LANDLINE.search(narrow):
        return True
    return any(_identity(found) for found in _IDENTITY.finditer(narrow))


def without_numbers(text: str) -> str:
    """The text with 〔号码〕 where such a number stands; as it was typed where none does."""
    if not personal_number(text):
        return text
    hidden = _LANDLINE.sub(_HIDDEN, _MOBILE.sub(_HIDDEN, writing.narrow(text)))
    return _IDENTITY.sub(lambda found: _HIDDEN if _identity(found) else found[0], hidden)


PUBLIC = AfterValidator(without_numbers)
"""Of a text of a command that goes into facts in clear, such as an address of the register: its last annotation, so that lengths
are measured as it was typed."""


def _identity(found: re.Match[str]) -> bool:
    digits = found[0].upper()
    try:
        date(int(found[2]), int(found[3]), int(found[4]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == digits[17]


def organisation(text: str) -> bool:
    """Whether it is an organisation's name by its end, with no long number in it."""
    return len(text) <= _LONGEST_NAME and bool(_ORGANISATION.fullmatch(text)) and not _LONG_NUMBER.search(text)
