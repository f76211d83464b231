"""Deletes a person's account with every row and file that belongs to it.

The first step disables the account, so that nobody can sign in or upload any more. If the process
is killed after that step, housekeeping finishes the deletion
(`interviews.finish_account_deletions`).
"""

from portal import audit, interviews
from portal.audit import By
from portal.database import transaction
from portal.models import User, utc_now
from portal.people import accounts


def delete_account(user: User, *, by: By) -> None:
    """Delete this person's account and everything that belongs to it."""
    who = audit.actor(by)  # the row of `by` may be the one that is deleted
    with transaction():
        user.leaving_at = utc_now()
        accounts.disable(user, by=who)
    # from now on no sign-in and no upload succeeds
    interviews.erase(user.id, by=who)
