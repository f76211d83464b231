"""Health checks for supervisors and proxies: is the portal alive, and is it ready?

An answer names the part that fails. It contains no personal data, no paths and no setting's value.
"""

import logging
import shutil

from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from portal import interviews, work
from portal.config import settings
from portal.database import release_lock
from portal.extensions import db
from portal.models import InterviewSession, utc_now

log = logging.getLogger(__name__)
bp = Blueprint("health", __name__)

OK = "ok"
# The free part of the disk where the proxy buffers request bodies. With less, a burst of uploads
# could fill the disk.
PROXY_LEAST_FREE = 0.1


@bp.get("/healthz")
def healthz() -> dict[str, str]:
    """Liveness: this process answers.

    It does not ask the database or the disk: a restart would not help when one of them fails.
    """
    return {"status": "alive"}


@bp.get("/readyz")
def readyz() -> tuple[dict[str, object], int]:
    """Readiness: a candidate could start to record now. A 503 names the part that fails."""
    found = checks()
    is_ready = all(words == OK for words in found.values())
    return {
        "status": "ready" if is_ready else "not ready",
        "checks": found,
    }, 200 if is_ready else 503


def checks() -> dict[str, str]:
    """The state of each part by its name: `ok`, or what is wrong."""
    found = {"database": _database(), "disk": _disk(), "models": _models()}
    if settings().records_itself:
        is_there = interviews.is_station_there()
        found["station"] = OK if is_there else "the kiosk process (flask kiosk) is not running"
    if settings().proxy_temp_folder:
        found["proxy"] = _proxy()
    if found["database"] != OK:
        found["measuring"] = "unknown without the database"
    else:
        workers = work.workers_seen(utc_now())
        found["measuring"] = OK if workers else "no measuring process has reported lately"
    return found


def _database() -> str:
    try:
        # This reads one of our tables: it must exist, so the database must also be migrated.
        db.session.execute(db.select(InterviewSession.id).limit(1))
    except SQLAlchemyError as exc:
        log.warning("the database does not answer: %s", type(exc).__name__)
        release_lock()
        return "does not answer, or is not migrated"
    return OK


def free_bytes() -> int | None:
    """The free space on the interviews' disk, or None when their folder is missing."""
    try:
        return shutil.disk_usage(settings().interviews_folder).free
    except OSError as exc:
        log.warning("the disk does not answer: %s", type(exc).__name__)
        return None


def _disk() -> str:
    free = free_bytes()
    if free is None:
        return "the interviews' folder is missing"
    return OK if free >= settings().disk_floor_bytes else "free space is below DISK_FLOOR_BYTES"


def proxy_space() -> tuple[int, int] | None:
    """The free and the total bytes of the disk where the proxy buffers request bodies.

    None when PROXY_TEMP_FOLDER is not set, or when that folder is missing.
    """
    folder = settings().proxy_temp_folder
    if folder is None:
        return None
    try:
        disk = shutil.disk_usage(folder)
    except OSError as exc:
        log.warning("the proxy's disk does not answer: %s", type(exc).__name__)
        return None
    return disk.free, disk.total


def _proxy() -> str:
    space = proxy_space()
    if space is None:
        return "PROXY_TEMP_FOLDER is missing"
    free, total = space
    return (
        OK
        if free >= total * PROXY_LEAST_FREE
        else "the disk where the proxy buffers requests is nearly full"
    )


def _models() -> str:
    config = settings()
    are_there = all(path.is_file() for path in (config.face_model_path, config.crowd_model_path))
    return OK if are_there else "a model that measuring needs is missing"
