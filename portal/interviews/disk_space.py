"""Checks the free disk space. New answers must leave a reserve, which running answers may use.

It only checks, and deletes nothing.
"""

from disk import space as disk
from portal import tus
from portal.config import settings
from portal.interviews.errors import NoRoom
from portal.interviews.paths import answer_path
from portal.languages import gettext as _
from portal.models import Answer, AnswerState, InterviewSession

# running answers may use nine tenths of the disk floor, which new ones must leave
RUNNING_SHARE = 10
OBSERVATIONS_BYTES = 1_000_000  # about the most that one answer needs


def refuse_new() -> None:
    """Raise NoRoom if less than the disk floor is free."""
    if disk.free_bytes(settings().interviews_folder) < settings().disk_floor_bytes:
        raise NoRoom(
            _(
                "The server is short of space, so no new recording can start. Nothing saved is"
                " lost; try later."
            )
        )


def refuse_running() -> None:
    """Raise NoSpace if the disk has no room even for answers that are being recorded."""
    kept_free_bytes = settings().disk_floor_bytes // RUNNING_SHARE
    if disk.free_bytes(settings().interviews_folder) < kept_free_bytes:
        raise tus.NoSpace(
            _("The server is out of space. What was confirmed is safe; sending goes on later.")
        )


def fits(row: Answer | InterviewSession) -> bool:
    """Whether the files that background work on this row writes fit beside the running answers."""
    if isinstance(row, InterviewSession):
        copied = row.kept_answers()
    else:
        copied = [row] if row.state is AnswerState.RECEIVED else []
    needed_bytes = OBSERVATIONS_BYTES + sum(tus.size(answer_path(answer)) for answer in copied)
    kept_free_bytes = settings().disk_floor_bytes // RUNNING_SHARE
    return disk.free_bytes(settings().interviews_folder) >= needed_bytes + kept_free_bytes
