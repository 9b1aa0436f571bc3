"""One PostgreSQL and one NATS for the whole session, and in them a district per test with databases of its own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from deploy.embedded.home import Home
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import Process, answers
from deploy.embedded.programs import inside, service_environment
from deploy.founding import ITSELF
from deploy.install import DEMO, Place, install
from deploy.keys import SERVICES
from deploy.streams import administrators_bus, install_streams
from services.roster.domain.member import KEPT, MEMBER, AppointMember, KnownMember
from services.vault.app import Safe
from services.vault.copies import TABLE as KEYS
from services.vault.keys import Keys
from services.vault.settings import VaultSettings
from shared.http.identity import Holder, issue
from shared.http.people import People
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.ids import new_id
from shared.language.personal import Personal
from shared.language.terms import Role, derived_id
from shared.log.bus import Bus, stream_name
from shared.log.signatures import Signatures
from shared.settings import Settings
from support.documented import documented, nothing_undocumented
from support.verify import verify_followers, verify_views

TEMPLATE = "tpl_"
_FIRST_DISTRICT = 999_000
_DISTRICTS = 64
"""NATS is told of them beforehand; a test takes the next, and at the end it begins again with new streams."""
_NUMBERS = count(1)


class World:
    """The servers."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="guiren-test-"))
        self.path.chmod(0o755)
        self.home = Home(self.path)
        # The operating system survives these tests: what a killed process wrote is there without fsync.
        self.postgres = Postgres(self.home, {"fsync": "off", "full_page_writes": "off", "checkpoint_timeout": "1h"})
        self.nats = Nats(self.home, [f"{_FIRST_DISTRICT + number}" for number in range(_DISTRICTS)])
        self.living: set[str] = set()
        """The districts of now that have streams."""

    async def start(self) -> None:
        self.postgres.start()
        self.nats.start()
        await install(self.place, self.home.passwords(), demo=True, prefix=TEMPLATE)

    async def stop(self) -> None:
        self.nats.kill()
        self.postgres.stop()
        shutil.rmtree(self.path, ignore_errors=True)
        gc.collect()  # Sockets of killed servers, here and not while something else is being imported.

    @property
    def place(self) -> Place:
        return Place("127.0.0.1", self.postgres.port, self.postgres.admin_password)

    async def database(self, prefix: str, name: str) -> None:
        """A fresh copy of a service's installed database."""
        admin = await self.place.connect()
        try:
            database = f'"{prefix}guiren_{name}"'
            await admin.execute(f"drop database if exists {database} with (force)")
            await admin.execute(f'create database {database} template "{TEMPLATE}guiren_{name}"')
            await admin.execute(f"revoke all on database {database} from public")
            rights = "connect" if name == "vault" else "connect, create, temporary"  # As the installer says.
            await admin.execute(f"grant {rights} on database {database} to {name}")
            if name != "vault":
                await admin.execute(f"grant connect on database {database} to {DEMO}")
        finally:
            await admin.close()

    async def drop(self, prefix: str, names: Iterable[str]) -> None:
        admin = await self.place.connect()
        try:
            for name in names:
                await admin.execute(f'drop database if exists "{prefix}guiren_{name}" with (force)')
        finally:
            await admin.close()

    def wipe_nats(self) -> None:
        """Kill -9, lose the disk, start again."""
        self.nats.kill()
        shutil.rmtree(self.nats.data, ignore_errors=True)
        self.nats.start()
        self.make_streams(self.living)

    def lose_power(self, district: str, log: str, lost: int) -> None:
        """Both servers die at once, and so many bytes of the end of a stream were not on the disk yet, nor its index."""
        self.postgres.kill()
        self.nats.kill()
        (stream,) = self.nats.data.rglob(stream_name(district, log))
        (stream / "msgs" / "index.db").unlink(missing_ok=True)
        block = max((stream / "msgs").glob("*.blk"), key=lambda path: int(path.stem))
        os.truncate(block, max(0, block.stat().st_size - lost))
        self.postgres.start()
        self.nats.start()

    def bus(self, district: str, service: str = "") -> Bus:
        """A connection to NATS of its administrator, or of a service."""
        if not service:
            return administrators_bus(self.nats.url, self.home.secrets, district)
        own = self.home.secrets / f"entry-key-{service}"  # The vault writes no log and signs nothing.
        signatures = Signatures.read(district, self.home.secrets / "entry-keys.json", own) if own.exists() else None
        return Bus(self.nats.url, service, self.home.secret(f"nats-{service}"), district, signatures)

    def make_streams(self, districts: Iterable[str]) -> None:
        """As the installer does; where another test has left streams, anew. In a thread of its own, for whoever can't wait."""

        async def make() -> None:
            for district in districts:
                bus = self.bus(district)
                for name in (*SERVICES, KEYS):
                    await bus.drop_stream(name)
                await install_streams(bus)
                await bus.close()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, make()).result()


class Spy:
    """Keys as the vault's socket has them, with what was opened through it."""

    def __init__(self, keys: Keys, district: District) -> None:
        self._keys = keys
        self._district = district

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)

    async def open(self, data: Any) -> list[str]:
        texts = await self._keys.open(data)
        self._district.opened += len(texts)
        self._district.opened_texts.update(texts)
        return texts


@dataclass
class District:
    """Databases, streams and services of one test. ``prefix`` stands before the databases' names."""

    world: World
    prefix: str
    code: str = field(default_factory=lambda: f"{_FIRST_DISTRICT + next(_NUMBERS) % _DISTRICTS}")
    services: dict[str, Service] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)
    _buses: list[Bus] = field(default_factory=list)
    _processes: list[Process] = field(default_factory=list)
    _people: dict[str, Actor] = field(default_factory=dict)
    """Who a token of this district stands for, by its id, beside the members of its roster."""
    _safe: Safe | None = None
    opened: int = 0
    opened_texts: set[str] = field(default_factory=set)
    """How many the vault has opened for those who asked it over its socket, and which."""

    # Databases.

    async def database(self, name: str) -> str:
        """The name of a database of this district; made at the first asking."""
        if name not in self._made:
            await self.world.database(self.prefix, name)
            self._made.add(name)
        return f"{self.prefix}guiren_{name}"

    async def connect(self, name: str = "roster", user: str | None = None) -> asyncpg.Connection:
        """A connection to a service's database as its role, as ``guiren_demo``, or as the administrator ``postgres``."""
        user = user or name
        secret = {"postgres": "postgres-admin", DEMO: "demo"}.get(user, user)
        return await asyncpg.connect(
            host="127.0.0.1",
            port=self.world.postgres.port,
            database=await self.database(name),
            user=user,
            password=self.world.home.secret(secret),
            timeout=10,
        )

    async def pool(self, name: str = "roster", size: int = 8) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            host="127.0.0.1",
            port=self.world.postgres.port,
            database=await self.database(name),
            user=name,
            password=self.world.home.secret(name),
            min_size=1,
            max_size=size,
        )

    def streams(self) -> None:
        """Its streams; made at the first asking."""
        if self.code not in self.world.living:
            self.world.living.add(self.code)
            shutil.rmtree(self.world.home.checkpoints / self.code, ignore_errors=True)
            self.world.make_streams([self.code])

    # The vault.

    @property
    def vault_socket(self) -> Path:
        """Where this district's vault listens; where a service's own process looks for it if there is no prefix."""
        place = self.world.home.vault_socket
        return place.with_name(f"vault-{self.prefix}.sock") if self.prefix else place

    async def vault(self, **changes: Any) -> Safe:
        """This district's vault, open: a real socket, in this process. ``changes`` of its settings only at the first asking."""
        if self._safe is None:
            secrets = self.world.home.secrets
            asked = {
                "district": self.code,
                "postgres_port": self.world.postgres.port,
                "vault_database": await self.database("vault"),
                "vault_password_file": secrets / "vault",
                "master_key_file": secrets / "master-key",
                "vault_socket": self.vault_socket,
                "vault_clients": secrets,
                "nats_url": self.world.nats.url,
                "nats_password_file": secrets / "nats-vault",
                **changes,
            }
            self._safe = Safe(VaultSettings(**asked))
            await self._safe.open(copying=False)
            self._safe._answering._keys = Spy(self._safe.keys, self)
        return self._safe

    @property
    def keys(self) -> Keys:
        """What the vault, once open, knows of keys."""
        assert self._safe is not None
        return self._safe.keys

    async def away(self) -> None:
        """The vault goes; ``vault`` brings another."""
        if self._safe is not None:
            await self._safe.close()
            self._safe = None

    # Services.

    @property
    def evidence(self) -> Path:
        """Where its files lie: nobody's share of the room is what the tests before have left there."""
        return self.world.home.evidence / self.prefix

    def settings(self, name: str = "roster", **changes: Any) -> Settings:
        secrets = self.world.home.secrets
        return Settings(
            **{
                "district": self.code,
                "postgres_port": self.world.postgres.port,
                "postgres_password_file": secrets / name,
                "vault_socket": self.vault_socket,
                "vault_secret_file": secrets / f"vault-{name}",
                "nats_url": self.world.nats.url,
                "nats_password_file": secrets / f"nats-{name}",
                "entry_key_file": secrets / f"entry-key-{name}",
                "entry_keys_file": secrets / "entry-keys.json",
                "jwks": str(secrets / "jwks.json"),
                "checkpoints": self.world.home.checkpoints / self.code,
                "evidence_url": f"file://{self.evidence}",
                "clock": False,
                **changes,
            }
        )

    async def open(self, name: str = "roster", *, relay: bool = False) -> Service:
        """A service of this district, open; ``relay`` starts what it does in the background."""
        safe = await self.vault()
        if relay:
            self.streams()
        if relay and not safe.copying:
            safe.copy()
        database = await self.database(name)
        service: Service = importlib.import_module(f"services.{name}.app").build(self.settings(name))
        service.people = self._known(service.people)
        await service.open(database=database, relay=relay)
        self.services[name] = service
        return service

    def bus(self, url: str | None = None, service: str | None = None) -> Bus:
        """Another connection to NATS: as a service has it; as the administrator has it (``""``); or, unasked, one that may look at
        everything and signs as the roster.
        """
        self.streams()
        bus = self.world.bus(self.code, service or "")
        if service is None:
            bus.signatures = self.world.bus(self.code, "roster").signatures
        bus.url = url or bus.url
        self._buses.append(bus)
        return bus

    # People.

    def actor(self, *roles: Role, unit: str = "", account: str = "office") -> Actor:
        return Actor(derived_id("member", account), account, frozenset(roles or (Role.OFFICE,)), unit)

    def token(self, *roles: Role, unit: str = "", account: str = "office", lifetime: int = 3600, **claims: Any) -> str:
        """A token of somebody with these roles: of a member without posts of his own, as tests of routes need many."""
        key = orjson.loads(self.world.home.secret("signing-key"))
        asked = {
            "iss": "guiren-local",
            "aud": "guiren",
            "sub": str(derived_id("member", account)),
            "jti": f"test-{next(_NUMBERS)}",
            **claims,
        }
        held = frozenset(Role(role) for role in roles or (Role.OFFICE,))
        sub_unit = str(claims.get("sub_unit", ""))
        self._people[str(asked["jti"])] = Actor(UUID(str(asked["sub"])), account, held, unit, sub_unit)
        return issue(key, asked, int(time.time()), lifetime)

    def own_token(self, account: str, **claims: Any) -> str:
        """A token of a member as the roster has him, and nothing more."""
        key = orjson.loads(self.world.home.secret("signing-key"))
        asked = {"iss": "guiren-local", "aud": "guiren", "sub": str(derived_id("member", account)), **claims}
        return issue(key, asked, int(time.time()), 3600)

    async def installed(self, account: str = "office", role: Role = Role.OFFICE, unit: str = "office") -> str:
        """The token of somebody whom the installation itself appoints: for services that run as processes and know only their
        own roster.
        """
        await self.vault()
        service: Service = importlib.import_module("services.roster.app").build(self.settings())
        await service.open(database=await self.database("roster"), relay=False)
        try:
            key, command = (
                derived_id("member", account),
                AppointMember(name=Personal("甄演示"), unit=unit, role=role, on=date(2020, 1, 1)),
            )
            context = await service.context(ITSELF, key, KnownMember(account, key, {unit: None}))
            await service.desk.handle(MEMBER, key, command, context, command_id=new_id())
        finally:
            await service.close()
        return self.own_token(account)

    def _known(self, otherwise: People) -> People:
        async def who(pool: Any, holder: Holder, today: date) -> Actor:
            return self._people.get(holder.jti) or await otherwise(pool, holder, today)

        return who

    def client(self, service: Service | None = None, *roles: Role, unit: str = "", account: str = "office") -> httpx.AsyncClient:
        """HTTP straight into the application, as somebody of the office unless roles are named."""
        return httpx.AsyncClient(
            transport=SecondPerson(self, service or self.services["roster"]),
            base_url="http://guiren",
            headers={"Authorization": f"Bearer {self.token(*roles, unit=unit, account=account)}"},
            timeout=30,
        )

    async def appoint(self, account: str, **person: Any) -> None:
        """Give somebody a post, by whoever may propose it."""
        role = Role(person["role"])
        by = (Role.SECURITY_ADMIN, "security") if role in KEPT else (Role.OFFICE, "office")
        async with self.client(self.services["roster"], by[0], unit="office", account=by[1]) as client:
            answer = await client.post(f"/members/{account}/appoint", json={**person, "role": str(role)})
        assert answer.status_code == 200, answer.text

    def alone(self, service: Service, *roles: Role, unit: str = "", account: str = "office") -> httpx.AsyncClient:
        """Likewise, with nobody at hand who confirms what is proposed."""
        client = self.client(service, *roles, unit=unit, account=account)
        client._transport = httpx.ASGITransport(Application(service), raise_app_exceptions=False)
        return client

    def process(self, name: str = "roster") -> ServiceProcess:
        """The service as a process of its own. Its database has no prefix, so only ``whole_district`` has it."""
        self.streams()
        made = ServiceProcess(self.world.home, name, self.code)
        self._processes.append(made)
        return made

    # The end.

    async def verify(self) -> None:
        """The live tables equal those made anew from the logs with every event delivered twice."""
        for service in self.services.values():
            await verify_views(service)
            await verify_followers(self, service)
        await self.verify_records()

    async def verify_records(self) -> None:
        """Whatever the vault opened it has written down."""
        opened = self.opened  # Read before the flush: the services still run, and may have more opened at any moment.
        if self._safe is not None:
            await self._safe.records.flush()
        if opened:
            connection = await self.connect("vault", user="postgres")
            kept = await connection.fetchval("select coalesce(sum(n), 0) from vault.opening where purpose <> 'find'")
            await connection.close()
            assert kept >= opened, "opened without a record"

    async def close(self) -> None:
        for process in self._processes:
            process.kill()
        for bus in self._buses:
            await bus.close()
        for service in self.services.values():
            await service.close()
        await self.away()
        await self.world.drop(self.prefix, self._made)
        if self.prefix:
            shutil.rmtree(self.evidence, ignore_errors=True)


_asked: ContextVar[Service] = ContextVar("asked")
_APPLICATIONS: dict[str, FastAPI] = {}


class Asked:
    """Stands for the service that is asked. Making an application takes longer than most tests ask of it, so one of each kind
    serves every district.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(_asked.get(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_asked.get(), name, value)


class AppState:
    """What routes keep with their application, kept with the service that is asked."""

    def __getattr__(self, name: str) -> Any:
        service = _asked.get()
        if name == "service":
            return service
        try:
            return vars(service)["app_state"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        vars(_asked.get()).setdefault("app_state", {})[name] = value


class Application:
    """The application over one service, as an ASGI server has it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        if service.name not in _APPLICATIONS:
            with self.asked():
                routers = importlib.import_module(f"services.{service.name}.api").ROUTERS
                _APPLICATIONS[service.name] = type(service).app(Asked(), *routers)
                _APPLICATIONS[service.name].state = AppState()

    @contextlib.contextmanager
    def asked(self) -> Iterator[None]:
        """Within this it is this service that is asked."""
        token = _asked.set(self.service)
        try:
            yield
        finally:
            _asked.reset(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.asked():
            await _APPLICATIONS[self.service.name](scope, receive, documented(self.service.name, scope, send))


class SecondPerson(httpx.ASGITransport):
    """HTTP straight into an application. What takes a second person (202, ``proposal``) is confirmed by one: most tests are about
    something else.
    """

    def __init__(self, district: District, service: Service) -> None:
        super().__init__(Application(service), raise_app_exceptions=False)
        self._district = district

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if answer.status_code != 202 or request.method != "POST" or "/public/" in request.url.path:
            return answer
        await answer.aread()
        if not answer.json().get("proposal"):
            return answer
        path = f"{request.url.path.rpartition('/')[0]}/confirm"
        token = self._district.token(Role.OFFICE_HEAD, unit="office", account="second-person")
        body = {"proposal": answer.json()["proposal"]}
        headers = {"Authorization": f"Bearer {token}"}
        return await super().handle_async_request(
            httpx.Request("POST", request.url.copy_with(path=path), json=body, headers=headers)
        )


class ServiceProcess(Process):
    """``python -m services.<name>`` with the settings of the embedded profile, in a district of its own."""

    def __init__(self, home: Home, name: str, district: str) -> None:
        super().__init__(home)
        self.name = name
        self._district = district

    def command(self) -> list[str]:
        return [sys.executable, "-m", f"services.{self.name}"]

    def environment(self) -> dict[str, str]:
        return {
            **service_environment(self.home, self.name),
            "GUIREN_DISTRICT": self._district,
            "GUIREN_CHECKPOINTS": str(self.home.checkpoints / self._district),
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.home.port(self.name)}"

    @property
    def inside(self) -> str:
        """Where it tells how it is doing."""
        return inside(self.home, self.name)

    def ready(self) -> bool:
        return answers(f"{self.inside}/readyz")


@contextlib.asynccontextmanager
async def a_district(world: World, prefix: str | None = None) -> AsyncGenerator[District, None]:
    """A district for one test, verified at its end."""
    district = District(world, f"t{next(_NUMBERS)}_" if prefix is None else prefix)
    try:
        yield district
        nothing_undocumented()
        await district.verify()
    finally:
        world.living.discard(district.code)
        await district.close()


async def until(condition: Any, seconds: float = 15, every: float = 0.02) -> Any:
    """Wait until an async condition answers something true; what it answered."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        if found := await condition():
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {seconds} s: {condition}")
        await asyncio.sleep(every)


__all__ = ["AppState", "Application", "District", "World", "a_district", "until"]
