"""Everything that happens to an interview. Only this package of the portal works with `capture`.

The candidate's actions are in `lifecycle`, `questions`, `answers`, `receiving` and `upload_ends`;
`eligibility` checks whether the candidate may do them. Background work is in `measuring`,
`flagging`, `finishing` and `results`. Files: `paths`, `disk_space`, `observation_cache`,
`retention`. Data for pages: `status`, `arrival_notes`, `recording_layout`, `figure`. `kiosk`
records with this machine's own devices.

Other packages of the portal import from this file, and not from the modules (a facade).
"""

from collections.abc import Sequence
from pathlib import Path

from flask import Flask

from capture.rules import RULE_NAMES
from capture.stderr import own_stderr
from portal import work
from portal.config import ConfigError, settings
from portal.hiring.stopped_interviews import is_not_stopped
from portal.interviews.answer_remarks import NOT_ASSESSABLE, notes_by_question
from portal.interviews.answer_remarks import notes as arrival_notes
from portal.interviews.answers import (
    NewAnswer,
    report_events,
    start_answer,
)
from portal.interviews.eligibility import refuse_stopped, refuse_uninterviewable
from portal.interviews.errors import (
    AnswersMissing,
    BytesMissing,
    Discarded,
    InterviewError,
    NoRoom,
    NoTakesLeft,
    NotInterviewable,
    OpenElsewhere,
)
from portal.interviews.figure import lane_views, signal_registry
from portal.interviews.flag_sentences import flag_sentence
from portal.interviews.kiosk import (
    KIOSK_CONTAINER,
    DevicesUnusable,
    NotAtTheMachine,
    forget_unrecorded,
    hold_devices,
    is_station_there,
    look_at_devices,
    preview,
    record_here,
    refuse_visitors,
    release_devices,
    run_station,
    stop_here,
)
from portal.interviews.lifecycle import claim_seat, finish, give_consent, open_interview, retry
from portal.interviews.paths import answer_path, recording
from portal.interviews.questions import release
from portal.interviews.receiving import (
    announce,
    confirmed_bytes,
    owner_of,
    receive,
    refuse_uploads,
    upload_target,
)
from portal.interviews.recording_layout import answer_spans
from portal.interviews.retention import (
    Housekeeper,
    delete_orphaned_resumes,
    erase,
    finish_account_deletions,
    purge,
)
from portal.interviews.status import Status, arrived, status
from portal.interviews.upload_ends import (
    complete_answer,
    discard_upload,
    locked_to_complete,
    locked_to_discard,
    refuse_discarded,
)

__all__ = [
    "KIOSK_CONTAINER",
    "NOT_ASSESSABLE",
    "AnswersMissing",
    "BytesMissing",
    "DevicesUnusable",
    "Discarded",
    "InterviewError",
    "NewAnswer",
    "NoRoom",
    "NoTakesLeft",
    "NotAtTheMachine",
    "NotInterviewable",
    "OpenElsewhere",
    "Status",
    "announce",
    "answer_path",
    "answer_spans",
    "arrival_notes",
    "arrived",
    "claim_seat",
    "complete_answer",
    "config",
    "confirmed_bytes",
    "delete_orphaned_resumes",
    "demo_clips",
    "discard_upload",
    "erase",
    "finish",
    "finish_account_deletions",
    "flag_sentence",
    "forget_unrecorded",
    "give_consent",
    "hold_devices",
    "is_not_stopped",
    "is_station_there",
    "lane_views",
    "locked_to_complete",
    "locked_to_discard",
    "look_at_devices",
    "notes_by_question",
    "open_interview",
    "own_stderr",
    "owner_of",
    "preview",
    "purge",
    "receive",
    "record_here",
    "recording",
    "refuse_discarded",
    "refuse_stopped",
    "refuse_uninterviewable",
    "refuse_uploads",
    "refuse_visitors",
    "release",
    "release_devices",
    "report_events",
    "retry",
    "run_station",
    "signal_registry",
    "start_answer",
    "status",
    "stop_here",
    "upload_target",
]


def init_app(app: Flask) -> None:
    """Register the background work on interviews.

    Raises ConfigError if RULES_OFF names a rule that does not exist.
    """
    if unknown := settings(app).rules_off - RULE_NAMES:
        known = ", ".join(sorted(RULE_NAMES))
        raise ConfigError(
            f"RULES_OFF names {', '.join(sorted(unknown))}, which is no rule; there are {known}."
        )
    work.register_rows(app, _row_kinds)
    work.register_idle(app, Housekeeper(app).find_work)


def _row_kinds() -> Sequence[work.RowKind]:
    # imports every decoder, so only processes that measure import it
    from portal.interviews import measuring

    return measuring.ROW_KINDS


def demo_clips(folder: Path) -> list[Path]:
    """Generate three answers for the demo: one shows no face for a while, one shows two faces."""
    from capture import demo  # imports the encoders, which no other process needs

    return demo.make_demo_clips(settings().instance_path / "models" / "astronaut.png", folder)
