"""A résumé is believed for nothing it says of itself."""

import contextlib
import io
import random
import re
import zipfile
from pathlib import Path

import papers
import pytest

from portal import docx, resumes
from portal.resumes import ResumeRefused

WORD, MACROS = docx.MAIN_TYPE.decode(), docx.MACRO_TYPE.decode()


def read(data: bytes, name: str = "resume.pdf") -> resumes.Resume:
    return resumes.read(name, io.BytesIO(data))


@pytest.mark.parametrize(("data", "name", "kind"), [
    (papers.pdf(), "resume.pdf", "pdf"),
    (papers.pdf(), "RESUME.PDF", "pdf"),
    (b"\xef\xbb\xbf\n" + papers.pdf(), "resume.pdf", "pdf"),  # some writers put a few bytes before the header
    (papers.docx(), "My résumé.docx", "docx"),
])  # fmt: skip
def test_it_takes_pdf_and_word(data: bytes, name: str, kind: str) -> None:
    checked = read(data, name)
    assert (checked.kind, checked.name, checked.data) == (kind, name, data)


@pytest.mark.parametrize(("data", "name", "reason"), [
    (papers.pdf(), "resume", "Choose a PDF or a Word document"),
    (papers.pdf(), "resume.exe", "Choose a PDF or a Word document"),
    (b"MZ\x90", "resume.pdf.exe", "Choose a PDF or a Word document"),
    (b"", "resume.pdf", "empty"),
    (b"", "resume.docx", "empty"),
    (b"%PDF-" + b"x" * resumes.MAX_BYTES, "resume.pdf", "larger than 10 MB"),
    (b"<html>hello</html>", "resume.pdf", "not a PDF inside"),
    (papers.docx(), "resume.pdf", "not a PDF inside"),
    (papers.pdf(), "resume.docx", "not a Word document inside"),
    (papers.pdf(password="secret"), "resume.pdf", "protected with a password"),
    (papers.pdf(pages=0), "resume.pdf", "damaged"),
    (papers.pdf()[:300], "resume.pdf", "damaged"),
    (b"%PDF-1.7\n" + b"nothing " * 99, "resume.pdf", "damaged"),
    (resumes.OLD_OFFICE_MAGIC + b"x" * 99, "resume.docx", "protected with a password, or in the old Word format"),
    (papers.docx()[:-40], "resume.docx", "damaged"),
    (papers.docx(document=papers.DOCUMENT[:-9]), "resume.docx", "damaged"),
    (papers.docx(document="<html/>"), "resume.docx", "not a Word document inside"),
    (papers.docx(types=papers.TYPES.replace(WORD, "spreadsheet")), "resume.docx", "not a Word document inside"),
    (papers.docx(types=papers.TYPES.replace(WORD, MACROS)), "resume.docx", "macros"),
    (papers.docx(document=papers.DOCUMENT.replace("?>", "?>" + papers.ENTITIES)), "resume.docx", "document type"),
])  # fmt: skip
def test_it_refuses_and_names_the_reason(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(ResumeRefused, match=re.escape(reason)):
        read(data, name)


def test_it_refuses_a_zip_of_something_else() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("photo.jpg", b"\xff\xd8")
    with pytest.raises(ResumeRefused, match="not a Word document inside"):
        read(file.getvalue(), "resume.docx")


def test_it_refuses_a_document_that_unpacks_to_too_much() -> None:
    bomb = papers.docx(document=b" " * (docx.XML_MAX_BYTES + 1))
    assert len(bomb) < 100_000
    with pytest.raises(ResumeRefused, match="too large when unpacked"):
        read(bomb, "resume.docx")


def test_it_refuses_many_parts_that_unpack_to_too_much() -> None:
    part = b"\0" * (docx.UNPACKED_MAX_BYTES // 8 + 1)
    bomb = papers.docx(**{f"word/media/{number}.bmp": part for number in range(8)})
    with pytest.raises(ResumeRefused, match="too large when unpacked"):
        read(bomb, "resume.docx")


@pytest.mark.parametrize(("make", "name"), [(papers.pdf, "resume.pdf"), (papers.docx, "resume.docx")])
def test_damage_of_any_kind_is_taken_or_refused_but_never_a_fault_of_ours(make, name: str) -> None:
    dice = random.Random(7)
    for _ in range(300):
        damaged = bytearray(make())
        for _ in range(dice.randint(1, 12)):
            damaged[dice.randrange(8, len(damaged))] = dice.randrange(256)
        with contextlib.suppress(ResumeRefused):
            assert read(bytes(damaged), name).data == damaged


@pytest.mark.parametrize(("typed", "shown"), [
    ("../../etc/passwd.pdf", "passwd.pdf"),
    ("C:\\Users\\Alice\\My résumé.pdf", "My résumé.pdf"),
    ("new\r\nline\x00.pdf", "newline.pdf"),
    ("fdp\u202egnp.pdf", "fdpgnp.pdf"),
    ("x" * 400 + ".docx", "x" * 155 + ".docx"),
    ("履歴書.pdf", "履歴書.pdf"),
])  # fmt: skip
def test_names_are_shown_without_folders_or_anything_invisible(typed: str, shown: str) -> None:
    assert resumes.clean_name(typed) == shown


def test_it_stores_under_a_name_made_here_and_removes_it(tmp_path: Path) -> None:
    stored = resumes.store(read(papers.pdf(), "../alice.pdf"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [stored]
    assert "alice" not in stored
    assert (tmp_path / stored).read_bytes() == papers.pdf()
    resumes.remove(stored, tmp_path)
    resumes.remove(stored, tmp_path)
    assert not list(tmp_path.iterdir())
