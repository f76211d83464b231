"""Fields of a Word document: what one says, whether it may stay, and what stands in its place where
it may not.

A field that only fetches or leads nowhere becomes ADDIN, a kind that Word shows as it is and never
updates.
"""

import re
from collections.abc import Iterator

from documents.addresses import Leads, is_local, leads
from documents.errors import Refused

SAVE = "Save it as PDF."
# The first word of a field that runs or fetches something when the document is opened or printed.
ACTIVE = {
    "DDE", "DDEAUTO", "INCLUDE", "INCLUDETEXT", "IMPORT", "LINK", "DATABASE", "MACRO", "RD",
    "EMBED", "CONTROL", "HTMLCONTROL", "PRINT",
}  # fmt: skip
PICTURE = "INCLUDEPICTURE"
MACRO_BUTTON = "MACROBUTTON"
# What templates write where there is something to fill in; Word knows no macro of these names.
NO_MACROS = {"nomacro", "dofieldclick", "macro", "none"}
INERT = " ADDIN "
HYPERLINK = re.compile(r'[\s"]*HYPERLINK\b(.*)', re.IGNORECASE | re.DOTALL)
ARGUMENT = re.compile(r'"([^"]*)"?|(\\[A-Za-z*#@!])(?=[\s"]|$)|([^\s"]+)')
# Switches with a word behind them: a place, a tip, a window, a converter; how the result is
# written.
TAKES_A_WORD = {"\\l", "\\o", "\\t", "\\c", "\\*", "\\#", "\\@"}
LINK, PICTURE_FETCHED = "link", "picture"
NOT_ON_WEB = f"This Word document links to something that is not on the web. {SAVE}"


def look(instruction: str) -> tuple[str | None, str]:
    """What to write instead of a field's instruction (None: it may stay), and of which kind this
    change is.
    """
    words = instruction.replace('"', " ").split()
    kind = words[0].upper() if words else ""
    if kind in ACTIVE or (kind == MACRO_BUTTON and words[1:] and words[1].lower() not in NO_MACROS):
        raise Refused(
            f"This Word document contains a field that fetches or runs something ({kind}). {SAVE}"
        )
    said = instruction.replace("\u201c", '"').replace("\u201d", '"')
    if kind == PICTURE:
        return _look_at_picture(said.strip(' "')[len(PICTURE) :])
    if link := HYPERLINK.match(said):
        for target in _arguments(link[1]):
            if leads(target) is Leads.ASTRAY:
                raise Refused(NOT_ON_WEB)
            if leads(target) is Leads.NOWHERE:
                return INERT, LINK
    return None, ""


def _look_at_picture(arguments: str) -> tuple[str, str]:
    """A picture pasted from a page is kept in the document as well, so nothing needs to be
    fetched.
    """
    for target in _arguments(arguments):
        path = target.replace("\\\\", "\\")
        if leads(path) is Leads.ASTRAY or not (
            is_local(path) or path.lower().startswith(("http:", "https:", "cid:"))
        ):
            raise Refused(
                f"This Word document contains a field that fetches or runs something ({PICTURE})."
                f" {SAVE}"
            )
    return INERT, PICTURE_FETCHED


def _arguments(words: str) -> Iterator[str]:
    """What a field is given, without switches and their words."""
    is_of_switch = False
    for quoted, switch, word in ARGUMENT.findall(words):
        if not switch and not is_of_switch:
            yield (quoted or word).strip()
        is_of_switch = switch.lower() in TAKES_A_WORD
