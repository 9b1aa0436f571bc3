"""What every service is: its life, its health, its metrics, its problem answers, one canonical line per request."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
import prometheus_client as metrics
import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import openapi, problems
from shared.bus import Bus
from shared.decider import Actor, Context, Decider
from shared.handle import Desk, Done, links
from shared.identity import Gatekeeper
from shared.months import Calendar, Year, local_date
from shared.problems import Malformed, Problem, Unauthenticated, VersionMissing
from shared.projector import CURSORS, Follower, Reaction, View, prepare, rebuild, remake
from shared.relay import Health, Relay, follow, react
from shared.settings import Settings
from shared.terms import derived_id, new_id
from shared.vault import Vault

log = structlog.get_logger()

_LATENCY = metrics.Histogram("guiren_request_seconds", "Seconds a request took", ["service", "route", "method", "status"])
_POSITION = metrics.Gauge("guiren_position", "Position of a log, relay or consumer", ["service", "what"])
_MAX_PAGE = 500
_NEVER_STARTED = 3
"""The exit code uvicorn has for it."""
_VERSION_DIGITS = 18
"""More than any version has, and few enough to be told back in a problem document."""


@dataclass
class Service:
    """One service: what it is made of and what it can be asked for. Built in ``app.py``, run by ``serve``."""

    name: str
    settings: Settings
    deciders: tuple[Decider[Any], ...]
    views: dict[str, tuple[View[Any], ...]]
    title: str
    followers: Callable[[Service], Sequence[Follower]] = lambda _service: ()
    reactions: Callable[[Service], Sequence[Reaction]] = lambda _service: ()
    tasks: Callable[[Service], Sequence[Callable[[], Awaitable[None]]]] = lambda _service: ()
    ddl: str = ""
    """Tables of its own beside the views, with ``{schema}``; they hold nothing that is not in a log."""
    examples: dict[str, Any] = field(default_factory=dict[str, Any])
    """A body by operation id, for the OpenAPI document."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    pool: asyncpg.Pool = field(init=False)
    desk: Desk = field(init=False)
    vault: Vault = field(init=False)
    bus: Bus = field(init=False)
    health: dict[str, Health] = field(default_factory=dict[str, Health], init=False)
    stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set when it is over: answers that would never end by themselves end then."""
    _calendar: tuple[float, Calendar] = field(default=(0.0, Calendar.of({})), init=False)
    _gatekeeper: Gatekeeper = field(init=False)
    _running: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]], init=False)

    async def open(self, *, relay: bool = True, database: str | None = None, user: str | None = None) -> None:
        """Connect, make or remake the views, start what runs in the background."""
        settings = self.settings
        place: dict[str, Any] = {"host": settings.postgres_host, "port": settings.postgres_port}
        self.pool = await asyncpg.create_pool(
            **place, database=database or f"guiren_{self.name}", user=user or self.name,
            password=settings.secret(settings.postgres_password_file), min_size=2, max_size=12, timeout=5,
            command_timeout=60, server_settings={"search_path": "view", "application_name": self.name},
        )  # fmt: skip
        keys = await asyncpg.create_pool(
            **place, database=(database or f"guiren_{self.name}").replace(self.name, "vault"), user="vault",
            password=settings.secret(settings.vault_password_file), min_size=1, max_size=4, timeout=5, command_timeout=30,
        )  # fmt: skip
        self.vault = Vault(keys, settings.master_keys)
        self._gatekeeper = Gatekeeper(settings.jwks, settings.issuer, settings.audience)
        self.bus = Bus(settings.nats_url, settings.secret(settings.nats_password_file), settings.district)
        relaying = Relay(self.pool, self.bus, self.name)
        self.desk = Desk(self.pool, f"/{settings.district}/{self.name}", self.vault, self.views, relaying.wake)
        if relay:
            await relaying.check()
        await self.make_views()
        if relay:
            self.health["relay"] = relaying.health
            self._start(relaying.run)
            for follower in self.followers(self):
                self._start(lambda f=follower: follow(self.pool, self.bus, f, self._health(f.name)))
            for reaction in self.reactions(self):
                self._start(lambda r=reaction: react(self.pool, self.bus, r, self._health(r.name)))
            for task in self.tasks(self):
                self._start(task)

    async def close(self) -> None:
        """Stop the background and let go of everything, within a few seconds whatever hangs."""
        self.stopping.set()
        for task in self._running:
            task.cancel()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._running, return_exceptions=True), 3)
        await self.bus.close()
        for pool in (self.pool, self.vault.pool):
            try:
                await asyncio.wait_for(pool.close(), 2)
            except TimeoutError:
                pool.terminate()

    async def calendar(self) -> Calendar:
        """The working-day calendar as this service knows it, at most a second old."""
        read_at, calendar = self._calendar
        if time.monotonic() - read_at < 1:
            return calendar
        rows = await self.pool.fetch("select year, version, days from calendar_year")
        calendar = Calendar.of({row["year"]: Year.read(row["year"], row["version"], orjson.loads(row["days"])) for row in rows})
        self._calendar = (time.monotonic(), calendar)
        return calendar

    def forget_calendar(self) -> None:
        """Read the calendar anew at the next question."""
        self._calendar = (float("-inf"), self._calendar[1])

    async def context(self, actor: Actor, key: str | UUID, **known: Any) -> Context:
        """What a decision may know now."""
        now = self.clock()
        return Context(
            actor,
            now,
            local_date(now),
            await self.calendar(),
            key if isinstance(key, UUID) else derived_id(self.name, key),
            known,
        )

    def _health(self, name: str) -> Health:
        return self.health.setdefault(name, Health())

    def _start(self, task: Callable[[], Awaitable[None]]) -> None:
        async def kept() -> None:
            while True:
                try:
                    await task()
                except asyncio.CancelledError:
                    raise
                except Exception:
                    log.exception("background task failed", service=self.name)
                    await asyncio.sleep(1)

        self._running.append(asyncio.create_task(kept()))

    async def make_views(self) -> None:
        """Make the views; where they are missing or their shape changed, make them anew from the log."""
        shape = sha256("".join([*(v.ddl("view") for g in self.views.values() for v in g)]).encode()).hexdigest()
        async with self.pool.acquire() as connection:
            await connection.execute("select pg_advisory_lock(52050201)")
            try:
                await connection.execute("create schema if not exists view; create table if not exists view.made (shape text)")
                made = await connection.fetchval("select shape from view.made")
                if made != shape and await connection.fetchval("select pos from log.head"):
                    await rebuild(connection, self.deciders, self.views, "view_next")
                    async with connection.transaction():
                        for view in (view for group in self.views.values() for view in group):
                            await connection.execute(f"drop table if exists view.{view.table}")
                            await connection.execute(f"alter table view_next.{view.table} set schema view")
                await prepare(connection, self.views)
                for text in (CURSORS, self.ddl):
                    if text:
                        await connection.execute(text.replace("{schema}", "view"))
                for follower in self.followers(self):
                    await remake(connection, follower)
                await connection.execute("delete from view.made")
                await connection.execute("insert into view.made values ($1)", shape)
            finally:
                await connection.execute("select pg_advisory_unlock(52050201)")

    async def checks(self) -> dict[str, Any]:
        """What readiness rests on, and what is only told."""
        checks: dict[str, Any] = {}
        try:
            async with asyncio.timeout(2):
                position = await self.pool.fetchval("select pos from log.head")
            checks["database"] = {"ok": True, "position": position}
            _POSITION.labels(self.name, "log").set(position)
        except Exception as error:  # noqa: BLE001
            checks["database"] = {"ok": False, "error": repr(error)}
        checks["nats"] = {"ok": self.bus.connected}
        for name, health in self.health.items():
            checks[name] = {"ok": health.ok and not health.halted, "position": health.position}
            if health.halted:
                checks[name]["halted"] = health.halted
            _POSITION.labels(self.name, name).set(health.position)
        return checks

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
            title=self.title, version="0.1.0", lifespan=life, docs_url=None, redoc_url=None,
            servers=[{"url": f"/api/{self.name}"}],
            generate_unique_id_function=lambda route: route.name,
        )  # fmt: skip
        app.state.service = self
        app.include_router(_plumbing(self))
        for router in routers:
            app.include_router(router)
        app.mount("/static", StaticFiles(packages=[("fastapi_offline", "static")]), name="static")
        app.add_exception_handler(Problem, _on_problem)  # pyright: ignore[reportArgumentType]
        app.add_exception_handler(RequestValidationError, _on_invalid)  # pyright: ignore[reportArgumentType]
        app.add_exception_handler(HTTPException, _on_http)  # pyright: ignore[reportArgumentType]
        app.add_exception_handler(asyncpg.DataError, _on_data)
        for kind in (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError,
                     asyncpg.InternalClientError, OSError, asyncio.TimeoutError):  # fmt: skip
            app.add_exception_handler(kind, _on_outage)
        app.add_exception_handler(Exception, _on_bug)
        app.add_middleware(CanonicalLine, service=self.name)
        made: dict[str, Any] = {}
        app.openapi = lambda: made or made.update(openapi.document(app, self.examples)) or made
        return app

    async def actor(self, token: str) -> Actor:
        """Who asks."""
        if not token:
            raise Unauthenticated
        return await self._gatekeeper.actor(token)


_KINDS: dict[int | str, type[Problem]] = {
    401: problems.Unauthenticated, 403: problems.Forbidden, 404: problems.Unknown, 409: problems.Refused,
    412: problems.Stale, 422: problems.Malformed, 428: problems.VersionMissing, 429: problems.TooMany, 503: problems.Unavailable,
}  # fmt: skip


def _plumbing(service: Service) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> dict[str, bool]:  # pyright: ignore[reportUnusedFunction]
        return {"live": True}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        checks = await service.checks()
        halted = any("halted" in check for check in checks.values())
        ready = bool(checks["database"]["ok"]) and not halted
        response.status_code = 200 if ready else 503
        return {"ready": ready, "checks": checks}

    @router.get("/metrics")
    async def exposition() -> Response:  # pyright: ignore[reportUnusedFunction]
        await service.checks()
        return Response(metrics.generate_latest(), media_type=metrics.CONTENT_TYPE_LATEST)

    @router.get("/docs")
    async def docs() -> Response:  # pyright: ignore[reportUnusedFunction]
        base = f"/api/{service.name}"
        return get_swagger_ui_html(
            openapi_url=f"{base}/openapi.json", title=service.title,
            swagger_js_url=f"{base}/static/swagger-ui-bundle.js", swagger_css_url=f"{base}/static/swagger-ui.css",
            swagger_favicon_url=f"{base}/static/favicon.png",
        )  # fmt: skip

    @router.get("/problems")
    async def catalogue() -> list[dict[str, Any]]:  # pyright: ignore[reportUnusedFunction]
        return [
            {"code": code, "status": kind.status, "title": kind.title, "rule": (kind.__doc__ or "").strip()}
            for code, kind in sorted(problems.PROBLEMS.items())
        ]

    return router


def _answer(problem: Problem) -> Response:
    headers = {"Retry-After": str(problem.facts.get("retry_after", 2))} if problem.status in (429, 503) else {}
    if problem.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    body = orjson.dumps(problem.document(), default=str)
    return Response(body, problem.status, headers, "application/problem+json")


async def _on_problem(_request: Request, problem: Problem) -> Response:
    return _answer(problem)


_CHINESE = {
    "missing": "必填", "extra_forbidden": "不认识的字段", "enum": "不在可选范围内", "literal_error": "不在可选范围内",
    "string_too_long": "文字过长", "string_too_short": "文字过短", "string_pattern_mismatch": "格式不对", "string_type": "应为文字",
    "string_unicode": "含有无效字符", "json_invalid": "不是有效的 JSON", "finite_number": "应为有限的数值",
    "greater_than_equal": "数值过小", "greater_than": "数值过小", "less_than_equal": "数值过大", "less_than": "数值过大",
    "too_long": "项目过多", "too_short": "项目过少", "union_tag_invalid": "不在可选范围内", "union_tag_not_found": "必填",
    "timezone_aware": "时间须带时区", "decimal_max_digits": "数字位数过多", "decimal_max_places": "小数位数过多",
}  # fmt: skip
_CHINESE_OF = (
    ("date_", "日期格式应为 YYYY-MM-DD"), ("datetime_", "时间格式应为 YYYY-MM-DDThh:mm:ss+08:00"), ("time_", "时间格式不对"),
    ("uuid_", "编号格式不对"), ("int_", "应为整数"), ("float_", "应为数值"), ("decimal_", "应为数值"), ("bool_", "应为 true 或 false"),
    ("url_", "网址格式不对"), ("dict_", "应为一组字段"), ("model_", "应为一组字段"), ("mapping_", "应为一组字段"),
    ("list_", "应为列表"), ("tuple_", "应为列表"), ("set_", "应为列表"), ("frozen_set_", "应为列表"),
)  # fmt: skip


def _chinese(item: Any) -> str:
    """What is wrong with a field. A validator of ours says it itself; what pydantic says in English is translated."""
    kind = str(item["type"])
    if kind == "value_error":
        return str(item.get("ctx", {}).get("error", "填写有误"))
    return _CHINESE.get(kind) or next((title for start, title in _CHINESE_OF if kind.startswith(start)), "填写有误")


async def _on_invalid(_request: Request, error: RequestValidationError) -> Response:
    errors = [
        {
            "pointer": "/" + "/".join(str(part) for part in item["loc"]),
            "code": item["type"],
            "title": _chinese(item),
        }
        for item in error.errors()
    ]
    return _answer(Malformed(errors=errors))


async def _on_http(_request: Request, error: HTTPException) -> Response:
    kind = _KINDS.get(error.status_code)
    if kind is not None:
        return _answer(kind())
    if error.status_code == 400:  # noqa: PLR2004  a body that is not even text: the same fault as one that is not JSON.
        return _answer(Malformed(errors=[{"pointer": "/body", "code": "body", "title": "请求内容无法读取"}]))
    title = {405: "不支持这种请求方式", 415: "不支持这种内容格式"}.get(error.status_code, "请求无法办理")
    body = orjson.dumps({"type": "about:blank", "title": title, "status": error.status_code, "detail": str(error.detail)})
    return Response(body, error.status_code, dict(error.headers or {}), "application/problem+json")


async def _on_data(_request: Request, _error: Exception) -> Response:
    return _answer(Malformed(errors=[{"pointer": "/", "code": "data", "title": "含有不能保存的字符或过大的数值"}]))


async def _on_outage(_request: Request, error: Exception) -> Response:
    log.warning("outage", error=repr(error))
    return _answer(problems.Unavailable())


async def _on_bug(_request: Request, error: Exception) -> Response:
    log.error("bug", exc_info=error)
    body = orjson.dumps({"type": "urn:guiren:problem:internal", "title": "系统内部错误,已记录", "status": 500})
    return Response(body, 500, {}, "application/problem+json")


class CanonicalLine:
    """One line per request with everything worth knowing about it; the correlation id goes in and out."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        correlation = headers.get("x-correlation-id", "")[:64]
        correlation = correlation if correlation.isascii() and correlation.isprintable() and correlation else new_id().hex
        parent = headers.get("traceparent", "")[:64]
        token = links.set({"correlationid": correlation, "traceparent": parent if parent.isascii() else ""})
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-correlation-id", correlation.encode())]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            links.reset(token)
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "-")
            _LATENCY.labels(self._service, route, scope["method"], status).observe(seconds)
            if route not in ("/livez", "/readyz", "/metrics"):
                log.info("request", service=self._service, method=scope["method"], route=route, status=status,
                         ms=round(seconds * 1000, 1), actor=scope.get("actor", ""), correlation=correlation)  # fmt: skip


_bearer = HTTPBearer(auto_error=False, description="guiren token --as 账号")


async def _caller(request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Actor:
    actor = await request.app.state.service.actor(bearer.credentials if bearer else "")
    request.scope["actor"] = actor.account
    return actor


Caller = Annotated[Actor, Depends(_caller)]
"""Who asks, in a route's signature."""


async def _command_id(caller: Caller, idempotency_key: Annotated[str | None, Header(max_length=200)] = None) -> UUID:
    return derived_id("key", str(caller.id), idempotency_key) if idempotency_key else new_id()


CommandId = Annotated[UUID, Depends(_command_id)]
"""The id of a POSTed command: from ``Idempotency-Key``, so that a repeat gets the original answer."""


async def _expected(if_match: Annotated[str | None, Header(max_length=40)] = None) -> int | None:
    if if_match is None:
        return None
    try:
        return int(if_match.strip().strip('"')[:_VERSION_DIGITS])
    except ValueError:
        raise Malformed(errors=[{"pointer": "/header/If-Match", "code": "version", "title": "应为版本号"}]) from None


Expected = Annotated[int | None, Depends(_expected)]
"""The version the caller saw (If-Match), if it says so."""


async def _expected_needed(expected: Expected) -> int:
    if expected is None:
        raise VersionMissing
    return expected


ExpectedNeeded = Annotated[int, Depends(_expected_needed)]
"""The version the caller saw; without it a change of content is refused with 428."""


def receipt(service: Service, response: Response, done: Done[Any]) -> dict[str, Any]:
    """Headers of an accepted command (ETag, log position), and the fields every answer begins with."""
    response.headers["ETag"] = f'"{done.version}"'
    response.headers["Guiren-Position"] = f"{service.name}:{done.position}"
    return {"version": done.version, "position": done.position, "replayed": done.replayed}


Limit = Annotated[int, Query(ge=1, le=_MAX_PAGE, description="每页条数")]
Cursor = Annotated[str | None, Query(max_length=400, description="上一页返回的 next_cursor")]


async def listing(
    pool: Any, *, table: str, columns: str, where: Sequence[str], args: Sequence[Any], order: Sequence[str],
    cursor: str | None, limit: int,
) -> dict[str, Any]:  # fmt: skip
    """A page of a table by keyset, with the total. ``where`` uses $1… of ``args``; ``order`` are text-comparable columns."""
    condition = " and ".join(where) or "true"
    keys_sql = ", ".join(f'({name})::text collate "C"' for name in order)
    total = await pool.fetchval(f"select count(*) from {table} where {condition}", *args)
    values = list(args)
    if cursor:
        try:
            keys = orjson.loads(base64.urlsafe_b64decode(cursor))
            if not isinstance(keys, list) or len(keys) != len(order):  # pyright: ignore[reportUnknownArgumentType]
                raise ValueError
        except ValueError:
            raise Malformed(errors=[{"pointer": "/query/cursor", "code": "cursor", "title": "翻页标记无效"}]) from None
        marks = ", ".join(f"${len(values) + n}::text" for n in range(1, len(order) + 1))
        condition += f" and ({keys_sql}) > ({marks})"
        values += [str(key) for key in keys]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    keyed = ", ".join(f"({name})::text as _k{n}" for n, name in enumerate(order))
    rows = await pool.fetch(
        f"select {columns}, {keyed} from {table} where {condition} order by {keys_sql} limit {limit + 1}", *values
    )
    items = [{name: value for name, value in row.items() if not name.startswith("_k")} for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = base64.urlsafe_b64encode(orjson.dumps([last[f"_k{n}"] for n in range(len(order))])).decode()
    return {"items": items, "next_cursor": following, "total": total}


def logging_to(form: str) -> None:
    """One structured line per event on standard output."""
    logging.getLogger("uvicorn.access").disabled = True
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )


class _Server(uvicorn.Server):
    """Waits for answers that are under way, so those that never end by themselves are told first."""

    async def shutdown(self, *arguments: Any, **named: Any) -> None:
        """Tell, and then as always."""
        self.config.app.state.service.stopping.set()  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
        await super().shutdown(*arguments, **named)


def serve(app: FastAPI, settings: Settings) -> None:
    """Run until told to stop; then finish within ten seconds."""
    server = _Server(
        uvicorn.Config(
            app, host=settings.host, port=settings.port, log_level="warning", access_log=False,
            timeout_graceful_shutdown=5, server_header=False, proxy_headers=True, forwarded_allow_ips="*",
        )
    )  # fmt: skip
    server.run()
    if not server.started:
        sys.exit(_NEVER_STARTED)
