"""The tables an office keeps as data: industry → department, words of addresses → place, unit → office phone, the limit of load.

    (nothing) --map / set--> published --map / set--> published, a version on

方案 三(一): industries belong to departments (GB/T 4754); addresses to townships and villages. A version is in force from
its day until the next one's day. Publishing a table moves nobody: that is another command, after somebody has looked at
the preview; and what a person decided stays.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.roster.domain.access import the_office
from services.roster.domain.unit import Code, Placed
from shared.events.roster import IndustriesMapped, LoadLimitSet, OfficePhonesMapped, PlacesMapped
from shared.language.dated import said_of
from shared.language.decider import Context, Decider
from shared.language.facts import Command
from shared.language.months import WrittenDate
from shared.language.problems import Refused
from shared.language.terms import Line
from shared.language.traces import PUBLIC

LOAD_LIMIT = 60
"""Enterprises for one person on one line before a warning, as long as the office has set nothing else."""

Industry = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,10}$")]
Word = Annotated[str, StringConstraints(min_length=2, max_length=40), PUBLIC]
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9 ()+-]{5,30}$")]


class MapIndustries(Command):
    """Publish a whole new version of the table division → department."""

    entries: dict[Industry, Code] = Field(max_length=200)
    on: WrittenDate
    note: str = Field("", max_length=200)


class MapPlaces(Command):
    """Publish a whole new version of the table word of an address → township or village."""

    entries: dict[Word, Code] = Field(max_length=1000)
    on: WrittenDate
    note: str = Field("", max_length=200)


class MapOfficePhones(Command):
    """Publish a whole new version of the list of the units' office telephones."""

    entries: dict[Code, Phone] = Field(max_length=1000)
    on: WrittenDate
    note: str = Field("", max_length=200)


class SetLoadLimit(Command):
    """Set from how many enterprises on one person is warned of."""

    limit: int = Field(ge=1, le=10_000)
    on: WrittenDate
    note: str = Field("", max_length=200)


class NotADepartment(Refused):
    """An industry belongs to a department (方案 三(一))."""

    title = "行业只能归口到区直行业主管部门"


class NotAPlace(Refused):
    """A word of an address names a township or a village (方案 三(一))."""

    title = "地址词只能对应乡镇(街道)或村(社区)"


class NoSuchUnit(Refused):
    """A telephone belongs to a unit that exists."""

    title = "对照表中有不存在的单位"


class TableUnpublished(Refused):
    """What is applied is a table that was published and whose day has come (方案 三(一))."""

    title = "对照表尚未发布或尚未生效"


@dataclass(frozen=True)
class Version:
    """One version of a table, in force from its day on."""

    number: int
    entries: tuple[tuple[str, str], ...]
    on: date
    note: str = ""
    by: UUID | None = None
    """Who published it."""


@dataclass(frozen=True)
class Mapping:
    """Every version of the table."""

    versions: tuple[Version, ...] = ()

    def at(self, day: date) -> Version | None:
        """The version in force on a day: the one that begins last of those whose day has come, of one day the one published last."""
        return max(reversed([item for item in self.versions if item.on <= day]), key=lambda item: item.on, default=None)


MappingCommand = MapIndustries | MapPlaces | MapOfficePhones | SetLoadLimit
MappingFact = IndustriesMapped | PlacesMapped | OfficePhonesMapped | LoadLimitSet


@dataclass(frozen=True)
class KnownMapping:
    """Of the units that a table names: which there are, and what those are that answer on a line."""

    lines: Map[str, Placed] = field(default_factory=dict[str, Placed])
    units: AbstractSet[str] = frozenset()


def decide_mapping(state: Mapping, command: MappingCommand, context: Context[KnownMapping]) -> list[MappingFact]:
    """Facts, or a refusal."""
    the_office(context)
    match command:
        case MapIndustries():
            lines = context.known.lines
            if wrong := sorted({unit for unit in command.entries.values() if lines.get(unit) != (Line.VERTICAL, None)}):
                raise NotADepartment(units=wrong)
            fact = IndustriesMapped(**command.model_dump(), by=context.actor.id)
        case MapPlaces():
            lines = context.known.lines
            if wrong := sorted({u for u in command.entries.values() if u not in lines or lines[u][0] != Line.HORIZONTAL}):
                raise NotAPlace(units=wrong)
            fact = PlacesMapped(**command.model_dump(), by=context.actor.id)
        case MapOfficePhones():
            if wrong := sorted(command.entries.keys() - context.known.units):
                raise NoSuchUnit(units=wrong)
            fact = OfficePhonesMapped(**command.model_dump())
        case SetLoadLimit():
            fact = LoadLimitSet(**command.model_dump())
    said = said_of([(item.on, item.entries) for item in state.versions], fact.on)
    return [] if said == _entries(fact) else [fact]


def _entries(fact: MappingFact) -> tuple[tuple[str, str], ...]:
    return (("limit", str(fact.limit)),) if isinstance(fact, LoadLimitSet) else tuple(sorted(fact.entries.items()))


def evolve_mapping(state: Mapping, fact: MappingFact) -> Mapping:
    """The state after a fact."""
    match fact:
        case IndustriesMapped() | PlacesMapped() | OfficePhonesMapped() | LoadLimitSet():
            by = fact.by if isinstance(fact, IndustriesMapped | PlacesMapped) else None
            version = Version(len(state.versions) + 1, _entries(fact), fact.on, fact.note, by)
            return Mapping((*state.versions, version))


MAPPING: Decider[Mapping, MappingCommand, MappingFact, KnownMapping] = Decider(
    "mapping", Mapping(), decide_mapping, evolve_mapping
)
