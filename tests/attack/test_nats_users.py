"""With a service's credentials nothing else than its own log is written, and nothing is read that it doesn't follow."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import nats
import pytest
from nats.errors import Error as NatsError
from support.world import District

from deploy.keys import SERVICES
from shared.events.roster import UnitRenamed
from shared.http.service import Service
from shared.log.bus import stream_name, subject

KEYS = "keys"
STREAMS = (*SERVICES, KEYS)
USERS = (*SERVICES, "vault")
READING = ("STREAM.INFO.{s}", "STREAM.MSG.GET.{s}", "CONSUMER.CREATE.{s}.n", "CONSUMER.INFO.{s}.n", "CONSUMER.MSG.NEXT.{s}.n")
OTHERWISE = (
    "STREAM.CREATE.{s}",
    "STREAM.UPDATE.{s}",
    "STREAM.DELETE.{s}",
    "STREAM.PURGE.{s}",
    "STREAM.MSG.DELETE.{s}",
    "STREAM.SNAPSHOT.{s}",
    "STREAM.RESTORE.{s}",
    "STREAM.LEADER.STEPDOWN.{s}",
    "STREAM.PEER.REMOVE.{s}",
    "DIRECT.GET.{s}",
    "DIRECT.GET.{s}.x",
    "CONSUMER.CREATE.{s}",
    "CONSUMER.CREATE.{s}.n.f",
    "CONSUMER.DURABLE.CREATE.{s}.n",
    "CONSUMER.LIST.{s}",
    "CONSUMER.NAMES.{s}",
    "CONSUMER.DELETE.{s}.n",
    "CONSUMER.PAUSE.{s}.n",
    "CONSUMER.RESET.{s}.n",
    "CONSUMER.UNPIN.{s}.n",
    "CONSUMER.LEADER.STEPDOWN.{s}.n",
)
OF_THE_SERVER = ("INFO", "STREAM.NAMES", "STREAM.LIST", "META.LEADER.STEPDOWN", "SERVER.REMOVE", "ACCOUNT.PURGE.$G")


def follows(name: str, district: District) -> set[str]:
    """The logs a service reads, as its own code says."""
    if name == "vault":
        return set()
    service: Any = importlib.import_module(f"services.{name}.app").build(district.settings(name))
    service.pool = service.vault = service.bus = service.desk = None
    assert isinstance(service, Service)
    return {name} | {each.log for each in (*service.followers(service), *service.reactions(service))}


class Client:
    """A bare connection, and what the server forbade it."""

    def __init__(self, connection: Any, forbidden: list[str]) -> None:
        self.connection, self.forbidden = connection, forbidden

    async def taken(self, tried: Iterable[str]) -> set[str]:
        """Which of these subjects the server lets it publish to."""
        for where in tried:
            await self.connection.publish(where, b"")
        return await self._not_forbidden(tried)

    async def heard(self, tried: Iterable[str]) -> set[str]:
        """Which of these it may listen to."""
        for where in tried:
            await self.connection.subscribe(where)
        return await self._not_forbidden(tried)

    async def _not_forbidden(self, tried: Iterable[str]) -> set[str]:
        await self.connection.flush()
        await asyncio.sleep(0.2)  # The library hands errors on in its own time.
        return {where for where in tried if not any(f'"{where.lower()}"' in error.lower() for error in self.forbidden)}


@contextlib.asynccontextmanager
async def signed_in(district: District, name: str) -> AsyncGenerator[Client]:
    forbidden: list[str] = []

    async def told(error: Exception) -> None:
        forbidden.append(str(error))

    password = district.world.home.secret("nats" if name == "install" else f"nats-{name}")
    connection = await nats.connect(district.world.nats.url, user=name, password=password, error_cb=told)
    try:
        yield Client(connection, forbidden)
    finally:
        await connection.close()


@pytest.mark.parametrize("name", USERS)
async def test_a_service_publishes_its_own_subjects_only(district: District, name: str) -> None:
    district.streams()
    own = {subject(district.code, name, UnitRenamed.TYPE)}
    wanted = own if name in SERVICES else {f"guiren-{KEYS}.{district.code}.x"}
    tried = {subject(district.code, each, UnitRenamed.TYPE) for each in (*SERVICES, "vault", "")} | {
        f"guiren-{KEYS}.{district.code}.x",
        subject("520502", name, UnitRenamed.TYPE),
        f"guiren.{district.code}",
        "guiren",
        "x",
        f"_INBOX.{name}.x",
        "_INBOX.install.x",
        "$SYS.REQ.SERVER.PING",
        "$JS.ACK.x",
        f"$KV.{name}.x",
        f"poke.{district.code}.{name}",
    } - {""}
    async with signed_in(district, name) as client:
        assert await client.taken(tried) == wanted
        heads = {each: await district.bus(service="").last_sequence(each) for each in SERVICES}
    assert {each for each, head in heads.items() if head} == {name} & set(SERVICES)


@pytest.mark.parametrize("name", USERS)
async def test_a_service_reads_what_it_follows_and_does_nothing_else_with_streams(district: District, name: str) -> None:
    district.streams()
    own = {each: stream_name(district.code, each) for each in STREAMS} | {"elsewhere": stream_name("520502", "roster")}
    wanted = {f"$JS.API.{verb.format(s=own[each])}" for each in follows(name, district) for verb in READING}
    if name == "vault":  # It copies the keys there, and looks up single ones.
        wanted |= {f"$JS.API.{verb.format(s=own[KEYS])}" for verb in READING[:2]}
    tried = {f"$JS.API.{verb.format(s=stream)}" for stream in own.values() for verb in (*READING, *OTHERWISE)}
    tried |= {f"$JS.API.{verb}" for verb in OF_THE_SERVER}
    async with signed_in(district, name) as client:
        assert await client.taken(tried) == wanted


@pytest.mark.parametrize("name", USERS)
async def test_a_service_hears_the_answers_to_itself_only(district: District, name: str) -> None:
    tried = {f"_INBOX.{each}.>" for each in (*USERS, "install", "health")} | {
        ">",
        "*",
        "guiren.>",
        "_INBOX.>",
        "$JS.>",
        "$SYS.>",
        f"guiren.{district.code}.{name}.>",
    }
    async with signed_in(district, name) as client:
        assert await client.heard(tried) == {f"_INBOX.{name}.>"}


async def test_nobody_signs_in_with_anothers_password_or_without_one(district: District) -> None:
    home = district.world.home
    users = {"install": "nats", "health": "nats-health", **{name: f"nats-{name}" for name in USERS}}
    tries: list[dict[str, Any]] = [
        {"user": user, "password": home.secret(other)} for user, own in users.items() for other in users.values() if other != own
    ]
    tries += [{}, {"user": "guiren", "password": home.secret("nats")}, {"user": "install", "password": ""}]

    async def quiet(_error: Exception) -> None: ...

    async def refused(how: dict[str, Any]) -> bool:
        try:
            made = await nats.connect(district.world.nats.url, allow_reconnect=False, error_cb=quiet, **how)
        except NatsError:
            return True
        await made.close()
        return False

    assert all(await asyncio.gather(*(refused(how) for how in tries)))


async def test_who_asks_how_the_server_is_may_ask_nothing_else(district: District) -> None:
    district.streams()
    own = stream_name(district.code, "roster")
    tried = {
        subject(district.code, "roster", UnitRenamed.TYPE),
        "$SYS.REQ.SERVER.PING.HEALTHZ",
        "$SYS.REQ.SERVER.PING.VARZ",
        "$SYS.REQ.SERVER.PING.JSZ",
        "$SYS.REQ.ACCOUNT.PING.CONNZ",
        f"$JS.API.STREAM.INFO.{own}",
        f"$JS.API.STREAM.DELETE.{own}",
    }
    async with signed_in(district, "health") as client:
        assert await client.taken(tried) == {"$SYS.REQ.SERVER.PING.HEALTHZ"}
        assert await client.heard({">", "$SYS.>", "_INBOX.>", "_INBOX.health"}) == {"_INBOX.health"}


def test_the_server_has_no_open_figures(world: Any) -> None:
    """Of all its ports one is for clients, and nothing there answers a browser."""
    listening = {port for port in world.home.state["ports"].values() if port == world.nats.port or _serves_figures(port)}
    assert listening == {world.nats.port}
    assert "nats-monitor" not in world.home.state["ports"]


def _serves_figures(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(1)
            connection.sendall(b"GET /varz HTTP/1.0\r\n\r\n")
            return b"server_id" in connection.recv(4096)
    except OSError:
        return False
