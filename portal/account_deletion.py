"""Deletes a person's account with every row and file that belongs to it.

Deleting first shuts the account, so that nobody can sign in or upload any more. If the process is
killed after that, the housekeeping finishes the deletion (`interviews.erase_leaving`).
"""

from portal import interviews
from portal.models import User, utc_now
from portal.people import accounts


def delete_account(user: User) -> None:
    """Delete this person's account and everything that belongs to it."""
    user.leaving_at = utc_now()
    accounts.disable(user)  # commits: from here on nobody gets in, and no upload adds anything
    interviews.erase(user.id)
