"""What enterprises may ask without an account: a token stands for the enterprise, and nobody asks faster than a person.

A token is random, sealed in its fact and found by its SHA-256: whoever reads a database or a log can't use it. What is
unknown, revoked or out of date is one and the same 404. How often somebody asks is counted in memory, by token and client
address (as the gateway tells it): a limit against guessing and flooding, not a rule of the plan, so a restart forgets.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import Path, Request, Response

from shared.http.entrance import Entrance
from shared.http.throttle import Limiter
from shared.language.problems import Forbidden, OpenedElsewhere, Refused, TooMany, Unknown
from shared.language.terms import derived_id

NOBODY = UUID(int=0)
"""The platform itself, where a fact needs an actor: an enterprise has no account."""

ALLEGATIONS = "allegations"

Token = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$", description="企业链接或铭牌上的标识")]


_DEVICE, _STAFF = "guiren-device", "guiren-staff"
_YEAR = 365 * 24 * 3600


class OpenFirst(Forbidden):
    """A link is bound to the first device that opens it, and does nothing before (decision 0051)."""

    title = "请先打开链接再办理"


class ForThatVisit(Forbidden):
    """A visit's link opens that visit and nothing else of the enterprise."""

    title = "此链接只用于确认一次走访,查询、提出诉求请使用企业专属链接、铭牌或服务热线"


def device(request: Request) -> str:
    """What the device that asks is known by; nothing where it was given no secret yet."""
    kept = request.cookies.get(_DEVICE, "")
    return digest(kept) if kept else ""


def give_device(request: Request, response: Response) -> str:
    """Likewise; a device without a secret gets one, which no script reads and no other site sends."""
    if found := device(request):
        return found
    made = secrets.token_urlsafe(24)
    _keep(request, response, _DEVICE, made)
    return digest(made)


def of_staff(request: Request) -> bool:
    """Whether this device was used with an account before."""
    return _STAFF in request.cookies


def mark_staff(request: Request, response: Response) -> None:
    """The device is used with an account: what is opened on it is not the enterprise's alone."""
    _keep(request, response, _STAFF, "1")


def _keep(request: Request, response: Response, name: str, value: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=_YEAR, path="/api", secure=secure, httponly=True, samesite="lax")


def on_its_device(bound_to: str | None, asking: str) -> None:
    """Refuse what was not opened, or was opened by another device."""
    if not bound_to:
        raise OpenFirst
    if bound_to != asking:
        raise OpenedElsewhere


def digest(token: str) -> str:
    """What a token is found by."""
    return sha256(token.encode()).hexdigest()


@dataclass
class Turnstile:
    """The limits of one service's public routes. Each is a person's: by token and address, so that nobody who photographed a
    plaque, and nobody behind the same address, uses up what another may still say.
    """

    addresses: Limiter = field(default_factory=lambda: Limiter(240, 240))
    """Tokens that open nothing, by address: against guessing. A whole park may sit behind one address, and costs nothing here."""
    tokens: Limiter = field(default_factory=lambda: Limiter(60, 60))
    writes: Limiter = field(default_factory=lambda: Limiter(12, 2))
    allegations: Limiter = field(default_factory=lambda: Limiter(12, 2))
    """Of their own: no other word uses them up, and they use up no other's."""
    altogether: Limiter = field(default_factory=lambda: Limiter(120, 20))
    """Words through one token from everywhere, allegations aside."""
    _open: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None], init=False)
    """Tokens that opened something lately."""

    def enter(self, token: str, address: str, writes: str = "") -> Passage:
        """Count a request; a refused one costs nothing more. ``writes`` names the budget of what is to be said."""
        found_by = digest(token)
        both = f"{found_by} {address}"
        passage = Passage(self, found_by)
        if found_by not in self._open:
            passage.take(self.addresses, address, opens=True)
        self.tokens.take(both)
        if writes:
            passage.take(self.allegations if writes == ALLEGATIONS else self.writes, both)
        if writes and writes != ALLEGATIONS:
            passage.take(self.altogether, found_by)
        return passage

    def opened(self, found_by: str) -> None:
        """The token opens something."""
        self._open[found_by] = None
        self._open.move_to_end(found_by)
        while len(self._open) > self.addresses.keys:
            self._open.popitem(last=False)


@dataclass
class Passage:
    """One request on its way through. What it turns out not to owe is given back."""

    through: Turnstile
    found_by: str
    _taken: list[tuple[Limiter, str, bool]] = field(default_factory=list[tuple[Limiter, str, bool]])

    def take(self, limiter: Limiter, key: str, *, opens: bool = False) -> None:
        """Count it here too; what was counted before is given back if that is too much."""
        try:
            limiter.take(key)
        except TooMany:
            for before, its, _ in self._taken:
                before.give(its)
            raise
        self._taken.append((limiter, key, opens))

    def ends(self, *, opened: bool, said: bool) -> None:
        """Whether the token opened something, and something was said. A body that is refused costs no word."""
        for limiter, key, opens in self._taken:
            if opened if opens else not said:
                limiter.give(key)
        if opened:
            self.through.opened(self.found_by)


def turnstile(request: Request) -> Turnstile:
    """That of the application which serves this request."""
    state = request.app.state
    if not hasattr(state, "turnstile"):
        state.turnstile = Turnstile()
    return state.turnstile


class PublicRoute(Entrance):
    """A route without an account: counted before anything else is done, its body read no further than the limit."""

    most_bytes = 64 * 1024
    budget: ClassVar[str] = "writes"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route behind its turnstile."""
        entered = super().get_route_handler()

        async def counted(request: Request) -> Response:
            writes = "" if request.method in ("GET", "HEAD") else self.budget
            address = request.client.host if request.client else ""
            passage = turnstile(request).enter(request.path_params.get("token", ""), address, writes)
            try:
                answer = await entered(request)
            except (Unknown, Forbidden, Refused) as problem:  # Said by who had opened the link, unless it is unknown itself.
                passage.ends(opened=problem.facts.get("what") != "link", said=False)
                raise
            except BaseException:
                passage.ends(opened=False, said=False)
                raise
            passage.ends(opened=True, said=True)
            return answer

        return counted


class OpeningRoute(PublicRoute):
    """Opening a link says nothing yet."""

    budget = ""


class AllegationRoute(PublicRoute):
    """A report that a visit became an inspection: whatever else was said through the link, it gets through."""

    budget = ALLEGATIONS


def ticket_of(feedback: UUID) -> UUID:
    """The ticket that opens because of what an enterprise said itself."""
    return derived_id("issue", "feedback", str(feedback))


def ticket_of_demand(visit: UUID, demand: int) -> UUID:
    """The ticket that opens because of a visit's demand: known to both services without asking each other."""
    return derived_id("issue", str(visit), str(demand))
