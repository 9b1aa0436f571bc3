"""What enterprises may ask without an account: a token stands for the enterprise, and nobody asks faster than a person.

A token is random, sealed in its fact and found by its SHA-256: whoever reads a database or a log can't use it. What is
unknown, revoked or out of date is one and the same 404. How often somebody asks is counted in memory, by token and by
client address (as uvicorn tells it): a limit against guessing and flooding, not a rule of the plan, so a restart forgets.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import Path, Request

from shared.entrance import Entrance
from shared.problems import TooMany
from shared.terms import derived_id

NOBODY = UUID(int=0)
"""The platform itself, where a fact needs an actor: an enterprise has no account."""

Token = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="企业链接或铭牌上的标识")]


def digest(token: str) -> str:
    """What a token is found by."""
    return sha256(token.encode()).hexdigest()


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


@dataclass
class Turnstile:
    """The limits of one service's public routes."""

    addresses: Limiter = field(default_factory=lambda: Limiter(240, 240))
    """Many enterprises of a park share one address."""
    tokens: Limiter = field(default_factory=lambda: Limiter(60, 60))
    writes: Limiter = field(default_factory=lambda: Limiter(12, 2))

    def enter(self, request: Request, token: str, *, writes: bool = False) -> None:
        """Count a request; a refused one costs nothing more."""
        self.addresses.take(request.client.host if request.client else "")
        self.tokens.take(digest(token))
        if writes:
            self.writes.take(digest(token))


def turnstile(request: Request) -> Turnstile:
    """That of the application which serves this request."""
    state = request.app.state
    if not hasattr(state, "turnstile"):
        state.turnstile = Turnstile()
    return state.turnstile


def enter(request: Request, token: str, *, writes: bool = False) -> None:
    """Count a request of a public route, or refuse it with 429."""
    turnstile(request).enter(request, token, writes=writes)


class PublicRoute(Entrance):
    """A route without an account: counted before anything else is done, its body read no further than the limit."""

    most_bytes = 64 * 1024

    async def let_in(self, request: Request) -> None:
        """Count the request, or refuse it."""
        enter(request, request.path_params.get("token", ""), writes=request.method not in ("GET", "HEAD"))


def ticket_of(feedback: UUID) -> UUID:
    """The ticket that opens because of what an enterprise said itself."""
    return derived_id("issue", "feedback", str(feedback))


def ticket_of_demand(visit: UUID, demand: int) -> UUID:
    """The ticket that opens because of a visit's demand: known to both services without asking each other."""
    return derived_id("issue", str(visit), str(demand))
