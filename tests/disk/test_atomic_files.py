"""A file is replaced whole or not at all, and others read what was opened to them."""

import os
from pathlib import Path

import pytest

from capture.errors import ClaimLost
from disk.atomic import atomic_write, write_json


def test_it_replaces_a_file_only_when_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "telemetry.json"
    target.write_text("old")
    with pytest.raises(UnicodeEncodeError), atomic_write(target) as temporary:
        temporary.write_text("half \udc80", encoding="utf-8")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["telemetry.json"]


def test_it_replaces_nothing_that_is_no_longer_ours(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_text("of whoever finished")

    def lost() -> None:
        raise ClaimLost("another process has it")

    with pytest.raises(ClaimLost), atomic_write(target, lost) as temporary:
        temporary.write_text("of a sleeper")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert target.read_text() == "of whoever finished"


def test_it_writes_no_numbers_that_a_browser_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"level": float("nan")})
    assert not (tmp_path / "a.json").exists()
