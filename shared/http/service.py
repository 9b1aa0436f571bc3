"""What every service is: its life, its health, its metrics, its application. ``answers`` says no for it, ``asking`` reads what a request carries."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar, overload
from uuid import UUID

import asyncpg
import orjson
import prometheus_client as metrics
import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles

from shared.http import labels, openapi, problem_documents, watching
from shared.http.door import Door
from shared.http.identity import RENEWAL_SECONDS, Gatekeeper, Holder
from shared.http.inner import Inner
from shared.http.parameters import only_known_parameters
from shared.http.people import People, from_copy
from shared.http.securitylog import SecurityLog
from shared.language import problems
from shared.language.decider import Actor, AnyDecider, Context
from shared.language.instants import ClockAhead, Instants
from shared.language.months import SHANGHAI, Calendar, Year, local_date
from shared.language.problems import Unauthenticated
from shared.language.terms import Role, derived_id
from shared.log.background import ended
from shared.log.bus import Bus
from shared.log.checkpoint import Checkpoint
from shared.log.collector import seldom
from shared.log.gate import Gate, LogLoading
from shared.log.handle import Desk, Done
from shared.log.health import Health
from shared.log.outages import StorageFull, in_words
from shared.log.relay import Relay
from shared.log.sealing import EVERY_SECONDS, Sealer, origin
from shared.log.signatures import Signatures
from shared.log.subscriptions import Listener, following, listen, reacting
from shared.log.vault import Vault, VaultAway
from shared.log.views import CURSORS, Follower, Reaction, View, alone, enlist, make_anew, prepare, remake, resume
from shared.settings import Settings, trusting

log = structlog.get_logger()

KnownT = TypeVar("KnownT")
ShownT = TypeVar("ShownT")

_POSITION = metrics.Gauge("guiren_position", "Position of a log, relay or consumer", ["service", "what"])
_LAG = metrics.Gauge("guiren_lag", "Entries between a relay or consumer and the end of what it follows", ["service", "what"])
_AUDITED = metrics.Gauge("guiren_audited_seconds", "When the last audit ended, in seconds since 1970", ["service"])
_FINDINGS = metrics.Gauge("guiren_audit_findings", "What the last audit found", ["service"])
_NEVER_STARTED = 3
"""The exit code uvicorn has for it."""
_FELL = 70
_FULL_SECONDS = 60
_CLOCK_SECONDS = 2
"""How far the log may be ahead of the clock: many appends in one microsecond push it on by one each."""
_HEAD = "select pos, rec_us, (extract(epoch from clock_timestamp()) * 1e6)::bigint, loading from log.head"
_FOUND = """
select (select at from view.audit) as at, min(since) as since, count(*) as n, (array_agg(said order by kind = 'seal', said))[1] as said
from view.finding where service = $1 or (service = 'vault' and $1 = 'roster')
"""
"""What the last audit found of this service; the roster, where people are erased, tells of the keys too."""
_PARKED = """
select distinct on (follower) follower, pos, error, count(*) over (partition by follower) as n from view.parked order by follower, pos
"""


async def _as_it_is(_connection: Any) -> None:
    """Nothing here leaves a trace in a session, so that a connection that comes back needs no round trip to be cleaned."""


@dataclass(frozen=True)
class Periodic:
    """Something a service does by itself, again and again. What fails is said, counted, and tried at the next turn."""

    name: str
    every: float
    """Seconds between two turns."""
    do: Callable[[], Awaitable[Any]]


@dataclass
class Service:
    """One service: what it is made of and what it can be asked for. Built in ``app.py``, run by ``serve``."""

    name: str
    settings: Settings
    deciders: tuple[AnyDecider, ...]
    views: dict[str, tuple[View[Any], ...]]
    title: str
    followers: Callable[[Service], Sequence[Follower]] = lambda _service: ()
    reactions: Callable[[Service], Sequence[Reaction]] = lambda _service: ()
    tasks: Callable[[Service], Sequence[Periodic]] = lambda _service: ()
    ddl: str = ""
    """Tables of its own beside the views, with ``{schema}``; they hold nothing that is not in a log."""
    examples: dict[str, Any] = field(default_factory=dict[str, Any])
    """A body by operation id, for the OpenAPI document."""
    refusals: openapi.Told = field(default_factory=dict[str, Any])
    """By operation id the codes it can refuse with, each with the facts that come with it (``openapi.refusals``)."""
    people: People = from_copy
    """Who holds a token today: the one thing asked about a caller at every request."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    pool: asyncpg.Pool = field(init=False)
    desk: Desk = field(init=False)
    vault: Vault = field(init=False)
    bus: Bus = field(init=False)
    health: dict[str, Health] = field(default_factory=dict[str, Health], init=False)
    inner_port: int | None = field(default=None, init=False)
    """Where health and figures are told; ``None`` where the application is asked within a process."""
    security: SecurityLog = field(init=False)
    stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set when it is over: answers that would never end by themselves end then."""
    _calendar: tuple[float, Calendar] = field(default=(0.0, Calendar.of({})), init=False)
    _gatekeeper: Gatekeeper = field(init=False)
    fallen: str = field(default="", init=False)
    """What ended in the background and will not come back without a new process."""
    fall: Callable[[], None] = field(default=lambda: None, init=False)
    """Ends the process: whoever keeps it (supervisor, container engine) starts another."""
    _full: float = field(default=float("-inf"), init=False)
    _running: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]], init=False)

    def __post_init__(self) -> None:
        self.security = SecurityLog(self.name, self.settings.security_folder, self.settings.security_days)

    async def open(self, *, relay: bool = True, database: str | None = None, user: str | None = None) -> None:
        """Connect, make or remake the views, start what runs in the background."""
        settings = self.settings
        place: dict[str, Any] = {"host": settings.postgres_host, "port": settings.postgres_port}
        if settings.postgres_ca:
            place["ssl"] = trusting(settings.postgres_ca)
        self.pool = await asyncpg.create_pool(
            **place,
            database=database or f"guiren_{self.name}",
            user=user or self.name,
            password=settings.secret(settings.postgres_password_file),
            min_size=2,
            max_size=12,
            timeout=5,
            command_timeout=60,
            server_settings={"search_path": "view", "application_name": self.name},
            reset=_as_it_is,
        )
        self.vault = Vault(settings.vault_socket, self.name, settings.secret(settings.vault_secret_file))
        self._gatekeeper = Gatekeeper(settings.jwks, settings.issuer, settings.audience, settings.account_claim)
        signatures = Signatures.read(settings.district, settings.entry_keys_file, settings.entry_key_file)
        password = settings.secret(settings.nats_password_file)
        self.bus = Bus(settings.nats_url, self.name, password, settings.district, signatures, trusting(settings.nats_ca))
        gate = Gate()
        checkpoint = Checkpoint(settings.checkpoints, self.name, signatures) if settings.checkpoints else None
        relaying = Relay(self.pool, self.bus, self.name, gate, self.make_views, checkpoint)
        instants = Instants(settings.longest_silence_days)
        self.desk = Desk(self.pool, f"/{settings.district}/{self.name}", self.vault, self.views, relaying.wake, gate, instants)
        if relay:
            await relaying.check()
        await self.make_views()
        if relay:
            self.health["relay"] = relaying.health
            self._start("relay", relaying.run)
            listeners: dict[str, list[Listener]] = {}
            for follower in map(self._telling, self.followers(self)):
                listeners.setdefault(follower.log, []).append(
                    following(self.pool, follower, self._health(follower.name, goal=None))
                )
            for reaction in self.reactions(self):
                listeners.setdefault(reaction.log, []).append(
                    reacting(self.pool, reaction, self._health(reaction.name, goal=None))
                )
            for source, those in listeners.items():
                self._start(f"listen-{source}", partial(listen, self.bus, source, those))
            name = origin(settings.district, self.name)
            sealer = Sealer(self.pool, name, [signatures.signer(name)], gate)
            always = (
                Periodic("key-set", RENEWAL_SECONDS, self._gatekeeper.renew),
                Periodic("seal", EVERY_SECONDS, sealer.turn),
            )
            for task in (*always, *self.tasks(self)):
                self._start(task.name, partial(self._again_and_again, task, self._health(task.name)))

    async def close(self) -> None:
        """Stop the background and let go of everything, within a few seconds whatever hangs."""
        self.stopping.set()
        await ended(self._running)
        await self.bus.close()
        self.security.close()
        await self.vault.close()
        try:
            async with asyncio.timeout(2):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()

    async def calendar(self) -> Calendar:
        """The working-day calendar as this service knows it, at most a second old."""
        known = self._calendar
        if time.monotonic() - known[0] < 1:
            return known[1]
        asked = time.monotonic()
        rows = await self.pool.fetch("select year, version, days from calendar_year")
        calendar = Calendar.of({row["year"]: Year.read(row["year"], row["version"], orjson.loads(row["days"])) for row in rows})
        if self._calendar is known:  # Otherwise it was forgotten meanwhile: what was read may be the one before.
            self._calendar = (asked, calendar)
        return calendar

    def forget_calendar(self) -> None:
        """Read the calendar anew at the next question: a year may have been published."""
        self._calendar = (float("-inf"), self._calendar[1])

    @overload
    async def context(self, actor: Actor, key: str | UUID) -> Context[None]: ...
    @overload
    async def context(self, actor: Actor, key: str | UUID, known: KnownT) -> Context[KnownT]: ...
    async def context(self, actor: Actor, key: str | UUID, known: Any = None) -> Context[Any]:
        """What a decision may know now: ``known``, as its decider has it."""
        now = self.clock()
        return Context(
            actor,
            now,
            local_date(now),
            await self.calendar(),
            key if isinstance(key, UUID) else derived_id(self.name, key),
            known,
        )

    def _telling(self, follower: Follower) -> Follower:
        """The follower, and the calendar read anew once it has brought something."""

        def applied(position: int) -> None:
            follower.applied(position)
            self.forget_calendar()

        return replace(follower, applied=applied)

    def _health(self, name: str, goal: int | None = 0) -> Health:
        return self.health.setdefault(name, Health(self.name, name, goal=goal))

    async def _again_and_again(self, task: Periodic, health: Health) -> None:
        while True:
            try:
                await task.do()
                health.well()
            except Exception as error:
                health.failed(error)
                log.error("background task failed", service=self.name, task=task.name, exc_info=error)
            await asyncio.sleep(task.every)

    def _start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run what never ends by itself. If it does, nobody would do its work any more: the process ends too."""

        def ended(task: asyncio.Task[None]) -> None:
            error = None if task.cancelled() else task.exception()
            if not self.stopping.is_set():
                self.fallen = f"{name}: {in_words(error) if error else '无故结束'}"
                log.error("background task ended", service=self.name, task=name, exc_info=error)
                self.fall()

        async def running() -> None:
            await run()

        task = asyncio.create_task(running())
        task.add_done_callback(ended)
        self._running.append(task)

    async def make_views(self) -> None:
        """Make the views; where they are missing or their shape changed, make them anew from the log."""
        shape = sha256("".join([*(v.ddl("view") for g in self.views.values() for v in g)]).encode()).hexdigest()
        async with self.pool.acquire() as connection, alone(connection):
            await connection.execute("create schema if not exists view; create table if not exists view.made (shape text)")
            made = await connection.fetchval("select shape from view.made")
            for text in (CURSORS, self.ddl):
                if text:
                    await connection.execute(text.replace("{schema}", "view"))
            if made != shape and await connection.fetchval("select pos from log.head"):
                await make_anew(connection, self.deciders, self.views, self.vault)
            await prepare(connection, self.views)
            await resume(connection, self.deciders, self.views, self.vault)
            self.desk.unshown = frozenset(row["stream"] for row in await connection.fetch("select stream from view.stopped"))
            followers = self.followers(self)
            for name, position in (await enlist(connection, followers, self.reactions(self))).items():
                log.warning("new reaction begins behind the past", service=self.name, reaction=name, position=position)
            for follower in followers:
                await remake(connection, follower)
            await connection.execute("delete from view.made")
            await connection.execute("insert into view.made values ($1)", shape)
            _, newest, now, loading = await connection.fetchrow(_HEAD)
            self.desk.instants.begin(now, now if loading else newest)  # Of a past that is half there nothing is concluded.

    async def checks(self) -> dict[str, Any]:
        """What readiness rests on, and what is only told."""
        checks: dict[str, Any] = {}
        try:
            async with asyncio.timeout(2):
                position, newest, now, loading = await self.pool.fetchrow(_HEAD)
                parked = await self.pool.fetch(_PARKED)
                stopped = await self.pool.fetch("select stream, pos, error from view.stopped order by pos")
                audit = await self.pool.fetchrow(_FOUND, self.name)
            checks["database"] = {"ok": True, "position": position}
            _POSITION.labels(self.name, "log").set(position)
        except Exception as error:
            log.warning("database does not answer", service=self.name, exc_info=error)
            checks["database"] = {"ok": False, "error": in_words(error), "unready": "away"}
            parked, stopped, audit, newest, now, loading = [], [], None, 0, 0, False
        if loading:
            checks["demo"] = {"ok": False, "error": LogLoading.title, "unready": "loading"}
        if (ahead := (newest - now) / 1e6) > _CLOCK_SECONDS:
            checks["clock"] = {"ok": False, "error": f"数据库时钟比日志最近一条的记录时间慢 {ahead:.0f} 秒,请校时"}
        if doubt := self.desk.instants.doubt(now):
            checks["clock"] = {"ok": False, "error": f"{ClockAhead.title}:{doubt}", "unready": "halted"}
        if stopped:
            checks["views"] = {"ok": False, "stopped": len(stopped), "position": stopped[0]["pos"] - 1} | {
                "error": f"{stopped[0]['stream']}: {stopped[0]['error']}"
            }
        if audit is not None and audit["at"] is not None:
            _AUDITED.labels(self.name).set(audit["at"].timestamp())
            _FINDINGS.labels(self.name).set(audit["n"])
            if audit["n"]:
                since = f"{audit['since'].astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
                error = f"{since} 起核对不符 {audit['n']} 处:{audit['said']}。请执行 guiren audit fsck 查看并处理"
                checks["audit"] = {"ok": False, "findings": audit["n"], "since": since, "error": error}
        if self.security.error:
            checks["security log"] = {"ok": False, "error": self.security.error}
        checks["nats"] = {"ok": self.bus.connected}
        checks["vault"] = await self._vaulted()
        if time.monotonic() - self._full < _FULL_SECONDS:
            checks["disk"] = {"ok": False, "error": StorageFull.title}
        if self.fallen:
            checks["process"] = {"ok": False, "error": self.fallen, "unready": "ending"}
        for name, health in self.health.items():
            checks[name] = health.facts()
            _POSITION.labels(self.name, name).set(health.position)
            _LAG.labels(self.name, name).set(health.lag)
        for row in parked:
            told = {"parked": row["n"], "parked_at": row["pos"], "error": row["error"]}
            checks[row["follower"]] = checks.get(row["follower"], {}) | told | {"ok": False}
        return checks

    async def _vaulted(self) -> dict[str, Any]:
        """How the vault says it is: without it nothing is sealed or opened, and everything else goes on."""
        try:
            async with asyncio.timeout(1):
                found = await self.vault.checks()
        except (VaultAway, TimeoutError):
            return {"ok": False, "error": VaultAway.title}
        failing = {name: fact.get("error") or name for name, fact in found.items() if not fact["ok"]}
        return {
            "ok": not failing,
            **({"error": ";".join(f"{name}: {said}" for name, said in failing.items())} if failing else {}),
        }

    async def shown(
        self, decider: AnyDecider, key: object, done: Done[Any], show: Callable[[Service], Awaitable[ShownT]]
    ) -> ShownT:
        """What ``show`` tells of a stream as a command left it, whatever was written since: body, ETag and position are of one
        moment, also when the command is said again a month later.

        Where the stream has gone on, the same question is asked of tables that hold it as it was then, and nothing else of its
        kind: they lie before the real ones for the length of a transaction.
        """
        stream = f"{decider.kind}/{key}"
        found = await show(self)
        if await self.pool.fetchval("select ver from log.stream where stream = $1", stream) == done.version:
            return found
        async with self.pool.acquire() as connection, connection.transaction():
            for view in self.views.get(decider.kind, ()):
                await connection.execute(
                    f"create temp table {view.table} (like view.{view.table} including indexes) on commit drop"
                )
                await view.write(connection, [(str(key), done.version, done.state)], self.vault, "pg_temp")
            then = copy(self)
            then.pool = connection  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
            return await show(then)

    def found_full(self) -> None:
        """A disk had no room: readiness tells of it for a while."""
        self._full = time.monotonic()

    @property
    def behind(self) -> dict[str, int]:
        """The copies that have not reached the end of what they follow, and by how many entries."""
        return {name: health.lag for name, health in self.health.items() if health.lag and name != "relay"}

    def app(self, *routers: APIRouter) -> FastAPI:
        """The HTTP application over this service."""

        @contextlib.asynccontextmanager
        async def life(_app: FastAPI) -> AsyncGenerator[None, None]:
            await self.open()
            try:
                yield
            finally:
                await self.close()

        app = FastAPI(
            title=self.title,
            version="0.1.0",
            lifespan=life,
            docs_url=None,
            redoc_url=None,
            servers=[{"url": f"/api/{self.name}"}],
            dependencies=[Depends(only_known_parameters)],
            generate_unique_id_function=lambda route: route.name,
        )
        app.state.service = self
        app.include_router(_plumbing(self))
        for router in (*routers, watching.router, labels.router):
            app.include_router(router)
        app.mount("/static", StaticFiles(packages=[("fastapi_offline", "static")]), name="static")
        problem_documents.answering(app)
        app.add_middleware(Door, service=self)
        app.add_middleware(Inner, service=self)
        app.add_middleware(problem_documents.CanonicalLine, service=self)
        made: dict[str, Any] = {}
        app.openapi = lambda: made or made.update(openapi.document(app, self.examples, self.refusals)) or made
        return app

    async def holder(self, token: str) -> Holder:
        """Whose token it is."""
        if not token:
            raise Unauthenticated
        return await self._gatekeeper.holder(token)

    async def actor(self, holder: Holder) -> Actor:
        """Who asks, with the rights of today."""
        found = await self.people(self.pool, holder, local_date(self.clock()))
        if found.holds(Role.SYSTEM):  # The platform acts by itself, in its own process; nobody comes as it.
            raise Unauthenticated
        return found


def _plumbing(service: Service) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> dict[str, bool]:  # pyright: ignore[reportUnusedFunction]
        return {"live": True}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        checks = await service.checks()
        ready = not any("unready" in check for check in checks.values())
        response.status_code = 200 if ready else 503
        return {"ready": ready, "degraded": [name for name, check in checks.items() if not check["ok"]], "checks": checks}

    @router.get("/metrics")
    async def exposition() -> Response:  # pyright: ignore[reportUnusedFunction]
        await service.checks()
        told = metrics.generate_latest() + (await service.vault.figures() if service.name == "roster" else b"")
        return Response(told, media_type=metrics.CONTENT_TYPE_LATEST)

    @router.get("/docs")
    async def docs() -> Response:  # pyright: ignore[reportUnusedFunction]
        base = f"/api/{service.name}"
        return get_swagger_ui_html(
            openapi_url=f"{base}/openapi.json",
            title=service.title,
            swagger_js_url=f"{base}/static/swagger-ui-bundle.js",
            swagger_css_url=f"{base}/static/swagger-ui.css",
            swagger_favicon_url=f"{base}/static/favicon.png",
        )

    @router.get("/problems")
    async def catalogue() -> list[dict[str, Any]]:  # pyright: ignore[reportUnusedFunction]
        return [
            {"code": code, "status": kind.status, "title": kind.title, "rule": (kind.__doc__ or "").strip()}
            for code, kind in sorted(problems.PROBLEMS.items())
        ]

    return router


class _Server(uvicorn.Server):
    """Waits for answers that are under way, so those that never end by themselves are told first."""

    async def shutdown(self, *arguments: Any, **named: Any) -> None:
        """Tell, and then as always."""
        self.config.app.state.service.stopping.set()  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
        await super().shutdown(*arguments, **named)


def serve(app: FastAPI, settings: Settings) -> None:
    """Run until told to stop; then finish within ten seconds."""
    outer, inner = (
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.gateways,
        )
        for host, port in ((settings.host, settings.port), (settings.inner_host, settings.inner_port))
    )
    server = _Server(outer)
    service: Service = app.state.service
    sockets = [outer.bind_socket(), inner.bind_socket()]
    service.inner_port = sockets[1].getsockname()[1]

    def fall() -> None:
        server.should_exit = True

    service.fall = fall
    seldom()
    server.run(sockets)
    if not server.started:
        sys.exit(_NEVER_STARTED)
    if service.fallen:
        sys.exit(_FELL)
