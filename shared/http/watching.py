"""The security log for whoever watches: the audit administrator, and nobody else (``roles.md``)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

import anyio.to_thread
import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from shared.http.answer import Answer, label_of
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, Cursor, Limit
from shared.http.securitylog import Kind
from shared.language.months import WrittenDate, local_date
from shared.language.problems import Forbidden, Malformed
from shared.language.terms import Role

if TYPE_CHECKING:
    from shared.http.service import Service


class SecurityLine(Answer):
    """A line of the security log; what a line of its kind does not say is null."""

    at: datetime = Field(description="时间")
    service: str = Field(description="哪个服务")
    kind: Kind = Field(description="事项")
    kind_label: str = label_of("kind")
    outcome: str = Field(description="结果:ok 为成功,否则为拒绝的问题代码或告警的名称")
    status: int | None = Field(default=None, description="答复的 HTTP 状态码")
    account: str = Field(default="", description="账号;不知是谁的为空串")
    member: str = Field(default="", description="成员编号;不知是谁的为空串")
    roles: list[str] = Field(default_factory=list[str], description="当时的岗位")
    address: str = Field(default="", description="来自哪个网络地址")
    method: str = Field(default="", description="请求的方法")
    object: str = Field(default="", description="请求的地址")
    untold: int = Field(default=0, description="此前来自同一处、因过多而未逐条记下的条数")
    count: int | None = Field(default=None, description="告警所依据的次数")

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Self:
        """A line as it was read; of lines that other versions wrote what is known."""
        return cls.model_validate({name: line[name] for name in cls.model_fields if name in line})


class SecurityLog(Answer):
    """A page of a day. How many lines a day has is not counted."""

    on: date = Field(description="哪一天")
    items: list[SecurityLine] = Field(description="按发生的先后")
    next_cursor: str | None = Field(description="下一页的翻页标记(作为 cursor 参数);没有下一页的为空")


router = APIRouter(tags=["安全日志"], route_class=Entrance)


@router.get("/security-log", name="list_security_log", summary="安全日志(登录、拒绝、个人信息查看、任免、导出;审计管理员)")
async def security_log(
    caller: Caller,
    request: Request,
    response: Response,
    on: Annotated[WrittenDate | None, Query(description="哪一天;不填为今天")] = None,
    kind: Kind | None = None,
    account: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{1,64}$")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> SecurityLog:
    """A day of this service, in the order in which it happened. That it was read stands in it too."""
    service: Service = request.app.state.service
    if not caller.holds(Role.AUDIT_ADMIN):
        raise Forbidden(needs=[Role.AUDIT_ADMIN.label])
    day = on or local_date(service.clock())
    wanted = {"kind": kind and str(kind), "account": account}
    items, offset = await anyio.to_thread.run_sync(lambda: service.security.read(day, _offset(cursor), limit, **wanted))
    response.headers["Cache-Control"] = "private, no-store"
    following = None if offset is None else _cursor(offset)
    return SecurityLog(on=day, items=[SecurityLine.of(item) for item in items], next_cursor=following)


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
