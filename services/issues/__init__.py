"""Issues owns what enterprises need: tickets from visits and from the desk, from report to archive.

Every demand of a visit becomes exactly one ticket with a number, a deadline that is a fact, and an answer in words.
"""
