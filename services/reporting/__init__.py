"""Reporting owns what is told: each unit's ledger month, coverage and the list of the not yet visited.

It computes everything from its own mirror of the logs, at a cut. Rooms of its own beside the usual ones: ``archive`` (the
mirror and the index into it) and ``documents`` (workbooks that people open).
"""
