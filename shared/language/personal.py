"""Personal data as a decision and a fact have them: sealed under a key per subject, masked on the way out.

A ``Personal`` is either clear (it came in with a command) or sealed (it goes into logs). A clear one refuses to be
written: forgetting to seal is an error, not a leak. What seals and opens is the vault (``shared/log/vault``).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, get_args
from uuid import UUID

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

ERASED = "〔已删除〕"
"""Somebody asked for it: the row of the key says so."""
UNREADABLE = "〔无法解密〕"
"""Nobody did: the key is missing, as after a vault put back from an old backup, or is not the one that sealed it."""
AWAY = "〔暂时无法读取〕"
"""The vault did not answer; what is shown without it says so."""
_LONGEST = 20_000
"""Characters: a whole row of a register extract may be sealed."""


class NotSealed(Exception):
    """A clear personal datum was about to be written down."""


class Personal:
    """A personal datum: a name, a number. Its clear text shows in no ``repr`` and in no serialisation."""

    __slots__ = ("found_by", "subject", "text", "token")

    def __init__(
        self,
        text: str | None = None,
        subject: UUID | None = None,
        token: dict[str, str] | None = None,
        *,
        found_by: str | None = None,
    ) -> None:
        self.text = text
        self.subject = subject
        self.token = token
        self.found_by = found_by
        """What it shall be found by (a number as all its writings have it); lives until it is sealed."""

    def about(self, subject: UUID) -> Personal:
        """The same datum, said to be about this subject. A sealed one keeps its own."""
        return self if self.token else Personal(self.text, subject, found_by=self.found_by)

    def __repr__(self) -> str:
        return "Personal(sealed)" if self.token else "Personal(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and (self.text, self.token) == (other.text, other.token)

    def __hash__(self) -> int:
        return hash((self.text, self.token["ct"] if self.token else ""))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(cls._write, when_used="json")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        if handler.mode == "serialization":  # As it stands in a log.
            names = ("$enc", "sub", "n", "ct")
            return {
                "type": "object",
                "description": "个人信息,加密保存:主体、随机数、密文;解密须经密钥库",
                "required": list(names),
                "properties": {name: {"type": "string"} for name in names},
                "additionalProperties": False,
            }
        return {"type": "string", "maxLength": 200, "description": "个人信息:加密保存,默认脱敏显示"}

    @classmethod
    def read(cls, value: object) -> Personal:
        """A sealed datum from its token, a clear one from text."""
        if isinstance(value, Personal):
            return value
        if isinstance(value, dict):
            token = {str(key): str(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if token.keys() == {"$enc", "sub", "n", "ct"}:
                return cls(subject=UUID(token["sub"]), token=token)
        if isinstance(value, str) and len(value) <= _LONGEST and _writable(value):
            return cls(value)
        message = "应为文字"
        raise ValueError(message)

    @staticmethod
    def _write(value: Personal) -> dict[str, str]:
        if value.token is None:
            raise NotSealed
        return value.token


def personals(part: object) -> Iterable[Personal]:
    """Every personal datum inside a fact or command, however deep."""
    if isinstance(part, Personal):
        yield part
    elif isinstance(part, BaseModel):
        for name in _suspects(type(part)):
            yield from personals(getattr(part, name))
    elif isinstance(part, tuple):
        for item in part:  # pyright: ignore[reportUnknownVariableType]
            yield from personals(item)  # pyright: ignore[reportUnknownArgumentType]


@cache
def _suspects(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model whose type can hold a personal datum: most facts have none, and an import has thousands."""
    return tuple(name for name, field in model.model_fields.items() if _can_hold(field.annotation))


def _can_hold(annotation: Any) -> bool:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return bool(_suspects(annotation))
    return annotation in (Personal, Any, object) or any(_can_hold(part) for part in get_args(annotation))


_NUMBER = re.compile(r"\+?\d[\d\s\-\u2010-\u2015\uff0d]{5,}\d")


def mask(text: str) -> str:
    """``138****1234`` for numbers, 王** for names: enough to recognise, too little to use."""
    if text in (ERASED, UNREADABLE, AWAY) or not text:
        return text
    if number := _NUMBER.search(text):
        text = number[0]  # Words beside a number (王经理) are not shown.
    if len(text) >= 7 and any(char.isdigit() for char in text):  # noqa: PLR2004  a telephone number has seven digits or more.
        return text[:3] + "*" * (len(text) - 7) + text[-4:] if len(text) > 7 else "***" + text[-4:]  # noqa: PLR2004
    return text[0] + "*" * max(1, len(text) - 1)


def _writable(text: str) -> bool:
    """Whether it is text at all: half a surrogate pair is none."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
