"""docs/security.md names the test behind each claim: they exist, and a row without one says that it
is a gap or why.
"""

import ast
import re

import pytest

from portal.config import PROJECT_FOLDER

DOCUMENT = (PROJECT_FOLDER / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", DOCUMENT)))
ROWS = re.findall(r"^\| (V\d+(?:\.\d+)+) \| (.+) \| (.+) \|$", DOCUMENT, re.MULTILINE)


def test_every_test_that_is_named_exists() -> None:
    missing = [f"{file}::{name}" for file, name in NAMED if name not in functions_of(file)]

    assert missing == []
    assert len(NAMED) > 50


def functions_of(file: str) -> set[str]:
    """The names of its functions. Each file of tests has a name of its own, whatever its folder."""
    found = [ast.parse(path.read_text()) for path in (PROJECT_FOLDER / "tests").rglob(file)]
    return {
        node.name for tree in found for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize(("section", "asks", "answer"), ROWS)
def test_every_requirement_has_a_level_and_an_answer(section: str, asks: str, answer: str) -> None:
    assert re.search(r"\([12](, 2)?\)", asks), section
    assert len(answer) > 5
