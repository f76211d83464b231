"""docs/flags.md explains every rule."""

from capture.rules import RULE_NAMES
from portal.config import PROJECT_FOLDER


def test_every_rule_has_its_place_in_the_documentation() -> None:
    told = (PROJECT_FOLDER / "docs" / "flags.md").read_text(encoding="utf-8")
    assert {
        name for name in RULE_NAMES if f"`{name}`" not in told and f"## {name}" not in told
    } == set()
