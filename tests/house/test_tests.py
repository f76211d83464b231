"""No test depends on when it was collected, or on what the parent of the tests ignores."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from import_time import at_import

TESTS = Path(__file__).resolve().parent.parent
FILES = sorted(TESTS.rglob("*.py"))
CLOCKS = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}
CLOCKS |= {"utc_now", "now", "utcnow", "today"}


def clocks_read(source: str) -> list[int]:
    """The lines that read a clock at import."""
    called = [node for node in at_import(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call.lineno for call in called if ast.unparse(call.func).split(".")[-1] in CLOCKS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_clock_is_read_when_a_test_is_collected(path: Path) -> None:
    assert clocks_read(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("NOW = utc_now()", [1]),
        ("import time\nEXPIRES = {'exp': int(time.time()) + 600}", [2]),
        ("@parametrize('at', [datetime.now(UTC)])\ndef test(at): pass", [1]),
        ("def helper(at=date.today()): pass", [1]),
        ("class Things:\n    begun = monotonic()", [2]),
        ("def test():\n    return utc_now()", []),
        ("clock = lambda: time.time()", []),
    ],
)
def test_a_clock_that_is_read_at_import_is_found(source: str, lines: list[int]) -> None:
    assert clocks_read(source) == lines


def test_a_process_that_a_test_starts_hears_ctrl_c_even_if_our_parent_ignores_it() -> None:
    asks = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert subprocess.check_output([sys.executable, "-c", asks], text=True) == "True\n"
