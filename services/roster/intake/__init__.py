"""Reading the files a registry hands over, and judging every row: accepted, refused, or set aside for a person.

``read`` file → rows · ``judge`` row → ``verdict``, by what its ``cells`` say and by its ``doubts`` · ``places`` address →
township suggested · ``whole`` a file's verdicts, the tally and the report. Nothing here writes a fact: the import turns
accepted candidates into commands.
"""
