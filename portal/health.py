"""Whether the portal is alive and whether it is ready to serve, for supervisors and proxies.

Tells in a few words which part is not, and nothing about people, paths or settings' values.
"""

import logging
import shutil

from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from portal import interviews, work
from portal.extensions import db
from portal.models import InterviewSession, utc_now

log = logging.getLogger(__name__)
bp = Blueprint("health", __name__)

OK = "ok"
# of the disk where the proxy keeps bodies on their way; below that one flood fills it
PROXY_LEAST_FREE = 0.1


@bp.get("/healthz")
def healthz() -> dict[str, str]:
    """Alive: this process answers. Asks neither database nor disk, so that a full disk restarts
    nobody.
    """
    return {"status": "alive"}


@bp.get("/readyz")
def readyz() -> tuple[dict[str, object], int]:
    """Ready: a candidate who comes now can record. 503 names what is missing."""
    found = checks()
    is_ready = all(words == OK for words in found.values())
    return {
        "status": "ready" if is_ready else "not ready",
        "checks": found,
    }, 200 if is_ready else 503


def checks() -> dict[str, str]:
    """Each part by name: `ok`, or what is wrong with it."""
    found = {"database": _database(), "disk": _disk(), "models": _models()}
    if interviews.config().records_itself:
        found["station"] = _station()
    if interviews.config().proxy_temp_folder:
        found["proxy"] = _proxy()
    return found | {
        "measuring": _measuring()
        if found["database"] == OK
        else "cannot be told without the database"
    }


def _database() -> str:
    try:
        # a table of ours: migrated, not only reachable
        db.session.execute(db.select(InterviewSession.id).limit(1))
    except SQLAlchemyError as exc:
        log.warning("the database does not answer: %s", type(exc).__name__)
        db.session.rollback()
        return "does not answer, or is not migrated"
    return OK


def free_bytes() -> int | None:
    """Space left where interviews are kept; None where that folder is gone."""
    try:
        return shutil.disk_usage(interviews.config().interviews_folder).free
    except OSError as exc:
        log.warning("the disk does not answer: %s", type(exc).__name__)
        return None


def _disk() -> str:
    free = free_bytes()
    if free is None:
        return "the folder of interviews is not there"
    return (
        OK
        if free >= interviews.config().disk_floor_bytes
        else "less space is left than DISK_FLOOR_BYTES"
    )


def proxy_space() -> tuple[int, int] | None:
    """Bytes free and in all where the proxy keeps bodies on their way; None where it is not
    watched, or not there.
    """
    folder = interviews.config().proxy_temp_folder
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
        return "PROXY_TEMP_FOLDER is not there"
    free, total = space
    return (
        OK
        if free >= total * PROXY_LEAST_FREE
        else "the disk where the proxy keeps bodies is nearly full"
    )


def _models() -> str:
    config = interviews.config()
    are_there = all(path.is_file() for path in (config.face_model_path, config.crowd_model_path))
    return OK if are_there else "a model that measuring needs is missing"


def _station() -> str:
    return (
        OK if interviews.is_station_there() else "nobody runs this machine's camera (flask kiosk)"
    )


def _measuring() -> str:
    return OK if work.workers_seen(utc_now()) else "no process has said lately that it measures"
