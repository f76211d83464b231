"""Says whether we may keep a file. If a parser fails, we refuse the file."""

import importlib
import sys

from documents import kinds
from documents.accepted_file import AcceptedFile
from documents.errors import Refused, damaged

TOO_MUCH_MEMORY = {
    kinds.PDF: "This PDF takes too much memory to open. Export a simpler one as PDF.",
    kinds.DOCX: "This Word document takes too much memory to open. Export a simpler one as PDF.",
}


def inspect(data: bytes) -> AcceptedFile:
    """What we keep of this file. Raises Refused with a sentence for the person who chose it."""
    kind = kinds.kind_of(data)
    try:
        verdict: AcceptedFile = importlib.import_module(f"documents.{kind}").check(data)
        return verdict
    except Refused:
        raise
    except MemoryError:
        raise Refused(TOO_MUCH_MEMORY[kind]) from None
    except Exception as fault:
        # only the error's class goes to the log, because its text may quote the document
        print(type(fault).__name__, file=sys.stderr)
        raise damaged(kind) from fault


def judge(data: bytes) -> str | None:
    """Why we refuse a file, as a sentence for the person who chose it, or None if we keep it."""
    try:
        inspect(data)
    except Refused as refused:
        return str(refused)
    return None
