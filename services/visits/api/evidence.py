"""Evidence files of a visit: sending one, reading one."""

from __future__ import annotations

import hashlib
from typing import Annotated
from uuid import UUID

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Path, Query, Request, Response
from starlette.requests import ClientDisconnect

from services.visits.api.publicity import FILE
from services.visits.domain.visit.commands import AttachEvidence
from services.visits.domain.visit.decide import VISIT, KnownVisit
from services.visits.domain.visit.permissions import may_tell
from services.visits.domain.visit.refusals import VisitIsVoid
from services.visits.domain.visit.states import Recorded, Unrecorded, Voided
from services.visits.evidence.files import EXTENSIONS, MOST_BYTES, FileNotAccepted, check
from services.visits.evidence.staging import Staging
from services.visits.evidence.store import store_at
from services.visits.queries import lookups
from services.visits.queries.visit import EvidenceReceipt, visit
from shared.events.visits import EvidenceAttached
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Malformed, TooLarge, Unknown
from shared.language.reach import reads
from shared.language.terms import EvidenceKind, derived_id

router = APIRouter(tags=["印证资料"], route_class=Entrance)

VisitId = Annotated[UUID, Path(description="走访编号")]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="文件内容的 SHA-256(小写十六进制)")]
Kind = Annotated[EvidenceKind, Query(description="印证资料种类")]

Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=MOST_BYTES, description="本段的起始位置")]

_AT_ONCE = anyio.CapacityLimiter(2)
"""Photos opened at the same time: each may take a few hundred megabytes."""

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary", "maxLength": MOST_BYTES}}},
    }
}


@router.put(
    "/visits/{id_}/evidence/{sha256}", name="attach_evidence", summary="上传印证资料", status_code=201, openapi_extra=_BODY
)
async def attach(
    id_: VisitId, sha256: Digest, kind: Kind, caller: Caller, request: Request, response: Response
) -> EvidenceReceipt:
    """The file itself is the body. A photo is stored without its position; sending the same file again changes nothing."""
    service: Service = request.app.state.service
    await _open(service, id_, caller)  # Before twenty megabytes are read and stored for nothing.
    return await _attach(service, response, id_, sha256, kind, await _body(request), caller)


async def _attach(
    service: Service, response: Response, id_: UUID, sha256: str, kind: EvidenceKind, raw: bytes, caller: Actor
) -> EvidenceReceipt:
    checked = await run_sync(check, raw, sha256, limiter=_AT_ONCE)
    command = AttachEvidence(
        sha256=hashlib.sha256(checked.content).hexdigest(),
        kind=kind,
        media_type=checked.media_type,
        size=len(checked.content),
        captured_at=checked.captured_at,
        original=sha256,
        phash=checked.phash,
    )
    # Nothing is stored that the decision refuses: it is asked on the state as it is, and again when the fact is written.
    context = await service.context(caller, id_, KnownVisit())
    VISIT.decide((await lookups.recorded(service, id_))[1], command, context)
    stored = await run_sync(store_at(service.settings.evidence_url).put, checked.content)
    done = await service.desk.handle(
        VISIT,
        id_,
        command,
        await service.context(caller, id_, KnownVisit()),
        command_id=derived_id("visits", "file", str(id_), stored, kind),
    )
    if isinstance(done.state, Unrecorded):
        raise Unknown(what="visit", id=str(id_))
    response.status_code = 200 if done.replayed else 201
    shown = await visit(service, id_, done.version, done.state, caller)
    return EvidenceReceipt.of(receipt(service, response, done), shown, sha256=stored, original=sha256)


@router.head("/visits/{id_}/uploads/{sha256}", name="ask_upload", summary="查询断点续传位置")
async def asked(id_: VisitId, sha256: Digest, caller: Caller, request: Request) -> Response:
    """``Upload-Offset`` says how many bytes have come. 断点续传: HEAD, then PATCH pieces from there, then POST …/finish."""
    service: Service = request.app.state.service
    state = await _open(service, id_, caller)
    if _there(state, sha256):
        return Response(headers={"Upload-Complete": "?1", "Cache-Control": "no-store"})
    offset = await run_sync(Staging(service.settings.evidence_url, caller.id).offset, id_, sha256)
    return Response(headers={"Upload-Offset": str(offset), "Upload-Complete": "?0", "Cache-Control": "no-store"})


@router.patch(
    "/visits/{id_}/uploads/{sha256}",
    name="continue_upload",
    summary="续传一段",
    status_code=204,
    response_class=Response,
    openapi_extra=_BODY,
)
async def more(id_: VisitId, sha256: Digest, caller: Caller, request: Request, offset: Offset) -> Response:
    """The next piece is the body; ``Upload-Offset`` says where it begins. What is answered lies on the disk."""
    service: Service = request.app.state.service
    await _open(service, id_, caller)
    staging = Staging(service.settings.evidence_url, caller.id)
    following = await run_sync(staging.append, id_, sha256, offset, await _body(request))
    return Response(status_code=204, headers={"Upload-Offset": str(following)})


@router.post("/visits/{id_}/uploads/{sha256}/finish", name="finish_upload", summary="完成续传", status_code=201)
async def finish(
    id_: VisitId, sha256: Digest, kind: Kind, caller: Caller, request: Request, response: Response
) -> EvidenceReceipt:
    """The pieces become evidence as if they had been sent at once. Said twice it answers the same."""
    service: Service = request.app.state.service
    state = await _open(service, id_, caller)
    staging = Staging(service.settings.evidence_url, caller.id)
    if (file := _there(state, sha256)) is not None:
        version, state = await lookups.recorded(service, id_)
        response.status_code = 200
        head = receipt(service, response, await lookups.again(service, id_, version, state))
        shown = await visit(service, id_, version, state, caller)
        return EvidenceReceipt.of(head, shown, sha256=file.sha256, original=file.original)
    raw = await run_sync(staging.content, id_, sha256)
    if not raw:
        raise FileNotAccepted(reason="没有已上传的内容")
    try:
        answer = await _attach(service, response, id_, sha256, kind, raw, caller)
    except Malformed:
        await run_sync(staging.forget, id_, sha256)  # Damaged: it has to be sent again from the beginning.
        raise
    await run_sync(staging.forget, id_, sha256)
    return answer


def _there(state: Recorded, sha256: str) -> EvidenceAttached | None:
    """The file that is there under this digest, of the stored bytes or of those once sent."""
    return next((item for item in state.details.evidence if sha256 in (item.sha256, item.original)), None)


async def _open(service: Service, id_: UUID, caller: Actor) -> Recorded:
    """The visit, if this person may add to it."""
    _, state = await lookups.recorded(service, id_)
    may_tell(state.details, caller)
    if isinstance(state, Voided):
        raise VisitIsVoid(visit=str(id_), reason=state.words)
    return state


@router.get(
    "/visits/{id_}/evidence/{sha256}", name="get_evidence", summary="查看印证资料", response_class=Response, responses=FILE
)
async def get(id_: VisitId, sha256: Digest, caller: Caller, request: Request) -> Response:
    """By the digest of the stored bytes, or of those once sent. Never shown inside a page: always a download."""
    service: Service = request.app.state.service
    reads(caller)
    _, state = await lookups.recorded(service, id_)
    await lookups.may_read(service, state, caller)
    if (item := _there(state, sha256)) is None:
        raise Unknown(what="evidence", id=sha256)
    content = await run_sync(store_at(service.settings.evidence_url).get, item.sha256)
    return Response(
        content,
        media_type=item.media_type,
        headers={
            "ETag": f'"{item.sha256}"',
            "Content-Disposition": f'attachment; filename="{item.sha256[:16]}.{EXTENSIONS[item.media_type]}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


async def _body(request: Request) -> bytes:
    """The body, read no further than the limit."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and len(announced) < 20 and int(announced) > MOST_BYTES:  # noqa: PLR2004
        raise TooLarge(most=MOST_BYTES)
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MOST_BYTES:
                raise TooLarge(most=MOST_BYTES)
    except ClientDisconnect:
        raise FileNotAccepted(reason="上传中断") from None
    if not raw:
        raise FileNotAccepted(reason="文件为空")
    return bytes(raw)
