"""Every secret of one instance, made once: ``python3 deploy/keys.py`` for compose, ``make_secrets`` for the embedded one.

Only the standard library, so that a machine with Docker and a bare python3 can do it; the file is not called ``secrets``
because a script's own folder comes first on the path and would hide the library's.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path

SERVICES = ("roster", "visits", "issues", "reporting")
PASSWORDS = (
    "postgres-admin",
    *SERVICES,
    "vault",
    "demo",
    "nats",
    "nats-health",
    *(f"nats-{name}" for name in (*SERVICES, "vault")),
)
"""``nats`` is the installer's and the administrator's; each service has its own, and so has the vault."""

CLIENTS = ("roster", "visits", "issues", "reporting", "audit", "demo")
"""Who may ask the vault for something: each says a secret of its own first (``services/vault/domain/permits``)."""


def make_secrets(folder: Path, mode: int = 0o600) -> None:
    """Make each secret that isn't there yet; those that are stay as they are."""
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    for name in PASSWORDS:
        _once(folder / name, "g" + os.urandom(24).hex(), mode)  # A letter first: nats.conf reads 1e5 as a number.
    for name in CLIENTS:
        _once(folder / f"vault-{name}", "g" + os.urandom(24).hex(), mode)
    _once(folder / "master-key", os.urandom(32).hex(), mode)
    for name in SERVICES:
        _once(folder / f"entry-key-{name}", os.urandom(32).hex(), mode)
    _tell_public(folder / "entry-keys.json", {name: folder / f"entry-key-{name}" for name in SERVICES}, mode)
    seed = os.urandom(32)
    key = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(_public(seed)), "d": _base64url(seed)}
    _once(folder / "signing-key", json.dumps(key), mode)
    key = json.loads((folder / "signing-key").read_text(encoding="utf-8"))
    public = {name: key[name] for name in ("crv", "kty", "x")}
    thumbprint = _base64url(hashlib.sha256(json.dumps(public, separators=(",", ":")).encode()).digest())  # RFC 7638
    _once(folder / "jwks.json", json.dumps({"keys": [{**public, "kid": thumbprint, "use": "sig"}]}), mode)


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that only its owner may read, whole or not at all: a kill in between leaves no half a secret."""
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        scratch.unlink()
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def _once(path: Path, text: str, mode: int) -> None:
    if not path.exists():
        write_private(path, text + "\n", mode)


def _tell_public(path: Path, keys: dict[str, Path], mode: int) -> None:
    """The public halves of the services' keys. A key that was replaced stands behind its successor: what it signed stays signed."""
    known: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    told = dict(known)
    for name, private in keys.items():
        public = _base64url(_public(bytes.fromhex(private.read_text(encoding="utf-8"))))
        told[name] = [public, *(each for each in known.get(name, ()) if each != public)]
    if told != known:
        write_private(path, json.dumps(told) + "\n", mode)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# The public half of an Ed25519 key (RFC 8032, 5.1.5), by the book. Run once, at home: it need be neither fast nor constant-time.
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202

_Point = tuple[int, int]


def _add(one: _Point, other: _Point) -> _Point:
    (x1, y1), (x2, y2) = one, other
    product = _D * x1 * x2 * y1 * y2
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, _P)
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, _P)
    return x3 % _P, y3 % _P


def _public(seed: bytes) -> bytes:
    low = bytearray(hashlib.sha512(seed).digest()[:32])
    low[0] &= 248
    low[31] = low[31] & 127 | 64
    scalar = int.from_bytes(low, "little")
    point, doubled = (0, 1), (_BASE_X, _BASE_Y)
    while scalar:
        if scalar & 1:
            point = _add(point, doubled)
        doubled = _add(doubled, doubled)
        scalar >>= 1
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "secrets"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(place / ".gitignore", "*\n", 0o644)
    # Compose mounts the files one by one into containers whose users are not ours: the folder is closed, the files are not.
    make_secrets(place, 0o444)
    sys.stdout.write(f"{place}: {len(list(place.glob('[!.]*')))} files\n")
