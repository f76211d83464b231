"""The operator's commands."""

import papers
import pytest
from acting import accounts, start_sign_in
from factories import make_application, make_user
from flask import Flask

from portal import demo
from portal.config import settings
from portal.extensions import db
from portal.models import (
    Application,
    Flag,
    InterviewSession,
    InterviewState,
    Job,
    Role,
    SignIn,
    User,
    utc_now,
)

NEW_ADMIN = ["create-admin", "--email", "New@Example.org", "--name", "N. Admin"]


def test_create_admin_makes_an_admin(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=[*NEW_ADMIN, "--password", "a long pass phrase"])
    db.session.rollback()

    assert result.exit_code == 0
    assert db.session.scalars(db.select(User)).one().role is Role.ADMIN


def test_create_admin_refuses_a_weak_password(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=[*NEW_ADMIN, "--password", "short"])

    assert result.exit_code == 1
    assert "at least 10" in result.output


def test_create_admin_promotes_somebody_who_has_registered(app: Flask) -> None:
    make_user("new@example.org")
    app.test_cli_runner().invoke(args=[*NEW_ADMIN, "--password", "a long pass phrase"])
    db.session.rollback()

    assert db.session.scalars(db.select(User)).one().is_admin


def test_an_operator_disables_and_enables_somebody(app: Flask) -> None:
    make_user("new@example.org")
    run = app.test_cli_runner().invoke
    assert (
        "is disabled and signed out everywhere"
        in run(args=["disable-user", "New@example.org"]).output
    )
    db.session.rollback()
    assert not db.session.scalars(db.select(User)).one().is_active
    assert "can sign in again" in run(args=["enable-user", "new@example.org"]).output
    db.session.rollback()
    assert db.session.scalars(db.select(User)).one().is_active
    assert "Nobody has an account" in run(args=["disable-user", "nobody@example.org"]).output


def test_create_admin_ends_every_sign_in_of_the_old_password(app: Flask) -> None:
    user = make_user("new@example.org")
    start_sign_in(user)
    old_key = user.session_key
    app.test_cli_runner().invoke(args=[*NEW_ADMIN, "--password", "a long pass phrase"])
    db.session.rollback()
    assert db.session.scalars(db.select(SignIn)).all() == []
    assert db.session.scalars(db.select(User)).one().session_key != old_key


@pytest.mark.parametrize(
    "command",
    [["enable-user", "new@example.org"], [*NEW_ADMIN, "--password", "a long pass phrase"]],
)
def test_an_account_that_is_leaving_is_not_brought_back(app: Flask, command: list[str]) -> None:
    make_user("new@example.org", leaving_at=utc_now(), disabled_at=utc_now())
    result = app.test_cli_runner().invoke(args=command)
    db.session.rollback()
    assert (result.exit_code, "is being deleted" in result.output) == (1, True)
    user = db.session.scalars(db.select(User)).one()
    assert not user.is_active
    assert not user.is_admin


@pytest.mark.parametrize("role", list(Role))
def test_an_operator_deletes_an_account_with_everything_of_it(app: Flask, role: Role) -> None:
    folder = settings(app).resumes_folder
    (folder / "here.pdf").write_bytes(papers.pdf())
    make_application(make_user("new@example.org", role=role), resume_path="here.pdf")
    run = app.test_cli_runner().invoke
    assert run(args=["delete-user", "new@example.org"], input="n\n").exit_code == 1
    db.session.rollback()
    assert accounts.find("new@example.org")
    db.session.rollback()
    assert "is deleted" in run(args=["delete-user", "New@example.org"], input="y\n").output
    db.session.rollback()
    for model in (User, Application):
        assert db.session.scalars(db.select(model)).all() == []
    assert not (folder / "here.pdf").exists()


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.usefixtures("models")
def test_seed_makes_a_demo_that_was_really_measured(app: Flask) -> None:
    first = app.test_cli_runner().invoke(args=["seed"])
    second = app.test_cli_runner().invoke(args=["seed"])
    db.session.rollback()
    interview = db.session.scalars(db.select(InterviewSession)).one()
    kinds = {flag.kind for flag in db.session.scalars(db.select(Flag))}

    assert first.exit_code == second.exit_code == 0
    assert demo.ADMIN_EMAIL in second.output
    assert len(db.session.scalars(db.select(Job)).all()) == 3
    assert interview.state is InterviewState.READY
    assert kinds == {"no_face", "several_faces"}


@pytest.fixture
def models(app: Flask) -> None:
    """The demo's portrait where the command looks for it; the models are named by the test's
    settings.
    """
    folder = settings(app).instance_path / "models"
    folder.symlink_to(settings(app).face_model.parent)
