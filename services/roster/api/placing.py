"""For those routes that still ask the tables themselves."""

from services.roster.queries.placing import Grid

__all__ = ["Grid"]
