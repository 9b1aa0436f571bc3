"""The pictures that prove the demo's visits: a few tiny drawings, put where the visits service keeps its evidence."""

from __future__ import annotations

import io
from hashlib import sha256
from random import Random

from PIL import Image, ImageDraw

from deploy.demo.steps import SEED
from services.visits.domain.visit.commands import AttachEvidence
from services.visits.evidence.files import check
from services.visits.evidence.store import store_at
from shared.language.terms import EvidenceKind

_PER_KIND = {EvidenceKind.PHOTO: 14, EvidenceKind.SCREENSHOT: 4, EvidenceKind.RESPONSE: 4}


def drawings() -> list[tuple[EvidenceKind, bytes]]:
    """PNG files, each another one."""
    rng = Random(SEED + 6)  # noqa: S311
    return [(kind, _encoded(_draw(rng))) for kind, count in _PER_KIND.items() for _ in range(count)]


def attachments(files: list[tuple[EvidenceKind, bytes]], *, looks: bool = False) -> dict[EvidenceKind, list[AttachEvidence]]:
    """The commands that attach them, as the service makes them from what it has checked.

    ``looks``: with what a picture looks like. The drawings serve thousands of visits, which would all look alike.
    """
    found: dict[EvidenceKind, list[AttachEvidence]] = {}
    for kind, content in files:
        checked = check(content, sha256(content).hexdigest())
        command = AttachEvidence(
            sha256=checked.sha256,
            original=sha256(content).hexdigest(),
            kind=kind,
            media_type=checked.media_type,
            size=len(checked.content),
            phash=checked.phash if looks else None,
        )
        found.setdefault(kind, []).append(command)
    return found


def keep(url: str, files: list[tuple[EvidenceKind, bytes]]) -> None:
    """Put them where the service looks for them. Blocks."""
    store = store_at(url)
    for _, content in files:
        store.put(check(content, sha256(content).hexdigest()).content)


def lookalikes() -> list[tuple[EvidenceKind, bytes]]:
    """A drawing, and the same one with a speck: other bytes, the same look."""
    first = _draw(Random(SEED + 8))  # noqa: S311
    second = first.copy()
    second.putpixel((150, 10), (30, 30, 30))
    return [(EvidenceKind.PHOTO, _encoded(image)) for image in (first, second)]


def _draw(rng: Random) -> Image.Image:
    image = Image.new("RGB", (160, 120), tuple(rng.randint(150, 235) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = rng.randint(0, 120), rng.randint(20, 100)
        pen.rectangle((x, y, x + rng.randint(10, 40), 119), fill=tuple(rng.randint(40, 200) for _ in range(3)))
    pen.text((4, 4), f"DEMO {rng.randint(0, 999_999):06d}", fill=(30, 30, 30))
    return image


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
