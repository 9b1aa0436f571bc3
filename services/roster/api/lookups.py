"""For those routes that still ask the tables themselves."""

from services.roster.queries.lookups import among_units, answering, lines, placed, seated, under, unit_kind, workers

__all__ = ["among_units", "answering", "lines", "placed", "seated", "under", "unit_kind", "workers"]
