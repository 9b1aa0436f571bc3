"""What a service knows of units, members and enterprises on a day, as its decisions get it (``shared/log/directory`` looks it up)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.language.terms import Line, Mode, Role, Size, Standing, UnitKind

_LINES = {
    UnitKind.DEPARTMENT: Line.VERTICAL,
    UnitKind.BRANCH: Line.VERTICAL,
    UnitKind.TOWNSHIP: Line.HORIZONTAL,
    UnitKind.VILLAGE: Line.HORIZONTAL,
}


@dataclass(frozen=True)
class KnownUnit:
    """A unit; ``reporting`` is the code of the department or township that files for it."""

    code: str
    name: str
    kind: UnitKind
    parent: str | None

    @property
    def line(self) -> Line | None:
        """The line it stands on; the office and the district stand on none."""
        return _LINES.get(self.kind)

    @property
    def reporting(self) -> str:
        """The unit whose ledger it belongs to."""
        return self.parent if self.kind in (UnitKind.BRANCH, UnitKind.VILLAGE) and self.parent else self.code


@dataclass(frozen=True)
class Post:
    """A role held in a unit on the day asked for."""

    unit: str
    role: Role
    sub_unit: str | None


@dataclass(frozen=True)
class KnownMember:
    """Somebody of the four tiers or the offices, with the posts of the day asked for."""

    id: UUID
    account: str
    posts: tuple[Post, ...]

    def holds(self, unit: str, *roles: Role) -> bool:
        """Whether one of these roles is held in the unit."""
        return any(post.unit == unit and post.role in roles for post in self.posts)


@dataclass(frozen=True)
class Assigned:
    """Who answers for an enterprise on one line."""

    unit: str
    sub_unit: str | None
    worker: UUID | None


@dataclass(frozen=True)
class KnownEnterprise:
    """An enterprise with its assignments on the day asked for."""

    id: UUID
    code: str
    name: str
    standing: Standing
    assigned: Mapping[Line, Assigned]
    industry: str = ""
    """GB/T 4754 division, two digits."""
    size: Size | None = None
    tags: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    """How it likes to be reached, if it has said so; ``hours`` in its own words."""
    hours: str = ""
    quiet_until: date | None = None
    """The last day on which it wants to be left alone."""
    main_line: Line | None = None
    """The line whose worker it turns to first."""

    def responsible(self, unit: str) -> Line | None:
        """The line on which this unit answers for it, if it does."""
        return next((line for line, held in self.assigned.items() if held.unit == unit), None)
