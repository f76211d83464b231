"""Operators' commands: demo data, accounts, deletion, the measuring worker and the kiosk."""

import json

import click
from flask import Flask, current_app

from portal import account_deletion, audit, demo, interviews, mail, work
from portal.config import Environment, settings
from portal.database import reading, transaction
from portal.extensions import db
from portal.models import AuditEntry, AuditEvent, Role, User, utc_now
from portal.people import accounts, passwords, recovery, second_factors
from portal.people.contact_details import tidy_email


def init_app(app: Flask) -> None:
    for command in (
        seed,
        create_admin,
        disable_user,
        enable_user,
        delete_user,
        reset_password,
        remove_second_factor,
        purge,
        print_audit,
        capture_worker,
        mail_worker,
        kiosk,
    ):
        app.cli.add_command(command)


@click.command()
def seed() -> None:
    """Fill an empty demo: two people, three jobs and one finished interview."""
    if settings().env is Environment.PRODUCTION:
        raise click.ClickException(
            "Demo people have known passwords, so `flask seed` does not run in production."
        )
    if not demo.is_seeded():
        click.echo(
            "Making the demo. Its interview is really measured, which takes about half a minute …"
        )
        with interviews.own_stderr():
            demo.make()
    click.echo(f"Sign in as admin      {demo.ADMIN_EMAIL}  {demo.PASSWORD}")
    click.echo(f"Sign in as candidate  {demo.CANDIDATE_EMAIL}  {demo.PASSWORD}")


@click.command()
@click.option("--email", prompt=True)
@click.option("--name", "full_name", prompt="Full name")
@click.password_option()
def create_admin(email: str, full_name: str, password: str) -> None:
    """Create an admin, or make a registered person an admin."""
    if problem := passwords.why_refused(password, email, full_name):
        raise click.ClickException(problem)
    email, password_hash = tidy_email(email), passwords.hash_password(password)
    with transaction():
        user = accounts.find(email) or User(email=email)
        _refuse_leaving(user)
        user.full_name, user.role, user.password_hash = full_name, Role.ADMIN, password_hash
        user.confirmed_at = user.confirmed_at or utc_now()  # the operator answers for the address
        db.session.add(user)
        db.session.flush()
        # The password is new: end the sign-ins that were made with the old one.
        accounts.end_all_sign_ins(user)
        audit.record(audit.OPERATOR, AuditEvent.GRANTED, user, {"role": user.role})
    click.echo(f"{email} is an admin now.")


@click.command()
@click.argument("email")
def disable_user(email: str) -> None:
    """Disable an account and sign it out everywhere. This deletes no data."""
    with transaction():
        accounts.disable(_person(email), by=audit.OPERATOR)
    click.echo(f"{tidy_email(email)} is disabled and signed out everywhere.")


@click.command()
@click.argument("email")
def enable_user(email: str) -> None:
    """Let the owner of a disabled account sign in again."""
    with transaction():
        person = _person(email)
        _refuse_leaving(person)
        accounts.enable(person, by=audit.OPERATOR)
    click.echo(f"{tidy_email(email)} can sign in again.")


@click.command()
@click.argument("email")
@click.confirmation_option(
    prompt="This deletes the account with all its applications and recordings, for good. Go on?"
)
def delete_user(email: str) -> None:
    """Delete an account (an admin's too), with everything that belongs to it."""
    account_deletion.delete_account(_person(email), by=audit.OPERATOR)
    click.echo(f"{tidy_email(email)} is deleted, with everything that belonged to it.")


@click.command()
@click.argument("email")
@click.option("--mail", "by_mail", is_flag=True, help="Send the link instead of printing it.")
def reset_password(email: str, by_mail: bool) -> None:
    """Print a link with which this person sets a new password. It works once, for 30 minutes.

    It works for admins too. It leaves a second factor as it is.
    """
    with transaction():
        person = _person(email)
        if not person.is_active:
            raise click.ClickException(f"The account {person.email} is disabled.")
        link = None if by_mail else recovery.make_link(person, by=audit.OPERATOR)
        if by_mail:
            recovery.send_link(person, by=audit.OPERATOR)
    if link is None:
        click.echo(f"A mail with the link waits for {tidy_email(email)}.")
    else:
        click.echo(mail.address_of(link))


@click.command()
@click.argument("email")
def remove_second_factor(email: str) -> None:
    """Remove every second factor of somebody who has lost them all.

    This ends all sign-ins, and a mail tells the person. First make sure that it is this person who
    asks.
    """
    with transaction():
        was_there = second_factors.remove_all(_person(email), by=audit.OPERATOR)
    email = tidy_email(email)
    if was_there:
        click.echo(f"{email} has no second factor any more and is signed out everywhere.")
    else:
        click.echo(f"{email} has no second factor.")


def _refuse_leaving(user: User) -> None:
    if user.leaving_at:
        raise click.ClickException(
            f"The account {user.email} is being deleted, as its owner asked."
        )


def _person(email: str) -> User:
    if user := accounts.find(email):
        return user
    raise click.ClickException(f"Nobody has an account with the address {email}.")


@click.command()
def purge() -> None:
    """Delete interviews older than RETENTION_DAYS, and finish interrupted deletions."""
    click.echo(f"{interviews.purge(utc_now())} interviews deleted.")
    if finished := interviews.finish_account_deletions():
        click.echo(f"{finished} accounts deleted whose deletion had been interrupted.")
    if swept := interviews.delete_orphaned_resumes(utc_now()):
        click.echo(f"{swept} résumés deleted that belonged to no application.")


@click.command("audit")
def print_audit() -> None:
    """Print the audit log, one JSON object for each entry, the oldest first."""
    with reading():
        for entry in db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id)):
            click.echo(json.dumps(audit.as_dict(entry)))


@click.command("capture-worker")
@click.option("--no-mail", is_flag=True, help="Leave mails to `flask mail-worker`.")
def capture_worker(no_mail: bool) -> None:
    """Measure answers, finish interviews and send mails, until SIGTERM or SIGINT stops it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    work.lower_priority(settings(app))
    work.Worker(app, work.Part.ALONE if no_mail else work.Part.ALL).run()


@click.command("mail-worker")
def mail_worker() -> None:
    """Only send mails, until SIGTERM or SIGINT stops this process.

    So the process that opens recordings needs no network.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    work.Worker(app, work.Part.BESIDE).run()


@click.command()
def kiosk() -> None:
    """Record with this machine's camera and microphone. CAPTURE_SOURCE=device needs this process.

    SIGTERM or SIGINT stops it.
    """
    interviews.run_station()
