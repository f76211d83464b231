"""nginx runs as a user of its own: it sends finished recordings, and can read nothing else of the
portal's.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import make_application
from front_doors import FrontDoor
from interview_steps import begin_interview, clip_bytes, record_whole_interview
from servers import LiveServer

from portal import interviews
from portal.extensions import db
from portal.models import User

pytestmark = [
    pytest.mark.nginx,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can let nginx be another user"),
]

USER, GROUP = "www-data", "games"  # a group that every Debian has, in place of portal-media


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that others can pass through; pytest's own are closed to them."""
    folder, before = Path(tempfile.mkdtemp(prefix="front-user-")), os.umask(0o067)
    folder.chmod(0o711)
    yield folder
    os.umask(before)
    shutil.rmtree(folder)


def reads(path: Path) -> bool:
    """Whether nginx's processes could open it."""
    done = subprocess.run(
        ["cat", path], user=USER, group=GROUP, extra_groups=[], capture_output=True, check=False
    )
    return done.returncode == 0


def test_it_sends_recordings_as_a_user_that_reads_nothing_else(
    folder: Path, tmp_path: Path
) -> None:
    """Folders and UMask as docs/deploy.md and deploy/*.service say."""
    (folder / "live" / "interviews").mkdir(parents=True)
    (folder / "live").chmod(0o711)
    shutil.chown(folder / "live" / "interviews", group=GROUP)
    (folder / "live" / "interviews").chmod(0o2710)
    server = LiveServer(
        folder, TRUSTED_PROXIES="1", MEDIA_ACCEL_PREFIX="/_media", SESSION_COOKIE_SECURE="1"
    )
    with server.app.app_context():
        alice = db.session.scalars(db.select(User).where(User.email == "alice@example.org")).one()
        interview = record_whole_interview(
            server.app, begin_interview(make_application(alice)), tmp_path
        )
        place, address = interviews.recording(interview), f"/admin/sessions/{interview.id}"
        db.session.rollback()
    server.start()
    door = FrontDoor(folder, server, f"{USER} {GROUP}")
    door.start()
    try:
        admin = door.visitor().sign_in("ada@example.org")
        film, told = admin.get(f"{address}/recording.mp4"), admin.get(f"{address}/telemetry.json")
    finally:
        door.stop()
        server.stop()

    assert (film.status, film.body) == (200, place.recording_path.read_bytes())
    assert (told.status, told.body) == (200, place.telemetry_path.read_bytes())
    files = {path for path in (folder / "live").rglob("*") if path.is_file()}
    assert clip_bytes(tmp_path) in {path.read_bytes() for path in files}
    assert {path for path in files if reads(path)} == {place.recording_path, place.telemetry_path}
