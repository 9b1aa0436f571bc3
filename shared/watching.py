"""The security log for whoever watches: the audit administrator, and nobody else (``roles.md``)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any

import anyio.to_thread
import orjson
from fastapi import APIRouter, Query, Request, Response

from shared.asking import Caller, Cursor, Limit
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.problems import Forbidden, Malformed
from shared.securitylog import Kind
from shared.terms import Role

if TYPE_CHECKING:
    from shared.service import Service

router = APIRouter(tags=["安全日志"], route_class=Entrance)


@router.get("/security-log", name="list_security_log", summary="安全日志(登录、拒绝、个人信息查看、任免、导出;审计管理员)")
async def security_log(
    caller: Caller, request: Request, response: Response,
    on: Annotated[WrittenDate | None, Query(description="哪一天;不填为今天")] = None,
    kind: Kind | None = None, account: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{1,64}$")] = None,
    cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """A day of this service, in the order in which it happened. That it was read stands in it too."""
    service: Service = request.app.state.service
    if not caller.holds(Role.AUDIT_ADMIN):
        raise Forbidden(needs=[Role.AUDIT_ADMIN.label])
    day = on or local_date(service.clock())
    wanted = {"kind": kind and str(kind), "account": account}
    items, following = await anyio.to_thread.run_sync(lambda: service.security.read(day, _offset(cursor), limit, **wanted))
    response.headers["Cache-Control"] = "private, no-store"
    for item in items:
        item["kind_label"] = Kind(item["kind"]).label
    return {"on": day, "items": items, "next_cursor": None if following is None else _cursor(following)}


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([offset])).decode()


def _offset(cursor: str | None) -> int:
    try:
        offset = orjson.loads(base64.urlsafe_b64decode(cursor))[0] if cursor else 0
        if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
            raise ValueError
    except (ValueError, TypeError, KeyError, IndexError):
        raise Malformed(errors=[{"pointer": "/query/cursor", "code": "cursor", "title": "翻页标记无效"}]) from None
    return offset
