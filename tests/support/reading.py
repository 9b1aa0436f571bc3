"""What has not moved into the rooms for reading yet, by service and module of its ``api``. It only gets less."""

from __future__ import annotations

ASKING: dict[str, set[str]] = {}
"""Its routes still ask the tables themselves."""
UNNAMED: dict[str, set[str]] = {}
"""An operation of it still answers without a model that has a name."""
