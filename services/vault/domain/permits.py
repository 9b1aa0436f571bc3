"""What each client of the vault may ask. Who is not here is not let in.

A service that was taken over still can't open what it has no use for, can't read numbers that it only shows, and can't destroy
a key unless erasing is its work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.language.freetext import mask_numbers
from shared.language.openings import Opening
from shared.language.personal import mask

_WORDS = frozenset({Opening.READ, Opening.NAMES, Opening.MASK, Opening.HANDLE})


@dataclass(frozen=True)
class Permit:
    """What one client may do."""

    purposes: frozenset[Opening]
    seals: bool = True
    erases: bool = False
    indexes: bool = False
    """Whether it may have numbers looked for in what is sealed: the vault keeps them, and tells only how many there were."""
    words: bool = False
    """Whether it keeps a blinded index of words, and so holds the key its digests are made with."""


PERMITS: Mapping[str, Permit] = {
    "roster": Permit(_WORDS | {Opening.DISCLOSE, Opening.COMPARE, Opening.FIND, Opening.LINK}, erases=True),
    "visits": Permit(_WORDS | {Opening.DISCLOSE, Opening.LINK}),
    "issues": Permit(_WORDS | {Opening.DISCLOSE, Opening.SEARCH}, erases=True, words=True),
    "reporting": Permit(_WORDS),
    "audit": Permit(frozenset({Opening.SEARCH}), seals=False, indexes=True, words=True),
    "demo": Permit(frozenset({Opening.HANDLE, Opening.SEARCH}), words=True),
}
"""Issues erases too: it makes its index anew without the words, and makes sure that the key is gone before it does. The audit
makes the same index beside and compares; the demo's loader writes the logs of all services."""

FORMS: Mapping[Opening, Callable[[str], str]] = {Opening.MASK: mask, Opening.READ: mask_numbers}
"""How a text leaves the vault, by what it is opened for; all others leave it as they are."""
