"""Why an action on an interview is refused, with a sentence for the person who tried."""

from http import HTTPStatus
from typing import Any

from portal.errors import PortalError
from portal.languages import N_


class InterviewError(PortalError):
    """The action is not possible now. People find their interviews on their own first page."""

    wrong_state = "interview"
    title = N_("Not possible now")
    way_on = "applications.dashboard", N_("My applications")


class NotInterviewable(InterviewError):
    """This application has no interview to record (any more)."""


class Stopped(NotInterviewable):
    """The application was withdrawn or decided, and this stopped the interview."""

    status = HTTPStatus.FORBIDDEN


class NotAgreed(InterviewError):
    """The candidate has not agreed to the recording yet."""

    status = HTTPStatus.FORBIDDEN


class NotReleased(InterviewError):
    """The page has not shown the question yet."""


class OpenElsewhere(InterviewError):
    """Another tab or device records this interview."""

    wrong_state = ""
    message = N_("This interview is open in another tab or on another device.")


class NoTakesLeft(InterviewError):
    """The candidate has used every take of this question."""


class BytesMissing(InterviewError):
    """Not all bytes of the answer have arrived; `offset` is how many have (tus Upload-Offset)."""

    wrong_state = ""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset

    def members(self) -> dict[str, Any]:
        return {"offset": self.offset}


class Discarded(InterviewError):
    """The upload of this answer was discarded, and its file is deleted."""

    status = HTTPStatus.GONE


class AnswersMissing(InterviewError):
    """A question has no complete answer yet."""

    way_on = "capture.room", N_("Back to the questions")


class TooMuch(InterviewError):
    """The interview has more bytes than it may have."""

    wrong_state = ""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class NoRoom(InterviewError):
    """The disk is nearly full: running answers may continue, but no new one may start."""

    wrong_state = ""
    status = HTTPStatus.INSUFFICIENT_STORAGE
