"""For those routes that still ask the tables themselves."""

from services.roster.queries.dated import register, standing, table, units

__all__ = ["register", "standing", "table", "units"]
