"""Printed pages: a typst source and values become a PDF, with a Chinese typeface that comes with the installation.

Values reach the source only through ``sys.inputs``: they are text, never markup, so what somebody typed can't change the
page or run in it. No network, no fonts of the system: the same source and values give the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

import pylopdf_fonts_zh_cn
import typst

SERIF = "Noto Serif SC"
SANS = "Noto Sans SC"
"""The two families a source may name; both in one weight, so what is to be bold gets a stroke."""

_FOLDER = pylopdf_fonts_zh_cn.sans_path().parent


@cache
def _fonts(more: tuple[Path, ...]) -> typst.Fonts:
    """The fonts, read once: 20 MB."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in (_FOLDER, *more)])


def pdf(source: str, inputs: Mapping[str, str], *, fonts: Sequence[Path] = ()) -> bytes:
    """The pages as PDF. ``source`` is our own text; ``fonts`` are folders with official typefaces dropped in by an office."""
    return cast("bytes", _compiler(source, inputs, fonts).compile(format="pdf", timestamp=0))


def png(source: str, inputs: Mapping[str, str], *, ppi: float = 144, fonts: Sequence[Path] = ()) -> list[bytes]:
    """The pages as pictures: a preview on a screen."""
    made = _compiler(source, inputs, fonts).compile(format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made or [])


def _compiler(source: str, inputs: Mapping[str, str], fonts: Sequence[Path]) -> typst.Compiler:
    # Nothing is read from a disk but fonts: the root is a folder that holds only these.
    return typst.Compiler(
        source.encode(), root=str(_FOLDER), font_paths=_fonts(tuple(fonts)), ignore_system_fonts=True, sys_inputs=dict(inputs)
    )
