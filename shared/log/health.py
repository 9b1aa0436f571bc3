"""How what runs in the background is doing, and what that means for a service: whether it is ready, and what is degraded.

*Not ready* is who must not be believed yet or any more: a copy that has not reached what was there when the service started,
one that halted, one that stays behind. *Degraded* is who does not do all of its work while what it answers is right.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import prometheus_client as metrics

from shared.log.outages import in_words

_FAR = 1_000
"""Entries behind the head: more is not ready, however fast it catches up."""
_STUCK_SECONDS = 30
"""With something before it, and no step forward for so long, one stays behind."""

_FAILURES = metrics.Counter("guiren_background_failures", "Failures of a background task", ["service", "task"])


@dataclass
class Health:
    """One background task, relay, follower or reaction."""

    service: str = ""
    task: str = ""
    position: int = 0
    ok: bool = True
    halted: str = ""
    """What it can't get over by itself."""
    head: int | None = None
    """Where what it follows ended when it last looked; ``None`` for who follows nothing, or has not looked yet."""
    goal: int | None = 0
    """Where it ended when the service started: reaching it is being caught up. ``None`` until that is known."""
    error: str = ""
    """Why it waits or failed last; empty again once it went well."""
    failures: int = 0
    """How often it failed since it last went well."""
    since: int | None = None
    """Where it began, if that was not at the beginning of the log."""
    _moved: float = field(default_factory=time.monotonic)
    _stood: int = 0

    @property
    def lag(self) -> int:
        """How many entries it is behind, as far as it knows."""
        return max(0, (self.head or 0) - self.position)

    def sees(self, head: int) -> None:
        """It knows where the log ends now; the first time, that is what it must reach before the service is ready."""
        self.head = head
        if self.goal is None:
            self.goal = head

    def well(self) -> None:
        """It did its work."""
        self.ok, self.halted, self.error, self.failures = True, "", "", 0

    def failed(self, error: BaseException) -> None:
        """It did not."""
        self.ok, self.error = False, in_words(error)
        self.failures += 1
        _FAILURES.labels(self.service, self.task).inc()

    @property
    def unready(self) -> str:
        """Why the service may not call itself ready because of this one; nothing if it may."""
        now = time.monotonic()
        if self.position != self._stood or not self.lag:
            self._stood, self._moved = self.position, now
        if self.halted:
            return "halted"
        if self.goal is None or self.position < self.goal:
            return "catching up"
        if self.lag > _FAR or now - self._moved > _STUCK_SECONDS:
            return "behind"
        return ""

    def facts(self) -> dict[str, Any]:
        """For readiness and status."""
        unready = self.unready
        found: dict[str, Any] = {"ok": self.ok and not unready, "position": self.position}
        told = {"unready": unready, "halted": self.halted, "lag": self.lag, "error": self.error, "failures": self.failures}
        found |= {name: value for name, value in told.items() if value}
        if self.since is not None:
            found["since"] = self.since
        return found
