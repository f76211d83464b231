"""Why a change to a job or an application is refused, in sentences for the person who tried."""

from http import HTTPStatus

from portal.choice_words import words_within
from portal.errors import PortalError
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import Application, ApplicationStatus

ACCOUNT_DISABLED = N_("This account is disabled.")
WITHDRAWN_ONCE = N_(
    "You withdrew your application for this job, so you cannot apply for it again. "
    "If that was a mistake, write to the hiring team."
)


class HiringError(PortalError):
    """The change is not possible now."""


class CannotApply(HiringError):
    """This person cannot apply for this job."""

    wrong_state = "application"
    title = N_("This application cannot be made")


class AlreadyApplied(CannotApply):
    """This candidate has applied for this job before, and may do so only once."""

    message = N_("You have already applied for this job.")

    def __init__(self, application: Application | None = None) -> None:
        is_withdrawn = application is not None and application.status is ApplicationStatus.WITHDRAWN
        super().__init__(_(WITHDRAWN_ONCE) if is_withdrawn else "")


class CannotChange(HiringError):
    """The job or application is not in a state that allows this."""

    wrong_state = "application"
    title = N_("This cannot be changed now")


class StatusChanged(CannotChange):
    """Somebody else changed the status after this person had seen the page."""

    wrong_state = ""

    def __init__(self, application: Application) -> None:
        super().__init__(
            _(
                "This application is %(status)s by now, so nothing was changed. Look again first.",
                status=words_within(application.status),
            )
        )


class ResumeReplaced(CannotChange):
    """The résumé was replaced after its owner had opened the page to choose a new one."""

    wrong_state = ""
    status = HTTPStatus.PRECONDITION_FAILED
    title = N_("This has changed since you opened the page")
    message = N_(
        "Your résumé was replaced in another tab or by a program after you opened this page."
        " See which one is there now."
    )
