"""The register import over HTTP: a file goes in, lines of JSON come out while it is judged and written."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated

import anyio
import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from services.roster.api.importing import Import
from shared.asking import Caller
from shared.problems import Forbidden, TooLarge
from shared.service import Service
from shared.terms import Role

router = APIRouter(tags=["登记数据导入"])

_LARGEST = 200 * 1024 * 1024


@router.post("/imports", name="import_register", summary="导入登记数据(CSV 或 XLSX)", response_class=StreamingResponse)
async def import_register(
    request: Request,
    caller: Caller,
    name: Annotated[str, Query(max_length=200)] = "",
    *,
    apply: bool = False,
    preview: Annotated[bool, Query(description="比对登记库,不写入")] = False,
    complete: Annotated[bool, Query(description="文件是全区存续企业的完整名单")] = False,
) -> StreamingResponse:
    """Judge every row of the file in the body; with ``apply`` write what is accepted and keep what is doubtful.

    Answers lines of JSON: ``{"phase","done","total"}`` as it goes, ``{"report": [[…]]}`` for
    the report (its columns: 行号、结论、列、原因类别、原因、统一社会信用代码), and at the end
    ``{"result": {...}}`` or ``{"problem": "…"}``. The same file applied again changes nothing. With ``preview`` lines of
    ``{"changes": [{"what", "code", …}]}`` tell what would change and nothing is written: new, changed (``fields``: old, new),
    moved, back_again, left, gone. Who survives in the register but not in a ``complete`` file is never changed by itself: it
    waits in the queue ``missing``.
    """
    service: Service = request.app.state.service
    if not caller.holds(Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM):
        raise Forbidden(needs=[Role.OFFICE.label])
    suffix = Path(name).suffix[:10] if Path(name).suffix[1:].isalnum() else ""
    handle, text = tempfile.mkstemp(suffix=suffix)
    path = Path(text)
    digest = hashlib.sha256()
    size = 0
    try:
        async with await anyio.open_file(handle, "wb") as file:
            async for block in request.stream():
                size += len(block)
                if size > _LARGEST:
                    raise TooLarge(limit=_LARGEST)
                digest.update(block)
                await file.write(block)
    except BaseException:
        os.unlink(path)  # noqa: PTH108  a path that is surely ours, gone at once.
        raise

    async def told() -> AsyncGenerator[bytes, None]:
        try:
            async for line in Import(service, caller, path, digest.hexdigest(), apply and not preview, preview, complete).run():
                yield orjson.dumps(line, default=str) + b"\n"
        finally:
            path.unlink(missing_ok=True)  # noqa: ASYNC240  one unlink of a temporary file.

    return StreamingResponse(told(), media_type="application/x-ndjson")
