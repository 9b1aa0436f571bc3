"""Visits owns what was done for the enterprises: each visit, its review, and the files that prove it.

Its own room beside the usual ones is ``evidence``: files are checked, freed of the place they were taken at, and kept by
the digest of their bytes. A visit has no enforcement purpose: there is no field to say so, and there never will be.
"""
