"""Full text of tickets: what was asked and answered, and the pairs of neighbouring characters in it, which an index finds.

PostgreSQL's trigrams know no Chinese in a database of the C locale, and words of two characters in none (decision 0020).
The rows stand in a table of their own: they seldom change, so a ticket that moves on does not touch the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.issues.domain.states import Archived, Closed, Declined, Merged, Resolved, Reviewed, State, Ticket, Unreported
from shared.projector import View

INDEXED = "string_to_array(grams, ' ')"
_SIGNIFICANT = 2


def said(state: Ticket) -> str:
    """What can be found: number, enterprise, content, result and reply; without personal data."""
    report = state.report
    found = [report.no, report.external_no, report.enterprise.code, report.enterprise.name, report.content]
    match state:
        case Resolved() | Reviewed() | Closed() | Archived():
            found += [state.resolution.result, state.resolution.reply]
        case Declined():
            found.append(state.refusal.text)
        case Merged(answer=answer) if answer is not None:
            found.append(answer.reply)
        case _:
            pass
    return "\n".join(part for part in found if part).lower()


def grams(text: str) -> list[str]:
    """Every character and every two neighbours that no white space parts."""
    words = text.split()
    pairs = {word[at : at + _SIGNIFICANT] for word in words for at in range(len(word) - 1)}
    return sorted(pairs.union(*words))


def asked(words: str) -> tuple[list[str], str]:
    """The grams a text must have in which these words stand, and the words as they stand in it."""
    text = words.lower()
    found = grams(text)
    return [gram for gram in found if len(gram) == _SIGNIFICANT] or found, text


def _rows(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unreported):
        text = said(state)
        yield UUID(key), text, " ".join(grams(text))


WORDS = View[State](
    "issue_words",
    {"issue": "uuid", "said": "text", "grams": "text"},
    ("issue",),
    _rows,
    "issue",
    indexes=(f"using gin (({INDEXED}))",),
)
VIEWS = (WORDS,)
