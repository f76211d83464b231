"""`make scan`: hostile tools against a real portal on this machine. TOOL=name runs one of them.

We accept a finding if docs/security.md explains it, with its key in backticks. Any other finding
makes the command fail.
"""

import sys
import time

from portal.config import PROJECT_FOLDER
from scan.target import running_target
from scan.tools import TOOLS, Finding, ToolFailed

EXPLAINED = PROJECT_FOLDER / "docs" / "security.md"


def main(names: list[str]) -> int:
    found = sorted({finding for name in names or TOOLS for finding in scanned(name)})
    explained = EXPLAINED.read_text()
    unexplained = [finding for finding in found if f"`{finding.key}`" not in explained]
    for finding in found:
        print(f"{'NOT EXPLAINED' if finding in unexplained else 'explained    '}  {finding.key}")
    print(f"{len(found)} findings, {len(unexplained)} of them not explained in docs/security.md")
    return 1 if unexplained else 0


def scanned(name: str) -> list[Finding]:
    """The findings of one tool, on its own portal: it may disable an account that others need."""
    with running_target() as target:
        began = time.monotonic()
        try:
            found = sorted(set(TOOLS[name](target)))
        except ToolFailed as exc:
            print(exc)
            found = [Finding(name, "did not do its work", "")]
        print(f"{name}: {len(found)} findings in {time.monotonic() - began:.0f} s", flush=True)
        return found + [Finding("portal", "answered 5xx", place) for place in target.failures()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
