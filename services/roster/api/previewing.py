"""For those routes that still ask the tables themselves."""

from services.roster.queries.previewing import Amendment, Preview

__all__ = ["Amendment", "Preview"]
