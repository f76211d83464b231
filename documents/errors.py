"""Why we refuse a file: always a sentence that also says what the person can do."""

SAVE = "Save it as PDF."  # what a person can do with most Word documents
WORD_LINK_NOT_ON_WEB = f"This Word document links to something that is not on the web. {SAVE}"


class Refused(Exception):
    """The message is a sentence for the person who chose the file."""


def damaged(kind: str) -> Refused:
    return Refused(f"This {kind} is damaged and cannot be opened. Export it as PDF again.")
