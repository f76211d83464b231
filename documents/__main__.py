"""`python -m documents FILE [--copy CHANGED]`: would the portal take a file, and what changes?

Without FILE (or with "-") it reads standard input. Exit codes: 0 if we may keep the file, changed
or not; 3 if not; 2 if the file cannot be read.
"""

import argparse
import sys
from pathlib import Path

from documents.accepted_file import NAMES
from documents.start_inspection import ask

KEEP, UNREADABLE, REFUSE = 0, 2, 3
# people type the file's kind here although they need not
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
        print(answer.refused % answer.values if answer.values else answer.refused)
        return REFUSE
    print(answer.said or f"This {NAMES[answer.kind]} may be kept as it is.")
    if asked.copy:
        Path(asked.copy).write_bytes(answer.data)
    return KEEP


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
