"""The register import over HTTP: a file goes in, lines of JSON come out while it is judged and written."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from services.roster.api.importing import Import
from services.roster.intake.whole import HEADINGS
from shared.http.entrance import Entrance
from shared.http.parameters import Caller
from shared.http.service import Service
from shared.language.problems import Forbidden
from shared.language.reach import OFFICE
from shared.language.terms import Role
from shared.paper.foreign.uploads import received

router = APIRouter(tags=["登记数据导入"], route_class=Entrance)

LARGEST = 200 * 1024 * 1024
"""Bytes; the gateway lets as much through on this route (deploy/Caddyfile)."""
_LINES = "application/x-ndjson"
_FILE = {"schema": {"type": "string", "format": "binary", "maxLength": LARGEST}}
_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": _FILE, "text/csv": _FILE}}}


@router.post(
    "/imports",
    name="import_register",
    summary="导入登记数据(CSV 或 XLSX)",
    response_class=StreamingResponse,
    responses={200: {"content": {_LINES: {}}, "description": "逐行的 JSON"}},
    openapi_extra=_BODY,
)
async def import_register(
    request: Request,
    caller: Caller,
    _name: Annotated[str, Query(max_length=200, alias="name", description="文件名,只供核对,不保存")] = "",
    *,
    apply: bool = False,
    preview: Annotated[bool, Query(description="比对登记库,不写入")] = False,
    complete: Annotated[bool, Query(description="文件是全区存续企业的完整名单")] = False,
    confirm: Annotated[int | None, Query(ge=0, le=10_000_000, description="已核对的“名单中没有”的户数;超过 5% 时必填")] = None,
) -> StreamingResponse:
    """Judge every row of the file in the body; with ``apply`` write what is accepted and keep what is doubtful.

    Answers lines of JSON: ``{"headings": […]}`` first, ``{"phase","done","total"}`` as it goes, ``{"report": [[…]]}`` for
    the report, and at the end ``{"result": {...}}`` or ``{"problem": "…"}``; a file that can't be read is a 422. Every visible sheet with a header is read;
    ``result.omitted`` names what was not. The same file applied again changes nothing. With ``preview`` lines of
    ``{"changes": [{"what", "code", …}]}`` tell what would change and nothing is written: new, changed (``fields``: old, new),
    moved, back_again, left, gone. Who survives in the register but not in a ``complete`` file is never changed by itself: it
    waits in the queue ``missing``. A file of which something was left out is never complete; where more than one in twenty
    would be missing, ``confirm`` says the number that was seen.
    """
    service: Service = request.app.state.service
    if not caller.holds(*OFFICE, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])
    upload = await received(request, LARGEST)
    lines = Import(service, caller, upload.file, upload.digest, apply and not preview, preview, complete, confirm).run()
    try:
        first = await anext(lines)
    except BaseException:
        upload.close()
        raise

    async def told() -> AsyncGenerator[bytes, None]:
        try:
            yield orjson.dumps({"headings": HEADINGS}) + b"\n" + orjson.dumps(first, default=str) + b"\n"
            async for line in lines:
                yield orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n"
        finally:
            await lines.aclose()
            upload.close()

    return StreamingResponse(told(), media_type=_LINES)
