"""The vault's socket: who asks says who it is, and is answered what its permit allows.

Every question is a message with a number; the answer carries it. What is opened is written down first (``records``).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import prometheus_client as metrics
import structlog

from services.vault.domain.permits import FORMS, PERMITS, Permit
from services.vault.keys import Keys
from services.vault.records import Opened, Records
from shared.language.openings import Asker, Opening
from shared.language.personal import Personal
from shared.language.problems import Unavailable
from shared.log import frames
from shared.log.outages import OUTAGES
from shared.log.vault import SUITE

log = structlog.get_logger()

_FIGURES = metrics.CollectorRegistry()
"""Of the vault alone: it has no port, the roster shows them with its own."""
_OPENED = metrics.Counter("guiren_vault_opened", "Texts the vault has opened", ["service", "purpose"], registry=_FIGURES)
_REFUSED = metrics.Counter("guiren_vault_refused", "Questions the vault has refused", ["service", "ask"], registry=_FIGURES)
_SECONDS = metrics.Histogram("guiren_vault_seconds", "How long the vault takes to answer", ["ask"], registry=_FIGURES)
_UNWRITTEN = metrics.Gauge("guiren_vault_unwritten", "Openings that wait to be written down", registry=_FIGURES)

_Answer = Callable[[str, Permit, Mapping[str, Any]], Awaitable[Any]]


class NotAllowed(Exception):
    """The client's permit does not have it."""


class Answering:
    """Answers questions on any number of connections."""

    def __init__(
        self, keys: Keys, records: Records, secret_of: Callable[[str], str], checks: Callable[[], dict[str, Any]]
    ) -> None:
        self._keys = keys
        self._records = records
        self._secret_of = secret_of
        self._checks = checks
        self._asked: dict[str, _Answer] = {
            "seal": self._seal,
            "open": self._open,
            "find": self._find,
            "index": self._index,
            "erase": self._erase,
            "unerased": self._unerased,
            "figures": self._figured,
        }
        self._connections: set[asyncio.StreamWriter] = set()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends. A client that does not say who it is may only ask how the vault is."""
        name, answering = "", set[asyncio.Task[None]]()
        self._connections.add(writer)
        try:
            while True:
                message = await frames.read(reader)
                match message:
                    case {"ask": "hello", "name": str(said), "secret": str(secret)} if self._knows(said, secret):
                        name = said
                        await _say(writer, message["id"], answer=self._given(PERMITS[said]))
                    case {"ask": "ready"}:
                        await _say(writer, message["id"], answer=self._checks())
                    case _ if name:
                        task = asyncio.create_task(self._answer(name, message, writer))
                        answering.add(task)
                        task.add_done_callback(answering.discard)
                    case _:
                        _REFUSED.labels("-", str(message.get("ask"))[:20]).inc()
                        await _say(writer, message["id"], refused="unknown")
                        break
        except (OSError, asyncio.IncompleteReadError, frames.Broken, KeyError, AttributeError):
            pass  # It went away, or speaks no language of ours.
        finally:
            self._connections.discard(writer)
            for task in answering:
                task.cancel()
            writer.close()

    def hang_up(self) -> None:
        """End every connection."""
        for writer in list(self._connections):
            writer.close()

    def _knows(self, name: str, secret: str) -> bool:
        known = self._secret_of(name) if name in PERMITS else ""
        return bool(known) and hmac.compare_digest(known.encode(), secret.encode())

    def _given(self, permit: Permit) -> dict[str, str]:
        """The keys of digests that a client makes itself: they open nothing."""
        return {"prints": self._keys.print_key.hex(), "words": self._keys.words_key.hex() if permit.words else ""}

    async def _answer(self, name: str, message: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        told: dict[str, Any]
        try:
            asked = self._asked[message["ask"]]
            with _SECONDS.labels(message["ask"]).time():
                told = {"answer": await asked(name, PERMITS[name], message)}
        except NotAllowed as refusal:
            _REFUSED.labels(name, message["ask"]).inc()
            log.warning("vault refused", client=name, ask=message["ask"], reason=str(refusal))
            told = {"refused": f"{name} may not {message['ask']} {refusal}".strip()}
        except (Unavailable, *OUTAGES) as error:
            facts = error.facts if isinstance(error, Unavailable) else {}
            told = {"refused": "away", "reason": str(facts.get("reason") or type(error).__name__)}
        except Exception as error:
            log.error("vault failed", client=name, ask=message.get("ask"), exc_info=error)
            told = {"refused": "fault", "reason": type(error).__name__}
        with contextlib.suppress(OSError):
            await _say(writer, message["id"], **told)

    async def _seal(self, _name: str, permit: Permit, message: Mapping[str, Any]) -> list[tuple[str, str]]:
        if not permit.seals:
            raise NotAllowed
        data = [Personal(text, UUID(subject), found_by=found_by) for subject, text, found_by in message["items"]]
        await self._keys.seal(data)
        return [(item.token["n"], item.token["ct"]) for item in data if item.token]

    async def _open(self, name: str, permit: Permit, message: Mapping[str, Any]) -> list[str]:
        purpose = Opening(message["why"])
        if purpose not in permit.purposes:
            raise NotAllowed(str(purpose))
        data = _sealed(message["items"])
        subjects = {item.subject for item in data if item.subject}
        await self._note(Opened(name, purpose, Asker.read(message), subjects, len(data)))
        form = FORMS.get(purpose, str)
        return [form(text) for text in await self._keys.open(data)]

    async def _note(self, opened: Opened) -> None:
        _OPENED.labels(opened.service, str(opened.purpose)).inc(opened.count)
        if opened.purpose is Opening.DISCLOSE:
            await self._records.write(opened)
        else:
            self._records.gather(opened)

    async def _find(self, name: str, permit: Permit, message: Mapping[str, Any]) -> list[str]:
        if Opening.FIND not in permit.purposes:
            raise NotAllowed
        found = await self._keys.find(message["found_by"])
        await self._records.write(Opened(name, Opening.FIND, Asker.read(message), set(found), len(found)))
        return [str(subject) for subject in found]

    async def _index(self, _name: str, permit: Permit, message: Mapping[str, Any]) -> int:
        if not permit.indexes:
            raise NotAllowed
        return await self._keys.index(_sealed(message["items"]))

    async def _erase(self, _name: str, permit: Permit, message: Mapping[str, Any]) -> None:
        if not permit.erases:
            raise NotAllowed
        await self._keys.erase(UUID(message["subject"]))

    async def _figured(self, _name: str, _permit: Permit, _message: Mapping[str, Any]) -> str:
        _UNWRITTEN.set(self._records.waiting)
        return metrics.generate_latest(_FIGURES).decode()

    async def _unerased(self, _name: str, _permit: Permit, message: Mapping[str, Any]) -> list[str]:
        return [str(subject) for subject in await self._keys.unerased([UUID(id_) for id_ in message["subjects"]])]


def _sealed(items: Iterable[tuple[str, str, str]]) -> list[Personal]:
    return [
        Personal(subject=UUID(subject), token={"$enc": SUITE, "sub": subject, "n": nonce, "ct": sealed})
        for subject, nonce, sealed in items
    ]


async def _say(writer: asyncio.StreamWriter, number: int, **told: Any) -> None:
    writer.write(frames.written({"id": number, **told}))
    await writer.drain()
