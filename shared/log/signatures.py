"""Who wrote an entry: each service signs what it publishes, and whoever reads a copy checks it against the service's public key.

A signature costs more than all else about an entry, so up to sixteen neighbours share one: their leaves are a Merkle tree, its
root is signed, and each entry carries the signature and the path from its leaf to the root. So each is checked by itself,
wherever reading begins.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.log.eventlog import Entry
from shared.tlog.notes import Ed25519Signer, Key
from shared.tlog.tree import root_from, with_paths

_AT_ONCE = 16
_SIGNATURE_BYTES = 64
_HASH_BYTES = 32


class Forged(Exception):
    """An entry of a copy that the service whose log it claims to be has not signed."""

    def __init__(self, service: str, position: int) -> None:
        super().__init__(
            f"{service} 第 {position} 条没有该服务的有效签名,不是它写的,或被改动过:已停止接收。请执行 guiren audit fsck 查明"
        )
        self.service, self.position = service, position


class Signatures:
    """The public keys of all services of a district, and the private one of the service that signs."""

    def __init__(self, district: str, public: Mapping[str, Sequence[bytes]], private: bytes | None = None) -> None:
        self._district = district
        self._public = {service: [Ed25519PublicKey.from_public_bytes(each) for each in keys] for service, keys in public.items()}
        self._private = Ed25519PrivateKey.from_private_bytes(private) if private else None
        self._known: dict[str, tuple[bytes, bytes]] = {}
        """Of each service the last root that was checked with its signature: the next entry most often has the same."""

    @classmethod
    def read(cls, district: str, public: Path, private: Path | None = None) -> Signatures:
        """From their files, as ``deploy.keys`` makes them."""
        told: dict[str, list[str]] = orjson.loads(public.read_bytes())
        keys = {service: [base64.urlsafe_b64decode(each + "=") for each in those] for service, those in told.items()}
        return cls(district, keys, bytes.fromhex(private.read_text(encoding="utf-8")) if private else None)

    def public(self, service: str) -> list[str]:
        """The service's public keys in hexadecimal, the one of now first."""
        return [key.public_bytes_raw().hex() for key in self._public.get(service, ())]

    def signer(self, name: str) -> Ed25519Signer:
        """The private key under a name, for checkpoints. Nothing an entry's signature is over begins like one of these."""
        if self._private is None:
            message = "without a private key nothing is signed"
            raise RuntimeError(message)
        return Ed25519Signer(name, self._private.private_bytes_raw())

    def keys(self, service: str, name: str) -> list[Key]:
        """The service's public keys under a name, for whoever reads its checkpoints; the one of now first."""
        return [Key(name, key.public_bytes_raw()) for key in self._public.get(service, ())]

    def proofs(self, service: str, entries: Sequence[Entry]) -> list[bytes]:
        """What each of these entries carries to show that the service wrote it."""
        found: list[bytes] = []
        for start in range(0, len(entries), _AT_ONCE):
            part = entries[start : start + _AT_ONCE]
            root, paths = with_paths([_leaf(item) for item in part])
            signature = self.sign(service, b"entries\0" + root)
            found += [signature + bytes((len(part), index)) + b"".join(path) for index, path in enumerate(paths)]
        return found

    def check(self, service: str, entry: Entry) -> None:
        """Raise ``Forged`` unless the service has signed this entry, at this position and as it stands."""
        signature, place, path = entry.proof[:_SIGNATURE_BYTES], entry.proof[_SIGNATURE_BYTES:][:2], entry.proof[66:]
        steps = [path[at : at + _HASH_BYTES] for at in range(0, len(path), _HASH_BYTES)]
        root = root_from(place[1], place[0], _leaf(entry), steps) if len(place) == 2 else None  # noqa: PLR2004
        if root is None:
            raise Forged(service, entry.pos)
        if self._known.get(service) != (root, signature):
            if not self.signed(service, b"entries\0" + root, signature):
                raise Forged(service, entry.pos)
            self._known[service] = (root, signature)

    def holds(self, service: str, entry: Entry) -> bool:
        """Whether the service has signed this entry."""
        try:
            self.check(service, entry)
        except Forged:
            return False
        return True

    def sign(self, service: str, what: bytes) -> bytes:
        """The service's signature over something."""
        if self._private is None:
            message = "without a private key nothing is signed"
            raise RuntimeError(message)
        return self._private.sign(self._text(service, what))

    def signed(self, service: str, what: bytes, signature: bytes) -> bool:
        """Whether the service has signed this, with the key of now or one that it had."""
        for key in self._public.get(service, ()):
            with contextlib.suppress(InvalidSignature):
                key.verify(signature, self._text(service, what))
                return True
        return False

    def _text(self, service: str, what: bytes) -> bytes:
        """No signature fits another district's log."""
        return b"\0".join((b"guiren 1", self._district.encode(), service.encode(), what))


def _leaf(entry: Entry) -> bytes:
    """All that a copy says of an entry: its leaf in the log, and what the log keeps beside the body."""
    return sha256(b"\0".join((b"", entry.leaf, f"{entry.stream}\0{entry.version}\0{entry.type}\0{entry.rest}".encode()))).digest()
