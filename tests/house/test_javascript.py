"""The unit tests of our scripts run in Node. `make check` also runs ESLint and TypeScript."""

import subprocess
import sys

import pytest
from scripts import our_scripts

from portal.config import PROJECT_FOLDER

CHECK = PROJECT_FOLDER / "setup" / "javascript.py"
WITHIN_S = 300
TS_IGNORED = ("@ts-ignore", "@ts-nocheck", "@ts-expect-error", "eslint-disable")


@pytest.mark.node
def test_the_unit_tests_of_our_scripts_pass_in_node() -> None:
    done = subprocess.run(
        [sys.executable, str(CHECK), "tests"],
        capture_output=True, text=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert "# fail 0" in done.stdout or "fail 0" in done.stdout


def test_no_script_switches_a_check_off() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in our_scripts()}
    assert [
        str(path) for path, text in texts.items() if any(word in text for word in TS_IGNORED)
    ] == []
