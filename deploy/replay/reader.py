"""The rows of a foreign log, in the order in which they happened. A row that can't be read stops everything before it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.replay.mapping import Mapping
from shared.language.terms import IssueStage, Level
from shared.paper.foreign.reading import FileUnreadable, Limits
from shared.paper.foreign.tables import Sheet, Tables

_LONGEST = 2_000
_LIMITS = Limits(processor=1800, seconds=1800)
_MOST = 20
"""Complaints that are told one by one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its words mapped."""

    line: int
    ticket: str
    at: datetime
    status: str
    stage: IssueStage
    final: bool
    level: Level
    owner: str
    member: str | None


class Unreadable(Exception):
    """What can't be read, each with its line or with how often it is there."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__(f"{len(complaints)} 处无法识别")
        self.complaints = complaints


def read_rows(path: Path, mapping: Mapping, tell: Callable[[str], None] = lambda _note: None) -> dict[str, list[Row]]:
    """The rows of each ticket by instant; rows of one instant stay in the order of the file. Each visible sheet has a heading of
    its own, a hidden one stops everything, and ``tell`` hears what a person should know of how a sheet was read.
    """
    try:
        return _read(path, mapping, tell)
    except FileUnreadable as error:
        raise Unreadable([str(error)]) from None


def _read(path: Path, mapping: Mapping, tell: Callable[[str], None]) -> dict[str, list[Row]]:
    amiss: list[str] = []
    strange: Counter[str] = Counter()
    found: dict[str, list[Row]] = {}
    at_of, level_of, columns = _clock(mapping), cache(mapping.level_of), mapping.columns
    with (
        path.open("rb") as file,
        Tables(
            file, strict=True, encoding=mapping.encoding, delimiter=mapping.delimiter, longest=_LONGEST, limits=_LIMITS
        ) as tables,
    ):
        cell: Callable[[list[str], tuple[str, ...]], str] | None = None
        where, begun = "", False
        for item in tables:
            if isinstance(item, Sheet):
                cell, where = None, f"工作表“{item.name}”" if item.name else ""
                if item.hidden and item.rows:
                    amiss.append(f"工作表“{item.name}”是隐藏的,其中约 {item.rows} 行没有读:请取消隐藏或删除该表")
                for note in () if item.hidden else item.notes:
                    tell(note)
                continue
            line, cells, broken, _ = item
            if cell is None:
                cell, begun = _cells(cells, columns.named()), True
                continue
            if broken:
                amiss.append(f"{where}第{line}行:引号不配对")
                continue
            if not any(map(str.strip, cells)):
                continue
            ticket, at, status = (cell(cells, names) for names in (columns.ticket, columns.at, columns.status))
            instant = at_of(at)
            words = cell(cells, columns.level or ())
            level = level_of(words)
            if not ticket or len(ticket) > 100:  # noqa: PLR2004  as the service takes it.
                amiss.append(f"{where}第{line}行:编号为空或超过100字")
            if instant is None:
                amiss.append(f"{where}第{line}行:时刻“{at[:50]}”无法识别")
            if status not in mapping.statuses:
                strange[f"状态“{status[:50]}”未对应"] += 1
            if level is None:
                strange[f"层级“{words[:50]}”未对应"] += 1
            if instant is None or level is None or status not in mapping.statuses or not ticket:
                continue
            owner = cell(cells, columns.owner or ())[:200]
            member = mapping.owners.get(owner)
            row = Row(
                line,
                ticket,
                instant,
                status,
                mapping.statuses[status],
                mapping.ends(status),
                level,
                owner,
                str(member) if member else None,
            )
            found.setdefault(ticket, []).append(row)
    if not (begun or amiss):
        _cells([], columns.named())
    if amiss or strange:
        more = [f"另有 {len(amiss) - _MOST} 行无法识别"] if len(amiss) > _MOST else []
        raise Unreadable([*amiss[:_MOST], *more, *(f"{words}({n} 行)" for words, n in strange.most_common())])
    for rows in found.values():
        rows.sort(key=lambda row: row.at)
    return found


def _cells(headings: list[str], wanted: list[str]) -> Callable[[list[str], tuple[str, ...]], str]:
    """Reads a row's cells by their headings, several joined by a stroke."""
    place = {name.strip(): n for n, name in reversed(list(enumerate(headings)))}
    if missing := [name for name in wanted if name not in place]:
        raise Unreadable([f"没有“{name}”这一列" for name in missing])

    def cell(cells: list[str], names: tuple[str, ...]) -> str:
        return "/".join(cells[place[name]].strip() if place[name] < len(cells) else "" for name in names)

    return cell


def _clock(mapping: Mapping) -> Callable[[str], datetime | None]:
    """Reads an instant; one that does not name its zone is of the mapping's."""
    zone, pattern = ZoneInfo(mapping.timezone), mapping.format

    def at_of(text: str) -> datetime | None:
        try:
            found = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007  below.
        except ValueError:
            return None
        return found.replace(tzinfo=zone) if found.tzinfo is None else found

    return at_of
