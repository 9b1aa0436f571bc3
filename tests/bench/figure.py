"""What a measurement tells: ours, the bare limit or the peer beside it, the ratio, and the goal of the issue."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``value`` decides against ``goal``: a ratio, a rate or a time."""

    name: str
    what: str
    ours: float
    unit: str
    beside: float | None = None
    beside_what: str = ""
    goal: float | None = None
    goal_of: str = "ours"
    """Which number the goal speaks of: ``ours`` or ``ratio``."""
    less_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours against what stands beside it: above 1 is better, for times as for rates."""
        if not self.beside or not self.ours:
            return None
        return self.beside / self.ours if self.less_is_better else self.ours / self.beside

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; ``None`` where there is none."""
        value = self.ratio if self.goal_of == "ratio" else self.ours
        if self.goal is None or value is None:
            return None
        return value <= self.goal if self.less_is_better and self.goal_of == "ours" else value >= self.goal

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
