"""Things that the portal does in one way only, so that a change to the way is one change."""

from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
PORTAL = HOUSE / "portal"


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((HOUSE / folder).rglob("*.py"))]


def test_settings_are_read_through_their_one_accessor() -> None:
    everywhere = python_files("portal", "migrations", "scan", "setup", "benchmarks", "tests")
    readers = {
        str(path.relative_to(HOUSE))
        for path in [*everywhere, HOUSE / "gunicorn.conf.py", HOUSE / "wsgi.py"]
        if '"PORTAL"' in path.read_text("utf-8") and path != Path(__file__)
    }
    assert readers == {"portal/config.py"}
