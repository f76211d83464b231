"""One question and one answer: may this file be kept? Whatever a parser stumbles over, the file is at fault."""

import importlib
import sys

from documents.errors import Refused

KINDS = {"pdf": "PDF", "docx": "Word document"}


def judge(kind: str, data: bytes) -> str | None:
    """Why a file of this kind is not taken, as a sentence for whoever chose it; None where it may be kept."""
    try:
        importlib.import_module(f"documents.{kind}").check(data)
    except Refused as refused:
        return str(refused)
    except MemoryError:
        return f"This {KINDS[kind]} takes too much memory to open. Export a simpler one as PDF."
    except Exception as fault:
        print(type(fault).__name__, file=sys.stderr)  # for the log; what it says may hold words of the document
        return f"This {KINDS[kind]} is damaged and cannot be opened. Export it as PDF again."
    return None
