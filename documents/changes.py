"""What we changed in the copy of a file, and the sentence that tells the person who sent it.

A change is a template with named values, as a refusal is, so that a program can say it in another
language. Each template is a whole clause, because other languages order its words differently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# `setup/translations.py` collects the texts of these three tables.
SENTENCES = {
    "pdf": "We %(changes)s; everything else in your PDF is as it was.",
    "docx": "We %(changes)s; everything else in your Word document is as it was.",
}
ONE = {
    "around": "removed some words that stood before or behind the PDF",
    "protection": "took off the protection against changing and copying",
    "link": "removed a link that leads to no web page",
    "link to": "removed a link that leads to no web page (%(first)s)",
    "empty link": "removed a link that leads to no web page (nothing)",
    "attached": "removed the data that was attached to it (%(names)s)",
    "attached, no name": "removed the data that was attached to it (a file)",
    "opening": "removed something that would begin by itself",
    "action": "removed a button or link that acts",
    "signature": "thereby ended what its electronic signature says",
    "picture": "removed the address of a picture that would be fetched",
    "table": "removed the table behind a chart",
    "grammar": "removed the grammar that a drawing names",
    "template": "removed the tie to a template on your computer",
    "left-over": "removed a left-over of the program that wrote it",
    "document": "made a document of the template",
    "packing": "packed it plainly",
}
SEVERAL = {
    "link": "removed %(count)s links that lead to no web page",
    "link to": "removed %(count)s links that lead to no web page (the first to %(first)s)",
    "empty link": "removed %(count)s links that lead to no web page (the first to nothing)",
    "action": "removed %(count)s buttons or links that act",
    "picture": "removed %(count)s addresses of pictures to be fetched",
    "table": "removed %(count)s tables behind charts",
    "grammar": "removed %(count)s grammars that drawings name",
    "template": "removed %(count)s ties to templates on your computer",
    "left-over": "removed %(count)s left-overs of the program that wrote it",
    "document": "made %(count)s documents of templates",
}


@dataclass(frozen=True)
class Change:
    """One change, as a clause: a verb with its object."""

    clause: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.clause % self.values


def change(what: str, count: int = 1, **values: str) -> Change:
    """The change that the tables call `what`, if it was made `count` times."""
    if count == 1:
        return Change(ONE[what], values)
    return Change(SEVERAL[what], values | {"count": str(count)})


def sentence(kind: str, changes: Sequence[Change]) -> str:
    """All changes of a file in one English sentence; empty if there is none."""
    if not changes:
        return ""
    *first, last = map(str, changes)
    done = f"{', '.join(first)} and {last}" if first else last
    return SENTENCES[kind] % {"changes": done}
