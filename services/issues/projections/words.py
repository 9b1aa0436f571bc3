"""Full text of tickets: what was asked and answered, in the normal form that texts are compared by (``shared/writing``), and the pairs of neighbouring characters in it, which an index finds.

PostgreSQL's trigrams know no Chinese in a database of the C locale, and words of two characters in none (decision 0020).
The rows stand in a table of their own: they seldom change, so a ticket that moves on does not touch the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.issues.domain.states import Archived, Closed, Declined, Merged, Resolved, Reviewed, State, Ticket, Unreported
from shared import writing
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
    return writing.found_by(*filter(None, found))


def grams(text: str) -> list[str]:
    """Every character and every two neighbours that no white space parts."""
    words = text.split()
    pairs = {word[at : at + _SIGNIFICANT] for word in words for at in range(len(word) - 1)}
    return sorted(pairs.union(*words))


def asked(question: str) -> list[str]:
    """The grams a text must have in which every part of the question stands."""
    found = (grams(part) for part in writing.parts(question))
    return sorted({gram for some in found for gram in some if len(gram) == _SIGNIFICANT or len(some) == 1})


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
    rule=writing.FORM,
)
VIEWS = (WORDS,)
