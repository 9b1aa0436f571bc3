"""Files of publicity: pictures, documents and short videos, stored as evidence is, under the digest of their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from services.visits.evidence.files import EXTENSIONS, MOST_BYTES, DigestDiffers, FileNotAccepted, check
from services.visits.evidence.store import store_at
from shared.http.service import Service
from shared.language.problems import TooLarge

_VIDEO = "video/mp4"
_AT_ONCE = anyio.CapacityLimiter(2)
"""Files looked at at the same time: a photo may take a few hundred megabytes."""

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary", "maxLength": MOST_BYTES}}},
    }
}


_ENDINGS = {**EXTENSIONS, _VIDEO: "mp4"}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "图片、录音、短视频或 PDF,即上传时的种类", "content": {kind: {} for kind in _ENDINGS}}
}
"""What a download answers: one of the types that are kept."""


@dataclass(frozen=True)
class Kept:
    """A stored file."""

    sha256: str
    media_type: str
    size: int


async def keep(service: Service, request: Request, digest: str, may: Callable[[Kept], object], *, videos: bool = False) -> Kept:
    """Store the body, once ``may`` has refused nothing; what it is is told by its bytes. A photo loses its position, a short
    video stays as it is.
    """
    raw = await _body(request)
    if videos and raw[4:8] == b"ftyp" and b"vide" in raw:
        if hashlib.sha256(raw).hexdigest() != digest:
            raise DigestDiffers(expected=digest, actual=hashlib.sha256(raw).hexdigest())
        content, media_type = raw, _VIDEO
    else:
        checked = await run_sync(check, raw, digest, limiter=_AT_ONCE)
        content, media_type = checked.content, checked.media_type
    kept = Kept(hashlib.sha256(content).hexdigest(), media_type, len(content))
    may(kept)
    await run_sync(store_at(service.settings.evidence_url).put, content)
    return kept


async def download(service: Service, sha256: str, media_type: str) -> Response:
    """A stored file, never shown inside a page."""
    content = await run_sync(store_at(service.settings.evidence_url).get, sha256)
    ending = _ENDINGS.get(media_type, "bin")
    return Response(
        content,
        media_type=media_type,
        headers={
            "ETag": f'"{sha256}"',
            "Content-Disposition": f'attachment; filename="{sha256[:16]}.{ending}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


async def _body(request: Request) -> bytes:
    """The body, read no further than the limit."""
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
