"""`python -m documents pdf < FILE`: ends with 0 if the file may be kept, with 3 and a sentence if not.

Whatever else ends it (too much time or memory) means that the file cannot be told to be harmless.
"""

import importlib
import logging
import sys

from documents import jail
from documents.judging import judge

KEEP, REFUSE = 0, 3


def main(kind: str) -> int:
    jail.enter()
    logging.disable()  # a parser's complaints quote the document
    importlib.import_module(f"documents.{kind}")  # while files can still be opened
    data = sys.stdin.buffer.read()
    jail.shut()
    reason = judge(kind, data)
    sys.stdout.buffer.write((reason or "").encode())
    return REFUSE if reason else KEEP


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
