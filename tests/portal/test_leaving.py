"""A person's data leaves when the person wants it to: as a ZIP, or for good, from database and
disk.
"""

import io
import json
import sqlite3
import threading
import time
import zipfile
from pathlib import Path

import papers
import pytest
from acting import delete_account
from factories import PASSWORD, Cast, make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import (
    begin_interview,
    clip_bytes,
    record_whole_interview,
    send_bytes,
    start_answer,
)
from senses_support import film_sitter
from sqlalchemy import make_url

from portal import data_export, interviews, upload_tokens, work
from portal.config import settings
from portal.extensions import db
from portal.hiring import resumes
from portal.interviews import measuring
from portal.models import Answer, Application, Flag, InterviewSession, SignIn, User, utc_now
from portal.people import accounts

CONFIRMED = {"password": PASSWORD}


@pytest.fixture
def application(app: Flask, alice: User) -> Application:
    stored = resumes.store(
        resumes.Resume("cv.pdf", "pdf", papers.pdf()), settings(app).resumes_folder
    )
    return make_application(
        alice, resume_path=stored, resume_name="Alice's CV.pdf", note="Ten years of pipelines"
    )


@pytest.fixture
def recorded(app: Flask, application: Application, tmp_path: Path) -> InterviewSession:
    return record_whole_interview(app, begin_interview(application), tmp_path)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def names_in(config: object) -> list[str]:
    folders = (config.interviews_folder, config.resumes_folder)
    return [path.name for folder in folders for path in folder.rglob("*")]


@pytest.mark.sqlite
@pytest.mark.usefixtures("recorded")
def test_an_account_is_deleted_with_everything_on_disk(
    app: Flask, cast: Cast, client: FlaskClient
) -> None:
    config = settings(app)
    assert b"alice@example.org" in everything_in(config.instance_path)
    assert len(names_in(config)) > 5
    page = sign_in(client, cast.alice).post(
        "/account/delete", data=CONFIRMED, follow_redirects=True
    )
    assert "Your account is deleted" in page.text
    assert names_in(config) == []
    for model in (Application, InterviewSession, Answer, Flag, SignIn):
        assert db.session.scalar(db.select(db.func.count()).select_from(model)) == 0
    assert [
        user.full_name for user in db.session.scalars(db.select(User).order_by(User.email))
    ] == [
        "Ada Lind",
        "Bob Okafor",
    ]
    left = everything_in(config.instance_path)
    for trace in (b"alice@example.org", b"Alice Moreau", b"Alice's CV", b"Ten years of pipelines"):
        assert trace not in left


def test_an_admin_then_simply_has_it_no_longer(
    cast: Cast, recorded: InterviewSession, client: FlaskClient
) -> None:
    interview_id, application_id = recorded.id, recorded.application_id
    sign_in(client, cast.alice).post("/account/delete", data=CONFIRMED)
    sign_in(client, cast.ada)
    assert (
        "Alice" not in client.get("/admin/applications").text + client.get("/admin/sessions").text
    )
    for path in (
        f"/admin/sessions/{interview_id}",
        f"/admin/sessions/{interview_id}/recording.mp4",
    ):
        assert client.get(path).status_code == 404
    assert client.get(f"/applications/{application_id}/resume").status_code == 404


@pytest.mark.usefixtures("recorded")
def test_others_keep_theirs(app: Flask, cast: Cast, tmp_path: Path) -> None:
    bobs = record_whole_interview(app, begin_interview(make_application(cast.bob)), tmp_path)
    bobs_files = interviews.recording(bobs).files()
    delete_account(cast.alice)
    assert bobs_files == interviews.recording(bobs).files()
    assert interviews.recording(bobs).verify_manifest() == []


@pytest.mark.parametrize("typed", ["", "not her pass phrase"])
@pytest.mark.parametrize("path", ["/account/delete", "/account/data"])
def test_nothing_happens_without_the_password(
    client: FlaskClient, alice: User, path: str, typed: str
) -> None:
    response = sign_in(client, alice).post(path, data={"password": typed})
    assert response.status_code == 422
    assert db.session.get(User, alice.id)


def test_an_admins_account_is_not_deleted_here(client: FlaskClient, ada: User) -> None:
    page = sign_in(client, ada).post("/account/delete", data=CONFIRMED, follow_redirects=True)
    assert "removed by the operator" in page.text
    assert db.session.get(User, ada.id)


@pytest.mark.usefixtures("recorded")
def test_an_interrupted_deletion_is_finished_by_the_housekeeping(
    app: Flask, alice: User, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, alice)
    with monkeypatch.context() as broken:
        broken.setattr(interviews.retention, "folder_of", lambda _interview_id: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            delete_account(alice)
    db.session.rollback()
    assert client.get("/dashboard").status_code == 303  # nobody gets in from the first moment on
    assert app.test_cli_runner().invoke(args=["purge"]).exit_code == 0
    assert names_in(settings(app)) == []
    assert accounts.find("alice@example.org") is None


def test_an_account_that_is_leaving_is_not_enabled_again(client: FlaskClient, cast: Cast) -> None:
    cast.alice.leaving_at = cast.alice.disabled_at = utc_now()
    db.session.commit()
    page = sign_in(client, cast.ada).post(
        f"/admin/people/{cast.alice.id}/enable", follow_redirects=True
    )
    assert "is being deleted" in page.text
    assert not db.session.get_one(User, cast.alice.id).is_active


@pytest.mark.slow
def test_what_is_being_measured_stops_and_leaves_nothing(
    app: Flask, application: Application, tmp_path: Path
) -> None:
    answer = start_answer(begin_interview(application, analyse=True))
    send_bytes(answer, film_sitter(tmp_path / "long.mp4", 6).read_bytes())
    seen = interviews.recording(answer.interview).observations_path(1, 1, 1)
    user_id, stop = application.user_id, threading.Event()
    db.session.rollback()
    job = work.next_task(app)
    worker = threading.Thread(target=job, args=(stop,))
    worker.start()
    deadline = time.monotonic() + 60
    while not (seen.exists() and seen.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert worker.is_alive()
    delete_account(db.session.get_one(User, user_id))
    worker.join(60)
    assert not worker.is_alive()
    assert names_in(settings(app)) == []
    db.session.rollback()
    assert work.next_task(app) is None


def test_an_interview_that_is_being_put_together_stops_too(
    app: Flask, recorded: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.state = "finishing"
    user = recorded.application.user
    db.session.commit()
    job, join = work.next_task(app), measuring.joining.join

    def meanwhile(*args: object) -> object:
        with app.app_context():
            delete_account(db.session.get_one(User, user_id))
        return join(*args)

    user_id = user.id
    db.session.rollback()
    monkeypatch.setattr(measuring.joining, "join", meanwhile)
    job(threading.Event())
    assert names_in(settings(app)) == []


def test_a_piece_that_comes_too_late_is_told_so(
    application: Application, client: FlaskClient
) -> None:
    answer = start_answer(begin_interview(application))
    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": f"Bearer {upload_tokens.make_upload_token(answer.id)}",
    }
    headers |= {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    place = f"/capture/uploads/{answer.id}"
    delete_account(application.user)
    assert (
        client.patch(place, data=b"\0\0\0\x18ftypisom" + b"\0" * 12, headers=headers).status_code
        == 410
    )


def test_one_zip_holds_all_that_is_kept(
    alice: User, recorded: InterviewSession, client: FlaskClient
) -> None:
    place = interviews.recording(recorded)
    response = sign_in(client, alice).post("/account/data", data=CONFIRMED)
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-data.zip"'
    package = zipfile.ZipFile(io.BytesIO(response.data))
    assert package.testzip() is None
    folder = f"applications/01-{recorded.application.job.slug}"
    kept = {
        f"{folder}/interview/{path.relative_to(place.folder)}": path.read_bytes()
        for path in place.files()
    }
    kept[f"{folder}/resume.pdf"] = papers.pdf()
    assert {name: package.read(name) for name in kept} == kept
    assert set(package.namelist()) - set(kept) == {
        "profile.json",
        "log.json",
        "sign_ins.json",
        "consents.json",
        f"{folder}/application.json",
    }
    assert json.loads(package.read("profile.json"))["email"] == "alice@example.org"
    application = json.loads(package.read(f"{folder}/application.json"))
    assert application["note"] == "Ten years of pipelines"
    assert [answer["question_position"] for answer in application["interview"]["answers"]] == [1, 2]
    assert b"argon2" not in response.data
    [sign_in_row] = json.loads(package.read("sign_ins.json"))
    assert sign_in_row.keys() == {"kind", "device", "started_at", "seen_at", "expires_at"}
    [consent] = json.loads(package.read("consents.json"))
    assert (consent["job"], consent["analysis_agreed_at"]) == (
        recorded.application.job.title,
        application["interview"]["consent_analyse_at"],
    )
    assert consent["recording_agreed_at"]


@pytest.mark.usefixtures("recorded")
def test_the_zip_holds_nothing_of_others(cast: Cast, client: FlaskClient) -> None:
    response = sign_in(client, cast.bob).post("/account/data", data=CONFIRMED)
    package = zipfile.ZipFile(io.BytesIO(response.data))
    assert package.namelist() == ["profile.json", "log.json", "sign_ins.json", "consents.json"]
    assert json.loads(package.read("consents.json")) == []
    assert b"alice" not in response.data


@pytest.mark.sqlite
@pytest.mark.usefixtures("recorded")
def test_others_write_while_the_files_for_the_zip_are_looked_up(
    app: Flask, alice: User, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, database = interviews.recording, make_url(settings(app).database_url).database
    written = []

    def meanwhile(interview: InterviewSession) -> object:
        with sqlite3.connect(database, timeout=0) as other:
            other.execute("UPDATE users SET full_name = 'Bob' WHERE email = 'nobody'")
            written.append(True)
        return look_up(interview)

    sign_in(client, alice)
    monkeypatch.setattr(interviews, "recording", meanwhile)
    assert client.post("/account/data", data=CONFIRMED).status_code == 200
    assert written == [True]


def test_a_recording_is_sent_piece_by_piece(application: Application, tmp_path: Path) -> None:
    answer = start_answer(begin_interview(application))
    interviews.answer_path(answer).write_bytes(
        clip_bytes(tmp_path) + b"\0" * 3 * data_export.READ_BYTES
    )
    pieces = [len(piece) for piece in data_export.export_data(application.user)]
    assert max(pieces) < 2 * data_export.READ_BYTES
    assert sum(pieces) > 3 * data_export.READ_BYTES
