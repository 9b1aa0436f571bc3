"""Files that prove a visit: what they really are, and what of a photo is kept."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import wave
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.visits.evidence import files
from services.visits.evidence.files import Checked, DigestDiffers, FileNotAccepted, check, sniff
from services.visits.evidence.store import Store
from shared.language.problems import Unavailable, Unknown
from shared.paper.foreign.photos import MOST_PIXELS
from shared.paper.foreign.reading import Limits

FORMS = ["JPEG", "PNG", "WEBP"]
SECRET = b"SecretPlace"


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x010F] = SECRET.decode()
    made[0x0112] = orientation
    made.get_ifd(0x8769)[0x9003] = "2026:09:01 10:11:12"
    position = made.get_ifd(0x8825)
    position[1], position[2], position[3], position[4] = "N", (27.0, 18.0, 7.0), "E", (105.0, 17.0, 3.0)
    return made


def picture(form: str = "JPEG", orientation: int = 1, size: tuple[int, int] = (64, 48), mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, size)
    if mode == "RGB":
        image.paste((250, 10, 10), (0, 0, size[0] // 2, size[1] // 2))  # The red corner tells where up is.
    image.save(out, form, exif=exif(orientation), **more)
    return out.getvalue()


def checked(raw: bytes) -> Checked:
    return check(raw, hashlib.sha256(raw).hexdigest())


def opened(raw: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image


def test_a_photo_whose_reading_takes_more_than_it_may_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_LIMITS", Limits(seconds=0.001))
    with pytest.raises(FileNotAccepted) as refused:
        checked(picture())
    assert "重新上传" in str(refused.value.facts["reason"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_stored_photo_is_upright_and_says_nothing_of_where_it_was_taken(form: str, orientation: int) -> None:
    raw = picture(form, orientation)
    assert SECRET in raw
    file = checked(raw)
    image = opened(file.content)
    assert not image.getexif()
    assert SECRET not in file.content
    assert b"Exif" not in file.content
    assert b"EXIF" not in file.content
    assert b"eXIf" not in file.content
    assert image.size == ((48, 64) if orientation >= 5 else (64, 48))
    corner = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[orientation]
    where = (corner[0] * (image.width - 1), corner[1] * (image.height - 1))
    red = image.convert("RGB").getpixel(where)
    assert isinstance(red, tuple)
    assert red[0] > 180
    assert file.captured_at == datetime.fromisoformat("2026-09-01T10:11:12+08:00")


@pytest.mark.parametrize("form", FORMS)
def test_an_upright_photo_keeps_every_pixel(form: str) -> None:
    raw = picture(form)
    assert opened(checked(raw).content).tobytes() == opened(raw).tobytes()


def test_a_stored_photo_checked_again_is_the_same() -> None:
    once = checked(picture("JPEG", 6)).content
    assert checked(once).content == once


@pytest.mark.parametrize("more", [{"progressive": True}, {"quality": 100, "subsampling": 0}, {"restart_marker_rows": 1}])
def test_every_kind_of_jpeg_is_read_to_its_end(more: dict[str, Any]) -> None:
    raw = picture("JPEG", size=(333, 111), **more)
    assert opened(checked(raw).content).tobytes() == opened(raw).tobytes()


def test_what_hides_behind_or_beside_the_picture_goes() -> None:
    raw = picture("JPEG")
    beside = (
        raw[:2]
        + b"".join(
            b"\xff" + bytes([marker]) + struct.pack(">H", len(SECRET) + 2) + SECRET
            for marker in (0xE0, 0xE1, 0xE2, 0xED, 0xEF, 0xFE)
        )
        + raw[2:]
    )
    assert SECRET not in checked(beside + SECRET).content
    image = io.BytesIO()
    Image.new("RGB", (4, 4)).save(image, "PNG")
    text = b"tEXt" + SECRET
    chunk = struct.pack(">I", len(SECRET)) + text + struct.pack(">I", zlib.crc32(text))
    png = image.getvalue()
    assert SECRET not in checked(png[:33] + chunk + png[33:] + SECRET).content


def test_a_colour_profile_stays() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for form in FORMS:
        for orientation in (1, 6):
            assert opened(checked(picture(form, orientation, icc_profile=profile)).content).info["icc_profile"] == profile


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("WEBP", "RGBA")]
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_pictures_without_ordinary_colours_pass_too(form: str, mode: str, orientation: int) -> None:
    assert opened(checked(picture(form, orientation, mode=mode)).content)


def with_second_picture(orientation: int = 1) -> bytes:
    """As many telephones write it: a preview, a depth or a gain map behind the picture, told of by an index (CIPA DC-007)."""
    out = io.BytesIO()
    image = opened(picture("JPEG"))
    image.save(out, "MPO", save_all=True, append_images=[Image.new("L", (16, 12), 77)], exif=exif(orientation))
    return out.getvalue()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("film", [b"", b"\0\0\0\x18ftypmp42" + b"\0" * 5_000 + SECRET])
def test_a_photo_with_a_second_picture_or_a_film_behind_it_is_the_first_picture(orientation: int, film: bytes) -> None:
    raw = with_second_picture(orientation)
    with Image.open(io.BytesIO(raw)) as found:
        assert found.n_frames == 2  # pyright: ignore[reportAttributeAccessIssue]
    image = opened(checked(raw + film).content)
    assert getattr(image, "n_frames", 1) == 1 and not image.getexif() and "mp" not in image.info
    assert image.size == ((48, 64) if orientation == 6 else (64, 48))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB"])
def test_what_is_transparent_stays_so_when_a_screenshot_is_turned(mode: str) -> None:
    image = Image.new(mode, (64, 48))
    more: dict[str, Any] = {}
    if mode == "P":
        image.putpalette([value for n in range(4) for value in (n * 60, 9, 9)])
        image.paste(1, (0, 0, 32, 24))
        more["transparency"] = b"\x00\xff\x80\xff"
    elif mode in ("L", "RGB"):
        image.paste(200 if mode == "L" else (200, 1, 2), (0, 0, 32, 24))
        more["transparency"] = 0 if mode == "L" else (0, 0, 0)
    else:
        image.paste((200, 10, 10, 255) if mode == "RGBA" else (200, 255), (0, 0, 32, 24))
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif(6), **more)
    turned = opened(checked(out.getvalue()).content).convert("RGBA")
    wanted = opened(out.getvalue()).convert("RGBA").transpose(Image.Transpose.ROTATE_270)
    assert turned.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("size", [(4032, 3024), (8160, 6120), (12000, 9000)])
def test_the_largest_pictures_of_telephones_are_taken(size: tuple[int, int], orientation: int) -> None:
    out = io.BytesIO()
    Image.new("L", size, 90).save(out, "JPEG", exif=exif(orientation))
    with Image.open(io.BytesIO(checked(out.getvalue()).content)) as kept:
        width, height = kept.size
        assert not kept.getexif() and (width * height <= MOST_PIXELS or orientation == 1)
        assert (width < height) == (orientation == 6)


@pytest.mark.parametrize(("form", "more"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"progressive": True})])
def test_what_must_be_decoded_whole_is_refused_before_it_is_decoded(form: str, more: dict[str, Any]) -> None:
    out = io.BytesIO()
    Image.new("L", (8000, 2501)).save(out, form, **more)
    with pytest.raises(FileNotAccepted) as refused:
        checked(out.getvalue())
    assert "8000×2501" in str(refused.value.facts["reason"]) and "2000 万像素" in str(refused.value.facts["reason"])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "设置-相机-格式"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "兼容性最佳"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "JPEG"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "视频"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0vide", "视频"),
        (b"II*\0\x08\0\0\0", "RAW"),
        (b"GIF89a", "动图"),
        (b"\x00\x01", "只接受"),
    ],
)
def test_what_telephones_make_and_is_not_taken_is_refused_with_what_to_do(raw: bytes, said: str) -> None:
    with pytest.raises(FileNotAccepted) as refused:
        checked(raw)
    assert said in str(refused.value.facts["reason"])


def recording() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 80)
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (recording(), "audio/wav"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x44" + b"\0" * 400, "audio/mpeg"),
        (b"#!AMR\n\x3c", "audio/amr"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
        (b"%PDF-1.7\n1 0 obj\n%%EOF\n", "application/pdf"),
    ],
)
def test_papers_and_recordings_are_kept_as_they_came(raw: bytes, media_type: str) -> None:
    file = checked(raw)
    assert (file.content, file.media_type) == (raw, media_type)


@pytest.mark.parametrize(
    "raw",
    [
        b"x",
        b"MZ\x90",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"PK\x03\x04",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\xff\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\xff\xff\xff\xffWEBPVP8X",
        b"\0\0\0\x20ftypisom" + b"hdlrvide",
        b"\xff\xff\xff\xff",
        b"\xff",
        b"RIFF",
        b"\0\0\0\0ftyp",
    ],
)
def test_other_files_are_refused_in_words(raw: bytes) -> None:
    with pytest.raises(FileNotAccepted):
        checked(raw)


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_photo_is_refused_or_kept_without_its_metadata_but_never_breaks_anything(form: str) -> None:
    import random

    raw = picture(form, 6)
    dice = random.Random(7)
    for _ in range(300):
        broken = bytearray(raw[: dice.choice((len(raw), dice.randrange(1, len(raw))))])
        for _ in range(dice.randrange(4)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            file = checked(bytes(broken))
        except FileNotAccepted:
            continue
        if file.media_type.startswith("image/"):
            assert not opened(file.content).getexif()


def test_a_picture_cut_short_is_refused() -> None:
    raw = picture("JPEG", size=(400, 400))
    for cut in (len(raw) // 2, len(raw) - 2):
        with pytest.raises(FileNotAccepted):
            checked(raw[:cut])


def test_a_decompression_bomb_is_refused_before_it_is_opened() -> None:
    side = int(MOST_PIXELS**0.5) + 1
    for width, height in ((side, side), (60_000, 60_000)):
        out = io.BytesIO()
        Image.new("1", (8, 8)).save(out, "PNG")
        raw = bytearray(out.getvalue())
        raw[16:24] = struct.pack(">II", width, height)
        raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
        with pytest.raises(FileNotAccepted) as caught:
            checked(bytes(raw))
        assert str(caught.value.facts["reason"]).startswith("图片像素过多")


def test_a_moving_picture_is_refused() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "WEBP", save_all=True, append_images=[Image.new("RGB", (8, 8), "red")])
    with pytest.raises(FileNotAccepted):
        checked(out.getvalue())


def test_bytes_damaged_on_the_way_are_refused() -> None:
    with pytest.raises(DigestDiffers):
        check(picture(), "0" * 64)


def test_the_ending_of_a_name_says_nothing() -> None:
    assert sniff(b"#!/bin/sh") is None


def test_a_file_is_kept_once_under_the_digest_of_its_bytes(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}/证据 库")
    digest = store.put(b"abc")
    assert digest == hashlib.sha256(b"abc").hexdigest() == store.put(b"abc")
    assert store.get(digest) == b"abc"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [digest]


def test_a_file_that_is_not_there_is_unknown_and_a_changed_one_is_not_handed_out(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    digest = store.put(b"abc")
    with pytest.raises(Unknown):
        store.get("0" * 64)
    (tmp_path / digest[:2] / digest).write_bytes(b"abd")
    with pytest.raises(Unavailable):
        store.get(digest)


def test_what_was_acknowledged_has_been_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[str] = []
    really = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (settled.append(str(Path(f"/proc/self/fd/{handle}").readlink())), really(handle))[1]
    )
    digest = Store(f"file://{tmp_path}").put(b"abc")
    assert settled == [str(tmp_path / digest[:2] / digest), str(tmp_path / digest[:2]), str(tmp_path)]
