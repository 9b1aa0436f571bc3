"""Words that many answers have, and what lists are narrowed by."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

Version = Annotated[int, Field(description="版本号,从 1 起每办理一次加一;同 ETag")]
Actions = Annotated[list[str], Field(description="本人现在可以办理的操作(操作代码)")]
UnitCode = Annotated[str, Field(description="单位编码")]
EnterpriseId = Annotated[UUID, Field(description="企业编号")]
EnterpriseName = Annotated[str, Field(description="企业名称")]
EnterpriseCode = Annotated[str, Field(description="统一社会信用代码")]
IssueId = Annotated[UUID, Field(description="问题编号")]
IssueNo = Annotated[str, Field(description="问题的流水编号")]
MemberId = Annotated[UUID, Field(description="人员编号")]
Digest = Annotated[str, Field(description="所存文件内容的 SHA-256(小写十六进制)")]
MediaType = Annotated[str, Field(description="文件类型(媒体类型)")]
Bytes = Annotated[int, Field(description="文件大小,字节")]
Percent = Annotated[str | None, Field(description="百分比,两位小数,不含百分号;分母为零的为空")]


def filters(**wanted: Any) -> tuple[list[str], list[Any]]:
    """Conditions and arguments of a listing, of those that are named."""
    where: list[str] = []
    args: list[Any] = []
    for column, value in wanted.items():
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    return where, args
