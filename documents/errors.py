"""Why a file is not taken: always a sentence that says what to do."""


class Refused(Exception):
    """The message is a sentence for the person who chose the file."""


def damaged(kind: str) -> Refused:
    return Refused(f"This {kind} is damaged and cannot be opened. Export it as PDF again.")
