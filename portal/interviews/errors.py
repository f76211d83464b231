"""Why an action on an interview is refused, with a sentence for the person who tried."""

from http import HTTPStatus


class InterviewError(Exception):
    """`status` is the HTTP status code; `message` is the sentence for the person."""

    status: int = HTTPStatus.CONFLICT

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotInterviewable(InterviewError):
    """This application has no interview to record (any more)."""

    @property
    def reason(self) -> str:
        return self.message


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

    def __init__(self) -> None:
        super().__init__("This interview is open in another tab or on another device.")


class NoTakesLeft(InterviewError):
    """The candidate has used every take of this question."""


class BytesMissing(InterviewError):
    """Not all bytes of the answer have arrived; `offset` is how many have (tus Upload-Offset)."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Discarded(InterviewError):
    """The upload of this answer was discarded, and its file is deleted."""

    status = HTTPStatus.GONE


class AnswersMissing(InterviewError):
    """A question has no complete answer yet."""


class TooMuch(InterviewError):
    """The interview has more bytes than it may have."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class NoRoom(InterviewError):
    """The disk is nearly full: running answers may continue, but no new one may start."""

    status = HTTPStatus.INSUFFICIENT_STORAGE
