"""A stream's state as JSON, for the column of a view that keeps it whole, and back.

The dataclasses of the domain say what is written and pydantic writes it, so nothing is spelt a second time. ``shape`` follows
from them: a view that has it for its ``rule`` is made anew as soon as a state holds something else than before.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar, cast

import orjson
from pydantic import PlainSerializer, TypeAdapter

StateT = TypeVar("StateT")
ItemT = TypeVar("ItemT")


def _in_order(items: frozenset[Any]) -> list[Any]:
    return sorted(items)


Gathered = Annotated[frozenset[ItemT], PlainSerializer(_in_order, return_type=list[Any])]
"""A set in a state. It is written in one order, whatever order it was made in: equal states are equal bytes."""


class Unordered(TypeError):
    """A set of a state would be written in any order. It has to be ``Gathered``."""


class States(Generic[StateT]):
    """The states of one kind of stream that are kept, each a dataclass. Its name stands before its content."""

    def __init__(self, kinds: Sequence[type[Any]]) -> None:
        self._adapters = {kind.__name__: TypeAdapter[Any](kind) for kind in kinds}
        schemas = {name: adapter.json_schema(mode="serialization") for name, adapter in self._adapters.items()}
        text = orjson.dumps(_without_words(schemas), option=orjson.OPT_SORT_KEYS)
        if b'"uniqueItems":true' in text:
            raise Unordered(", ".join(schemas))
        self.shape = sha256(text).hexdigest()[:16]

    def written(self, state: StateT) -> str:
        """A state as JSON; personal data stay the sealed tokens they are."""
        name = type(state).__name__
        return orjson.dumps({name: self._adapters[name].dump_python(state, mode="json")}).decode()

    def read(self, text: str) -> StateT:
        """The state that ``written`` wrote."""
        [(name, content)] = cast("dict[str, Any]", orjson.loads(text)).items()
        return self._adapters[name].validate_python(content)


def _without_words(schema: Any) -> Any:
    """A schema without what it says to people."""
    if isinstance(schema, dict):
        items = cast("dict[str, Any]", schema).items()
        return {
            key: _without_words(value) for key, value in items if not (key in ("title", "description") and isinstance(value, str))
        }
    return [_without_words(item) for item in cast("list[Any]", schema)] if isinstance(schema, list) else schema
