"""A résumé is hostile until proven: each trick has a sample and is refused with a sentence, or is
stored harmlessly.
"""

import io
import os
import re
import resource
import subprocess
import sys
import time

import hostile_docx
import hostile_pdf
import papers
import pytest
from factories import make_application, make_job, sign_in
from flask import Flask
from flask.testing import FlaskClient
from tricks import DISGUISES, NAMES, Maker

from documents import jail, start_inspection
from documents.errors import Refused
from documents.inspect_file import inspect
from portal.config import PROJECT_FOLDER, settings
from portal.extensions import db
from portal.hiring import file_inspection, resumes
from portal.hiring.resumes import ResumeRefused
from portal.models import Application, User
from setup.translations import collected

pytestmark = pytest.mark.server  # each test starts an inspection process

# Generous: these guard against hours and gigabytes. The worst samples take a tenth of it on a quiet
# machine.
CPU_MAX_S = jail.CPU_S + 2
MEMORY_MAX_KB = jail.MEMORY_BYTES // 1024

GOOD_PDFS = {
    "a page": papers.pdf,
    "a page by hand": hostile_pdf.pdf,
    "links": lambda: hostile_pdf.pdf(
        o4=b"<< /A << /S /URI /URI (https://example.org/me) >> "
        b"/B << /URI (mailto:me@example.org) /S /URI >> "
        b"/C << /S /URI /URI (www.example.org/in/me) >> >>"
    ),
    "a place to begin at": lambda: hostile_pdf.pdf(b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>"),
    "a form to fill in": lambda: hostile_pdf.pdf(b"/AcroForm << /Fields [] >>"),
    "words about scripts": lambda: hostile_pdf.pdf(
        o4=hostile_pdf.stream(b"BT (HTML/CSS/JavaScript /JS Objective 1 0 obj) Tj ET"),
        o5=b"<< /Title (/JavaScript /Launch) /Keywords <2f4a6176615363726970742020> >>",
    ),
    "objects in streams": lambda: hostile_pdf.in_object_stream(
        b"<< /Title (\\(/JavaScript\\)) /A [1 2 (x) /Name] >>"
    ),
    "two revisions": lambda: hostile_pdf.with_cross_references(
        hostile_pdf.pdf(), {7: b"<< /Producer (x) >>"}, prev=0
    ),
    "200 pages": lambda: hostile_pdf.many_pages(200),
}  # fmt: skip
GOOD_DOCXS = {
    "text": papers.docx,
    "a link": hostile_docx.related("hyperlink", "https://example.org/me"),
    "an address": hostile_docx.related("hyperlink", "mailto:me@example.org"),
    "a field that links": hostile_docx.field_in_pieces(
        ' HYPERLINK "https://example.org/me" \\o "Note: mine" '
    ),
    "a field that links to a heading": hostile_docx.field_in_pieces(' HYPERLINK \\l "_Toc1" '),
    "a page number": hostile_docx.field_in_pieces(" PA", "GE "),
    "a date of printing": hostile_docx.field_in_pieces("PRINT", "DATE"),
    "pictures": hostile_docx.with_part("word/media/a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 99),
    "a drawing": hostile_docx.with_part(
        "word/media/a.svg", '<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>'
    ),
    "an embedded font": hostile_docx.with_part("word/fonts/a.odttf", os.urandom(99)),
}

SLOW = {
    "fifty object streams of 9 MB",
    "dictionaries in dictionaries",
    "300,000 objects",
    "100,000 pages that say they are one",
    "an object stream of 200 MB",
    "forty pictures of 8 MB",
}


def refused(samples: dict[str, tuple[Maker, str]]) -> list[object]:
    """Each hostile file with the reason that is said."""
    return [
        pytest.param(*sample, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name, sample in samples.items()
    ]


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The sentences that the catalogs translate."""
    return {message.id for message in collected() if isinstance(message.id, str)}


@pytest.mark.long
@pytest.mark.parametrize(("make", "reason"), refused(hostile_pdf.PDFS))
def test_a_hostile_pdf_is_refused(make: Maker, reason: str, known: set[str]) -> None:
    why = refusal_of(make())
    assert reason in str(why)
    assert says_what_to_do(str(why))
    assert why.sentence in known


@pytest.mark.parametrize(("make", "reason"), refused(hostile_docx.DOCXS))
def test_a_hostile_word_document_is_refused(make: Maker, reason: str, known: set[str]) -> None:
    why = refusal_of(make())
    assert reason in str(why)
    assert says_what_to_do(str(why))
    assert why.sentence in known


@pytest.mark.parametrize(("name", "make", "reason"), DISGUISES.values(), ids=DISGUISES)
def test_a_disguise_is_refused(name: str, make: Maker, reason: str) -> None:
    with pytest.raises(ResumeRefused, match=re.escape(reason)) as why:
        resumes.read(name, io.BytesIO(make()), "alice")
    assert says_what_to_do(str(why.value))


def refusal_of(data: bytes) -> Refused:
    with pytest.raises(Refused) as why:
        inspect(data)
    return why.value


def says_what_to_do(said: str) -> bool:
    return any(verb in said.lower() for verb in ("save", "export", "print it to pdf", "choose"))


@pytest.mark.parametrize("make", GOOD_PDFS.values(), ids=GOOD_PDFS)
def test_an_honest_pdf_is_taken(make: Maker) -> None:
    assert resumes.read("cv.pdf", io.BytesIO(make()), "alice").kind == "pdf"


@pytest.mark.parametrize("make", GOOD_DOCXS.values(), ids=GOOD_DOCXS)
def test_an_honest_word_document_is_taken(make: Maker) -> None:
    assert resumes.read("cv.docx", io.BytesIO(make()), "alice").kind == "docx"


@pytest.mark.parametrize(("sent", "shown", "plain"), NAMES.values(), ids=NAMES)
def test_a_hostile_name_is_only_a_name(
    client: FlaskClient, alice: User, app: Flask, sent: str, shown: str, plain: str
) -> None:
    name = resumes.clean_name(sent)
    assert shown in (name, "ignored")
    assert len(name) <= resumes.NAME_MAX_CHARS
    assert len(name.encode()) <= 255
    (settings(app).resumes_folder / "here.pdf").write_bytes(papers.pdf())
    row = make_application(alice, resume_path="here.pdf", resume_name=name)
    response = sign_in(client, alice).get(f"/applications/{row.id}/resume", buffered=True)
    assert response.headers["Content-Disposition"].startswith(
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''"
    )
    assert response.headers["Content-Disposition"].isascii()


def test_what_is_taken_comes_back_as_a_file_that_can_do_nothing(
    client: FlaskClient, alice: User
) -> None:
    sign_in(client, alice)
    client.post(
        f"/jobs/{make_job().slug}/apply", **papers.form(resume=papers.upload(name="cv.exe.pdf"))
    )
    row = db.session.scalars(db.select(Application)).one()
    headers = client.get(f"/applications/{row.id}/resume", buffered=True).headers
    assert headers["Content-Type"] == "application/pdf"
    assert (
        headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert row.resume_path.count(".") == 1


def test_a_file_that_is_gone_is_said_to_be_gone(client: FlaskClient, alice: User) -> None:
    row = make_application(alice, resume_path="gone.pdf")
    assert sign_in(client, alice).get(f"/applications/{row.id}/resume").status_code == 410


def numbered(count: int) -> str:
    """XML that shrinks as text does, and not as a bomb would."""
    return "<a>" + "".join(f"<b>{number * 7919}</b>" for number in range(count)) + "</a>"


WORST = {
    "an object stream of 200 MB": hostile_pdf.bomb_in_object_stream,
    "10 MB of objects": lambda: hostile_pdf.pdf() + b"1 0 obj<</A 1>>endobj\n" * 470_000 + b"%%EOF",
    "a part of 20 MB": lambda: hostile_docx.docx({"word/big.xml": numbered(1_000_000)}),
    "a picture of 190 MB": hostile_docx.DOCXS["a picture of 190 MB"][0],
}
ENDLESS = {  # each is ended by the system, after all the time there is
    "strings that never end": lambda: hostile_pdf.pdf() + b"1 0 obj(" * 150_000 + b"%%EOF",
    "10 MB of digits": lambda: hostile_pdf.pdf() + b"1%" * 5_000_000 + b"\n%%EOF",
    "10 MB of brackets": lambda: hostile_pdf.in_object_stream(b"<<" * 5_000_000),
    "a page tree of 700,000": lambda: hostile_pdf.many_pages(700_000),
    "a part of 29 MB": lambda: hostile_docx.docx({"word/big.xml": numbered(1_700_000)}),
}
PEAK = """
import sys
from documents.inspection_process import main
status = open("/proc/self/status")
main()
status.seek(0)
print(*[line.split()[1] for line in status if line.startswith("VmHWM")], file=sys.stderr)
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "make",
    [pytest.param(make, id=name, marks=pytest.mark.slow) for name, make in WORST.items()]
    + [pytest.param(make, id=name, marks=pytest.mark.torture) for name, make in ENDLESS.items()],
)
def test_the_worst_takes_bounded_time_and_memory(make: Maker) -> None:
    data, before = make(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", PEAK]
    looked = subprocess.run(
        command, input=data, capture_output=True, cwd=PROJECT_FOLDER, timeout=300, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # nothing is said by who was ended
    peak_kb = int(looked.stderr.split()[-1]) if looked.stderr else 0
    print(
        f"{len(data):,} bytes: {cpu_s:.1f} s, {peak_kb // 1024} MB, ends with {looked.returncode}"
    )
    assert cpu_s < CPU_MAX_S
    assert peak_kb < MEMORY_MAX_KB


@pytest.mark.parametrize(
    "name", ["a script spelt with escapes", "pages in a circle", "lists in lists in lists"]
)
def test_the_portal_hears_what_the_other_process_says(name: str) -> None:
    make, reason = hostile_pdf.PDFS[name]
    assert reason in file_inspection.look(make(), "alice").refused


@pytest.mark.long
@pytest.mark.slow
def test_what_takes_too_long_is_refused_with_a_word_on_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # on a busy machine five seconds of CPU take long
    monkeypatch.setattr(file_inspection, "WAIT_S", 300)
    assert (
        file_inspection.look(ENDLESS["strings that never end"](), "alice").refused
        == file_inspection.TOO_MUCH
    )


def in_jail(code: str) -> subprocess.CompletedProcess[str]:
    shut_in = "from documents import jail; jail.CPU_S = 1; jail.limit_resources()"
    words = f"{shut_in}; jail.forbid_opening()\n{code}"
    return subprocess.run(
        [sys.executable, "-c", words],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("code", [
    "open('/etc/hostname')",
    "__import__('socket')",
    "import os; os.pipe()",
    "import os; os.open('/tmp/x', os.O_CREAT | os.O_WRONLY)",
])  # fmt: skip
def test_who_looks_at_a_file_can_open_nothing(code: str) -> None:
    assert "Too many open files" in in_jail(code).stderr


def test_who_looks_at_a_file_has_little_memory_and_time() -> None:
    assert "MemoryError" in in_jail("b'x' * 2_000_000_000").stderr
    assert in_jail("while True: pass").returncode < 0


def test_who_looks_at_a_file_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "nobody may know it")
    seen = []
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda *args, **more: seen.append(more["env"]) or run(*args, **more)
    )
    assert file_inspection.look(papers.pdf(), "alice").data == papers.pdf()
    assert set(seen[0]) <= set(start_inspection.PASSED_ON)


def test_one_that_gets_no_time_is_ended_and_is_not_called_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_inspection, "WAIT_S", 1)
    monkeypatch.setattr(start_inspection, "_command", lambda: ["/bin/sleep", "60"])
    started = time.monotonic()
    assert file_inspection.look(papers.pdf(), "alice").refused == file_inspection.TOO_BUSY
    assert time.monotonic() - started < 30
