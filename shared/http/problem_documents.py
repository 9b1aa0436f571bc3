"""How a service answers when it can't do what it is asked (RFC 9457), and the one line that tells of each request."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import prometheus_client as metrics
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.language import problems
from shared.language.ids import new_id
from shared.language.openings import request
from shared.language.problems import Malformed, Problem
from shared.log.handle import links
from shared.log.outages import OUTAGES, StorageFull, passes, unavailable

if TYPE_CHECKING:
    from shared.http.service import Service

INNER = ("/livez", "/readyz", "/metrics")
"""Told at a listener of its own (``shared/http/inner.py``)."""

PUBLIC = "/public/"
"""Where what enterprises ask without an account begins."""

log = structlog.get_logger()

_LATENCY = metrics.Histogram("guiren_request_seconds", "Seconds a request took", ["service", "route", "method", "status"])

_KINDS: dict[int | str, type[Problem]] = {
    401: problems.Unauthenticated,
    403: problems.Forbidden,
    404: problems.Unknown,
    408: problems.TooSlow,
    409: problems.Refused,
    412: problems.Stale,
    422: problems.Malformed,
    428: problems.VersionMissing,
    429: problems.TooMany,
    503: problems.Unavailable,
}


_MOST_ERRORS = 20
"""More than anybody mends at once."""


def answering(app: FastAPI) -> None:
    """Whatever goes wrong in this application becomes a problem document."""
    app.add_exception_handler(Problem, _on_problem)  # pyright: ignore[reportArgumentType]
    app.add_exception_handler(RequestValidationError, _on_invalid)  # pyright: ignore[reportArgumentType]
    app.add_exception_handler(HTTPException, _on_http)  # pyright: ignore[reportArgumentType]
    app.add_exception_handler(asyncpg.DataError, _on_data)
    for kind in OUTAGES:
        app.add_exception_handler(kind, _on_outage)
    app.add_exception_handler(Exception, _on_bug)


def answer(problem: Problem) -> Response:
    """A problem as it goes out."""
    headers = {"Retry-After": str(problem.facts.get("retry_after", 2))} if problem.status in (429, 503) else {}
    if problem.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    body = orjson.dumps(problem.document(), default=str)
    return Response(body, problem.status, headers, "application/problem+json")


async def _on_problem(request: Request, problem: Problem) -> Response:
    if isinstance(problem, StorageFull):
        request.app.state.service.found_full()
    request.scope["problem"] = problem.code()
    return answer(problem)


_CHINESE = {
    "missing": "必填",
    "extra_forbidden": "不认识的字段",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "string_too_long": "文字过长",
    "string_too_short": "文字过短",
    "string_pattern_mismatch": "格式不对",
    "string_type": "应为文字",
    "string_unicode": "含有无效字符",
    "json_invalid": "不是有效的 JSON",
    "finite_number": "应为有限的数值",
    "greater_than_equal": "数值过小",
    "greater_than": "数值过小",
    "less_than_equal": "数值过大",
    "less_than": "数值过大",
    "too_long": "项目过多",
    "too_short": "项目过少",
    "union_tag_invalid": "不在可选范围内",
    "union_tag_not_found": "必填",
    "timezone_aware": "时间须带时区",
    "decimal_max_digits": "数字位数过多",
    "decimal_max_places": "小数位数过多",
}
_CHINESE_OF = (
    ("date_", "日期格式应为 YYYY-MM-DD"),
    ("datetime_", "时间格式应为 YYYY-MM-DDThh:mm:ss+08:00"),
    ("time_", "时间格式不对"),
    ("uuid_", "编号格式不对"),
    ("int_", "应为整数"),
    ("float_", "应为数值"),
    ("decimal_", "应为数值"),
    ("bool_", "应为 true 或 false"),
    ("url_", "网址格式不对"),
    ("dict_", "应为一组字段"),
    ("model_", "应为一组字段"),
    ("mapping_", "应为一组字段"),
    ("list_", "应为列表"),
    ("tuple_", "应为列表"),
    ("set_", "应为列表"),
    ("frozen_set_", "应为列表"),
)


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
        for item in islice(error.errors(), _MOST_ERRORS)
    ]
    return answer(Malformed(errors=errors))


async def _on_http(_request: Request, error: HTTPException) -> Response:
    kind = _KINDS.get(error.status_code)
    if kind is not None:
        return answer(kind())
    if error.status_code == 400:  # noqa: PLR2004  a body that is not even text: the same fault as one that is not JSON.
        return answer(Malformed(errors=[{"pointer": "/body", "code": "body", "title": "请求内容无法读取"}]))
    title = {405: "不支持这种请求方式", 415: "不支持这种内容格式"}.get(error.status_code, "请求无法办理")
    body = orjson.dumps({"type": "about:blank", "title": title, "status": error.status_code, "detail": str(error.detail)})
    return Response(body, error.status_code, dict(error.headers or {}), "application/problem+json")


async def _on_data(_request: Request, _error: Exception) -> Response:
    return answer(Malformed(errors=[{"pointer": "/", "code": "data", "title": "含有不能保存的字符或过大的数值"}]))


async def _on_outage(request: Request, error: Exception) -> Response:
    if isinstance(error, ValueError):  # As the driver calls what it can't encode: a number beyond the column's.
        return await _on_data(request, error)
    if not passes(error):
        return await _on_bug(request, error)
    log.warning("outage", error=repr(error))
    return await _on_problem(request, unavailable(error, "outage"))


async def _on_bug(_request: Request, error: Exception) -> Response:
    log.error("bug", exc_info=error)
    body = orjson.dumps({"type": "urn:guiren:problem:internal", "title": "系统内部错误,已记录", "status": 500})
    return Response(body, 500, {}, "application/problem+json")


class CanonicalLine:
    """One line per request with everything worth knowing about it; the correlation id goes in and out."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._of = service
        self._service = service.name

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
        scope["correlation"] = correlation
        asking = request.set(scope)
        status = 500
        public = scope["path"].startswith(PUBLIC)
        media = ""

        async def sending(message: Message) -> None:
            nonlocal status, media
            if message["type"] == "http.response.start":
                status = message["status"]
                media = next((value.decode("latin-1") for name, value in message["headers"] if name == b"content-type"), "")
                message["headers"] = [*message["headers"], (b"x-correlation-id", correlation.encode())]
                if not public and (behind := self._of.behind):  # What is answered from a copy that is behind says so.
                    told = ",".join(f"{name}={entries}" for name, entries in sorted(behind.items()))
                    message["headers"].append((b"guiren-behind", told.encode()))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            request.reset(asking)
            links.reset(token)
            seconds = time.perf_counter() - began
            told = _told(scope, status)
            _LATENCY.labels(self._service, *told).observe(seconds)
            if not public and scope["path"] not in INNER:
                self._of.security.answered(scope, status, media)
            if scope["path"] not in INNER:
                route, method, answered = told
                log.info(
                    "request",
                    service=self._service,
                    method=method,
                    route=route,
                    status=answered,
                    ms=round(seconds * 1000, 1),
                    actor=scope.get("actor", ""),
                    correlation=correlation,
                )


def _told(scope: Scope, status: int) -> tuple[str, str, int | str]:
    """Route, method and status, as figures and lines have them. What enterprises do is all one: who counts requests must not
    find out that somebody complained.
    """
    if scope["path"].startswith(PUBLIC):
        return PUBLIC, "-", f"{status // 100}xx"
    return getattr(scope.get("route"), "path", "-"), scope["method"], status
