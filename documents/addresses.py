"""What a link leads to: the web, somewhere harmless but useless, or where no document may lead.
Knows no format.

What is not on the web is taken out of a file rather than held against it: a typing error is no
attack. Refused is what reaches another machine without the web, runs something, or starts a
program.
"""

import re
from enum import Enum
from urllib.parse import unquote


class Leads(Enum):
    """Where an address leads to."""

    # http, https, mail, a phone; or no scheme at all, which a reader takes for the web
    TO_WEB = "to the web"
    # what only some machines know, what lies on one's own disk, what was mistyped
    NOWHERE = "nowhere"
    ASTRAY = "astray"  # to another machine's files, a script, a program


WEB = {"http", "https", "mailto", "tel"}
FETCHED = {"ftp", "ftps", "sftp", "scp"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
DRIVE = re.compile(r"/*[a-z][:|]([/\\]|$)", re.IGNORECASE)
# Schemes that run a script, show a file of another machine, or hand words to a program of the
# system.
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
# What a Mac's own paths begin with. With four slashes before them Word means its own disk and no
# other machine.
MAC_FOLDERS = {"users", "volumes", "applications", "library", "private", "system", "var", "tmp"}


def leads(address: str) -> Leads:
    """Where a link leads to. What cannot be seen in it is not part of it."""
    address = "".join(char for char in address if char.isprintable()).strip()
    if address.startswith("\\"):
        return Leads.ASTRAY
    scheme = SCHEME.match(address)
    if DRIVE.match(address) or address.startswith("//"):
        return _on_disk(address)
    if scheme is None:
        return Leads.TO_WEB
    name = scheme[1].lower()
    if name in WEB:
        return Leads.TO_WEB
    if name == "file":
        return _of_file(address[len("file:") :])
    return Leads.ASTRAY if name in RUNS or name.startswith(HANDLERS) else Leads.NOWHERE


def is_local(path: str) -> bool:
    """Whether a path or a file's address is of the machine that reads it: a drive, a folder, a name
    by itself.
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


def _of_file(rest: str) -> Leads:
    return Leads.ASTRAY if _names_machine(rest) else _on_disk(rest)


def _on_disk(path: str) -> Leads:
    return Leads.ASTRAY if PROGRAMS.search(path) else Leads.NOWHERE


def _names_machine(rest: str) -> bool:
    """Whether what follows "file:" names a machine, in any of the ways that some system reads."""
    path = unquote(unquote(rest)).replace("\\", "/")
    slashes = len(path) - len(path.lstrip("/"))
    if slashes < 2 or slashes == 3 or DRIVE.match(path):
        return False
    machine = path.lstrip("/").split("/")[0].lower()
    return bool(machine) and machine not in ({"localhost"} if slashes == 2 else MAC_FOLDERS)
