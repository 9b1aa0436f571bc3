"""What a text gives away: whether it is plainly no person's, or plainly carries a person's number.

Facts are for ever. A cell that somebody may have filled with the wrong thing goes into one in clear only where it is the
kind of thing its column is for; everything else is sealed.
"""

from __future__ import annotations

import re

from pydantic import AfterValidator

from shared.language.numbers import numbers, replaced

_HIDDEN = "〔号码〕"
_LONGEST_NAME = 100
_ORGANISATION = re.compile(
    r"(?:.{2,}(?:公司|合伙企业|合作社|联社|供销社|企业|集团|工厂|厂|分行|支行|营业部|事务所|中心|商行|门市部|经营部|学校|医院|超市)"
    r"|.{4,}[店馆部社所行场站院园城])(?:[(（][^()（）]*[)）])?"
)
_PERSON = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,8}(?:·[\u4e00-\u9fff]{1,8})+")
_NO_PERSON = re.compile(
    r"公司|企业|集团|中心|学校|酒业|商贸|科技|建材|贸易|[厂店馆部社所行场站院园城坊吧铺库网矿队校会局处室堂轩阁楼厅省市州县区镇乡村路街号]$"
)
_LONG_NUMBER = re.compile(r"\d{5,}")


def personal_number(text: str) -> bool:
    """Whether a telephone, identity or card number stands in it, however it is written."""
    return any(True for _ in numbers(text))


def without_numbers(text: str) -> str:
    """The text with 〔号码〕 where such a number stands; as it was typed where none does."""
    return replaced(text, lambda _number: _HIDDEN)


def without_mobiles(text: str) -> str:
    """Likewise, but landlines stay: what is published names those of offices."""
    return replaced(text, lambda number: text[number.start : number.end] if number.landline else _HIDDEN)


def person(text: str) -> bool:
    """Whether it looks like a person's name and like no organisation's or place's: two to four characters, or parts with a dot."""
    return bool(_PERSON.fullmatch(text)) and not _NO_PERSON.search(text)


PUBLIC = AfterValidator(without_numbers)
"""Of a text of a command that goes into facts in clear, such as an address of the register: its last annotation, so that lengths
are measured as it was typed."""


def organisation(text: str) -> bool:
    """Whether it is an organisation's name by its end, with no long number in it."""
    return len(text) <= _LONGEST_NAME and bool(_ORGANISATION.fullmatch(text)) and not _LONG_NUMBER.search(text)
