"""One question and one answer: may this file be kept? Where a parser fails, the file is at
fault.
"""

import importlib
import sys

from documents import kinds
from documents.accepted_file import NAMES, AcceptedFile
from documents.errors import Refused


def look(data: bytes) -> AcceptedFile:
    """What is to be kept of this file. Raises Refused with a sentence for the person who chose
    it.
    """
    kind = kinds.kind_of(data)
    try:
        verdict: AcceptedFile = importlib.import_module(f"documents.{kind}").check(data)
        return verdict
    except Refused:
        raise
    except MemoryError:
        raise Refused(
            f"This {NAMES[kind]} takes too much memory to open. Export a simpler one as PDF."
        ) from None
    except Exception as fault:
        # for the log; what it says may hold words of the document
        print(type(fault).__name__, file=sys.stderr)
        raise Refused(
            f"This {NAMES[kind]} is damaged and cannot be opened. Export it as PDF again."
        ) from fault


def judge(data: bytes) -> str | None:
    """Why a file is refused, as a sentence for the person who chose it; None where it may be
    kept.
    """
    try:
        look(data)
    except Refused as refused:
        return str(refused)
    return None
