"""A value of every type a fact is made of, always the same."""

from __future__ import annotations

import types
import typing
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from shared.language.personal import Personal

TOKEN = {"$enc": "a1", "sub": "5205020a-0000-7000-8000-000000000001", "n": "AAAAAAAAAAAAAAAA", "ct": "c2VhbGVk"}


def sample(annotation: Any, name: str = "") -> Any:
    """A value of a type, always the same."""
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return sample(get_args(annotation)[0], name)
    if origin in (Union, types.UnionType):
        return sample(next(part for part in get_args(annotation) if part is not type(None)), name)
    if origin is tuple:
        return (sample(get_args(annotation)[0], name),)
    if origin is dict:
        return {"01": sample(get_args(annotation)[1], name)}
    if annotation is Personal:
        return Personal.read(TOKEN)
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return next(iter(annotation))
        if issubclass(annotation, BaseModel):
            return annotation(**{key: sample(field.annotation, key) for key, field in annotation.model_fields.items()})
        for kind, value in (
            (bool, True),
            (int, 7),
            (str, f"示例 {name}"),
            (UUID, UUID("5205020a-0000-7000-8000-000000000002")),
            (datetime, datetime(2026, 8, 27, 9, 30, tzinfo=UTC)),
            (date, date(2026, 8, 27)),
        ):
            if issubclass(annotation, kind):
                return value
    raise AssertionError(f"no sample of {annotation}")
