"""Relations between the parts of a Word document, and to what is outside: which may stay.

If a relation may not stay, we give it another target and do not remove it. Word calls a document
damaged if its text names a relation that does not exist.
"""

import posixpath
from dataclasses import dataclass
from urllib.parse import unquote

from documents.addresses import SCHEME, LinkTarget, is_local, link_target
from documents.errors import SAVE, WORD_LINK_NOT_ON_WEB, Refused

CARRIES = f"This Word document carries another file inside it. {SAVE}"
CONTROL = f"This Word document contains a control that runs a program. {SAVE}"
MACROS = f"This Word document contains macros. {SAVE}"
SEVERAL_FILES = f"This Word document is put together from several files. {SAVE}"
OTHER_DATA = f"This Word document takes data from another file. {SAVE}"
ADD_IN = f"This Word document brings an add-in from the web. {SAVE}"
# Relations that bring along or fetch something, by the last word of their type.
FETCHES = {
    "afchunk": CARRIES,
    "oleobject": CARRIES,
    "package": CARRIES,
    "control": CONTROL,
    "activexcontrolbinary": CONTROL,
    "vbaproject": MACROS,
    "wordvbadata": MACROS,
    "subdocument": SEVERAL_FILES,
    "frame": SEVERAL_FILES,
    "mailmergesource": OTHER_DATA,
    "mailmergeheadersource": OTHER_DATA,
    "mailmergerecipientdata": OTHER_DATA,
    "webextension": ADD_IN,
    "webextensiontaskpanes": ADD_IN,
}
OF_CHART = {"package", "oleobject"}  # the table of a chart, in a file inside or outside
TEMPLATE, HYPERLINK, PICTURE, MAIN = "attachedtemplate", "hyperlink", "image", "officedocument"
PLAIN_TEMPLATE = "Normal.dotm"  # every Word has it
NO_TARGET = "#"  # this document itself
NO_PICTURE = "NULL"  # what Word itself writes for a picture that is not there
ELSEWHERE = f"This Word document fetches something from elsewhere. {SAVE}"


@dataclass(frozen=True)
class Relation:
    """One relation of a part, and where it begins in the bytes."""

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
        """The name of the target part, in lower case and without a leading slash."""
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


def replacement(relation: Relation) -> tuple[str, str] | None:
    """The new target of a relation and the kind of change, or None. Raises Refused.

    None means that the relation may stay.
    """
    if reason := FETCHES.get(relation.kind):
        raise Refused(reason)
    if relation.kind == TEMPLATE:
        return _of_template(relation.target)
    if not relation.is_external:
        if SCHEME.match(relation.target) or relation.target.startswith(("//", "\\")):
            raise Refused(ELSEWHERE)
        return None
    if relation.kind == PICTURE:
        if link_target(relation.target) is LinkTarget.FORBIDDEN or relation.target.startswith("//"):
            raise Refused(ELSEWHERE)
        return None if relation.target == NO_PICTURE else (NO_PICTURE, "picture")
    if relation.kind != HYPERLINK:
        raise Refused(ELSEWHERE)
    if link_target(relation.target) is LinkTarget.FORBIDDEN:
        raise Refused(WORD_LINK_NOT_ON_WEB)
    return (NO_TARGET, "link") if link_target(relation.target) is LinkTarget.USELESS else None


def _of_template(target: str) -> tuple[str, str] | None:
    """Replace a template on the person's own disk, which has done its work. Raises Refused.

    Word loads a template from elsewhere, with its macros, each time it opens the document.
    """
    if not is_local(target):
        raise Refused(f"This Word document is tied to a template outside of it. {SAVE}")
    is_plain = target.lower().rpartition(".")[2] in {"dot", "dotx", "dotm"} and not set(
        target
    ) & set("/\\:%")
    return None if is_plain else (PLAIN_TEMPLATE, "template")


def reaches_out(address: str) -> bool:
    """Whether the address of an old drawing is forbidden or makes a program fetch something."""
    address = address.strip()
    return link_target(address) is LinkTarget.FORBIDDEN or address.startswith("//")
