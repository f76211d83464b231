"""A résumé is believed for nothing it says of itself."""

import io
import random
import re
from collections.abc import Callable
from pathlib import Path

import papers
import pytest

from documents.inspect_file import judge
from portal.hiring import resumes
from portal.hiring.resumes import ResumeRefused


def read(data: bytes, name: str = "resume.pdf") -> resumes.Resume:
    return resumes.read(name, io.BytesIO(data), "alice")


@pytest.mark.parametrize(("data", "name", "kind"), [
    (papers.pdf(), "resume.pdf", "pdf"),
    (papers.pdf(), "RESUME.PDF", "pdf"),
    # some writers put a few bytes before the header
    (b"\xef\xbb\xbf\n" + papers.pdf(), "resume.pdf", "pdf"),
    (papers.docx(), "My résumé.docx", "docx"),
])  # fmt: skip
def test_it_takes_pdf_and_word(data: bytes, name: str, kind: str) -> None:
    checked = read(data, name)
    assert (checked.kind, checked.name, checked.data) == (kind, name, data)


@pytest.mark.parametrize(("data", "name", "reason"), [
    (b"MZ\x90\0", "resume.pdf.exe", "neither a PDF nor a Word document"),
    (b"", "resume.pdf", "empty"),
    (b"", "resume.docx", "empty"),
    (b"%PDF-" + b"x" * resumes.MAX_BYTES, "resume.pdf", "larger than 10 MB"),
    (b"<html>hello</html>", "resume.pdf", "web page"),
    (papers.pdf(password="secret"), "resume.pdf", "protected with a password"),
    (papers.pdf()[:300], "resume.pdf", "damaged"),
    (papers.docx()[:-40], "resume.docx", "damaged"),
    (papers.docx(document=papers.DOCUMENT[:-9]), "resume.docx", "damaged"),
    (papers.docx(document="<html/>"), "resume.docx", "not a Word document inside"),
])  # fmt: skip
def test_it_refuses_and_names_the_reason(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(ResumeRefused, match=re.escape(reason)):
        read(data, name)


@pytest.mark.parametrize("make", [papers.pdf, papers.docx])
def test_damage_of_any_kind_is_taken_or_refused_with_a_sentence(make: Callable[[], bytes]) -> None:
    dice = random.Random(7)
    for _ in range(300):
        damaged = bytearray(make())
        for _ in range(dice.randint(1, 12)):
            damaged[dice.randrange(8, len(damaged))] = dice.randrange(256)
        said = judge(bytes(damaged))
        assert said is None or said.endswith(".")


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
