"""Where a link leads: to the web, somewhere useless but harmless, or where no document may lead.

We remove useless links and keep the file: a typing error is no attack. We refuse a file whose link
reaches another machine without the web, runs something, or starts a program. This module knows no
file format.
"""

import re
from enum import Enum
from urllib.parse import unquote


class LinkTarget(Enum):
    """Where an address leads."""

    # http, https, mail, a phone; or no scheme at all, which readers take for the web
    WEB = "to the web"
    # something that only some machines know, the person's own disk, or a typing error
    USELESS = "nowhere"
    FORBIDDEN = "astray"  # to the files of another machine, a script, or a program


WEB = {"http", "https", "mailto", "tel"}
FETCHED = {"ftp", "ftps", "sftp", "scp"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
DRIVE = re.compile(r"/*[a-z][:|]([/\\]|$)", re.IGNORECASE)
# Schemes that run a script, show a file of another machine, or pass words to a program.
RUNS = {
    "javascript", "vbscript", "livescript", "data", "jar", "mhtml", "mk", "its", "hcp", "res",
    "resource", "chrome", "shell", "search", "view-source", "smb", "cifs", "nfs", "afp", "dav",
    "davs", "webdav", "ldap", "ldaps", "telnet", "rlogin", "tn3270", "vnc", "rdp", "jnlp", "intent",
    "itms-services", "ms-its", "wyciwyg", "script",
}  # fmt: skip
HANDLERS = ("ms-", "search-", "microsoft-", "x-javascript")
PROGRAMS = re.compile(
    r"\.(exe|bat|cmd|scr|pif|lnk|url|hta|jse?|vb[es]?|ws[fh]?|ps1|msi|msc|jar|cpl|reg|dll|scf|inf|app|sh|command|"
    r"workflow|desktop)[\s\"'!?#]*$",
    re.IGNORECASE,
)
# The first folders of paths on a Mac. With four slashes before them, Word means its own disk and no
# other machine.
MAC_FOLDERS = {"users", "volumes", "applications", "library", "private", "system", "var", "tmp"}


def link_target(address: str) -> LinkTarget:
    """Where a link leads. We ignore invisible characters."""
    address = "".join(char for char in address if char.isprintable()).strip()
    if address.startswith("\\"):
        return LinkTarget.FORBIDDEN
    scheme = SCHEME.match(address)
    if DRIVE.match(address) or address.startswith("//"):
        return _on_disk(address)
    if scheme is None:
        return LinkTarget.WEB
    name = scheme[1].lower()
    if name in WEB:
        return LinkTarget.WEB
    if name == "file":
        path = address[len("file:") :]
        return LinkTarget.FORBIDDEN if _names_machine(path) else _on_disk(path)
    return LinkTarget.FORBIDDEN if name in RUNS or name.startswith(HANDLERS) else LinkTarget.USELESS


def is_local(path: str) -> bool:
    """Whether a path or an address names a file of the machine that reads it.

    For example a drive, a folder, or a file name alone.
    """
    path = path.strip()
    scheme = SCHEME.match(path)
    if DRIVE.match(path):
        return True
    if scheme is None:
        return not path.replace("\\", "/").startswith("//")
    name, rest = scheme[1].lower(), path[scheme.end() :]
    if name == "file":
        return not _names_machine(rest)
    return not (
        name in WEB | RUNS | FETCHED or name.startswith(HANDLERS) or rest.startswith(("/", "\\"))
    )


def _on_disk(path: str) -> LinkTarget:
    return LinkTarget.FORBIDDEN if PROGRAMS.search(path) else LinkTarget.USELESS


def _names_machine(rest: str) -> bool:
    """Whether the text after "file:" names a machine, in any form that some system reads."""
    path = unquote(unquote(rest)).replace("\\", "/")
    slashes = len(path) - len(path.lstrip("/"))
    if slashes < 2 or slashes == 3 or DRIVE.match(path):
        return False
    machine = path.lstrip("/").split("/")[0].lower()
    return bool(machine) and machine not in ({"localhost"} if slashes == 2 else MAC_FOLDERS)
