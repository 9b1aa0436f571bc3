"""How often somebody may, counted in memory: a limit against guessing and flooding, no rule of the plan, so a restart forgets."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field

from shared.language.problems import TooMany


@dataclass
class Limiter:
    """A bucket a key: ``burst`` at once, then ``per_minute``. The keys that asked longest ago are forgotten first."""

    burst: int
    per_minute: float
    keys: int = 20_000
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict[str, tuple[float, float]])

    def take(self, key: str, cost: float = 1, now: float | None = None) -> None:
        """Take from the key's bucket, or refuse with the seconds after which there is enough in it."""
        now = time.monotonic() if now is None else now
        left, at = self._buckets.pop(key, (float(self.burst), now))
        left = min(float(self.burst), left + (now - at) * self.per_minute / 60)
        enough = left >= cost
        self._buckets[key] = (left - cost if enough else left, now)
        while len(self._buckets) > self.keys:
            self._buckets.popitem(last=False)
        if not enough:
            raise TooMany(retry_after=max(1, round((cost - left) * 60 / self.per_minute + 0.5)))

    def give(self, key: str, cost: float = 1) -> None:
        """Give back what was taken and turned out not to be owed."""
        if key in self._buckets:
            left, at = self._buckets[key]
            self._buckets[key] = (min(float(self.burst), left + cost), at)
