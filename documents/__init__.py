"""Looks at files that strangers send and says whether we may keep them. Knows no web, no database
and no person.

`pdf` and `docx` judge bytes. `asking` has that done in a process of its own (`inside`), with little
time and memory and nothing it could open; the portal calls only that. `python -m documents FILE`
asks the same for whoever has a terminal.
"""
