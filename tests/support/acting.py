"""What people do (`hiring`, `interviews`, `accounts`), as the portal's edge does it: each action in
a transaction of its own, which is committed when the action returns.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from inspect import signature
from types import ModuleType
from typing import Any

from flask import g

import portal.hiring
import portal.interviews
from portal import account_deletion, audit
from portal.config import settings
from portal.database import transaction
from portal.hiring import resumes
from portal.hiring.resumes import Resume
from portal.models import Answer, Application, Job, SignInKind, User
from portal.people import accounts as portal_accounts
from portal.people import sign_ins


def committed(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The verb in a transaction of its own, unless one is open here already."""

    @wraps(verb)
    def acted(*args: Any, **values: Any) -> Any:
        if "by" in signature(verb).parameters:
            values.setdefault("by", audit.SYSTEM)
        if "after_commit" in g:
            return verb(*args, **values)
        with transaction():
            return verb(*args, **values)

    return acted


class Acted:
    """A package's names, with its verbs committed."""

    def __init__(self, module: ModuleType, verbs: str, **own: Callable[..., Any]) -> None:
        self._module = module
        self._own = own | {name: committed(getattr(module, name)) for name in verbs.split()}

    def __getattr__(self, name: str) -> Any:
        return self._own[name] if name in self._own else getattr(self._module, name)


def apply(user: User, job: Job, resume: Resume, note: str = "") -> Application:
    portal.hiring.check_may_apply(user, job)
    folder = settings().resumes_folder
    with resumes.stored(resume, folder) as stored, transaction():
        return portal.hiring.apply(job, stored, note, by=user)


def replace_resume(application: Application, resume: Resume, before: str | None = None) -> None:
    folder = settings().resumes_folder
    with resumes.stored(resume, folder) as stored, transaction():
        portal.hiring.replace_resume(application, stored, before, by=application.user)


def complete_answer(answer: Answer, *args: Any, **said: Any) -> Answer | None:
    with portal.interviews.locked_to_complete(answer) as upload, transaction():
        return portal.interviews.complete_answer(upload, *args, **said)


def discard_upload(answer: Answer) -> None:
    with portal.interviews.locked_to_discard(answer) as upload, transaction():
        portal.interviews.discard_upload(upload, by=audit.SYSTEM)


def delete_account(user: User) -> None:
    account_deletion.delete_account(user, by=user)


hiring = Acted(
    portal.hiring,
    "withdraw invite mark_interviewed offer reject publish close note_opened",
    apply=apply,
    replace_resume=replace_resume,
)
interviews = Acted(
    portal.interviews,
    "open_interview give_consent claim_seat finish retry release start_answer report_events",
    complete_answer=complete_answer,
    discard_upload=discard_upload,
)


def start_sign_in(user: User, user_agent: str = "") -> uuid.UUID:
    """Sign in as a browser; returns what its cookie names."""
    with transaction():
        return sign_ins.start(user, sign_ins.Device.of(SignInKind.BROWSER, user_agent)).id


accounts = Acted(portal_accounts, "sign_out_everywhere disable enable create_user")
