"""Looks at recordings of interviews and says when something happened.

Knows pixels, sound, thresholds and the files of one recording. Knows no database, no web and no people.
"""

__version__ = "0.2.0"
