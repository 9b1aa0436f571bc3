"""What a request carries beside its body, in a route's signature: who asks, which command, which version, which page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.http.answer import ReceiptFields
from shared.language.decider import Actor
from shared.language.ids import new_id
from shared.language.problems import Malformed, VersionMissing
from shared.language.terms import derived_id
from shared.log.handle import Done, keyed

if TYPE_CHECKING:
    from shared.http.service import Service

_MAX_PAGE = 500
_NAME, _TOLD = 60, 20
"""How much of an unknown parameter's name is told back, and of how many."""
_VERSION_DIGITS = 18
"""More than any version has, and few enough to be told back in a problem document."""
_VERSION = re.compile(r'(?:W/)?"?(-?\d{1,40})(?:-(?:gzip|zstd|br|deflate))?"?', re.ASCII)
"""A version as an ETag carries it. Whoever compresses an answer on its way marks the tag (``"4-gzip"``, ``W/"4"``): the content
that was seen is the same (RFC 9110, 8.8.3.3)."""


async def only_known_parameters(request: Request) -> None:
    """A parameter that an operation does not know is a slip of the pen (``?mounth=``): refused, never passed over."""
    route = request.scope["route"]
    known = {field.alias for dependant in _all(route.dependant) for field in dependant.query_params}
    if unknown := [name for name in dict.fromkeys(request.query_params.keys()) if name not in known]:
        raise Malformed(
            errors=[
                {"pointer": f"/query/{name[:_NAME]}", "code": "unknown", "title": f"没有这个参数:{name[:_NAME]}"}
                for name in unknown[:_TOLD]
            ]
        )


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all(inner)


_bearer = HTTPBearer(auto_error=False, description="guiren token --as 账号")


async def the_caller(request: Request, _bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Actor:
    """Whom the entrance let in (``shared/http/entrance.py``)."""
    return request.scope["caller"]


Caller = Annotated[Actor, Depends(the_caller)]
"""Who asks, in a route's signature."""


async def _command_id(
    request: Request, caller: Caller, idempotency_key: Annotated[str | None, Header(max_length=200)] = None
) -> UUID:
    if not idempotency_key:
        return new_id()
    id_ = derived_id("key", str(caller.id), idempotency_key)
    keyed.set((id_, f"{request.method} {request.url.path}?{request.url.query}"))
    return id_


CommandId = Annotated[UUID, Depends(_command_id)]
"""The id of a POSTed command: from ``Idempotency-Key``, so that a repeat gets the original answer. The address is part of
what is repeated: the same key sent anywhere else is refused.
"""


async def _expected(if_match: Annotated[str | None, Header(max_length=40)] = None) -> int | None:
    if if_match is None:
        return None
    said = _VERSION.fullmatch(if_match.strip())
    if said is None:
        raise Malformed(errors=[{"pointer": "/header/If-Match", "code": "version", "title": "应为版本号"}])
    return int(said[1][:_VERSION_DIGITS])


Expected = Annotated[int | None, Depends(_expected)]
"""The version the caller saw (If-Match), if it says so."""


async def _expected_needed(expected: Expected) -> int:
    if expected is None:
        raise VersionMissing
    return expected


ExpectedNeeded = Annotated[int, Depends(_expected_needed)]
"""The version the caller saw; without it a change of content is refused with 428."""


def receipt(service: Service, response: Response, done: Done[Any]) -> ReceiptFields:
    """Headers of an accepted command (ETag, log position), and the fields every answer begins with (``shared/http/answer.py``)."""
    response.headers["ETag"] = f'"{done.version}"'
    response.headers["Guiren-Position"] = f"{service.name}:{done.position}"
    return {"version": done.version, "position": done.position, "replayed": done.replayed, "hints": list(done.hints)}


Limit = Annotated[int, Query(ge=1, le=_MAX_PAGE, description="每页条数")]
Cursor = Annotated[str | None, Query(max_length=2000, description="上一页返回的 next_cursor")]
