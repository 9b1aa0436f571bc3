"""What an uploaded file really is, by its content and never by its name; what may not be kept is refused in words.

A photo loses its position before it is stored (国办函〔2026〕12号): everything a camera wrote beside the picture goes, the
picture itself is not compressed again unless it has to be turned. When it was taken stays as a hint.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.language.problems import Malformed
from shared.paper.foreign.reading import FileUnreadable, Limits, ReaderDied, Reading

MOST_BYTES = 20 * 1024 * 1024
_LIMITS = Limits(memory=1 << 30, processor=30, seconds=60)
"""Of one photo: the largest that is taken needs half of the memory."""

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/amr": "amr",
    "audio/wav": "wav",
}
"""The types that are kept, with the ending of a downloaded file's name."""

_ACCEPTED = "只接受 JPEG、PNG、WebP 图片,PDF,或 MP3、M4A、AMR、WAV 录音"
_HEIC = (
    "HEIC(高效)格式的照片不能直接上传。苹果手机:设置-相机-格式,选“兼容性最佳”后重拍;安卓手机:相机设置中关闭“高效图片(HEIF)”后重拍。"
    "已拍的照片,可在相册中存储为 JPEG,或截屏后上传"
)
_OTHERS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"), _HEIC),
    ((b"mp4", b"isom", b"iso", b"qt  ", b"3gp", b"M4V", b"avc1"), f"不接受视频,可截取画面后上传。{_ACCEPTED}"),
)
_RAW = (b"II*\0", b"MM\0*", b"II\x1a\0", b"FUJIFILM")
_MP4_BRANDS = (b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"3gp4", b"3gp5", b"3gp6")
_MPEG_SYNC = 0xE0
_MPEG_FREE_BITRATE, _MPEG_NO_RATE = 0xF0, 0x0C


class FileNotAccepted(Malformed):
    """Evidence is a JPEG, PNG or WebP image, a PDF, or an MP3, M4A, AMR or WAV recording, whole and undamaged."""

    title = "文件不能作为印证资料"


class DigestDiffers(Malformed):
    """The digest in the address is that of the bytes that arrived: otherwise they were damaged on the way."""

    title = "文件与地址中的摘要不符"


@dataclass(frozen=True)
class Checked:
    """A file fit to be stored."""

    content: bytes
    media_type: str
    captured_at: datetime | None
    phash: str | None = None
    """How a picture looks; other files have none."""

    @property
    def sha256(self) -> str:
        """The digest of the bytes as they are stored."""
        return hashlib.sha256(self.content).hexdigest()


def check(raw: bytes, digest: str) -> Checked:
    """The file fit to be stored, or a refusal. Takes time with large photos: call it outside the event loop."""
    if hashlib.sha256(raw).hexdigest() != digest:
        raise DigestDiffers(expected=digest, actual=hashlib.sha256(raw).hexdigest())
    media_type = sniff(raw)
    if media_type is None:
        raise FileNotAccepted(reason=_why(raw))
    if media_type == "application/pdf" and b"%%EOF" not in raw[-4096:]:
        raise FileNotAccepted(reason="PDF 不完整")
    if not media_type.startswith("image/"):
        return Checked(raw, media_type, None)
    told = _seen(raw, media_type)
    taken = told["captured_at"]
    return Checked(base64.b64decode(told["content"]), media_type, taken and datetime.fromisoformat(taken), told["looks"])


def _seen(raw: bytes, media_type: str) -> dict[str, Any]:
    """What a child process makes of a photo: no byte of it is parsed here."""
    with os.fdopen(os.memfd_create("photo"), "w+b") as file:
        file.write(raw)
        file.flush()
        try:
            with Reading(file, "photo", {"media_type": media_type}, _LIMITS) as reading:
                (told,) = reading
        except ReaderDied:
            raise FileNotAccepted(reason="图片过大或已损坏,请在手机相册中另存(或截屏)后重新上传") from None
        except FileUnreadable as error:
            raise FileNotAccepted(reason=str(error)) from None
    return told


def _why(raw: bytes) -> str:
    """What to do about a file that is none of those that are kept, if it is something telephones make."""
    if raw[4:8] == b"ftyp":
        return next((said for brands, said in _OTHERS if raw[8:12].startswith(brands)), _ACCEPTED)
    if raw.startswith(_RAW):
        return f"RAW(DNG)或 TIFF 格式的照片不能直接上传,请在相机设置中关闭 RAW 后重拍。{_ACCEPTED}"
    if raw.startswith(b"GIF8"):
        return f"不接受动图。{_ACCEPTED}"
    return _ACCEPTED


def sniff(raw: bytes) -> str | None:
    """The type by its first bytes, if it is one of those that are kept."""
    head = raw[:16]
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "audio/amr"
    if head[4:8] == b"ftyp":
        # The container also carries video, which nobody asks for: a video track names its handler.
        return "audio/mp4" if head[8:12] in _MP4_BRANDS and b"vide" not in raw else None
    if head.startswith(b"ID3") or _mpeg_frame(head):
        return "audio/mpeg"
    return None


def _mpeg_frame(head: bytes) -> bool:
    """An MPEG audio frame of layer III: eleven set bits, then version, layer, bit rate and sampling rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & _MPEG_SYNC != _MPEG_SYNC:  # noqa: PLR2004
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return (
        version != 1
        and layer == 1
        and head[2] & _MPEG_FREE_BITRATE != _MPEG_FREE_BITRATE
        and head[2] & _MPEG_NO_RATE != _MPEG_NO_RATE
    )
