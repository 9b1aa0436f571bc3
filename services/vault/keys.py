"""The cipher and the table of keys: a key per subject, wrapped by a master key. What seals, opens, finds and erases.

Nothing here knows who asks: that is ``answering``'s business, and ``records``'. The role that signs in may add keys and read
them; it changes or destroys one only through the functions of ``shared/log/vault.sql``.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import math
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.language.freetext import numbers_in
from shared.language.personal import ERASED, UNREADABLE, NotSealed, Personal
from shared.language.phones import same_or_none
from shared.language.problems import Unavailable
from shared.log.vault import SUITE

_CACHED_KEYS = 20_000

Masters = bytes | Callable[[], Sequence[bytes]]
"""The master keys, the newest first: one, or what reads them again where a row names one that is not known yet."""


def master_id(key: bytes) -> str:
    """What a row calls the master key that wrapped it."""
    return sha256(key).hexdigest()[:8]


_KEYS_OF = "select subject, wrapped, mk from vault.subject_key where subject = any($1::uuid[])"


class Keys:
    """Seals and opens personal data. Keys are wrapped by the master key and lie in a database of their own."""

    def __init__(self, pool: asyncpg.Pool, masters: Masters, remember_seconds: float = 60) -> None:
        self.pool = pool
        self._masters_of = (lambda: (masters,)) if isinstance(masters, bytes) else masters
        self._read_masters()
        oldest = self._masters_of()[-1]  # What is found by a digest must be found after a rotation too.
        self.print_key = hmac.new(oldest, b"guiren command fingerprint", sha256).digest()
        """Of commands' content: tells a repeat from another content, and can't be guessed back without it."""
        self._index_key = hmac.new(oldest, b"guiren blind index", sha256).digest()
        self.words_key = hmac.new(oldest, b"guiren words", sha256).digest()
        """Of the pieces of words in a search index."""
        self._keys: OrderedDict[UUID, AESGCM | None] = OrderedDict()
        self._read_at: dict[UUID, float] = {}
        self._remember = remember_seconds  # Another process may erase a subject: no key is believed for longer.

    def _read_masters(self) -> None:
        found = self._masters_of()
        self._newest = master_id(found[0])
        self._masters = {master_id(key): AESGCM(key) for key in found}
        self._masters[""] = AESGCM(found[-1])  # Rows from before the first rotation don't name theirs.

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
                item.token, item.text = {"$enc": SUITE, "sub": str(item.subject), "n": "", "ct": ""}, None
                continue
            nonce = os.urandom(12)
            sealed = key.encrypt(nonce, item.text.encode(), item.subject.bytes)
            item.token = {"$enc": SUITE, "sub": str(item.subject), "n": _text(nonce), "ct": _text(sealed)}
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
                    missing,
                    fresh,
                    self._newest,
                )
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

    async def index(self, data: Sequence[Personal]) -> int:
        """Make these sealed data's subjects found by every number that stands in them, as if they were sealed today. Answers how
        many numbers were not known before.
        """
        found: set[tuple[bytes, UUID]] = set()
        for item, text in zip(data, await self.open(data), strict=True):
            if item.subject is not None and text not in (ERASED, UNREADABLE):
                numbers = {same_or_none(text), *(same_or_none(hit) for hit in numbers_in(text))} - {None}
                found |= {(self._index(number or ""), item.subject) for number in numbers}
        if not found:
            return 0
        # An erasure in between takes the subject's numbers along: who was erased meanwhile gets none.
        rows = await self.pool.fetch(
            "insert into vault.blind (index, subject) select i, s from unnest($1::bytea[], $2::uuid[]) t (i, s) "
            "join vault.subject_key k on k.subject = s where k.wrapped is not null on conflict do nothing returning 1",
            *(list(column) for column in zip(*sorted(found), strict=True)),
        )
        return len(rows)

    async def find(self, found_by: str) -> list[UUID]:
        """The subjects that ever had this number, erased ones excepted."""
        rows = await self.pool.fetch("select subject from vault.blind where index = $1 order by subject", self._index(found_by))
        return [row["subject"] for row in rows]

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
            self._newest,
            batch,
        )
        fresh = [self._wrap(row["subject"], self._unwrap(row["subject"], row["wrapped"], row["mk"])) for row in rows]
        await self.pool.execute(
            "select vault.rewrap($1::uuid[], $2::bytea[], $3::bytea[], $4)",  # An erased one stays erased.
            [row["subject"] for row in rows],
            fresh,
            [row["wrapped"] for row in rows],
            self._newest,
        )
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
        await self.pool.execute("select vault.erase($1)", subject)
        self._keys[subject] = None
        self._read_at[subject] = time.monotonic()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
