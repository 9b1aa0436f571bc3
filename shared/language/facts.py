"""What a fact and a command are, the catalogue of facts by type, and how a fact becomes the bytes of a log entry and back.

A fact's type is written by hand beside it (``visits.visit-recorded.v1``) and never changes. Within a version a fact may
only gain fields with defaults; anything else is a new version with an upcaster. An unknown type stops its reader.
The body is canonical JSON (sorted keys, no floats) of a CloudEvents 1.0 envelope in structured mode.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, model_validator

from shared.language.freetext import holds_token

_MOST_STRANGE = 20
"""Fields a command does not know that are told one by one."""

CATALOGUE: dict[str, type[Fact]] = {}
"""Every fact that may stand in a log, by its type. Filled as the modules of this package are imported."""


class Fact(BaseModel):
    """Something that happened. Frozen, additive, named by a hand-written type, and by a Chinese title for people."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    TYPE: ClassVar[str]
    TITLE: ClassVar[str]

    def __init_subclass__(cls, *, type: str = "", **kwargs: Any) -> None:  # noqa: A002  CloudEvents calls it type.
        super().__init_subclass__(**kwargs)
        if type:
            cls.TYPE, cls.TITLE = type, cls.model_config.get("title") or ""
            if type in CATALOGUE:
                message = f"two facts are called {type}"
                raise TypeError(message)
            if not cls.TITLE or any(getattr(base, "TITLE", "") == cls.TITLE for base in cls.__bases__):
                message = f"{type} has no title: a timeline would show it in English"
                raise TypeError(message)
            CATALOGUE[type] = cls

    @property
    def happened(self) -> datetime | None:
        """When it happened, where the fact itself knows better than its command: a past that is told later (补录)."""
        return None

    @property
    def told_of(self) -> str | None:
        """The key of the record under whose subject its free text is sealed, where that is not its own stream's."""
        return None


class Part(BaseModel):
    """A piece of a fact or of a command: frozen, and a field it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Command(BaseModel):
    """What somebody asks for. A field it does not know is refused rather than dropped.

    So is the character NUL in any text: PostgreSQL can't keep it, and nobody types it. So is a sealed datum or text sent
    from outside: it would let a caller point at somebody else's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    IF_NOT_SO: ClassVar[bool] = False
    """Asks that something be so: where it is so already nothing is lost, whatever the circumstances it was said in."""
    SIGNS: ClassVar[tuple[type[Fact], ...]] = ()
    """The facts that are the word of whoever gave it, as a second person's is: only he can say it again."""
    MADE: ClassVar[frozenset[str]] = frozenset()
    """Fields that the service makes by chance (a token): no part of what is asked, so not of what tells a repeat."""

    @model_validator(mode="before")
    @classmethod
    def _without_nul(cls, raw: object) -> object:
        if _unfit(raw):
            message = "含有不能保存的字符"
            raise ValueError(message)
        if isinstance(raw, dict) and len(raw) > len(cls.model_fields) + _MOST_STRANGE:  # pyright: ignore[reportUnknownArgumentType]
            message = "无法识别的填写项过多"  # One error each would cost more than the body did.
            raise ValueError(message)
        return raw


def _unfit(raw: object) -> bool:
    waiting: list[object] = [raw]
    while waiting:  # No recursion: a body may be nested as deep as the reader of JSON allows.
        item = waiting.pop()
        if isinstance(item, str):
            if "\x00" in item or holds_token(item):
                return True
        elif isinstance(item, dict):
            if "$enc" in item:
                return True
            waiting += item.values()  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(item, (list, tuple)):
            waiting += item  # pyright: ignore[reportUnknownArgumentType]
    return False


class UnknownFact(Exception):
    """A log holds a type this version does not know: the reader stops and alarms, it never skips."""

    def __init__(self, type_: str) -> None:
        super().__init__(f"本版本程序不认识的事件类型 {type_}")


FactT = TypeVar("FactT", bound=Fact)


def encode(
    fact: Fact, *, event_id: UUID, source: str, subject: str, happened: datetime, actor: dict[str, str], links: dict[str, str]
) -> bytes:
    """The body of a log entry: canonical JSON of the envelope. ``links`` are correlation, causation, traceparent, deps."""
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": source,
        "type": fact.TYPE,
        "subject": subject,
        "time": happened.isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "data": fact.model_dump(mode="json", exclude_none=True),
        **{f"actor{key}": value for key, value in actor.items() if value},
        **{key: value for key, value in links.items() if value},
    }
    return orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS)


def decode(type_: str, body: bytes) -> Fact:
    """The fact inside a body."""
    model = CATALOGUE.get(type_)
    if model is None:
        raise UnknownFact(type_)
    return model.model_validate(orjson.loads(body)["data"])
