"""The list of what the portal is made of names everything that is locked, once, and nothing
else.
"""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from portal.config import PROJECT_FOLDER
from setup.models import WANTED

LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
HEX_LENGTHS = {"SHA-256": 64, "SHA-512": 128}


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    made = subprocess.run(
        [sys.executable, "setup/sbom.py"],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def locked(name: str) -> set[tuple[str, str]]:
    return set(LOCKED.findall((PROJECT_FOLDER / name).read_text()))


def components(bill: dict[str, Any], start: str, scope: str) -> set[tuple[str, str]]:
    found = [
        one
        for one in bill["components"]
        if one["purl"].startswith(start) and "#" not in one["purl"]
    ]
    return {(one["name"], one["version"]) for one in found if one["scope"] == scope}


def test_it_names_every_locked_package_under_its_use(bill: dict[str, Any]) -> None:
    running, testing = locked("requirements.lock"), locked("requirements-dev.lock")
    assert components(bill, "pkg:pypi/", "required") == running
    assert components(bill, "pkg:pypi/", "excluded") == testing - running
    assert ("htmx.org", "2.0.11") in components(bill, "pkg:npm/", "required")
    assert ("tus-js-client", "4.3.1") in components(bill, "pkg:npm/", "excluded")


def test_it_names_the_models(bill: dict[str, Any]) -> None:
    hashes = {
        one["name"]: one["hashes"][0]["content"] for one in bill["components"] if "#" in one["purl"]
    }
    assert hashes == {wanted.name: wanted.sha256 for wanted in WANTED}


def test_it_has_the_form_that_tools_read(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(references) == len(set(references))
    for one in bill["components"]:
        assert one["hashes"], one["name"]
        assert {len(made["content"]) == HEX_LENGTHS[made["alg"]] for made in one["hashes"]} == {
            True
        }
        assert re.fullmatch(r"pkg:(pypi|npm)/[^\s@]+@[^\s@]+", one["purl"]), one["purl"]


def test_the_deadlines_and_what_is_held_back_are_written_down() -> None:
    policy = (PROJECT_FOLDER / "SECURITY.md").read_text()
    held = dict(locked("requirements.lock"))["mediapipe"]
    assert f"mediapipe {held}" in policy
    assert all(
        word in policy
        for word in ("**critical**", "**high**", "**medium**", "**low**", "make sbom")
    )
