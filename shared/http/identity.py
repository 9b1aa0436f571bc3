"""A bearer token becomes a holder: who asks, and nothing of what he may (``shared/http/people`` answers that at every request).

Tokens are JWTs signed by whoever the settings name: the built-in issuer of the embedded profile (Ed25519, a key file)
or an OpenID Connect provider (its JWKS address). Claims of roles and units are not read, whoever signed them.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import httpx
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.language.ids import new_id
from shared.language.problems import Unauthenticated, Unavailable
from shared.language.terms import derived_id

log = structlog.get_logger()

LONGEST_SECONDS = 12 * 3600
"""No token is good for longer, whatever it says: a working day, and one sign-in for it."""
RENEWAL_SECONDS = 20.0
"""How often the key set is read again: a key that was withdrawn is refused within a minute."""
_PAUSE_SECONDS = 5.0
"""Tokens of unknown keys bring the reading forward, but not more often than this."""
_STALE_SECONDS = 600.0
"""A key set that could not be read for so long is no longer believed."""
_ALGORITHMS = ["EdDSA", "Ed25519", "RS256", "ES256", "PS256"]
_LONGEST_ID = 200


@dataclass(frozen=True)
class Holder:
    """Who holds a token, and which one it is."""

    member: UUID
    jti: str

    @property
    def token(self) -> UUID:
        """Under which name this token is revoked."""
        return token_id(self.jti)


def token_id(jti: str) -> UUID:
    """The name of a token in the roster: whatever an issuer calls it, ours is a UUID."""
    return derived_id("token", jti)


def issue(key_jwk: dict[str, Any], claims: dict[str, Any], now: int, lifetime: int) -> str:
    """A token of the built-in issuer with these claims, valid ``lifetime`` seconds from ``now``."""
    key = OKPKey.import_key(key_jwk)
    header = {"alg": "Ed25519", "kid": key.thumbprint()}
    whole = {"jti": str(new_id()), "iat": now, "nbf": now - 5, "exp": now + lifetime, **claims}
    return jwt.encode(header, whole, key, algorithms=_ALGORITHMS)


class Gatekeeper:
    """Verifies bearer tokens against a key set that is read again and again (``renew``)."""

    def __init__(self, jwks: str, issuer: str, audience: str, account_claim: str = "") -> None:
        self._jwks = jwks
        self._account_claim = account_claim
        self._keys: KeySet | None = None
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._renewing = asyncio.Lock()
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            jti={"essential": True},
        )

    async def holder(self, token: str) -> Holder:
        """Who holds this token. Refuses what is expired, forged, meant for others, good for too long, or without a name."""
        keys = self._keys
        if keys is None or time.monotonic() - self._read_at > _STALE_SECONDS:
            await self.renew()
            keys = self._keys
        if keys is None:
            raise Unavailable(reason="key set")
        try:
            return self._read(token, keys)
        except (JoseError, ValueError, KeyError, TypeError):
            if time.monotonic() - self._tried_at < _PAUSE_SECONDS:
                raise Unauthenticated from None
        await self._tried()  # It may be signed by a key that is newer than what was read.
        try:
            return self._read(token, self._keys or keys)
        except (JoseError, ValueError, KeyError, TypeError):
            raise Unauthenticated from None

    async def renew(self) -> None:
        """Read the key set anew. Requests go on with the one there is meanwhile."""
        async with self._renewing:
            self._tried_at = time.monotonic()
            try:
                raw = await self._fetched()
                self._keys = KeySet.import_key_set(orjson.loads(raw))
            except (OSError, httpx.HTTPError, ValueError, JoseError) as error:
                if time.monotonic() - self._read_at > _STALE_SECONDS:
                    self._keys = None
                raise Unavailable(reason="key set") from error
            self._read_at = time.monotonic()

    async def _tried(self) -> None:
        """Renewed if that is possible; one that is under way is another's, and is not waited for."""
        if self._renewing.locked():
            return
        try:
            await self.renew()
        except Unavailable as error:
            log.warning("key set not renewed", error=repr(error.__cause__))

    async def _fetched(self) -> bytes:
        if self._jwks.startswith("https://"):
            async with httpx.AsyncClient(timeout=5) as client:
                return (await client.get(self._jwks)).raise_for_status().content
        return await anyio.Path(Path(self._jwks)).read_bytes()

    def _read(self, token: str, keys: KeySet) -> Holder:
        claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        self._claims.validate(claims)
        begun, ends, jti = claims["iat"], claims["exp"], claims["jti"]
        if not (isinstance(begun, int) and isinstance(ends, int) and ends - begun <= LONGEST_SECONDS):
            raise ValueError  # A number that is no whole one compares as its sender likes.
        if not (isinstance(jti, str) and 0 < len(jti) <= _LONGEST_ID):
            raise ValueError
        return Holder(self._member(claims), jti)

    def _member(self, claims: dict[str, Any]) -> UUID:
        """The member whose token it is: by the account in the claim that the settings name, else by the subject."""
        if self._account_claim:
            account = claims[self._account_claim]
            if not isinstance(account, str):
                raise ValueError
            return derived_id("member", account)
        try:
            return UUID(str(claims["sub"]))
        except ValueError:
            return derived_id("member", str(claims["sub"]))
