"""Looks at files that strangers send and says whether we may keep them. Knows no web, no database and no person.

`pdf` and `docx` judge bytes. `python -m documents KIND` does so in a process of its own, with little time and memory
and nothing it could open; the portal calls only that.
"""
