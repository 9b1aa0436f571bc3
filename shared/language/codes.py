"""The unified social credit code (统一社会信用代码): reading, checking, making.

GB 32100-2015: 18 characters = registering department (1) + class (1) + registering division (6 digits) + body (9) + check
character (mod 31). The body is an organisation code of GB 11714-1997 whose ninth character is a check digit of its own
(mod 11): both are checked. The division names the registering office, not the place. Classes: 91 enterprise, 92 individual
business (个体工商户), 93 farmers' co-operative (农民专业合作社); these two are not served (方案 二, 三(二)).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import mul

from shared.language import writing
from shared.language.terms import Term

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_OUTER = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_INNER = (3, 7, 9, 10, 5, 8, 4, 2)
_VALUE = {char: value for value, char in enumerate(ALPHABET)}
_BODY_VALUE = {char: value for value, char in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_CLEAN = re.compile(r"[0-9A-HJ-NP-RT-UWXY]{2}[0-9]{6}[0-9A-HJ-NP-RT-UWXY]{10}")
# What spreadsheets and exports put around a code: blanks, hyphens, the apostrophe that keeps Excel from counting, zero widths.
_NOISE = re.compile(r"[\s\-'`‘’\"“”\u200b-\u200f\u2060\ufeff]+")  # these are the characters meant
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]{1,2}")
_LENGTH = 18
_OLD_LENGTH = 15
_BODY = 8
_LIKELY = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}


class CodeClass(Term):
    """What the first two characters say."""

    ENTERPRISE = "91", "企业"
    INDIVIDUAL = "92", "个体工商户"
    COOPERATIVE = "93", "农民专业合作社"
    OTHER = "other", "其他机构"


class CodeFault(Term):
    """Which check of a credit code failed."""

    EMPTY = "empty", "缺统一社会信用代码"
    SCIENTIFIC = "scientific", "统一社会信用代码已被表格软件转成科学计数"
    LENGTH = "length", "统一社会信用代码不是 18 位"
    ALPHABET = "alphabet", "统一社会信用代码含有不允许的字符"
    DIVISION = "division", "统一社会信用代码第 3–8 位登记机关行政区划码不是数字"
    INNER_CHECK = "inner-check", "统一社会信用代码第 17 位校验码不符"
    OUTER_CHECK = "outer-check", "统一社会信用代码第 18 位校验码不符"


class InvalidCode(ValueError):  # a fact in the way, as all refusals are named
    """The text is not a credit code; ``str`` is the Chinese sentence that says which check failed."""

    def __init__(self, fault: CodeFault, sentence: str, text: str) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.text = text


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A code of which both check digits hold."""

    text: str

    def __str__(self) -> str:
        """The 18 characters."""
        return self.text

    @property
    def kind(self) -> CodeClass:
        """The class by the first two characters."""
        return _CLASSES.get(self.text[:2], CodeClass.OTHER)

    @property
    def is_enterprise(self) -> bool:
        """Class 91."""
        return self.text.startswith("91")

    @property
    def division(self) -> str:
        """The division of the registering office (characters 3–8); it does not say where the enterprise is."""
        return self.text[2:8]

    @property
    def body(self) -> str:
        """The organisation code of GB 11714 (characters 9–17)."""
        return self.text[8:17]


_CLASSES = {kind.value: kind for kind in CodeClass}


def normalise(text: str) -> str:
    """Half-width, upper case, without blanks and what spreadsheets put around a code."""
    if not text.isascii():
        text = writing.narrow(text)
    return _NOISE.sub("", text).upper()


def outer_check(first17: str) -> str:
    """The 18th character (GB 32100: (31 - Σ mod 31) mod 31)."""
    return ALPHABET[-sum(map(mul, map(_VALUE.__getitem__, first17), _OUTER)) % 31]


def inner_check(first8: str) -> str:
    """The ninth character of the body (GB 11714: 11 - Σ mod 11, 10 is X, 11 is 0)."""
    total = sum(map(mul, map(_BODY_VALUE.__getitem__, first8), _INNER))
    return "0123456789X0"[11 - total % 11]


def credit_code(text: str) -> CreditCode:
    """Read a code; refuse with the check that fails."""
    code = normalise(text)
    if not _CLEAN.fullmatch(code):
        raise _malformed(code)
    if (inner := inner_check(code[8:16])) != code[16]:
        sentence = f"统一社会信用代码 {code} 第 17 位(组织机构代码校验码)应为 {inner},实为 {code[16]}"
        raise InvalidCode(CodeFault.INNER_CHECK, sentence, code)
    if (outer := outer_check(code[:17])) != code[17]:
        sentence = f"统一社会信用代码 {code} 第 18 位校验码应为 {outer},实为 {code[17]}"
        raise InvalidCode(CodeFault.OUTER_CHECK, sentence, code)
    return CreditCode(code)


def _malformed(code: str) -> InvalidCode:
    shown = code[:40]
    if not code:
        return InvalidCode(CodeFault.EMPTY, "缺统一社会信用代码", code)
    if _SCIENTIFIC.fullmatch(code):
        return InvalidCode(CodeFault.SCIENTIFIC, f"统一社会信用代码 {shown} 已被表格软件转成科学计数,后几位已丢失", code)
    if len(code) != _LENGTH:
        old = ",疑为旧版工商注册号" if len(code) == _OLD_LENGTH and code.isdigit() else ""
        return InvalidCode(CodeFault.LENGTH, f"统一社会信用代码 {shown} 为 {len(code)} 位,应为 18 位{old}", code)
    for place, char in enumerate(code, 1):
        if char not in _VALUE:
            hint = f"(疑为 {_LIKELY[char]})" if char in _LIKELY else ""
            return InvalidCode(CodeFault.ALPHABET, f"统一社会信用代码 {shown} 第 {place} 位 {char} 不是允许的字符{hint}", code)
    sentence = f"统一社会信用代码 {shown} 第 3–8 位 {code[2:8]} 应为 6 位数字的登记机关行政区划码"
    return InvalidCode(CodeFault.DIVISION, sentence, code)


def make_code(division: str, body: str, kind: CodeClass | str = CodeClass.ENTERPRISE) -> CreditCode:
    """A valid code for demonstration and tests, from a division and a body of 8 characters (or 9 with its check digit)."""
    first17 = f"{kind}{division}{body}" if len(body) > _BODY else f"{kind}{division}{body}{inner_check(body)}"
    return credit_code(first17 + outer_check(first17))
