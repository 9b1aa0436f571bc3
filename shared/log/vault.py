"""The vault as a service reaches it: what seals personal data, opens them, and finds them by number.

Keys and cipher are the vault's (``services/vault``); the datum itself is ``shared/language/personal``. Erasing a subject destroys its
key; every hash stays valid and a replay prints 〔已删除〕 (个人信息保护法). The sealing is AES-256-GCM with the subject as
associated data.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from shared.language.openings import Asker, Opening, asker
from shared.language.personal import AWAY, NotSealed, Personal, mask
from shared.language.problems import Unavailable
from shared.log import frames

lacks: ContextVar[list[str] | None] = ContextVar("lacks", default=None)
"""Notes of an answer that is being made, whether a text in it could not be read: a page may show that, a paper may not."""
PartT = TypeVar("PartT")

SUITE = "a1"
_AT_ONCE = 500
_KNOCK_SECONDS = 3
_PATIENCE_SECONDS = 20


class VaultAway(Unavailable):
    """The vault does not answer: nothing is sealed and nothing opened, so what holds names, numbers or words must wait."""

    title = "个人信息加密服务暂时不可用,涉及姓名、电话和文字的事项请稍后再试"


class NotPermitted(Exception):
    """Not what a service like us may ask of the vault: a fault of ours, or somebody else in our place."""


class VaultFault(Exception):
    """The vault failed at a question in a way that no waiting mends; its log says how."""


class _Line:
    """One connection to the vault; questions on it don't wait for each other's answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._listening = asyncio.create_task(self._listen())

    @property
    def open(self) -> bool:
        """Whether anything can still be asked on it."""
        return not self._listening.done()

    async def ask(self, message: dict[str, Any]) -> Any:
        """One question and its answer."""
        if not self.open:
            raise ConnectionResetError
        self._number += 1
        number = self._number
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(frames.written({"id": number, **message}))
            await self._writer.drain()
            return await answer
        finally:
            self._asked.pop(number, None)

    async def _listen(self) -> None:
        try:
            while True:
                message = await frames.read(self._reader)
                if (answer := self._asked.get(message["id"])) is not None and not answer.done():
                    answer.set_result(message)
        except (OSError, asyncio.IncompleteReadError, frames.Broken):
            pass
        finally:
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(ConnectionResetError())
            self._writer.close()

    async def close(self) -> None:
        """Hang up."""
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening


class Vault:
    """The vault as one service reaches it. It has no key of a subject and no master key; two digest keys it is given."""

    def __init__(self, socket: Path, name: str, secret: str) -> None:
        self._socket = socket
        self._name = name
        self._secret = secret
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()
        self._prints: bytes | None = None
        self._words: bytes | None = None

    async def seal(self, data: Sequence[Personal]) -> None:
        """Seal every clear datum in place, with one question; subjects that have no key get one."""
        clear = [item for item in data if item.token is None]
        if any(item.subject is None or item.text is None for item in clear):
            raise NotSealed
        for part in _parts(clear):
            asked = [[str(item.subject), item.text, item.found_by] for item in part]
            for item, (nonce, sealed) in zip(part, await self._ask("seal", items=asked), strict=True):
                item.token, item.text = {"$enc": SUITE, "sub": str(item.subject), "n": nonce, "ct": sealed}, None

    async def open(self, data: Sequence[Personal | None], why: Opening, *, who: Asker | None = None) -> list[str]:
        """The texts, in order, in the form this purpose allows; ``""`` for none, 〔已删除〕 for what was erased, 〔无法解密〕 for what
        can't be opened. The vault writes down who asked. What is for showing only shows 〔暂时无法读取〕 while it is away.
        """
        sealed = [item for item in data if item is not None and item.token is not None]
        asked = (who or asker()).facts()
        texts: list[str] = []
        try:
            for part in _parts(sealed):
                items = [[str(item.subject), item.token["n"], item.token["ct"]] for item in part if item.token]
                texts += await self._ask("open", items=items, why=why, **asked)
        except VaultAway:
            if not why.shows:
                raise
            if (noted := lacks.get()) is not None and sealed:
                noted.append(str(why))
            texts = [AWAY] * len(sealed)
        following = iter(texts)
        return ["" if item is None else next(following) if item.token is not None else item.text or "" for item in data]

    async def masked(self, data: Sequence[Personal | None]) -> list[str]:
        """Likewise, masked in the vault: what it hides never comes here."""
        shown = await self.open(data, Opening.MASK)
        return [mask(text) if item is not None and item.token is None else text for item, text in zip(data, shown, strict=True)]

    async def find(self, found_by: str) -> list[UUID]:
        """The subjects that ever had this number, erased ones excepted."""
        return [UUID(id_) for id_ in await self._ask("find", found_by=found_by, **asker().facts())]

    async def index(self, data: Sequence[Personal]) -> int:
        """Have the numbers in sealed data found from now on. Answers how many were not known before."""
        found = 0
        for part in _parts(data):
            found += await self._ask(
                "index", items=[[str(item.subject), item.token["n"], item.token["ct"]] for item in part if item.token]
            )
        return found

    async def unerased(self, subjects: Sequence[UUID]) -> list[UUID]:
        """Those of the subjects of whose erasure there is no trace: their key exists, or was lost with its trace."""
        found: list[UUID] = []
        for part in _parts(subjects):
            found += [UUID(id_) for id_ in await self._ask("unerased", subjects=[str(id_) for id_ in part])]
        return sorted(found)

    async def erase(self, subject: UUID) -> None:
        """Destroy the subject's key: what it sealed can never be read again."""
        await self._ask("erase", subject=str(subject))

    async def fingerprint(self, content: bytes) -> bytes:
        """A keyed digest of a command's content: tells a repeat from another content. The key is given at the first question,
        so that commands without a text go on while the vault is away.
        """
        if self._prints is None:
            await self._connected()
        return hmac.new(self._prints or b"", content, sha256).digest()[:16]

    async def blind(self, words: Iterable[str]) -> list[str]:
        """Pieces of words as a search index keeps them: equal ones are seen to be equal, and none can be read."""
        if self._words is None:
            await self._connected()
        if not self._words:
            raise NotPermitted
        key = self._words
        return [blake2b(word.encode(), key=key, digest_size=6).hexdigest() for word in words]

    async def checks(self) -> dict[str, Any]:
        """How the vault says it is."""
        return await self._ask("ready")

    async def figures(self) -> bytes:
        """The vault's own figures, as Prometheus reads them; none while it is away."""
        try:
            return str(await self._ask("figures")).encode()
        except VaultAway:
            return b""

    async def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            await self._line.close()

    async def _ask(self, what: str, **facts: Any) -> Any:
        """One question. Where the vault was started anew meanwhile it is asked again, once: every question may be repeated."""
        for last in (False, True):
            line = await self._connected()
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return _read(await line.ask({"ask": what, **facts}))
            except (OSError, TimeoutError) as error:
                if last or isinstance(error, TimeoutError):
                    raise VaultAway from error
        raise VaultAway

    async def _connected(self) -> _Line:
        async with self._connecting:
            if self._line is None or not self._line.open:
                try:
                    async with asyncio.timeout(_KNOCK_SECONDS):
                        with frames.named(self._socket) as place:
                            self._line = _Line(*await asyncio.open_unix_connection(place))
                        given = _read(await self._line.ask({"ask": "hello", "name": self._name, "secret": self._secret}))
                except (OSError, TimeoutError) as error:
                    self._line = None
                    raise VaultAway from error
                self._prints, self._words = bytes.fromhex(given["prints"]), bytes.fromhex(given["words"])
            return self._line


def _read(message: dict[str, Any]) -> Any:
    match message.get("refused"):
        case None:
            return message["answer"]
        case "away":
            raise VaultAway(reason=message["reason"])
        case "fault":
            raise VaultFault(message["reason"])
        case reason:
            raise NotPermitted(reason)


def _parts(items: Sequence[PartT]) -> Iterable[Sequence[PartT]]:
    """As many as go into one question: the vault answers others between two."""
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
