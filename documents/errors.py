"""Why we refuse a file: always a sentence that also says what the person can do."""

SAVE = "Save it as PDF."  # what a person can do with most Word documents
DAMAGED = {
    "pdf": "This PDF is damaged and cannot be opened. Export it as PDF again.",
    "docx": "This Word document is damaged and cannot be opened. Export it as PDF again.",
}
WORD_LINK_NOT_ON_WEB = f"This Word document links to something that is not on the web. {SAVE}"


class Refused(Exception):
    """Carries a sentence for the person who chose the file.

    It is a template with named values, so that a program can say it in another language.
    """

    def __init__(self, sentence: str, **values: str) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence, self.values = sentence, values


def damaged(kind: str) -> Refused:
    return Refused(DAMAGED[kind])
