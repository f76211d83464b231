"""The process that looks at one file: bytes in by a pipe, one line of JSON and a changed copy out
by another.

Whatever ends it before it said anything (too much time or memory) means that the file cannot be
told to be harmless. It writes to pipes only: the size of files is limited to nothing. `asking`
starts it; nobody else should.
"""

import importlib
import json
import logging
import sys

from documents import jail, judging
from documents.errors import Refused


def main() -> None:
    jail.enter()
    logging.disable()  # a parser's complaints quote the document
    data = sys.stdin.buffer.read()
    # while files can be opened
    importlib.import_module("documents.docx" if data.startswith(b"PK") else "documents.pdf")
    jail.shut()
    said: dict[str, object] = {}
    copy = None
    try:
        verdict = judging.look(data)
        copy, said = (
            verdict.copy,
            {"kind": verdict.kind, "said": verdict.said, "is_changed": verdict.copy is not None},
        )
    except Refused as refused:
        said = {"refused": str(refused)}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + (copy or b""))


if __name__ == "__main__":
    main()
