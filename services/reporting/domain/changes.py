"""What became of a ledger since it was filed (报送后变更): rows that came, rows that say something else, rows that went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.reporting.domain.ledger import Ledger, Row


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows by visit; a changed one as it stood and as it stands."""

    added: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...]
    removed: tuple[Row, ...]

    def __bool__(self) -> bool:
        """Whether any row changed."""
        return bool(self.added or self.changed or self.removed)


def changes(filed: Ledger, now: Ledger) -> Changes:
    """From the filed ledger to what it would be now, both by the same rules. A row that only has another number is the same."""
    before, after = ({row["visit"]: row for row in item.rows} for item in (filed, now))
    return Changes(
        added=tuple(row for key, row in after.items() if key not in before),
        changed=tuple(
            (before[key], row) for key, row in after.items() if key in before and _content(before[key]) != _content(row)
        ),
        removed=tuple(row for key, row in before.items() if key not in after),
    )


def _content(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "seq"}
