"""For those routes that still ask the tables themselves."""

from services.roster.queries.reading import answering, reach

__all__ = ["answering", "reach"]
