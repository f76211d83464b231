"""Checks files that strangers send, and says whether we may keep them. Knows no web and no
database.

`pdf` and `docx` judge bytes. `asking` runs that in a process of its own (`inside`), with little
time and memory and no access to files; the portal calls only `asking`. `python -m documents FILE`
is the same on the command line.
"""
