"""A district that never was: generated, seeded, deterministic for a day, so that the platform can be seen at work.

The divisions are facts; every person, number, enterprise and visit is invented.
"""
