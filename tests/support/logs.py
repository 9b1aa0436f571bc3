"""Writing to a log directly, as no service does: on streams of a kind that nobody projects."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from shared.events.roster import UnitRenamed
from shared.language.facts import encode
from shared.log.eventlog import Entry, Write, after, whole


def body(number: int = 0, subject: str = "probe/0") -> bytes:
    return encode(
        UnitRenamed(name=f"第 {number} 次", on=date(2026, 9, 1)),
        event_id=uuid4(),
        source="/999000/roster",
        subject=subject,
        happened=datetime(2026, 9, 1, 8, tzinfo=UTC),
        actor={},
        links={},
    )


def a_write(stream: str, expected: int = 0, facts: int = 1, command: UUID | None = None, mark: bytes = b"x") -> Write:
    return Write(
        command or uuid4(),
        mark,
        f"probe/{stream}",
        expected,
        [UnitRenamed.TYPE] * facts,
        [body(expected + n, f"probe/{stream}") for n in range(facts)],
    )


async def entire(connection: Any) -> list[Entry]:
    return [entry async for page in whole(connection) for entry in page]


def leaf(entry: Entry) -> bytes:
    """RFC 6962: the hash of a leaf, its data being position, recorded time and body."""
    data = entry.pos.to_bytes(8, "big", signed=True) + entry.rec_us.to_bytes(8, "big", signed=True) + entry.body
    return sha256(b"\x00" + data).digest()


__all__ = ["a_write", "after", "body", "entire", "leaf"]
