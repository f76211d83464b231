"""`python -m documents FILE [--copy CHANGED]`: says whether the portal would take a file, and what
it would change.

Without FILE (or with "-") the file is read from standard input. Ends with 0 if it may be kept, as
it is or changed, with 3 if not, and with 2 where it could not be read.
"""

import argparse
import sys
from pathlib import Path

from documents.accepted_file import NAMES
from documents.start_inspection import ask

KEEP, UNREADABLE, REFUSE = 0, 2, 3
# the latter two for those who know the file's kind and need not
OF_STANDARD_INPUT = {"-", "pdf", "docx"}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        "python -m documents", description="Would the portal take this file as a résumé?"
    )
    parser.add_argument("file", nargs="?", default="-", help="a file, or - for standard input")
    parser.add_argument("--copy", metavar="CHANGED", help="where to write what would be kept")
    asked = parser.parse_args(words)
    try:
        is_input = asked.file in OF_STANDARD_INPUT and not Path(asked.file).is_file()
        data = sys.stdin.buffer.read() if is_input else Path(asked.file).read_bytes()
    except OSError as fault:
        print(f"{asked.file} cannot be read: {fault.strerror}.", file=sys.stderr)
        return UNREADABLE
    answer = ask(data)
    if answer.refused:
        print(answer.refused)
        return REFUSE
    print(answer.said or f"This {NAMES[answer.kind]} may be kept as it is.")
    if asked.copy:
        Path(asked.copy).write_bytes(answer.data)
    return KEEP


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
