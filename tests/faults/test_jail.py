"""What a process can still do that has entered the jail of the trial (`make bench-jail`,
docs/security.md).
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import jail

INSIDE = """
import json, sys
from pathlib import Path
from benchmarks import jail
readable, folder = map(Path, sys.argv[1:])
jail.enter([readable, *(Path(name) for name in ("/usr", "/lib", "/proc/self", sys.prefix))], folder)
(folder / "made").write_text(readable.read_text())
print(json.dumps(jail.what_is_refused()))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is made of Linux's own means")
def test_who_is_jailed_reads_its_recording_writes_its_folder_and_nothing_else(
    tmp_path: Path,
) -> None:
    media, folder = tmp_path / "media", tmp_path / "made"
    media.write_text("a recording")
    folder.mkdir()
    command = [sys.executable, "-c", INSIDE, str(media), str(folder)]
    done = subprocess.run(
        command, cwd=jail.PROJECT_FOLDER, env={}, capture_output=True, text=True, check=True
    )
    refused = json.loads(done.stdout)

    assert (folder / "made").read_text() == "a recording"
    assert {refused["open a socket"], refused["start a program"]} == {"EPERM"}
    if jail.landlock_version():
        assert {refused[what] for what in refused if "file" in what or "settings" in what} == {
            "EACCES"
        }
    if jail.landlock_version() >= 6:
        assert "ALLOWED" not in refused.values()
