"""Rows of imports that were set aside: masked, and opened with a reason."""

from __future__ import annotations

from uuid import UUID

import orjson
from fastapi import Response
from pydantic import Field

from services.roster.domain.row import ROW, Nothing
from services.roster.intake import shown
from services.roster.projections.sealed import sealed
from services.roster.projections.subjects import DISCLOSURE
from shared.events.roster import Doubt
from shared.http.answer import Answer, Page, Receipt
from shared.http.disclosure import UnmaskPersonal, disclose
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.openings import Opening
from shared.language.personal import ERASED
from shared.language.problems import Unknown
from shared.log.eventlog import load


class RowDoubt(Answer):
    """Why a row is doubtful."""

    fault: str = Field(description="存疑类别")
    column: str = Field(description="存疑的列;与列无关的为空文本")
    other: str = Field(description="与之重复的另一行;不是重复的为空文本")


class RowAside(Answer):
    """A doubtful row; what may be about a person is masked."""

    id: UUID = Field(description="待核对行的标识")
    batch: str = Field(description="导入批次:文件的 SHA-256")
    line: int = Field(description="在文件中的行号")
    sheet: str = Field(description="所在工作表;文本文件为空文本")
    code: str = Field(description="统一社会信用代码;不能识别的为空文本")
    name: str = Field(description="企业名称;没有的为空文本")
    columns: list[str] = Field(description="各列的表头")
    raw: list[str] = Field(description="各列的内容(脱敏)")
    doubts: list[RowDoubt] = Field(description="存疑之处")
    reasons: list[str] = Field(description="存疑原因(文字)")
    allowed_actions: list[str] = Field(description="可以进行的操作")


class RowInClear(Receipt):
    """A row as it stands in the file."""

    about: UUID = Field(description="待核对行的标识")
    batch: str = Field(description="导入批次:文件的 SHA-256")
    line: int = Field(description="在文件中的行号")
    sheet: str = Field(description="所在工作表;文本文件为空文本")
    columns: list[str] = Field(description="各列的表头")
    raw: list[str] = Field(description="各列的内容")
    reasons: list[str] = Field(description="存疑原因(文字),引用单元格的内容")


class RowReceipt(Receipt):
    """A word on a row."""

    id: UUID = Field(description="待核对行的标识")


async def rows(service: Service, cursor: str | None, limit: int) -> Page[RowAside]:
    """Those nobody has ruled on, with the kinds of doubt in words."""
    page = await listing(
        service.pool,
        table="row",
        columns="id, batch, line, doubts, columns, code, raw",
        where=["ruling is null"],
        args=[],
        order=["batch", "line", "id"],
        cursor=cursor,
        limit=limit,
    )
    raws = await service.vault.open([sealed(item["raw"]) for item in page["items"]], Opening.COMPARE)
    found: list[RowAside] = []
    for item, raw in zip(page["items"], raws, strict=True):
        doubts = [Doubt.model_validate(doubt) for doubt in orjson.loads(item["doubts"])]
        row = shown.unpacked(raw, item["line"], orjson.loads(item["columns"]))
        found.append(
            RowAside(
                id=item["id"],
                batch=item["batch"],
                line=item["line"],
                sheet=row.sheet,
                code=item["code"],
                name=shown.name_of(row),
                columns=list(row.layout.headers),
                raw=[raw] if raw == ERASED else shown.masked(row),
                doubts=[RowDoubt(**doubt.model_dump()) for doubt in doubts],
                reasons=shown.sentences(row, doubts, quoted=False),
                allowed_actions=["unmask", "dismiss"],
            )
        )
    return Page[RowAside].of(page, found)


async def in_clear(
    service: Service, caller: Actor, command_id: UUID, command: UnmaskPersonal, response: Response, id_: UUID
) -> RowInClear:
    """The row, after it was written down who reads it and why."""
    state = ROW.fold(entry.fact for entry in await load(service.pool, ROW.stream(id_)))
    if isinstance(state, Nothing):
        raise Unknown(what="row", id=str(id_))
    fact = state.fact
    told = await disclose(
        service,
        DISCLOSURE,
        caller,
        command_id,
        command,
        response,
        what="row",
        about=id_,
        unit=caller.unit,
        data={"row": fact.raw},
    )
    row = shown.unpacked(told.pop("row"), fact.row, fact.columns)
    return RowInClear(
        **told,
        batch=fact.batch,
        line=row.line,
        sheet=row.sheet,
        columns=list(row.layout.headers),
        raw=list(row.raw),
        reasons=shown.sentences(row, fact.doubts, quoted=True),
    )
