"""The roster owns whom we serve and who serves them: units, members, enterprises and their assignments, the calendar.

Its own room beside the usual ones is ``intake``: reading and judging the files a registry hands over.
"""
