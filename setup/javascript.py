"""Checks our scripts with Node: ESLint, TypeScript's checker, and their unit tests.

`python setup/javascript.py` runs all three, `… lint`, `… types` or `… tests` one of them. It knows
where Node is; what is checked stands in `eslint.config.js`, `tsconfig.json` and `tests/js`.
"""

import shutil
import subprocess
import sys

from assets import PACKAGES, PROJECT, SetupError, has_tools, npm

TESTS = PROJECT / "tests" / "js"
# Not the whole folder: the virtual environment lies in it, under any name, with scripts of others.
LINTED = ["portal/static", "tests", "eslint.config.js"]
TEST_WITHIN_MS = 120_000  # one file, on a slow machine; all of them take a quarter of that


def commands() -> dict[str, list[list[str]]]:
    """What to run, by its name. The tests are named one by one: Node 20 knows no patterns."""
    eslint = str(PACKAGES / "eslint" / "bin" / "eslint.js")
    tsc = str(PACKAGES / "typescript" / "bin" / "tsc")
    runner = ["--test", "--test-force-exit", f"--test-timeout={TEST_WITHIN_MS}"]
    return {
        "lint": [[eslint, "--max-warnings", "0", *LINTED]],
        "types": [[tsc], [tsc, "--project", str(TESTS)]],
        "tests": [[*runner, *map(str, sorted(TESTS.glob("*.test.js")))]],
    }


def run(name: str) -> int:
    """Run one kind of check; the exit status of the first command that fails, or 0."""
    _, path = npm()
    node = str(shutil.which("node", path=path))
    for arguments in commands()[name]:
        status = subprocess.run([node, *arguments], cwd=PROJECT, check=False).returncode
        if status:
            return status
    return 0


def main() -> None:
    if not has_tools():
        sys.exit("javascript: the tools are missing: run `make tools`")
    try:
        sys.exit(max(run(name) for name in sys.argv[1:] or commands()))
    except SetupError as error:
        sys.exit(f"javascript: {error}")


if __name__ == "__main__":
    main()
