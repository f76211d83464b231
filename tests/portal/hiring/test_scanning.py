"""The operator's virus scanner sees each résumé before it is kept, and who cannot tell refuses.

The EICAR sample is the one that every scanner knows. It is put together here, so that no file of
the project holds it.
"""

import dataclasses
import io
import sys

import hostile_pdf
import papers
import pytest
from factories import make_job, sign_in
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from portal.config import keep_settings, settings
from portal.hiring import file_inspection, resumes
from portal.hiring.resumes import ResumeRefused
from portal.models import User

EICAR = b"".join(
    [b"X5O!P%@AP[4", b"\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!", b"$H+H*"]
)
# A scanner of one signature, which behaves as clamdscan does.
SCANNER = (
    "import sys; data = sys.stdin.buffer.read(); sys.exit(1 if b'EICAR-STANDARD' + b'-ANTIVIRUS' in"
    " data else 0)"
)
ENDS_WITH = {
    code: (sys.executable, "-c", f"import sys; sys.stdin.buffer.read(); sys.exit({code})")
    for code in (0, 2)
}


def infected() -> bytes:
    return hostile_pdf.pdf(o4=hostile_pdf.stream(EICAR))


def scan(data: bytes, *command: str) -> resumes.Resume:
    return resumes.read(
        "cv.pdf", io.BytesIO(data), "alice", command or (sys.executable, "-c", SCANNER)
    )


def test_what_the_scanner_finds_is_refused() -> None:
    assert scan(papers.pdf()).kind == "pdf"
    with pytest.raises(ResumeRefused, match="A virus scanner finds something in this file"):
        scan(infected())


def test_without_a_scanner_nothing_is_asked() -> None:
    assert resumes.read("cv.pdf", io.BytesIO(infected()), "alice").kind == "pdf"


def test_the_scanner_sees_what_is_kept_and_not_a_protected_form_of_it() -> None:
    protected = hostile_pdf.protected(add_sample)
    assert EICAR not in protected
    with pytest.raises(ResumeRefused, match="A virus scanner finds"):
        scan(protected)


def add_sample(writer: PdfWriter) -> None:
    content = DecodedStreamObject()
    content.set_data(EICAR)
    writer.pages[0][NameObject("/Contents")] = writer._add_object(content)


@pytest.mark.logs_errors
@pytest.mark.parametrize(
    "command",
    [ENDS_WITH[2], ("/nowhere/scanner",), (sys.executable, "-c", "import os; os.abort()")],
)
def test_a_scanner_that_cannot_tell_refuses_and_says_to_try_again(command: tuple[str, ...]) -> None:
    with pytest.raises(
        ResumeRefused, match=r"could not be checked for viruses just now.*try again"
    ):
        scan(papers.pdf(), *command)


@pytest.mark.logs_errors
def test_a_scanner_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_inspection, "SCAN_WAIT_S", 0.5)
    with pytest.raises(ResumeRefused, match="could not be checked"):
        scan(papers.pdf(), "/bin/sleep", "60")


def test_a_scanner_that_ends_before_it_read_everything_is_believed() -> None:
    assert scan(papers.pdf(), "/bin/true").kind == "pdf"


def test_pages_and_api_ask_the_scanner_of_the_settings(
    app: Flask, client: FlaskClient, alice: User
) -> None:
    portal = dataclasses.replace(settings(app), scan_command=(sys.executable, "-c", SCANNER))
    keep_settings(app, portal)
    response = sign_in(client, alice).post(
        f"/jobs/{make_job().slug}/apply", **papers.form(resume=papers.upload(infected()))
    )
    assert response.status_code == 422
    assert "A virus scanner finds something" in response.text
    assert not list(portal.resumes_folder.iterdir())
