"""A wrong résumé can be replaced until somebody of the team has opened it; then what they read is
what stays.
"""

import io
import json
import zipfile
from pathlib import Path

import odd_documents
import papers
import pytest
from acting import hiring
from api_caller import bearer
from factories import Cast, make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient

from documents.changes import change, sentence
from portal import data_export, edit_conflicts
from portal.config import settings
from portal.extensions import db
from portal.hiring import changes_sentence, resume_changes, resumes
from portal.models import Application, ApplicationStatus, User, utc_now
from setup.translations import compile_all

FIRST, SECOND = papers.pdf(), papers.pdf(pages=2)
SKYPE = odd_documents.PDFS["a link to skype:jane?chat"][0]


@pytest.fixture
def folder(app: Flask) -> Path:
    return settings(app).resumes_folder


@pytest.fixture
def stored(alice: User, folder: Path) -> Application:
    (folder / "first.pdf").write_bytes(FIRST)
    return make_application(alice, resume_path="first.pdf", resume_name="cv.pdf", note="Hello")


def page(application: Application) -> str:
    return f"/applications/{application.id}/resume/replace"


def form(
    data: bytes = SECOND, name: str = "better.pdf", seen: str = "first.pdf"
) -> dict[str, object]:
    return papers.form(resume=papers.upload(data, name), seen=edit_conflicts.fingerprint(seen))


def replaced(application: Application) -> Application:
    db.session.rollback()
    return db.session.get_one(Application, application.id, populate_existing=True)


def test_it_replaces_and_deletes_what_was_there(
    client: FlaskClient, alice: User, stored: Application, folder: Path
) -> None:
    sign_in(client, alice)
    assert "until the hiring team has opened it" in client.get(page(stored)).text
    response = client.post(page(stored), **form())
    assert (response.status_code, response.location) == (303, "/dashboard")
    row = replaced(stored)
    assert (row.resume_name, row.note, row.status) == (
        "better.pdf",
        "Hello",
        ApplicationStatus.APPLIED,
    )
    assert [path.read_bytes() for path in folder.iterdir()] == [SECOND]
    dashboard = client.get("/dashboard").text
    assert "Your résumé is replaced" in dashboard
    assert "not opened yet" in dashboard


def test_htmx_is_told_to_leave_for_the_dashboard(
    client: FlaskClient, alice: User, stored: Application
) -> None:
    response = sign_in(client, alice).post(page(stored), headers={"HX-Request": "true"}, **form())
    assert response.headers["HX-Redirect"] == "/dashboard"


def test_what_was_left_out_is_said_at_once_and_later(
    client: FlaskClient, alice: User, stored: Application, folder: Path
) -> None:
    sign_in(client, alice).post(page(stored), **form(SKYPE()))
    row = replaced(stored)
    said = "We removed a link that leads to no web page (skype:jane?chat); everything else in your"
    assert changes_sentence(row) == f"{said} PDF is as it was."
    assert b"skype" not in (folder / row.resume_path).read_bytes()
    for times in (2, 1):  # first with the message as well, then only in its row
        assert client.get("/dashboard").text.count(said) == times
    client.post(page(stored), **form(seen=row.resume_path))
    assert replaced(stored).resume_changes == ""


def test_what_was_left_out_is_said_in_the_readers_language(
    client: FlaskClient, alice: User, stored: Application
) -> None:
    compile_all()
    alice.language = "de"
    db.session.commit()
    sign_in(client, alice).post(page(stored), **form(SKYPE()))
    said = "Wir haben einen Link, der zu keiner Webseite führt (skype:jane?chat), entfernt; alles"
    for times in (2, 1):
        assert client.get("/dashboard").text.count(said) == times


def test_what_an_earlier_version_stored_is_said_as_it_is(
    client: FlaskClient, alice: User, stored: Application
) -> None:
    alice.language = "de"
    stored.resume_changes = "We removed [a link]; everything else in your PDF is as it was."
    db.session.commit()
    assert stored.resume_changes in sign_in(client, alice).get("/dashboard").text


@pytest.mark.usefixtures("app")
def test_several_changes_are_listed_as_the_inspection_lists_them() -> None:
    three = [change("around"), change("link to", 2, first="100 %s"), change("packing")]
    assert resume_changes.sentence(resume_changes.as_json(three), "pdf") == sentence("pdf", three)


def test_the_data_export_says_what_was_left_out(
    client: FlaskClient, alice: User, stored: Application
) -> None:
    sign_in(client, alice).post(page(stored), **form(SKYPE()))
    package = zipfile.ZipFile(io.BytesIO(b"".join(data_export.export_data(alice))))
    [name] = [name for name in package.namelist() if name.endswith("application.json")]
    assert json.loads(package.read(name))["resume_changes"] == changes_sentence(replaced(stored))


def test_a_refused_file_changes_nothing(
    client: FlaskClient, alice: User, stored: Application, folder: Path
) -> None:
    response = sign_in(client, alice).post(page(stored), **form(b"{\\rtf1 x}", "cv.rtf"))
    assert response.status_code == 422
    assert "rich text document" in response.text
    assert "Nothing was replaced" in response.text
    assert [path.read_bytes() for path in folder.iterdir()] == [FIRST]


def test_a_file_too_large_to_read_gets_the_form_with_the_reason(
    client: FlaskClient, alice: User, stored: Application
) -> None:
    response = sign_in(client, alice).post(page(stored), **form(b"%PDF-" + b"x" * 12_000_000))
    assert response.status_code == 413
    assert "larger than 10 MB" in response.text
    assert "Replace your résumé" in response.text


def test_opened_by_the_team_it_stays(
    client: FlaskClient, cast: Cast, stored: Application, folder: Path
) -> None:
    sign_in(client, cast.ada).get(f"/applications/{stored.id}/resume", buffered=True)
    opened_at = replaced(stored).resume_opened_at
    assert opened_at
    client.get(f"/applications/{stored.id}/resume", buffered=True)
    assert replaced(stored).resume_opened_at == opened_at  # the first time counts

    sign_in(client, cast.alice)
    assert "you can no longer replace it" in client.get("/dashboard").text
    for response in (client.get(page(stored)), client.post(page(stored), **form())):
        assert response.status_code == 409
        assert "The hiring team has opened your résumé" in response.text
    assert [path.read_bytes() for path in folder.iterdir()] == [FIRST]


@pytest.mark.parametrize("method", ["head", "get"])
def test_looking_at_ones_own_or_asking_for_its_head_opens_nothing(
    client: FlaskClient, cast: Cast, stored: Application, method: str
) -> None:
    sign_in(client, cast.ada if method == "head" else cast.alice)
    getattr(client, method)(f"/applications/{stored.id}/resume", buffered=True)
    assert replaced(stored).resume_opened_at is None


def test_opened_between_form_and_sending_nothing_is_lost(
    client: FlaskClient,
    cast: Cast,
    stored: Application,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The team opens it while the new file is being looked at."""
    read = resumes.read

    def opened_meanwhile(*words: object) -> resumes.Resume:
        checked = read(*words)
        hiring.note_opened(db.session.get_one(Application, stored.id))
        return checked

    monkeypatch.setattr(resumes, "read", opened_meanwhile)
    response = sign_in(client, cast.alice).post(page(stored), **form())
    assert response.status_code == 409
    assert "Nothing was changed" in response.text
    assert replaced(stored).resume_path == "first.pdf"
    assert [path.read_bytes() for path in folder.iterdir()] == [FIRST]


def test_of_two_tabs_one_replaces_and_no_file_is_left_over(
    stored: Application, folder: Path
) -> None:
    row = db.session.get_one(Application, stored.id)
    seen = row.resume_path
    hiring.replace_resume(row, resumes.Resume("a.pdf", "pdf", SECOND))
    assert row.resume_path != seen
    with pytest.raises(hiring.CannotChange, match="another tab"):
        hiring.replace_resume(row, resumes.Resume("b.pdf", "pdf", FIRST), seen)
    assert len(list(folder.iterdir())) == 1
    assert db.session.get_one(Application, stored.id).resume_name == "a.pdf"


@pytest.mark.parametrize("status", ["withdrawn", "rejected", "offered"])
def test_what_is_decided_stays_as_it_is(
    client: FlaskClient, alice: User, stored: Application, status: str
) -> None:
    stored.status = ApplicationStatus(status)
    db.session.commit()
    response = sign_in(client, alice).post(page(stored), **form())
    assert response.status_code == 409
    assert f"This application is {status}" in response.text
    assert "/resume/replace" not in client.get("/dashboard").text


def test_the_api_replaces_it_too(
    client: FlaskClient, cast: Cast, stored: Application, folder: Path
) -> None:
    path = f"/api/applications/{stored.id}/resume"
    sent = {
        "data": {"resume": papers.upload(SKYPE(), "document")},
        "content_type": "multipart/form-data",
    }
    response = client.put(path, headers=bearer(cast.alice) | {"If-Match": "*"}, **sent)
    assert (response.status_code, response.json["resume_name"]) == (200, "document.pdf")
    said = "We removed a link that leads to no web page (skype:jane?chat); everything else in your"
    assert response.json["resume_changes"] == f"{said} PDF is as it was."
    assert response.json["resume_opened_at"] is None
    assert len(list(folder.iterdir())) == 1

    db.session.get_one(Application, stored.id).resume_opened_at = utc_now()
    db.session.commit()
    sent = {"data": {"resume": papers.upload()}, "content_type": "multipart/form-data"}
    refused = client.put(path, headers=bearer(cast.alice) | {"If-Match": "*"}, **sent)
    assert (refused.status_code, refused.mimetype) == (409, "application/problem+json")
    assert "has opened your résumé" in refused.json["detail"]


def test_the_api_names_what_is_wrong_with_a_file(
    client: FlaskClient, cast: Cast, stored: Application
) -> None:
    sent = {
        "data": {"resume": papers.upload(b"\xff\xd8\xff\xe0", "me.jpg")},
        "content_type": "multipart/form-data",
    }
    headers = bearer(cast.alice) | {"If-Match": "*"}
    response = client.put(f"/api/applications/{stored.id}/resume", headers=headers, **sent)
    assert (response.status_code, list(response.json["errors"])) == (422, ["resume"])
