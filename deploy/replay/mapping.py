"""What another system's words mean here: a small TOML or JSON file beside the log. Nothing is guessed.

source = "某区旧系统"                 # which system; with a ticket's number it names the history for ever
timezone = "Asia/Shanghai"           # of instants that do not say theirs
format = "%Y-%m-%d %H:%M:%S"         # without it: ISO 8601
delimiter = ","                      # and encoding = "utf-8-sig", if they are others
final = ["已办结"]                    # statuses that end a ticket; without it: those mapped to an end
[columns]                            # heading, or several that are joined by "/"
ticket = "编号"
at = "时间"
status = ["状态", "子状态"]
level = "承办层级"                    # may be left out: everything is level 1
owner = "经办人"                      # may be left out
[statuses]                           # status → stage, by value or by label
"处理中" = "办理中"
[levels]                             # pattern → L1, L2, L3; the first that is found; "" is for all that is left
"市" = "L3"
[owners]                             # owner → id of a member; may be left out
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from shared.language.terms import IssueStage, Level

ENDS = frozenset((IssueStage.CLOSED, IssueStage.ARCHIVED, IssueStage.DECLINED, IssueStage.MERGED, IssueStage.WITHDRAWN))
_LEVELS = {"L1": Level.GRID, "L2": Level.DISTRICT, "L3": Level.CITY} | {level.label: level for level in Level}


def _headings(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _level(value: object) -> object:
    return _LEVELS.get(value, value) if isinstance(value, str) else value


def _stage(value: object) -> object:
    return next((stage for stage in IssueStage if stage.label == value), value)


Headings = Annotated[tuple[str, ...], BeforeValidator(_headings), Field(min_length=1)]


class _Strict(BaseModel):
    """A word the file says and we do not know is a mistake of the file."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class Columns(_Strict):
    """Which heading means what."""

    ticket: Headings
    at: Headings
    status: Headings
    level: Headings | None = None
    owner: Headings | None = None

    def named(self) -> list[str]:
        """All headings the file must have."""
        return [name for part in (self.ticket, self.at, self.status, self.level, self.owner) for name in part or ()]


class Mapping(_Strict):
    """The file, read and checked."""

    source: str = Field(min_length=1, max_length=100)
    timezone: str = "Asia/Shanghai"
    format: str | None = None
    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = "utf-8-sig"
    columns: Columns
    statuses: dict[str, Annotated[IssueStage, BeforeValidator(_stage)]] = Field(min_length=1)
    levels: dict[str, Annotated[Level, BeforeValidator(_level)]] = Field(default_factory=lambda: {"": Level.GRID})
    final: tuple[str, ...] | None = None
    owners: dict[str, UUID] = Field(default_factory=dict[str, UUID])

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"没有这个时区:{name}"
            raise ValueError(message) from error
        return name

    @field_validator("levels")
    @classmethod
    def _patterns(cls, levels: dict[str, Any]) -> dict[str, Any]:
        for pattern in levels:
            try:
                re.compile(pattern)
            except re.error as error:
                message = f"层级的写法无法识别:{pattern}"
                raise ValueError(message) from error
        return levels

    def ends(self, status: str) -> bool:
        """Whether a status ends a ticket."""
        return self.statuses[status] in ENDS if self.final is None else status in self.final

    def level_of(self, words: str) -> Level | None:
        """The level some words tell; ``None`` where no pattern is found in them."""
        return next((level for pattern, level in self.levels.items() if re.search(pattern, words)), None)


def read_mapping(path: Path) -> Mapping:
    """The mapping of a file; raises ``ValueError`` with what is wrong with it."""
    text = path.read_text(encoding="utf-8-sig")
    found = Mapping.model_validate(json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text))
    if unknown := [status for status in found.final or () if status not in found.statuses]:
        message = f"final 中有未对应的状态:{'、'.join(unknown)}"
        raise ValueError(message)
    return found
