"""Signed notes, as C2SP has them: a text of lines, a blank line, and a line for each signature.

Ed25519 (type 1), and the cosignature of a witness with the time it was made (type 4). Lines of keys that nobody here knows are
left as they are: another suite (ML-DSA, SM2) adds its line by a ``Signer`` of its own, and its readers check it.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 1, 4
_MOST_SIGNATURES = 100
_ID_BYTES, _TIME_BYTES = 4, 8


class BadNote(ValueError):
    """Not a note, or not one that was signed by who had to."""


@dataclass(frozen=True)
class Line:
    """One signature: the name and the id of the key, and what it says."""

    name: str
    id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.id + self.signature).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text, which ends with its last line's end, and its signatures."""

    text: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.lines))}"

    @classmethod
    def parse(cls, told: str) -> Note:
        """Raises ``BadNote`` for what is none."""
        text, blank, rest = told.rpartition("\n\n")
        if not blank or not rest.endswith("\n") or any(sign < " " and sign != "\n" for sign in told):
            raise BadNote("not a signed note")
        lines = rest[:-1].split("\n")
        if len(lines) > _MOST_SIGNATURES:
            raise BadNote("too many signatures")
        return cls(text + "\n", tuple(map(_line, lines)))


class Signer(Protocol):
    """Whoever signs notes: software, or a machine that keeps the key."""

    @property
    def name(self) -> str:
        """The name of its key."""
        ...

    def sign(self, text: str) -> Line:
        """Its line under this text."""
        ...


@dataclass(frozen=True)
class Key:
    """The public half of a key: whose signatures are known."""

    name: str
    public: bytes
    type: int = ED25519

    @property
    def id(self) -> bytes:
        """The first bytes of a hash over the name, the type and the key."""
        return sha256(self.name.encode() + b"\n" + bytes((self.type,)) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """As it is handed on: ``name+id+key``."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes((self.type,)) + self.public).decode()}"

    @classmethod
    def parse(cls, told: str) -> Key:
        """Raises ``BadNote`` for what is no key of a suite known here."""
        name, _, rest = told.strip().partition("+")
        hexadecimal, _, encoded = rest.partition("+")
        data = _decoded(encoded)
        if not _is_name(name) or len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):  # noqa: PLR2004  type and key.
            raise BadNote("not a verifier key")
        found = cls(name, data[1:], data[0])
        if found.id.hex() != hexadecimal:
            raise BadNote("the id of a key is not its hash")
        return found

    def signed(self, text: str, line: Line) -> bool:
        """Whether this key made the line under this text."""
        if (line.name, line.id) != (self.name, self.id):
            return False
        said, signature = text.encode(), line.signature
        if self.type == COSIGNATURE:
            at, signature = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
            said = _witnessed(text, at)
        with contextlib.suppress(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, said)
            return True
        return False


@dataclass(frozen=True)
class Ed25519Signer:
    """A log's key, in software."""

    name: str
    seed: bytes

    @property
    def key(self) -> Key:
        """Its public half."""
        return Key(self.name, _private(self.seed).public_key().public_bytes_raw())

    def sign(self, text: str) -> Line:
        """Its line under this text."""
        return Line(self.name, self.key.id, _private(self.seed).sign(text.encode()))


@dataclass(frozen=True)
class Cosigner:
    """A witness's key, in software: it says when."""

    name: str
    seed: bytes

    @property
    def key(self) -> Key:
        """Its public half."""
        return Key(self.name, _private(self.seed).public_key().public_bytes_raw(), COSIGNATURE)

    def sign_at(self, text: str, at: int) -> Line:
        """Its line under this text, at this second since 1970."""
        return Line(self.name, self.key.id, at.to_bytes(_TIME_BYTES, "big") + _private(self.seed).sign(_witnessed(text, at)))


def time_of(line: Line) -> int:
    """When a witness made its line."""
    return int.from_bytes(line.signature[:_TIME_BYTES], "big")


def signed(text: str, signers: Iterable[Signer]) -> Note:
    """A text with the lines of these."""
    return Note(text, tuple(each.sign(text) for each in signers))


def signatures_of(note: Note, keys: Sequence[Key]) -> list[Key]:
    """Which of these keys have signed. A line that bears the name and id of one and is not its own spoils the note."""
    found: list[Key] = []
    for line in note.lines:
        for key in keys:
            if (line.name, line.id) == (key.name, key.id):
                if not key.signed(note.text, line):
                    raise BadNote(f"a signature of {key.name} does not fit")
                found.append(key)
    return found


def opened(told: str, keys: Sequence[Key]) -> Note:
    """A note that at least one of these keys has signed; raises ``BadNote``."""
    note = Note.parse(told)
    if not signatures_of(note, keys):
        raise BadNote("signed by nobody known")
    return note


def _line(told: str) -> Line:
    dash, _, rest = told.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _decoded(encoded)
    if dash != "—" or not _is_name(name) or len(data) <= _ID_BYTES:
        raise BadNote("not a signature line")
    return Line(name, data[:_ID_BYTES], data[_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


def _decoded(told: str) -> bytes:
    """Strictly: one text for each value."""
    try:
        data = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("not base64") from None
    if base64.b64encode(data).decode() != told:
        raise BadNote("not base64")
    return data


def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _witnessed(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
