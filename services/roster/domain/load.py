"""Load and its rebalancing: a pure proposal, never an act (方案 五(一): 压实包保服务责任, 「一对一」; R45).

propose(held, workers, limit) -> moves

As few moves as can be: each worker gives away only what is above the line, and somebody who has left gives away everything.
The line is the office's limit, or the even share where the unit's people are too few to keep the limit. Within a branch
or village first; otherwise to whom has least. The same question gets the same answer: order is by code and account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Held:
    """An enterprise of the unit on the line: its branch or village, and who answers for it now, if anybody."""

    enterprise: UUID
    code: str
    sub_unit: str | None
    worker: UUID | None


@dataclass(frozen=True)
class Worker:
    """Somebody who may take enterprises: a worker at post in the unit."""

    id: UUID
    account: str
    sub_unit: str | None = None


@dataclass(frozen=True)
class Move:
    """One enterprise from one person to another; ``giver`` is nobody where nobody was named."""

    enterprise: UUID
    code: str
    giver: UUID | None
    taker: UUID
    same_place: bool


def line_of(held: int, workers: int, limit: int) -> int:
    """Up to how many enterprises each may have: the limit, or the even share if that is more."""
    return max(limit, -(-held // workers)) if workers else limit


def propose(held: Sequence[Held], workers: Sequence[Worker], limit: int) -> list[Move]:
    """The moves that bring everybody down to the line, giving what nobody at post holds to somebody."""
    takers = sorted(workers, key=lambda worker: worker.account)
    if not takers:
        return []
    line = line_of(len(held), len(takers), limit)
    at_post = {worker.id for worker in takers}
    load = Counter({worker.id: 0 for worker in takers})
    load.update(item.worker for item in held if item.worker in at_post and item.worker is not None)
    places = {worker.sub_unit for worker in takers if worker.sub_unit}
    moves: list[Move] = []
    for item in _to_give(held, at_post, load, line, {worker.id: worker.sub_unit for worker in takers}, places):
        able = [worker for worker in takers if load[worker.id] < line and worker.id != item.worker]
        near = [worker for worker in able if worker.sub_unit is not None and worker.sub_unit == item.sub_unit]
        taker = min(near or able, key=lambda worker: (load[worker.id], worker.account))
        load[taker.id] += 1
        if item.worker in at_post and item.worker is not None:
            load[item.worker] -= 1
        moves.append(Move(item.enterprise, item.code, item.worker, taker.id, bool(near)))
    return moves


def _to_give(
    held: Sequence[Held], at_post: set[UUID], load: Counter[UUID], line: int, homes: dict[UUID, str | None], places: set[str]
) -> list[Held]:
    """What must move: all that nobody at post holds, and of each overloaded worker just the excess.

    Of an overloaded worker first go those of other places that somebody else is at home in, last those of the own place.
    """
    given = [item for item in sorted(held, key=lambda item: item.code) if item.worker not in at_post]
    for worker in sorted((w for w, n in load.items() if n > line), key=str):
        mine = [item for item in held if item.worker == worker]
        mine.sort(key=lambda item: (item.sub_unit == homes[worker], item.sub_unit not in places, item.code))
        given += mine[: load[worker] - line]
    return given
