"""Why an interview's verb could not be done, each with a sentence for the person who asked."""

from http import HTTPStatus


class InterviewError(Exception):
    """`status` is what HTTP says, `message` what the person reads."""

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
    """The application was withdrawn or decided, and with that the interview ended."""

    status = HTTPStatus.FORBIDDEN


class NotAgreed(InterviewError):
    """Nobody agreed to the recording yet."""

    status = HTTPStatus.FORBIDDEN


class NotReleased(InterviewError):
    """The question was not shown yet."""


class OpenElsewhere(InterviewError):
    """Another tab or device records this interview."""

    def __init__(self) -> None:
        super().__init__("This interview is open in another tab or on another device.")


class NoTakesLeft(InterviewError):
    """Every take of this question is used."""


class BytesMissing(InterviewError):
    """The answer is longer than what has arrived."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Discarded(InterviewError):
    """The answer's upload was taken back; nothing of it is here."""

    status = HTTPStatus.GONE


class AnswersMissing(InterviewError):
    """A question has no complete answer yet."""


class TooMuch(InterviewError):
    """More bytes than an interview may have."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class NoRoom(InterviewError):
    """The disk is nearly full; what is running may go on, nothing new begins."""

    status = HTTPStatus.INSUFFICIENT_STORAGE
