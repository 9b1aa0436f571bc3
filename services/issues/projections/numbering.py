"""Numbers without gaps: counted on the views, in the transaction that writes them.

Whoever numbers in the same row waits for the lock until this transaction ends, so that a rollback leaves no gap and nobody
counts what is not there yet.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.issues.domain.ticket.known import Knowing
from services.issues.domain.ticket.numbers import DocumentKind, document, number
from services.issues.domain.ticket.refusals import ExternalKnown
from services.issues.domain.ticket.states import State, Unreported, under_of
from shared.language.decider import looked_up
from shared.language.months import Month


async def numbered(connection: Any, state: State, context: Knowing) -> Knowing:
    """Give a new ticket the next number of its unit and month. An external order is taken up once (R53)."""
    if not isinstance(state, Unreported):
        return context
    known = looked_up(context.known.report)
    if external := known.external_no:
        await _alone(connection, f"external {external}")
        if other := await connection.fetchval("select no from view.issue where external_no = $1", external):
            raise ExternalKnown(external_no=external, no=other)
    month, unit = Month.of(context.today), known.unit
    await _alone(connection, f"issue {unit} {month}")
    seq = await connection.fetchval(
        "select coalesce(max(seq), 0) + 1 from view.issue where unit = $1 and month = $2", unit, str(month)
    )
    return replace(context, known=replace(context.known, no=number(month, unit, seq)))


async def documented(kind: DocumentKind, connection: Any, state: State, context: Knowing, *, red: date | None = None) -> Knowing:
    """The next number of a slip or a request form; and for one that turns ``red``, how many others of the unit did for a
    deadline of the same month.
    """
    year = context.today.year
    await _alone(connection, f"document {kind} {year}")
    seq = await connection.fetchval(
        "select coalesce(max(seq), 0) + 1 from view.issue_document where kind = $1 and year = $2", str(kind), year
    )
    order = None if isinstance(state, Unreported) else under_of(state)
    month = Month.of(red or context.today)
    reds = await connection.fetchval(
        "select count(distinct issue) from view.issue_red where unit = $1 and deadline between $2 and $3 and issue <> $4",
        order.unit if order else "",
        month.first_day,
        month.last_day,
        context.subject,
    )
    return replace(context, known=replace(context.known, document_no=document(kind, year, seq), reds=reds))


async def with_siblings(connection: Any, _state: State, context: Knowing) -> Knowing:
    """How many tickets merged into this one still wait for their own answer or call. None is merged into it meanwhile."""
    await _alone(connection, f"merge {context.subject}")
    waiting = await connection.fetchval("select count(*) from view.issue where master = $1 and owed", context.subject)
    return replace(context, known=replace(context.known, siblings=waiting))


async def merging(master: UUID, connection: Any, state: State, context: Knowing) -> Knowing:
    """Also whether the other ticket can take this one up: it is open and no merged one itself. Two that are merged into each
    other at once wait for one another, in one order.
    """
    for ticket in sorted((master, context.subject)):
        await _alone(connection, f"merge {ticket}")
    no = await connection.fetchval("select no from view.issue where id = $1 and open and source <> 'allegation'", master)
    more = await with_siblings(connection, state, context)
    return replace(more, known=replace(more.known, master=no))


async def _alone(connection: Any, what: str) -> None:
    await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 52050201))", what)
