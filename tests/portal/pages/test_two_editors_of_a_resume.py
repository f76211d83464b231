"""Two tabs, or a page and a program, replace one résumé: only who saw the current file replaces
it.
"""

from collections.abc import Callable

import papers
import pytest
from acting import hiring
from api_caller import bearer
from factories import make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from visiting import seen_in

from portal.config import settings
from portal.extensions import db
from portal.hiring import resumes
from portal.models import Application, User


def test_a_resume_is_replaced_only_by_who_saw_it(
    client: FlaskClient, alice: User, app: Flask
) -> None:
    folder = settings(app).resumes_folder
    (folder / "first.pdf").write_bytes(papers.pdf())
    application = make_application(alice, resume_path="first.pdf")
    path = f"/applications/{application.id}/resume/replace"
    before = seen_in(sign_in(client, alice).get(path).text)
    assert client.post(path, **papers.form(resume=papers.upload(), **before)).status_code == 303
    refused = client.post(path, **papers.form(resume=papers.upload(papers.pdf(pages=3)), **before))
    assert refused.status_code == 412
    assert "replaced in another tab or by a program after you opened this page" in refused.text
    assert len(list(folder.iterdir())) == 1


def put(
    client: FlaskClient, user: User, application: Application, **headers: str
) -> tuple[int, str]:
    sent = {"data": {"resume": papers.upload()}, "content_type": "multipart/form-data"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/api/applications/{application.id}/resume"
    answer = client.put(path, headers=bearer(user) | named, **sent)
    return answer.status_code, answer.json.get("resume_version", "")


def test_a_program_says_which_resume_it_replaces(client: FlaskClient, alice: User) -> None:
    application = make_application(alice, resume_path="first.pdf")
    [listed] = client.get("/api/applications", headers=bearer(alice)).json["items"]
    version = listed["resume_version"]
    assert put(client, alice, application) == (428, "")
    assert put(client, alice, application, If_Match='"another"') == (412, "")
    status, newer = put(client, alice, application, If_Match=f'"{version}"')
    assert (status, newer != version) == (200, True)
    assert put(client, alice, application, If_Match=f'"{version}"') == (412, "")
    assert put(client, alice, application, If_Match=f'"{newer}"')[0] == 200
    assert put(client, alice, application, If_Match="*")[0] == 200


@pytest.fixture
def replaced_while_looking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Application], None]:
    """Another tab replaces the résumé while the new file is being looked at."""
    read = resumes.read

    def arrange(application: Application) -> None:
        application_id = application.id

        def meanwhile(*words: object) -> resumes.Resume:
            checked = read(*words)
            row = db.session.get_one(Application, application_id)
            hiring.replace_resume(row, resumes.Resume("other-tab.pdf", "pdf", papers.pdf()))
            return checked

        monkeypatch.setattr(resumes, "read", meanwhile)

    return arrange


def test_a_resume_that_came_while_the_file_was_looked_at_was_seen_by_nobody(
    client: FlaskClient, alice: User, replaced_while_looking: Callable[[Application], None]
) -> None:
    application = make_application(alice, resume_path="first.pdf")
    path = f"/applications/{application.id}/resume/replace"
    before = seen_in(sign_in(client, alice).get(path).text)
    replaced_while_looking(application)
    refused = client.post(path, **papers.form(resume=papers.upload(), **before))
    assert refused.status_code == 412
    assert "replaced in another tab or by a program after you opened this page" in refused.text
    db.session.refresh(application)
    assert application.resume_name == "other-tab.pdf"


@pytest.mark.parametrize("said", ["its version", "whichever is there"])
def test_a_program_replaces_only_what_it_named_however_long_the_file_is_looked_at(
    client: FlaskClient,
    alice: User,
    replaced_while_looking: Callable[[Application], None],
    said: str,
) -> None:
    application = make_application(alice, resume_path="first.pdf")
    version = "*" if said == "whichever is there" else f'"{hiring.resume_version(application)}"'
    replaced_while_looking(application)
    status, _ = put(client, alice, application, If_Match=version)
    db.session.refresh(application)
    assert (status, application.resume_name == "other-tab.pdf") == (
        (200, False) if version == "*" else (412, True)
    )
