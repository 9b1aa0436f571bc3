"""In the child: a photo without what its camera wrote beside the picture: position, device, owner, embedded previews, sound and film.

What is kept is listed, everything else goes: a list of what to remove would forget the next maker's invention. Colour
profiles stay, because without them colours are wrong. A picture that lies on its side is turned and written anew.
"""

from __future__ import annotations

import base64
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from shared.language.months import SHANGHAI
from shared.paper.foreign.child import Unfit

MOST_PIXELS = 20_000_000
"""Decoded at once. A PNG of a few kilobytes may claim any number of them, and is decoded whole."""
MOST_DRAFTED = 220_000_000
"""Of a baseline JPEG, which is decoded at a fraction of its size: telephones make pictures of 200 million pixels."""
Image.MAX_IMAGE_PIXELS = MOST_DRAFTED  # What pillow suspects is counted here, before anything is decoded.
_SCALES = (1, 2, 4, 8)

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_QUALITY = 92
_UPRIGHT = 1
_LEAST_CONTRAST = 12

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_STANDALONE = (0x01, *range(0xD0, 0xD8))
_APPLICATION = range(0xE0, 0xF0)
_COMMENT = 0xFE
_KEPT_APPLICATION = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}

_KEPT_PNG = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"cHRM",
    b"gAMA",
    b"iCCP",
    b"sBIT",
    b"sRGB",
    b"cICP",
    b"bKGD",
    b"pHYs",
}
_KEPT_WEBP = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}
_WEBP_ICC_AND_ALPHA = 0x20 | 0x10


class NotAPhoto(Unfit):
    """The bytes are no whole picture, or one too large to be opened; the reason in Chinese."""


def read(raw: bytes, media_type: str) -> dict[str, Any]:
    """What the child tells of a photo: what is kept of it, when it was taken, how it looks."""
    content, captured_at = clean(raw, media_type)
    told = captured_at and captured_at.isoformat()
    return {"content": base64.b64encode(content).decode(), "captured_at": told, "looks": looks(content)}


def clean(raw: bytes, media_type: str) -> tuple[bytes, datetime | None]:
    """The picture alone, upright, and when it was taken if the camera says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Odd metadata is no reason to refuse: it is dropped below.
        try:
            return _clean(raw, media_type)
        except NotAPhoto:
            raise
        except Image.DecompressionBombError:
            raise NotAPhoto("图片像素过多") from None
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            SyntaxError,
            TypeError,
            IndexError,
            KeyError,
            EOFError,
            struct.error,
            zlib.error,
            OverflowError,
            MemoryError,
            AttributeError,
            RuntimeError,
        ):
            # Pillow's parsers raise all of these on damaged files.
            raise NotAPhoto("图片损坏或不完整") from None


def looks(content: bytes) -> str | None:
    """The 64-bit difference hash of a picture, hexadecimal: whether each pixel of 9×8 is lighter than its right neighbour.
    A picture without contrast looks like any other and has none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=list(_FORMATS.values())) as image:
            image.draft("L", (max(9, image.width // 8), max(8, image.height // 8)))
            small = image.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    if max(small) - min(small) < _LEAST_CONTRAST:
        return None
    bits = (small[row * 9 + column] > small[row * 9 + column + 1] for row in range(8) for column in range(8))
    return f"{sum(bit << place for place, bit in enumerate(bits)):016x}"


def _clean(raw: bytes, media_type: str) -> tuple[bytes, datetime | None]:
    form = _FORMATS[media_type]
    with Image.open(io.BytesIO(raw), formats=[form]) as image:
        _count(image, form)
        # The further pictures of a JPEG are previews, depth and gain maps of telephones, and not kept; of others, an animation.
        if form != "JPEG" and getattr(image, "n_frames", 1) > 1:
            raise NotAPhoto("不接受动图")
        orientation, captured_at = _exif(image)
        if orientation != _UPRIGHT:
            return _turned(image, form), captured_at
        bare = {"JPEG": _bare_jpeg, "PNG": _bare_png, "WEBP": _bare_webp}[form](raw)
    _decode(bare, form)  # What is stored is what was checked: the bare picture has to open.
    return bare, captured_at


def _count(image: Image.Image, form: str) -> None:
    """Refuse what would take too much memory to look at; nothing is decoded yet."""
    drafted = form == "JPEG" and not image.info.get("progressive")  # A progressive one is always held whole.
    most = MOST_DRAFTED if drafted else MOST_PIXELS
    if image.width * image.height > most:
        shown = f"{image.width}×{image.height}"
        raise NotAPhoto(f"图片像素过多({shown}),最多 {most // 10_000} 万像素,请缩小后上传;长截图请分段")


def _decode(raw: bytes, form: str) -> None:
    with Image.open(io.BytesIO(raw), formats=[form]) as image:
        image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))  # A JPEG is read small: all bytes, less memory.
        image.load()


def _exif(image: Image.Image) -> tuple[int, datetime | None]:
    """Orientation and instant. Unreadable metadata says nothing: the picture is upright, its instant unknown."""
    try:
        exif = image.getexif()
        within = exif.get_ifd(ExifTags.IFD.Exif)
        orientation = exif.get(ExifTags.Base.Orientation, _UPRIGHT)
        taken = within.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
        offset = within.get(ExifTags.Base.OffsetTimeOriginal)
    except Exception:  # noqa: BLE001  a parser of arbitrary bytes.
        return _UPRIGHT, None
    return orientation if orientation in range(1, 9) else _UPRIGHT, _instant(taken, offset)


def _instant(taken: object, offset: object) -> datetime | None:
    if not isinstance(taken, str):
        return None
    try:
        naive = datetime.strptime(taken.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  the zone comes next.
    except ValueError:
        return None
    if not 2000 <= naive.year < 2200:  # noqa: PLR2004
        return None
    try:
        return datetime.strptime(f"{naive.isoformat()}{str(offset).strip()}", "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return naive.replace(tzinfo=SHANGHAI)


def _turned(image: Image.Image, form: str) -> bytes:
    # One too large to be turned whole is read at a half, a quarter or an eighth of its size.
    scale = next(n for n in _SCALES if image.width * image.height <= n * n * MOST_PIXELS)
    image.draft(image.mode, (max(1, image.width // scale), max(1, image.height // scale)))
    upright = ImageOps.exif_transpose(image)
    # A fresh picture from the pixels alone: nothing of the old one's metadata can come along.
    fresh = Image.new(upright.mode, upright.size)
    fresh.paste(upright)
    if upright.mode == "P" and (palette := upright.getpalette()):
        fresh.putpalette(palette)
    out = io.BytesIO()
    kept = {name: image.info[name] for name in ("icc_profile", "transparency") if image.info.get(name) is not None}
    fresh.save(out, form, quality=_QUALITY, **kept)
    return out.getvalue()


def _bare_jpeg(raw: bytes) -> bytes:
    """Without application segments and comments, and without whatever lies behind the end of the picture."""
    out = bytearray(raw[:2])
    at = 2
    while True:
        if raw[at] != 0xFF:  # noqa: PLR2004
            raise NotAPhoto("图片损坏或不完整")
        while raw[at + 1] == 0xFF:  # noqa: PLR2004  fill bytes
            at += 1
        marker = raw[at + 1]
        if marker == _EOI:
            return bytes(out + raw[at : at + 2])
        if marker in _STANDALONE:
            at += 2
            continue
        length = struct.unpack_from(">H", raw, at + 2)[0]
        segment = raw[at : at + 2 + length]
        at += 2 + length
        if marker in _APPLICATION:
            name = _KEPT_APPLICATION.get(marker)
            if name is not None and segment[4:].startswith(name):
                out += segment
        elif marker != _COMMENT:
            out += segment
        if marker == _SOS:
            end = _end_of_scan(raw, at)
            out += raw[at:end]
            at = end


def _end_of_scan(raw: bytes, at: int) -> int:
    """Where the next real marker stands: in a scan, FF is followed by 00 or is a restart."""
    while True:
        at = raw.find(b"\xff", at)
        if at < 0 or at + 1 >= len(raw):
            raise NotAPhoto("图片损坏或不完整")
        if raw[at + 1] == 0 or raw[at + 1] in _STANDALONE:
            at += 2
        elif raw[at + 1] == 0xFF:  # noqa: PLR2004
            at += 1
        else:
            return at


def _bare_png(raw: bytes) -> bytes:
    out = bytearray(raw[:8])
    at = 8
    while at < len(raw):
        length, name = struct.unpack_from(">I4s", raw, at)
        whole = raw[at : at + 12 + length]
        at += 12 + length
        if name in _KEPT_PNG:
            out += whole
        if name == b"IEND":
            return bytes(out)
    raise NotAPhoto("图片损坏或不完整")


def _bare_webp(raw: bytes) -> bytes:
    out = bytearray()
    for name, payload in _riff(raw):
        if name not in _KEPT_WEBP:
            continue
        kept = bytes([payload[0] & _WEBP_ICC_AND_ALPHA]) + payload[1:] if name == b"VP8X" else payload
        out += name + struct.pack("<I", len(kept)) + kept + b"\0" * (len(kept) % 2)
    return b"RIFF" + struct.pack("<I", len(out) + 4) + b"WEBP" + bytes(out)


def _riff(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = min(len(raw), 8 + struct.unpack_from("<I", raw, 4)[0])
    at = 12
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", raw, at)
        yield name, raw[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
