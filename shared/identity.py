"""A bearer token becomes an Actor.

Tokens are JWTs signed by whoever the settings name: the built-in issuer of the embedded profile (Ed25519, a key file)
or an OpenID Connect provider (its JWKS address). The token says who, in which roles, for which unit.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.decider import Actor
from shared.problems import Unauthenticated
from shared.terms import Role, derived_id

_ALGORITHMS = ["EdDSA", "Ed25519", "RS256", "ES256", "PS256"]
_REFRESH_SECONDS = 60


def issue(key_jwk: dict[str, Any], claims: dict[str, Any], now: int, lifetime: int) -> str:
    """A token of the built-in issuer with these claims, valid ``lifetime`` seconds from ``now``."""
    key = OKPKey.import_key(key_jwk)
    header = {"alg": "Ed25519", "kid": key.thumbprint()}
    return jwt.encode(header, {**claims, "iat": now, "nbf": now - 5, "exp": now + lifetime}, key, algorithms=_ALGORITHMS)


class Gatekeeper:
    """Verifies bearer tokens against a key set, which is read again when an unknown key shows up."""

    def __init__(self, jwks: str, issuer: str, audience: str) -> None:
        self._jwks = jwks
        self._keys: KeySet | None = None
        self._read_at = 0.0
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def actor(self, token: str) -> Actor:
        """Who holds this token. Refuses what is expired, forged, meant for others, or without a known role."""
        for fresh in (False, True):
            keys = await self._key_set(fresh=fresh)
            try:
                decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
                self._claims.validate(decoded.claims)
                return _actor(decoded.claims)
            except (JoseError, ValueError, KeyError, TypeError):
                if fresh or time.monotonic() - self._read_at < _REFRESH_SECONDS:
                    raise Unauthenticated from None
        raise Unauthenticated

    async def _key_set(self, *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            if self._jwks.startswith("https://"):
                async with httpx.AsyncClient(timeout=5) as client:
                    raw = (await client.get(self._jwks)).raise_for_status().content
            else:
                raw = await anyio.Path(Path(self._jwks)).read_bytes()
            self._keys = KeySet.import_key_set(orjson.loads(raw))
            self._read_at = time.monotonic()
        return self._keys


def _actor(claims: dict[str, Any]) -> Actor:
    try:
        member = UUID(str(claims["sub"]))
    except ValueError:
        member = derived_id("subject", str(claims["sub"]))
    return Actor(
        id=member,
        account=str(claims.get("account", "")),
        roles=frozenset(Role(role) for role in claims["roles"]),
        unit=str(claims.get("unit") or ""),
        sub_unit=str(claims.get("sub_unit") or ""),
    )
