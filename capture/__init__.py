"""Looks at recordings of interviews and says when something happened.

Knows pixels, sound, thresholds and the files of one recording. Knows no database, no web and no people.
"""

__version__ = "0.3.0"  # the senses: whoever sees otherwise gets another one, so that nothing half measured is mixed
