"""The words for the values of our enumerations, in the reader's language.

Each value has two: as it stands alone, and inside a sentence. German writes nouns with a capital
letter in both places, so no program can make the one from the other.
"""

from flask import Flask

from portal.languages import N_
from portal.languages import gettext as _

WORDS = {
    # workplaces and kinds of employment
    "on_site": (N_("On site"), N_("on site")),
    "hybrid": (N_("Hybrid"), N_("hybrid")),
    "remote": (N_("Remote"), N_("remote")),
    "full_time": (N_("Full time"), N_("full time")),
    "part_time": (N_("Part time"), N_("part time")),
    "contract": (N_("Contract"), N_("contract")),
    "internship": (N_("Internship"), N_("internship")),
    # where a job and an application stand
    "draft": (N_("Draft"), N_("draft")),
    "open": (N_("Open"), N_("open")),
    "closed": (N_("Closed"), N_("closed")),
    "applied": (N_("Applied"), N_("applied")),
    "invited": (N_("Invited"), N_("invited")),
    "interviewed": (N_("Interviewed"), N_("interviewed")),
    "offered": (N_("Offered"), N_("offered")),
    "rejected": (N_("Rejected"), N_("rejected")),
    "withdrawn": (N_("Withdrawn"), N_("withdrawn")),
    # answers
    "recording": (N_("Recording"), N_("recording")),
    "received": (N_("Received"), N_("received")),
    "ready": (N_("Ready"), N_("ready")),
    "failed": (N_("Failed"), N_("failed")),
    "discarded": (N_("Discarded"), N_("discarded")),
    # mails; the third state is "failed"
    "waiting": (N_("Waiting"), N_("waiting")),
    "sent": (N_("Sent"), N_("sent")),
    # people
    "candidate": (N_("Candidate"), N_("candidate")),
    "admin": (N_("Admin"), N_("admin")),
    # severities of flags, and what stands in their place where the engine could not assess
    "high": (N_("High"), N_("high")),
    "medium": (N_("Medium"), N_("medium")),
    "low": (N_("Low"), N_("low")),
    "none": (N_("Not assessable"), N_("not assessable")),
    # kinds of flags
    "no_face": (N_("No face"), N_("no face")),
    "several_faces": (N_("Several faces"), N_("several faces")),
    "face_turned_away": (N_("Face turned away"), N_("face turned away")),
    "looking_away": (N_("Looking away"), N_("looking away")),
    "other_voice": (N_("Other voice"), N_("other voice")),
    "no_sound": (N_("No sound"), N_("no sound")),
    "picture_lost": (N_("Picture lost"), N_("picture lost")),
    "page_hidden": (N_("Page hidden"), N_("page hidden")),
    "focus_lost": (N_("Focus lost"), N_("focus lost")),
    "fullscreen_left": (N_("Fullscreen left"), N_("fullscreen left")),
    "second_display": (N_("Second display"), N_("second display")),
    "paste": (N_("Paste"), N_("paste")),
    "recording_gap": (N_("Recording gap"), N_("recording gap")),
}


def init_app(app: Flask) -> None:
    app.add_template_filter(words)
    app.add_template_filter(words_within)


def words(name: str) -> str:
    """The value as it stands alone: `full_time` → Full time."""
    return _(WORDS[name][0])


def words_within(name: str) -> str:
    """The value inside a sentence: `full_time` → full time, in German Vollzeit."""
    return _(WORDS[name][1])
