"""Issues owns what enterprises need: tickets from visits, from enterprises and from the desk, from report to archive.

Every demand becomes exactly one ticket with a number, a deadline that is a fact, and an answer in words. Its own room beside
the usual ones is ``clock``: what it does because time passes.
"""
