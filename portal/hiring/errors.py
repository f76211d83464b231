"""Why something cannot be done to a job or an application, in sentences for the person who
tried.
"""

from portal.models import Application, ApplicationStatus

ACCOUNT_DISABLED = "This account is disabled."

REPLACED = (
    "Your résumé was replaced in another tab or by a program meanwhile. See which one is there now."
)

WITHDRAWN_ONCE = (
    "You withdrew your application for this job, so you cannot apply for it again. "
    "If that was a mistake, write to the hiring team."
)


class HiringError(Exception):
    """This cannot be done as things stand; `reason` is a sentence for the person who tried."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotApply(HiringError):
    """No application can be made for this job by this person."""


class AlreadyApplied(CannotApply):
    """One candidate applies for one job once."""

    def __init__(self, application: Application | None = None) -> None:
        is_withdrawn = application is not None and application.status is ApplicationStatus.WITHDRAWN
        super().__init__(
            WITHDRAWN_ONCE if is_withdrawn else "You have already applied for this job."
        )


class CannotChange(HiringError):
    """The job or application is not in a state that allows this."""


class StatusForbids(CannotChange):
    """The application's status does not allow this; `so` says what follows from it."""

    def __init__(self, application: Application, so: str) -> None:
        super().__init__(f"This application is {application.status}, so {so}.")


class StatusChanged(CannotChange):
    """Somebody else changed the status after this person had seen the page."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            f"This application is {application.status} by now, so nothing was changed. "
            "Look again first."
        )


class ResumeReplaced(CannotChange):
    """Another résumé is there than the one that its owner saw when choosing another."""

    def __init__(self) -> None:
        super().__init__(REPLACED)
