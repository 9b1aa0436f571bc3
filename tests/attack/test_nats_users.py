"""With a service's credentials nothing else than its own log is written, and nothing is read that it doesn't follow."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import nats
import orjson
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


def reading(name: str, district: District) -> set[str]:
    """What it may ask of the interface of the account that has the streams."""
    own = {each: stream_name(district.code, each) for each in STREAMS}
    if name == "vault":  # It copies the keys there, and looks up single ones.
        return {f"LOGS.{verb.format(s=own[KEYS])}" for verb in READING[:2]}
    return {f"LOGS.{verb.format(s=own[each])}" for each in follows(name, district) for verb in READING}


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
    wanted = reading(name, district)
    said = {verb.format(s=stream) for stream in own.values() for verb in (*READING, *OTHERWISE)} | set(OF_THE_SERVER)
    tried = {f"{interface}.{verb}" for interface in ("LOGS", "$JS.API") for verb in said}
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


def elsewhere(name: str, district: District) -> list[str]:
    """Where a service has nothing to say: the subjects, inboxes and commands of all others."""
    others = [each for each in STREAMS if each != name and (name, each) != ("vault", KEYS)]
    streams = [stream_name(district.code, each) for each in others]
    subjects = [subject(district.code, each, UnitRenamed.TYPE) for each in others if each != KEYS]
    commands = ("STREAM.DELETE.{s}", "STREAM.PURGE.{s}", "STREAM.UPDATE.{s}", "STREAM.CREATE.{s}", "CONSUMER.CREATE.{s}.n")
    return [
        *subjects,
        *([f"guiren-{KEYS}.{district.code}.x"] if KEYS in others else []),
        *(f"_INBOX.{each}.x" for each in (*USERS, "install") if each != name),
        *(f"{interface}.{each.format(s=s)}" for interface in ("$JS.API", "LOGS") for each in commands for s in streams),
        "$SYS.REQ.SERVER.PING.VARZ",
    ]


async def everything_kept(district: District) -> dict[str, tuple[int, int]]:
    """How many messages and consumers each stream has; none if it is gone."""
    async with signed_in(district, "install") as client:
        js = client.connection.jetstream()
        told = {each: await js.stream_info(stream_name(district.code, each)) for each in STREAMS}
    return {each: (info.state.messages, info.state.consumer_count) for each, info in told.items()}


@pytest.mark.parametrize("name", USERS)
async def test_no_answer_to_a_service_arrives_with_another(district: District, name: str) -> None:
    """Whatever it may ask, whatever subject it names for the answer, and whatever place it lets a consumer deliver to: nobody
    else hears of it, and in no other stream is there a message more or less.
    """
    district.streams()
    own = subject(district.code, name, UnitRenamed.TYPE) if name in SERVICES else f"guiren-{KEYS}.{district.code}.x"
    stream = stream_name(district.code, name if name in SERVICES else KEYS)
    mine = name if name in SERVICES else KEYS
    others = [each for each in (*USERS, "install") if each != name]
    async with contextlib.AsyncExitStack() as stack:
        listeners = {each: await stack.enter_async_context(signed_in(district, each)) for each in others}
        heard: list[tuple[str, str]] = []
        for each, listener in listeners.items():

            async def told(message: Any, each: str = each) -> None:
                heard.append((each, message.subject))

            await listener.connection.subscribe(f"_INBOX.{each}.>", cb=told)
            await listener.connection.flush()
        client = await stack.enter_async_context(signed_in(district, name))
        before = await everything_kept(district)
        for answer in elsewhere(name, district):
            for asked in sorted({own, *reading(name, district)}):
                await client.connection.publish(asked, b"1" if ".NEXT." in asked else b"", reply=answer)
        await client.connection.flush()
        if name in SERVICES:
            # The administrator's inbox has a name besides that nobody can guess; a consumer that hits upon it may deliver there.
            places = [each for each in elsewhere(name, district) if not each.startswith("_INBOX.install.")]
            for number, place in enumerate(places):
                config = {"name": f"p{number}", "deliver_subject": place, "deliver_policy": "all", "ack_policy": "none"}
                asked = orjson.dumps({"stream_name": stream, "config": {**config, "inactive_threshold": 5_000_000_000}})
                await client.connection.publish(f"LOGS.CONSUMER.CREATE.{stream}.p{number}", asked, reply=f"_INBOX.{name}.x")
        await client.connection.flush()
        await asyncio.sleep(0.5)
        after = await everything_kept(district)
    assert heard == []
    assert after[mine][0] > before[mine][0], "its own was taken"
    assert {each: kept for each, kept in after.items() if each != mine} == {
        each: kept for each, kept in before.items() if each != mine
    }
    assert client.forbidden == []


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
