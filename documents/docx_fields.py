"""Fields of a Word document: whether one may stay, and otherwise what replaces it.

A field that only fetches something or leads nowhere becomes an ADDIN field. Word shows such a field
as it is and never updates it.
"""

import re
from collections.abc import Iterator

from documents.addresses import LinkTarget, is_local, link_target
from documents.errors import SAVE, WORD_LINK_NOT_ON_WEB, Refused

FETCHES = f"This Word document contains a field that fetches or runs something (%(field)s). {SAVE}"
# The first word of a field that runs or fetches something when Word opens or prints the document.
ACTIVE = {
    "DDE", "DDEAUTO", "INCLUDE", "INCLUDETEXT", "IMPORT", "LINK", "DATABASE", "MACRO", "RD",
    "EMBED", "CONTROL", "HTMLCONTROL", "PRINT",
}  # fmt: skip
PICTURE = "INCLUDEPICTURE"
MACRO_BUTTON = "MACROBUTTON"
# Templates write these names where a person must fill in something. Word has no such macros.
NO_MACROS = {"nomacro", "dofieldclick", "macro", "none"}
INERT = " ADDIN "
HYPERLINK = re.compile(r'[\s"]*HYPERLINK\b(.*)', re.IGNORECASE | re.DOTALL)
ARGUMENT = re.compile(r'"([^"]*)"?|(\\[A-Za-z*#@!])(?=[\s"]|$)|([^\s"]+)')
# Switches that a word follows: a bookmark, a tip, a window, a converter, or a format.
TAKES_A_WORD = {"\\l", "\\o", "\\t", "\\c", "\\*", "\\#", "\\@"}
LINK, PICTURE_FETCHED = "link", "picture"


def inspect_field(instruction: str) -> tuple[str | None, str]:
    """What replaces a field's instruction (None if it may stay), and the kind of this change."""
    words = instruction.replace('"', " ").split()
    kind = words[0].upper() if words else ""
    if kind in ACTIVE or (kind == MACRO_BUTTON and words[1:] and words[1].lower() not in NO_MACROS):
        raise Refused(FETCHES, field=kind)
    said = instruction.replace("\u201c", '"').replace("\u201d", '"')
    if kind == PICTURE:
        return _look_at_picture(said.strip(' "')[len(PICTURE) :])
    if link := HYPERLINK.match(said):
        for target in _arguments(link[1]):
            if link_target(target) is LinkTarget.FORBIDDEN:
                raise Refused(WORD_LINK_NOT_ON_WEB)
            if link_target(target) is LinkTarget.USELESS:
                return INERT, LINK
    return None, ""


def _look_at_picture(arguments: str) -> tuple[str, str]:
    """Replace the field of a picture. The document contains the picture itself as well."""
    for target in _arguments(arguments):
        path = target.replace("\\\\", "\\")
        if link_target(path) is LinkTarget.FORBIDDEN or not (
            is_local(path) or path.lower().startswith(("http:", "https:", "cid:"))
        ):
            raise Refused(FETCHES, field=PICTURE)
    return INERT, PICTURE_FETCHED


def _arguments(words: str) -> Iterator[str]:
    """The arguments of a field, without switches and the words that belong to them."""
    is_of_switch = False
    for quoted, switch, word in ARGUMENT.findall(words):
        if not switch and not is_of_switch:
            yield (quoted or word).strip()
        is_of_switch = switch.lower() in TAKES_A_WORD
