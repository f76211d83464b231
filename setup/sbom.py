"""Prints the software bill of materials (SBOM) as CycloneDX 1.6 JSON: `make sbom`.

The sources are the lock files and the list of files in `models.py`. So the program needs no network
and no installed packages, and its output is always the same. Packages that only tests and checks
use have the scope `excluded`. The SBOM contains versions and hashes, but no licences and no
dependencies.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models import WANTED

PROJECT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([a-z0-9._-]+)==([^\s\\;]+)", re.IGNORECASE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")

Component = dict[str, Any]


def main() -> None:
    print(json.dumps(bill(), indent=1, sort_keys=True))


def bill() -> Component:
    found = {component["bom-ref"]: component for component in _components()}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "career-portal",
                "bom-ref": "career-portal",
            }
        },
        "components": [found[ref] for ref in sorted(found)],
    }


def _components() -> Iterator[Component]:
    """All components. Runtime packages come last, so their entry replaces that of the dev lock."""
    yield from _from_pip(PROJECT / "requirements-dev.lock", scope="excluded")
    yield from _from_npm(PROJECT / "package-lock.json")
    yield from _models()
    yield from _from_pip(PROJECT / "requirements.lock", scope="required")


def _from_pip(lock: Path, scope: str) -> Iterator[Component]:
    for block in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip()):
        pinned = PINNED.match(block)
        if not pinned:
            raise ValueError(f"{lock.name} has a line that pins nothing: {block[:60]}")
        name, version = pinned.groups()
        purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
        yield _component(
            purl, name, version, scope, [("SHA-256", value) for value in HASH.findall(block)]
        )


def _from_npm(lock: Path) -> Iterator[Component]:
    for place, entry in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
        if not place:
            continue  # the project itself
        name, version = place.rpartition("node_modules/")[2], entry["version"]
        digest = base64.b64decode(entry["integrity"].partition("-")[2]).hex()
        purl = f"pkg:npm/{name.replace('@', '%40', 1)}@{version}"
        scope = "excluded" if entry.get("dev") else "required"
        yield _component(purl, name, version, scope, [("SHA-512", digest)])


def _models() -> Iterator[Component]:
    """The files that `models.py` takes out of packages, which nobody installs."""
    for wanted in WANTED:
        package, _, version = wanted.requirement.partition("==")
        purl = f"pkg:pypi/{package}@{version}#{wanted.member}"
        kind = "data" if wanted.name.endswith(".png") else "machine-learning-model"
        yield _component(purl, wanted.name, version, "required", [("SHA-256", wanted.sha256)]) | {
            "type": kind
        }


def _component(
    purl: str, name: str, version: str, scope: str, hashes: list[tuple[str, str]]
) -> Component:
    return {
        "type": "library",
        "bom-ref": purl,
        "purl": purl,
        "name": name,
        "version": version,
        "scope": scope,
        "hashes": [{"alg": algorithm, "content": value} for algorithm, value in hashes],
    }


if __name__ == "__main__":
    main()
