"""Checkpoints, as C2SP's tlog-checkpoint has them: whose log, how many leaves, which root."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from shared.tlog.notes import BadNote
from shared.tlog.tree import HASH_BYTES

_MOST_DIGITS = 18


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Of a note's text; lines after the third are others' business. Raises ``BadNote``."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):  # noqa: PLR2004  three lines, each with its end.
            raise BadNote("not a checkpoint")
        origin, size, root = lines[:3]
        if not (size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS and str(int(size)) == size):
            raise BadNote("not the size of a tree")
        try:
            found = base64.b64decode(root, validate=True)
        except (binascii.Error, ValueError):
            raise BadNote("not a root") from None
        if len(found) != HASH_BYTES or base64.b64encode(found).decode() != root:
            raise BadNote("not a root")
        return cls(origin, int(size), found)
