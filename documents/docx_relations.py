"""How parts of a Word document hang together, and what they take from elsewhere: what is refused,
what leads nowhere.

A relation that may not stay is led elsewhere rather than taken out: Word calls a document damaged
whose text names a relation that is not there.
"""

import posixpath
from dataclasses import dataclass
from urllib.parse import unquote

from documents.addresses import SCHEME, Leads, is_local, leads
from documents.errors import Refused

SAVE = "Save it as PDF."
# How parts hang together that bring along or fetch something; the last word of a relation's type.
FETCHES = {
    "afchunk": "carries another file inside it",
    "oleobject": "carries another file inside it",
    "package": "carries another file inside it",
    "control": "contains a control that runs a program",
    "activexcontrolbinary": "contains a control that runs a program",
    "vbaproject": "contains macros",
    "wordvbadata": "contains macros",
    "subdocument": "is put together from several files",
    "frame": "is put together from several files",
    "mailmergesource": "takes data from another file",
    "mailmergeheadersource": "takes data from another file",
    "mailmergerecipientdata": "takes data from another file",
    "webextension": "brings an add-in from the web",
    "webextensiontaskpanes": "brings an add-in from the web",
}
OF_CHART = {"package", "oleobject"}  # the table behind it: in a file inside, or in one elsewhere
TEMPLATE, HYPERLINK, PICTURE, MAIN = "attachedtemplate", "hyperlink", "image", "officedocument"
PLAIN_TEMPLATE = "Normal.dotm"  # the one that everybody has
NO_PLACE = "#"  # of this document
NO_PICTURE = "NULL"  # what Word itself writes for a picture that is not there
ELSEWHERE = f"This Word document fetches something from elsewhere. {SAVE}"
NOT_ON_WEB = f"This Word document links to something that is not on the web. {SAVE}"


@dataclass(frozen=True)
class Relation:
    """One row of a part's relations, and where in the bytes it begins."""

    values: dict[str, str]
    start: int

    @property
    def kind(self) -> str:
        return self.values.get("type", "").rpartition("/")[2].lower()

    @property
    def target(self) -> str:
        return self.values.get("target", "").strip()

    @property
    def is_external(self) -> bool:
        return self.values.get("targetmode", "").lower() == "external"

    def part(self, source: str) -> str:
        """The part that is meant, in small letters, as its name is without a slash before it."""
        folder = posixpath.dirname(source)
        return (
            posixpath.normpath(posixpath.join("/", folder, unquote(self.target)))
            .lstrip("/")
            .lower()
        )


def source_of(rels: str) -> str:
    """The part whose relations these are: word/_rels/document.xml.rels → word/document.xml."""
    folder, name = posixpath.split(rels)
    return posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))


def instead(relation: Relation) -> tuple[str, str] | None:
    """Where a relation is to lead instead, and the kind of change; None where it may stay. Raises
    Refused.
    """
    if reason := FETCHES.get(relation.kind):
        raise Refused(f"This Word document {reason}. {SAVE}")
    if relation.kind == TEMPLATE:
        return _of_template(relation.target)
    if not relation.is_external:
        if SCHEME.match(relation.target) or relation.target.startswith(("//", "\\")):
            raise Refused(ELSEWHERE)
        return None
    if relation.kind == PICTURE:
        if leads(relation.target) is Leads.ASTRAY or relation.target.startswith("//"):
            raise Refused(ELSEWHERE)
        return None if relation.target == NO_PICTURE else (NO_PICTURE, "picture")
    if relation.kind != HYPERLINK:
        raise Refused(ELSEWHERE)
    if leads(relation.target) is Leads.ASTRAY:
        raise Refused(NOT_ON_WEB)
    return (NO_PLACE, "link") if leads(relation.target) is Leads.NOWHERE else None


def _of_template(target: str) -> tuple[str, str] | None:
    """A template on one's own disk gave the document its looks long ago; one elsewhere brings its
    macros each time.
    """
    if not is_local(target):
        raise Refused(f"This Word document is tied to a template outside of it. {SAVE}")
    is_plain = target.lower().rpartition(".")[2] in {"dot", "dotx", "dotm"} and not set(
        target
    ) & set("/\\:%")
    return None if is_plain else (PLAIN_TEMPLATE, "template")


def reaches_out(address: str) -> bool:
    """Whether an old drawing's address makes a program fetch something, or leads astray."""
    address = address.strip()
    return leads(address) is Leads.ASTRAY or address.startswith("//")
