"""The tables of a foreign file, as the parent sees them: sheets, and lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, Self

from shared.paper.foreign.child import ERROR, MERGED
from shared.paper.foreign.reading import Limits, Reading
from shared.paper.foreign.text import heading

__all__ = ["ERROR", "MERGED", "Line", "Sheet", "Tables"]


class Line(NamedTuple):
    """One row: its line in the file or sheet (from 1), its cells as text, whether its quotes are broken, marks by place."""

    line: int
    cells: list[str]
    broken: bool = False
    marks: Mapping[int, str] = {}


@dataclass(frozen=True)
class Sheet:
    """A sheet begins. A text file is one without a name; a hidden sheet has no lines, only their number."""

    name: str = ""
    hidden: bool = False
    rows: int = 0
    hidden_rows: int = 0
    errors: int = 0
    merged: int = 0
    """Merged cells that cover more than one row."""
    base_1904: bool = False
    """Serial numbers of days count from 1904-01-01."""
    encoding: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how it was read."""
        said = (
            (self.hidden_rows, f"有 {self.hidden_rows} 行被隐藏或筛选掉,也一并读取"),
            (self.merged, f"有 {self.merged} 处纵向合并的单元格,只有第一行有内容,其余各行按空处理"),
            (self.errors, f"有 {self.errors} 个单元格是公式错误"),
        )
        where = f"工作表“{self.name}”" if self.name else ""
        return tuple(where + sentence for count, sentence in said if count)


class Tables:
    """Each sheet and then its lines. A context: leaving it, or ``close`` from any thread, ends the reading.

    ``words`` are headings by which the delimiter of a text is found; ``options`` as ``text`` has them.
    """

    def __init__(self, file: BinaryIO, *, words: Iterable[str] = (), limits: Limits | None = None, **options: Any) -> None:
        """The child begins at once."""
        self._reading = Reading(file, "tables", {"words": sorted(set(map(heading, words))), **options}, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the reading."""
        self._reading.close()

    def __iter__(self) -> Iterator[Sheet | Line]:
        """``FileUnreadable`` may come at any point."""
        for frame in self._reading:
            if isinstance(frame, list):
                for line, cells, broken, marks in frame:
                    yield Line(line, cells, broken, {int(place): mark for place, mark in marks.items()} if marks else {})
            elif "sheet" in frame:
                yield Sheet(**frame["sheet"])
