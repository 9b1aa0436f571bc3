"""What a ticket is found by: the pairs of neighbouring characters in what was asked and answered, in the normal form that texts
are compared by (``shared/language/writing``), blinded.

The text itself stands nowhere but in the log, sealed; a part of a question that is longer than a pair is compared with what
was opened. Who has the index alone can't read it, and where the words of a ticket are erased its row is made anew without
them (decision 0039).

PostgreSQL's trigrams know no Chinese in a database of the C locale, and words of two characters in none (decision 0020).
The rows stand in a table of their own: they seldom change, so a ticket that moves on does not touch the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Archived, Closed, Declined, Merged, Resolved, Reviewed, State, Ticket, Unreported
from shared.language import writing
from shared.language.freetext import ERASED, mask_numbers, opened
from shared.language.openings import Opening
from shared.log.eventlog import load_many
from shared.log.vault import Vault
from shared.log.views import View

INDEXED = "string_to_array(grams, ' ')"
_SIGNIFICANT = 2
_AT_ONCE = 500
_FEW = 5_000
"""So many tickets are named one by one; of more the list is walked in its order, and a page is full before the walk is long."""
_WALKED = "(select {} from issue_words w where w.issue = issue.id)"
"""A question to each ticket in turn, so that nobody gathers the tickets first. Blinded pairs are all of one length."""


def said(state: Ticket) -> str:
    """What can be found: number, enterprise, content, result and reply; without personal data. Numbers of people are looked
    for as they are shown, masked: or whoever sees them masked could ask for them digit by digit.
    """
    report = state.report
    known = (report.no, report.external_no, report.enterprise.code, report.enterprise.name)
    found = [report.content]
    match state:
        case Resolved() | Reviewed() | Closed() | Archived():
            found += [state.resolution.result, state.resolution.reply]
        case Declined():
            found.append(state.refusal.text)
        case Merged(answer=answer) if answer is not None:
            found.append(answer.reply)
        case _:
            pass
    typed = (mask_numbers(part) for part in found if part and part != ERASED)
    return writing.found_by(*(part for part in known if part), *typed)


def grams(text: str) -> list[str]:
    """Every character and every two neighbours that no white space parts."""
    words = text.split()
    pairs = {word[at : at + _SIGNIFICANT] for word in words for at in range(len(word) - 1)}
    return sorted(pairs.union(*words))


def asked(question: str) -> list[str]:
    """The grams a text must have in which every part of the question stands."""
    found = (grams(part) for part in writing.parts(question))
    return sorted({gram for some in found for gram in some if len(gram) == _SIGNIFICANT or len(some) == 1})


def _exact(parts: Sequence[str]) -> bool:
    """Whether a text that has the grams of these parts has them as they stand: one character, or two that touch."""
    return all(len(part) <= _SIGNIFICANT for part in parts)


def _rows(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unreported):
        yield UUID(key), " ".join(grams(said(state)))


WORDS = View[State](
    "issue_words",
    {"issue": "uuid", "grams": "text"},
    ("issue",),
    _rows,
    "issue",
    indexes=(f"using gin (({INDEXED}))",),
    rule=f"{writing.FORM}; numbers masked",
    blind=("grams",),
)
VIEWS = (WORDS,)


async def condition(connection: Any, vault: Vault, question: str, first: int) -> tuple[str, list[Any]]:
    """What a row of ``issue`` must meet so that every part of the question stands in the ticket, whoever may see it, and its
    arguments, of which the first is ``$first``: the tickets by name where the pair index finds few, else a question to each.
    """
    needed = await vault.blind(asked(question))
    if _exact(writing.parts(question)) and await _many(connection, needed):
        each = " and ".join(f"strpos(w.grams, ${first + n}) > 0" for n in range(len(needed)))
        return _WALKED.format(each or "true"), needed
    return f"id = any(${first}::uuid[])", [await matching(connection, vault, question)]


async def _many(connection: Any, needed: Sequence[str]) -> bool:
    found = f"select from issue_words where {INDEXED} @> $1::text[] fetch first {_FEW + 1} rows only"
    return await connection.fetchval(f"select count(*) from ({found}) counted", needed) > _FEW


async def matching(connection: Any, vault: Vault, question: str) -> list[UUID]:
    """The tickets in which every part of the question stands, whoever may see them."""
    needed, parts = await vault.blind(asked(question)), writing.parts(question)
    rows = await connection.fetch(f"select issue from issue_words where {INDEXED} @> $1::text[]", needed)
    found = [row["issue"] for row in rows]
    if _exact(parts):
        return found
    sure: list[UUID] = []
    for start in range(0, len(found), _AT_ONCE):
        page = found[start : start + _AT_ONCE]
        histories = await load_many(connection, [ISSUE.stream(id_) for id_ in page])
        states = {id_: ISSUE.fold(entry.fact for entry in histories.get(ISSUE.stream(id_), [])) for id_ in page}
        clear = (await opened(vault, states, Opening.SEARCH)).items()
        sure += [
            id_
            for id_, state in clear
            if not isinstance(state, Unreported) and (text := said(state)) and all(part in text for part in parts)
        ]
    return sure


async def reindex(connection: Any, vault: Vault, subject: UUID) -> int:
    """Make the rows anew of tickets in which this subject's words stood, now that its key is gone. Answers how many."""
    rows = await connection.fetch(
        "select distinct stream from log.entry where stream like 'issue/%' and position($1::bytea in body) > 0",
        b"${a1." + subject.hex.encode(),
    )
    streams = [row["stream"] for row in rows]
    for start in range(0, len(streams), _AT_ONCE):
        part = streams[start : start + _AT_ONCE]
        async with connection.transaction():  # Whoever writes one of them waits for its row, and then knows better.
            ids = [UUID(stream.partition("/")[2]) for stream in part]
            await connection.fetch("select id from issue where id = any($1::uuid[]) order by id for update", ids)
            histories = await load_many(connection, part)
            states = {stream: ISSUE.fold(entry.fact for entry in entries) for stream, entries in histories.items()}
            items = [(stream.partition("/")[2], len(histories[stream]), state) for stream, state in states.items()]
            await WORDS.write(connection, items, vault)
    return len(streams)
