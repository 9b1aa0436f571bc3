"""How a stream of consultations, publicity and surveys is found, what lists are narrowed by, and words that many answers have."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from shared.http.service import Service
from shared.language.problems import Unknown

Version = Annotated[int, Field(description="版本号,从 1 起每办理一次加一;同 ETag")]
Actions = Annotated[list[str], Field(description="本人现在可以办理的操作(操作代码)")]
UnitCode = Annotated[str, Field(description="单位编码")]
MonthText = Annotated[str, Field(description="月份 YYYY-MM")]
EnterpriseId = Annotated[UUID, Field(description="企业编号")]
EnterpriseName = Annotated[str, Field(description="企业名称")]
MemberId = Annotated[UUID, Field(description="人员编号")]
Digest = Annotated[str, Field(description="所存文件内容的 SHA-256(小写十六进制)")]
Original = Annotated[str, Field(description="上传时文件内容的 SHA-256;与所存相同或不知的为空文")]
MediaType = Annotated[str, Field(description="文件类型(媒体类型)")]
Bytes = Annotated[int, Field(description="文件大小,字节")]
Percent = Annotated[str | None, Field(description="百分比,两位小数,不含百分号;分母为零的为空")]


async def kept(service: Service, table: str, id_: UUID) -> tuple[int, str]:
    """Version and written state of a stream as its view has it."""
    row = await service.pool.fetchrow(f"select ver, state from {table} where id = $1", id_)
    if row is None:
        raise Unknown(what=table, id=str(id_))
    return row["ver"], row["state"]


def filters(**wanted: Any) -> tuple[list[str], list[Any]]:
    """Conditions and arguments of a listing, of those that are named."""
    where: list[str] = []
    args: list[Any] = []
    for column, value in wanted.items():
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    return where, args
