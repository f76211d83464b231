"""Checks files that strangers send, and says whether we may keep them. Knows no web and no
database.

`pdf` and `docx` judge bytes, each with the sentences that say why a file is refused.
`start_inspection` runs that in a process of its own (`inspection_process`), with little time and
memory and no access to files; the portal calls only this. `python -m documents FILE` is the same on
the command line.
"""
