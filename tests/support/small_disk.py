"""A real disk that can be full: a tmpfs of a few megabytes, mounted where interviews or all data of
a portal are.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class SmallDisk:
    folder: Path

    @property
    def ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self, leaving_bytes: int = 0) -> None:
        """Use up all space but so much; at most a block of 4 kB is left where nothing shall be."""
        with self.ballast.open("ab", buffering=0) as file, suppress(OSError):
            file.write(b"\0" * max(0, self.free_bytes() - leaving_bytes))
            while not leaving_bytes:
                file.write(b"\0" * 4096)
        assert self.free_bytes() <= max(leaving_bytes, 4096)

    def free_bytes(self) -> int:
        stat = os.statvfs(self.folder)
        return stat.f_bavail * stat.f_frsize

    def make_room(self) -> None:
        self.ballast.unlink()

    def leftovers(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*") if path.name.endswith(".part")]


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Skips the test, loudly, where this machine lets nobody mount."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(
            f"NO DISK COULD BE MOUNTED, so none could be full: {mounted.stderr.strip()} (run as"
            " root)"
        )
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
