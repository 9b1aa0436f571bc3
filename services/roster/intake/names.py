"""When two names are the same: full-width and half-width forms, letter case and white space make no difference."""

from __future__ import annotations

import unicodedata

_BRACKETS = str.maketrans("〔【[〕】]", "((()))")


def name_key(name: str) -> str:
    """What is equal for names that people write as the same."""
    if name.isascii():
        return "".join(name.upper().split())
    return "".join(unicodedata.normalize("NFKC", name).translate(_BRACKETS).upper().split())
