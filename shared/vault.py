"""Personal data: sealed under a key per subject before the body of a fact is built, masked on the way out.

A ``Personal`` is either clear (it came in with a command) or sealed (it goes into logs). A clear one refuses to be
written: forgetting to seal is an error, not a leak. Erasing a subject destroys its key; every hash stays valid and a
replay prints 〔已删除〕 (个人信息保护法). The sealing is AES-256-GCM with the subject as associated data.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import inspect
import math
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import blake2b, sha256
from typing import Any, get_args
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from shared.problems import Unavailable

ERASED = "〔已删除〕"
"""Somebody asked for it: the row of the key says so."""
UNREADABLE = "〔无法解密〕"
"""Nobody did: the key is missing, as after a vault put back from an old backup, or is not the one that sealed it."""
_SUITE = "a1"
_CACHED_KEYS = 20_000
_LONGEST = 20_000
"""Characters: a whole row of a register extract may be sealed."""


class NotSealed(Exception):
    """A clear personal datum was about to be written down."""


class Personal:
    """A personal datum: a name, a number. Its clear text shows in no ``repr`` and in no serialisation."""

    __slots__ = ("found_by", "subject", "text", "token")

    def __init__(
        self,
        text: str | None = None,
        subject: UUID | None = None,
        token: dict[str, str] | None = None,
        *,
        found_by: str | None = None,
    ) -> None:
        self.text = text
        self.subject = subject
        self.token = token
        self.found_by = found_by
        """What it shall be found by (a number as all its writings have it); lives until it is sealed."""

    def about(self, subject: UUID) -> Personal:
        """The same datum, said to be about this subject. A sealed one keeps its own."""
        return self if self.token else Personal(self.text, subject, found_by=self.found_by)

    def __repr__(self) -> str:
        return "Personal(sealed)" if self.token else "Personal(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and (self.text, self.token) == (other.text, other.token)

    def __hash__(self) -> int:
        return hash((self.text, self.token["ct"] if self.token else ""))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(cls._write, when_used="json")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "maxLength": 200, "description": "个人信息:加密保存,默认脱敏显示"}

    @classmethod
    def read(cls, value: object) -> Personal:
        """A sealed datum from its token, a clear one from text."""
        if isinstance(value, Personal):
            return value
        if isinstance(value, dict):
            token = {str(key): str(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if token.keys() == {"$enc", "sub", "n", "ct"}:
                return cls(subject=UUID(token["sub"]), token=token)
        if isinstance(value, str) and len(value) <= _LONGEST and _writable(value):
            return cls(value)
        message = "应为文字"
        raise ValueError(message)

    @staticmethod
    def _write(value: Personal) -> dict[str, str]:
        if value.token is None:
            raise NotSealed
        return value.token


def personals(part: object) -> Iterable[Personal]:
    """Every personal datum inside a fact or command, however deep."""
    if isinstance(part, Personal):
        yield part
    elif isinstance(part, BaseModel):
        for name in _suspects(type(part)):
            yield from personals(getattr(part, name))
    elif isinstance(part, tuple):
        for item in part:  # pyright: ignore[reportUnknownVariableType]
            yield from personals(item)  # pyright: ignore[reportUnknownArgumentType]


@cache
def _suspects(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model whose type can hold a personal datum: most facts have none, and an import has thousands."""
    return tuple(name for name, field in model.model_fields.items() if _can_hold(field.annotation))


def _can_hold(annotation: Any) -> bool:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return bool(_suspects(annotation))
    return annotation in (Personal, Any, object) or any(_can_hold(part) for part in get_args(annotation))


_NUMBER = re.compile(r"\+?\d[\d\s\-\u2010-\u2015\uff0d]{5,}\d")


def mask(text: str) -> str:
    """``138****1234`` for numbers, 王** for names: enough to recognise, too little to use."""
    if text in (ERASED, UNREADABLE) or not text:
        return text
    if number := _NUMBER.search(text):
        text = number[0]  # Words beside a number (王经理) are not shown.
    if len(text) >= 7 and any(char.isdigit() for char in text):  # noqa: PLR2004  a telephone number has seven digits or more.
        return text[:3] + "*" * (len(text) - 7) + text[-4:] if len(text) > 7 else "***" + text[-4:]  # noqa: PLR2004
    return text[0] + "*" * max(1, len(text) - 1)


Masters = bytes | Callable[[], Sequence[bytes]]
"""The master keys, the newest first: one, or what reads them again where a row names one that is not known yet."""


def master_id(key: bytes) -> str:
    """What a row calls the master key that wrapped it."""
    return sha256(key).hexdigest()[:8]


_KEYS_OF = "select subject, wrapped, mk from vault.subject_key where subject = any($1::uuid[])"


class Vault:
    """Seals and opens personal data. Keys are wrapped by the master key and lie in a database of their own."""

    def __init__(self, pool: asyncpg.Pool, masters: Masters, remember_seconds: float = 60) -> None:
        self.pool = pool
        self._masters_of = (lambda: (masters,)) if isinstance(masters, bytes) else masters
        self._read_masters()
        oldest = self._masters_of()[-1]  # What is found by a digest must be found after a rotation too.
        self._print_key = hmac.new(oldest, b"guiren command fingerprint", sha256).digest()
        self._index_key = hmac.new(oldest, b"guiren blind index", sha256).digest()
        self._words_key = hmac.new(oldest, b"guiren words", sha256).digest()
        self._keys: OrderedDict[UUID, AESGCM | None] = OrderedDict()
        self._read_at: dict[UUID, float] = {}
        self._remember = remember_seconds  # Another process may erase a subject: no key is believed for longer.

    def _read_masters(self) -> None:
        found = self._masters_of()
        self._newest = master_id(found[0])
        self._masters = {master_id(key): AESGCM(key) for key in found}
        self._masters[""] = AESGCM(found[-1])  # Rows from before the first rotation don't name theirs.

    def fingerprint(self, content: bytes) -> bytes:
        """A keyed digest of a command's content: tells a repeat from another content, and can't be guessed back."""
        return hmac.new(self._print_key, content, sha256).digest()[:16]

    async def seal(self, data: Sequence[Personal]) -> None:
        """Seal every clear datum in place; subjects that have no key get one."""
        clear = [item for item in data if item.token is None]
        if not clear:
            return
        subjects = {item.subject for item in clear if item.subject is not None}
        keys = await self._prepare(subjects, [item for item in clear if item.found_by])
        for item in clear:
            if item.subject is None or item.text is None:
                raise NotSealed
            if item.subject not in keys:
                raise Unavailable(reason="the subject's key can't be opened with the master keys at hand")
            key = keys[item.subject]
            if key is None:  # The subject was erased: nothing more is kept about it.
                item.token, item.text = {"$enc": _SUITE, "sub": str(item.subject), "n": "", "ct": ""}, None
                continue
            nonce = os.urandom(12)
            sealed = key.encrypt(nonce, item.text.encode(), item.subject.bytes)
            item.token = {"$enc": _SUITE, "sub": str(item.subject), "n": _text(nonce), "ct": _text(sealed)}
            item.text = None

    async def _prepare(self, subjects: set[UUID], numbered: Sequence[Personal]) -> dict[UUID, AESGCM | None]:
        """Make the keys that are missing and remember the numbers, durably and with one flush, before any fact is kept.

        A key is believed only once it is committed. Keys and numbers are written in their order, so that no two wait for
        each other.
        """
        keys = self._remembered(subjects)
        missing = sorted(subjects - keys.keys())
        if not missing and not numbered:
            return keys
        fresh = [self._wrap(subject, os.urandom(32)) for subject in missing]
        async with self.pool.acquire() as connection, connection.transaction():
            rows: Sequence[Any] = ()
            if missing:
                await connection.execute(
                    "insert into vault.subject_key (subject, wrapped, mk) "
                    "select s, w, $3 from unnest($1::uuid[], $2::bytea[]) as t (s, w) on conflict do nothing",
                    missing, fresh, self._newest,
                )  # fmt: skip
                rows = await connection.fetch(_KEYS_OF, missing)
            alive = {row["subject"] for row in rows if row["wrapped"]} | {subject for subject, key in keys.items() if key}
            found = sorted((self._index(item.found_by or ""), item.subject) for item in numbered if item.subject in alive)
            if found:
                await connection.execute(
                    "insert into vault.blind (index, subject) select * from unnest($1::bytea[], $2::uuid[]) on conflict do nothing",
                    *(list(column) for column in zip(*found, strict=True)),
                )
        return keys | self._believe(rows)

    def _index(self, found_by: str) -> bytes:
        return hmac.new(self._index_key, found_by.encode(), sha256).digest()[:16]

    async def find(self, found_by: str) -> list[UUID]:
        """The subjects that ever had this number, erased ones excepted."""
        rows = await self.pool.fetch("select subject from vault.blind where index = $1 order by subject", self._index(found_by))
        return [row["subject"] for row in rows]

    def blind(self, words: Iterable[str]) -> list[str]:
        """Pieces of words as a search index keeps them: equal ones are seen to be equal, and none can be read."""
        return [blake2b(word.encode(), key=self._words_key, digest_size=6).hexdigest() for word in words]

    async def open(self, data: Sequence[Personal | None]) -> list[str]:
        """The clear texts, in order; ``""`` for none, 〔已删除〕 for what was erased, 〔无法解密〕 for what can't be opened."""
        subjects = {item.subject for item in data if item is not None and item.subject is not None}
        keys = self._remembered(subjects)
        if missing := list(subjects - keys.keys()):
            keys |= self._believe(await self.pool.fetch(_KEYS_OF, missing))
        return [self._open(item, keys) for item in data]

    def _open(self, item: Personal | None, keys: Mapping[UUID, AESGCM | None]) -> str:
        if item is None:
            return ""
        if item.token is None:
            return item.text or ""
        if not item.token["ct"]:
            return ERASED
        if item.subject is None or item.subject not in keys:
            return UNREADABLE
        key = keys[item.subject]
        if key is None:
            return ERASED
        try:
            return key.decrypt(_bytes(item.token["n"]), _bytes(item.token["ct"]), item.subject.bytes).decode()
        except InvalidTag:
            return UNREADABLE

    def _remembered(self, subjects: set[UUID]) -> dict[UUID, AESGCM | None]:
        """What is believed of these; the caller keeps it, since it may be forgotten here while the caller waits."""
        oldest = time.monotonic() - self._remember
        return {subject: self._keys[subject] for subject in subjects if self._read_at.get(subject, -math.inf) >= oldest}

    def _believe(self, rows: Iterable[Any]) -> dict[UUID, AESGCM | None]:
        """Take keys as they are stored, and forget the oldest beyond a number."""
        known = list(rows)
        if any(row["mk"] not in self._masters for row in known):
            self._read_masters()  # Somebody has rotated the master key meanwhile.
        keys: dict[UUID, AESGCM | None] = {}
        for row in known:
            with contextlib.suppress(InvalidTag, KeyError):  # Of another master key: neither here nor erased.
                keys[row["subject"]] = AESGCM(self._unwrap(row["subject"], row["wrapped"], row["mk"])) if row["wrapped"] else None
        for subject, key in keys.items():
            self._keys[subject] = key
            self._keys.move_to_end(subject)
            self._read_at[subject] = time.monotonic()
        while len(self._keys) > _CACHED_KEYS:
            self._read_at.pop(self._keys.popitem(last=False)[0], None)
        return keys

    def _wrap(self, subject: UUID, key: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._masters[self._newest].encrypt(nonce, key, subject.bytes)

    def _unwrap(self, subject: UUID, wrapped: bytes, master: str) -> bytes:
        return self._masters[master].decrypt(wrapped[:12], wrapped[12:], subject.bytes)

    def same_key(self, subject: UUID, one: tuple[bytes, str], other: tuple[bytes, str]) -> bool:
        """Whether the same key is in both, each wrapped by some master key."""
        if one == other:
            return True
        try:
            return self._unwrap(subject, *one) == self._unwrap(subject, *other)
        except (InvalidTag, KeyError):
            return False

    async def rewrap(self, batch: int = 500) -> int:
        """Wrap some keys anew that an older master key has wrapped. Answers how many; 0 when there are none left."""
        self._read_masters()
        rows = await self.pool.fetch(
            "select subject, wrapped, mk from vault.subject_key where mk <> $1 and wrapped is not null order by subject limit $2",
            self._newest, batch,
        )  # fmt: skip
        fresh = [self._wrap(row["subject"], self._unwrap(row["subject"], row["wrapped"], row["mk"])) for row in rows]
        await self.pool.execute(
            "update vault.subject_key k set wrapped = n.wrapped, mk = $4 from unnest($1::uuid[], $2::bytea[], $3::bytea[]) "
            "as n (subject, wrapped, was) where k.subject = n.subject and k.wrapped = n.was",  # An erased one stays erased.
            [row["subject"] for row in rows], fresh, [row["wrapped"] for row in rows], self._newest,
        )  # fmt: skip
        return len(rows)

    async def unerased(self, subjects: Sequence[UUID]) -> list[UUID]:
        """Those of the subjects of whose erasure there is no trace here: their key exists, or was lost with its trace."""
        rows = await self.pool.fetch(
            "select s from unnest($1::uuid[]) s where not exists "
            "(select from vault.subject_key where subject = s and wrapped is null) order by s",
            list(subjects),
        )
        return [row["s"] for row in rows]

    async def erase(self, subject: UUID) -> None:
        """Destroy the subject's key: what it sealed can never be read again."""
        await self.pool.execute(
            "insert into vault.subject_key (subject, wrapped, destroyed) values ($1, null, now()) "
            "on conflict (subject) do update set wrapped = null, destroyed = now()",
            subject,
        )
        await self.pool.execute("delete from vault.blind where subject = $1", subject)
        self._keys[subject] = None
        self._read_at[subject] = time.monotonic()


def _writable(text: str) -> bool:
    """Whether it is text at all: half a surrogate pair is none."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
