"""Checks files that strangers send, and says whether we may keep them. No web, no database.

`pdf` and `docx` inspect bytes, and have the sentences that say why we refuse a file.
`start_inspection` runs them in a process of its own (`inspection_process`) with little time and
memory and no access to files. The portal calls only `start_inspection`. `python -m documents FILE`
does the same on the command line.
"""
