"""The catalogue of every fact that may stand in a log, one file for each service that writes them.

What a fact is, and how it becomes the bytes of a log entry and back: ``shared/language/facts``.
"""
