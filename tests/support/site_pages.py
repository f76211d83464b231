"""A portal with rows for each of its pages, and where every page is.

`PAGES` is held against the routes: a page that is not among them fails a test.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from acting import interviews
from factories import make_application, make_job, make_user
from flask import Flask
from reviewing import NOON, make_answer, make_flag, make_interview

from portal import mail
from portal.database import transaction
from portal.extensions import db
from portal.interviews import questions
from portal.models import (
    ApplicationStatus,
    FlagKind,
    InterviewState,
    Job,
    LinkPurpose,
    Mail,
    MailEvent,
    MailState,
    User,
    utc_now,
)
from portal.people import email_links

NO_PAGES = {  # a fragment, a file, JSON, or a way to another page
    "jobs.front", "capture.interview", "auth.signed_in", "applications.resume",
    "admin.mails_preview", "admin.interview_row", "admin.interview_status", "admin.interview_video",
    "admin.interview_telemetry", "capture.interview_status", "capture.room_json",
    "capture.answer_playback", "capture.kiosk_status", "capture.kiosk_preview", "capture.piece",
    "capture.upload", "api-docs.openapi_json", "static", "health.healthz", "health.readyz",
    "auth.register_sent", "recovery.sent",  # after a form that was sent
    # after the password, or for who has a factor: test_pseudo_language_factors_browser.py
    "second_step.ask", "account.second_factor_app", "account.second_factor_passkey",
    "account.second_factor_remove", "account.recovery_codes_page",
}  # fmt: skip
FOR_EVERYBODY = [
    ("jobs.board", "/jobs"), ("jobs.board", "/jobs?status=closed"), ("jobs.job", "/jobs/long"),
]  # fmt: skip
INTERVIEW = [
    ("capture.consent", "/capture/{unopened}/consent"), ("capture.check", "/capture/{begun}/check"),
    ("capture.room", "/capture/{begun}/room"), ("capture.receipt", "/capture/{done}/receipt"),
]  # fmt: skip
PAGES = {  # who opens it: its endpoint, and its path
    "": [
        *FOR_EVERYBODY, ("auth.login", "/login"), ("auth.register", "/register"),
        ("recovery.forgot", "/forgot"), ("links.follow", "/link/{reset}"),
        ("links.follow", "/link/{confirm}"), ("links.follow", "/link/over"),
        ("api_docs.browse", "/api/docs"),
    ],
    "alice": [
        *FOR_EVERYBODY,
        ("auth.register_about", "/register/about"), ("auth.register_done", "/register/done"),
        ("applications.dashboard", "/dashboard"), ("applications.apply", "/jobs/welder/apply"),
        ("applications.replace_resume", "/applications/{applied}/resume/replace"),
        ("account.account", "/account/"), ("account.password", "/account/password"),
        ("account.sign_in_list", "/account/sign-ins"),
        ("account.profile", "/account/profile"), ("account.address", "/account/address"),
        ("links.follow", "/link/{change}"), ("account.address_sent", "/account/address/sent"),
        ("account.second_factor", "/account/second-factor"),
        ("account.confirm", "/account/confirm"),
        ("account.data", "/account/data"), ("account.delete", "/account/delete"),
        *INTERVIEW, ("error", "/nowhere"), ("error", "/admin/"),
    ],
    "ada": [
        ("admin.overview", "/admin/"), ("admin.jobs", "/admin/jobs"),
        ("admin.jobs_new", "/admin/jobs/new"), ("admin.jobs_edit", "/admin/jobs/{job}"),
        ("admin.applications", "/admin/applications"),
        ("admin.mails", "/admin/mail"), ("admin.mails_one", "/admin/mail/{mail}"),
        ("admin.mails", "/admin/mail?q=nobody-of-that-name"),
        ("admin.mails_texts", "/admin/mail/texts"),
        ("admin.mails_text", "/admin/mail/texts/reset_password/de"),
        ("admin.people", "/admin/people"), ("admin.interview_list", "/admin/sessions"),
        ("admin.interview_page", "/admin/sessions/{ready}"),
        ("admin.interview_page", "/admin/sessions/{unopened}"),
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """What people have typed into the portal."""

    name: str
    job: str
    other_job: str
    text: str  # at least 140 characters
    email: str


def unwalked(app: Flask) -> set[str]:
    """The pages of the routes that are not among `PAGES`."""
    named = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and "/api/" not in rule.rule
    }
    walked = {endpoint for pages in PAGES.values() for endpoint, _ in pages}
    return named - walked - NO_PAGES


def make_rows(words: Words) -> dict[str, Any]:
    """Rows for all pages; returns what the paths of `PAGES` name."""
    job = _job(words, words.job, slug="long", questions=3, salary_range=words.text[:60])
    found = {user.email.split("@")[0]: user for user in db.session.scalars(db.select(User))}
    alice, ada = found["alice"], found["ada"]
    for person in (alice, ada):
        person.full_name, person.headline = words.name, words.text[:120]
    applied = make_application(
        alice, job, note=words.text, resume_name=f"{words.text}.pdf",
        status=ApplicationStatus.INVITED,
    )  # fmt: skip
    unopened = interviews.open_interview(applied)
    begun = _begin(alice, _job(words, f"2{words.job[1:]}", slug="begun"))
    done = interviews.open_interview(
        make_application(alice, _job(words, f"3{words.job[1:]}", slug="done"))
    )
    done.state, done.start_time, done.end_time = InterviewState.FINISHING, NOON, NOON
    _job(words, words.other_job, slug="welder")
    ready = _make_interviews(words, job)
    failed = _make_mails(make_user(full_name=words.name, email=words.email), words)
    links = _make_links(alice)
    db.session.commit()
    rows = {"job": job, "applied": applied, "unopened": unopened, "begun": begun, "done": done}
    rows |= {"ready": ready, "mail": failed}
    return links | {name: row.id for name, row in rows.items()}


def _make_mails(person: User, words: Words) -> Mail:
    """One in each state; the last one has failed, and has a link."""
    for state in MailState:
        with transaction():
            link = email_links.create(person, LinkPurpose.RESET_PASSWORD)
            mail.send(person, MailEvent.RESET_PASSWORD, link=link)
        last: Mail = db.session.scalars(db.select(Mail).where(Mail.link == link)).one()
        last.state, last.tries, last.sent_at = state, 5, NOON
        last.reason = words.text[:140] if state is MailState.FAILED else ""
        db.session.commit()
    return last


def _make_links(user: User) -> dict[str, str]:
    """The secret part of a link of each kind."""
    purposes = {
        "reset": LinkPurpose.RESET_PASSWORD,
        "confirm": LinkPurpose.CONFIRM_ADDRESS,
        "change": LinkPurpose.CHANGE_ADDRESS,
    }
    return {
        name: email_links.token(email_links.create(user, purpose))
        for name, purpose in purposes.items()
    }


def _job(words: Words, title: str, **values: Any) -> Job:
    job = make_job(title, location=words.text[:100], description=words.text, **values)
    for question in job.questions:
        question.prompt = words.text
    return job


def _begin(user: User, job: Job) -> Any:
    begun = interviews.open_interview(make_application(user, job, resume_name="1.pdf"))
    now = utc_now()
    begun.consent_record_at, begun.state, begun.start_time = now, InterviewState.RECORDING, now
    questions.copy_from_job(begun)
    return begun


def _make_interviews(words: Words, job: Job) -> Any:
    flags = [
        make_flag(kind, 900 * n, 900 * n + 2_000, severity=("high", "medium", "low")[n % 3])
        for n, kind in enumerate(FlagKind)
    ]
    answer = make_answer(1, prompt=words.text)
    ready = make_interview(
        *flags, make_flag(assessable=False), name=words.name, job=job, answers=[answer]
    )
    for n in range(30):
        start = NOON - timedelta(hours=n)
        make_interview(make_flag(), name=f"{n} {words.name[:117]}", job=job, start_time=start)
    return ready
