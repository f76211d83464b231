"""The process that checks one file. It reads bytes, and writes a line of JSON and a changed copy.

If the process ends before it answers (too much time or memory), the file counts as not harmless. It
writes to pipes only: its file size limit is 0. Only `start_inspection` starts it.
"""

import importlib
import json
import logging
import sys

from documents import inspect_file, jail
from documents.errors import Refused


def main() -> None:
    jail.limit_resources()
    logging.disable()  # a parser's log lines quote the document
    data = sys.stdin.buffer.read()
    # we import the parser now, because later this process cannot open files
    importlib.import_module("documents.docx" if data.startswith(b"PK") else "documents.pdf")
    jail.forbid_opening()
    said: dict[str, object] = {}
    copy = None
    try:
        verdict = inspect_file.inspect(data)
        copy, changes = verdict.copy, [[one.clause, one.values] for one in verdict.told]
        said = {"kind": verdict.kind, "changes": changes, "is_changed": copy is not None}
    except Refused as refused:
        said = {"refused": refused.sentence, "values": refused.values}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + (copy or b""))


if __name__ == "__main__":
    main()
