"""Why a change to a job or an application is refused, in sentences for the person who tried."""

from http import HTTPStatus

from portal.errors import PortalError
from portal.models import Application, ApplicationStatus

ACCOUNT_DISABLED = "This account is disabled."

WITHDRAWN_ONCE = (
    "You withdrew your application for this job, so you cannot apply for it again. "
    "If that was a mistake, write to the hiring team."
)


class HiringError(PortalError):
    """The change is not possible now."""


class CannotApply(HiringError):
    """This person cannot apply for this job."""

    title = "This application cannot be made"


class AlreadyApplied(CannotApply):
    """This candidate has applied for this job before, and may do so only once."""

    def __init__(self, application: Application | None = None) -> None:
        is_withdrawn = application is not None and application.status is ApplicationStatus.WITHDRAWN
        super().__init__(
            WITHDRAWN_ONCE if is_withdrawn else "You have already applied for this job."
        )


class CannotChange(HiringError):
    """The job or application is not in a state that allows this."""

    title = "This cannot be changed now"


class StatusForbids(CannotChange):
    """The application's status does not allow this; `so` says what follows from the status."""

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
    """The résumé was replaced after its owner had opened the page to choose a new one."""

    status = HTTPStatus.PRECONDITION_FAILED
    title = "This has changed since you opened the page"
    message = (
        "Your résumé was replaced in another tab or by a program after you opened this page."
        " See which one is there now."
    )
