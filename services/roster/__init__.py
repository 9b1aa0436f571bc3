"""The roster owns whom we serve and who serves them: units, members, enterprises and their assignments, projects and their
plaques, and what an office keeps as data: the calendar, the mapping tables, the brand.

Its own rooms beside the usual ones are ``intake``: reading and judging the files a registry hands over, and ``documents``:
what is printed.
"""
