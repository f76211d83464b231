"""Honest documents come in; what is useless in them stays out, and whoever sent them is told."""

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import odd_documents
import papers
import pikepdf
import pytest
from hostile_pdf import PAGE, pdf
from hostile_pdf import PDFS as HOSTILE_PDFS
from tricks import Maker, zipped

from documents import changes, inspect_file
from documents.accepted_file import AcceptedFile
from documents.errors import Refused
from portal.config import PROJECT_FOLDER
from portal.hiring import resumes
from setup.translations import collected

RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
ACTIONS = {
    "/GoToR", "/GoToE", "/GoToDp", "/Launch", "/Thread", "/Sound", "/Movie", "/Hide", "/Named",
    "/SubmitForm", "/ResetForm", "/ImportData", "/JavaScript", "/SetOCGState", "/Rendition",
    "/Trans", "/GoTo3DView", "/RichMediaExecute",
}  # fmt: skip
ODD_IDS = [f"{kind}: {name}" for kind in ("PDFS", "DOCXS") for name in getattr(odd_documents, kind)]
ODD_ROWS = [*odd_documents.PDFS.values(), *odd_documents.DOCXS.values()]


def kept(data: bytes) -> tuple[AcceptedFile, bytes]:
    verdict = inspect_file.inspect(data)
    return verdict, data if verdict.copy is None else verdict.copy


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The sentences and clauses that the catalogs translate."""
    return {message.id for message in collected() if isinstance(message.id, str)}


@pytest.mark.parametrize(("make", "change"), ODD_ROWS, ids=ODD_IDS)
def test_an_odd_document_is_taken_and_what_goes_is_said(
    make: Maker, change: str, known: set[str]
) -> None:
    data = make()
    verdict, stored = kept(data)
    assert (verdict.copy is None) == (not change)
    assert re.search(change, verdict.said)
    assert bool(verdict.said) == bool(change)
    assert {told.clause for told in verdict.told} <= known
    assert inspect_file.inspect(stored).changes == ()  # there is nothing left to take out


@pytest.mark.parametrize(
    "make", [make for make, _ in odd_documents.PDFS.values()], ids=odd_documents.PDFS
)
def test_another_library_finds_only_links_that_a_person_clicks(make: Maker) -> None:
    assert not list(what_acts(kept(make())[1]))


def what_acts(data: bytes) -> list[str]:
    """Whatever in a PDF does more than lead a person who clicks to the web or to a place in it."""
    found = []
    with pikepdf.open(io.BytesIO(data)) as opened:
        found += ["encrypted"] * opened.is_encrypted
        for thing in everything_in(opened):
            for key in thing:
                found += look_at(key, thing[key], thing)
    return found


def everything_in(opened: pikepdf.Pdf) -> list[Any]:
    waiting, there = [*opened.objects, opened.trailer], []
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, pikepdf.Array):
            waiting += [part for part in thing if not is_indirect(part)]
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            there.append(thing)
            waiting += [thing[key] for key in thing if not is_indirect(thing[key])]
    return there


def is_indirect(thing: Any) -> bool:
    return not isinstance(thing, pikepdf.Object) or thing.is_indirect


def look_at(key: str, value: Any, holder: Any) -> list[str]:
    if isinstance(value, pikepdf.Stream):  # a letter of a font may be called anything
        return []
    if key in {"/AA", "/PA", "/EmbeddedFiles", "/EF", "/JS", "/XFA"}:
        return [key]
    if key == "/S" and str(value) in ACTIONS:
        return [str(value)]
    kind = str(value.get("/S", "")) if isinstance(value, pikepdf.Dictionary) else ""
    if (
        key == "/OpenAction"
        and isinstance(value, pikepdf.Dictionary)
        and (kind != "/GoTo" or "/Next" in value)
    ):
        return ["opens by itself"]
    if kind == "/URI" and key not in {"/A", "/Next"}:
        return [f"{key} leads to a page"]
    if key in {"/Ref", "/F"} and isinstance(holder, pikepdf.Stream):
        return ["from another file"]
    return []


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE_PDFS if "by itself" in HOSTILE_PDFS[name][1]]
)
def test_the_other_library_would_see_what_begins_by_itself(name: str) -> None:
    assert what_acts(HOSTILE_PDFS[name][0]()) or "kind in another" in name


@pytest.mark.parametrize(
    "make", [make for make, _ in odd_documents.DOCXS.values()], ids=odd_documents.DOCXS
)
def test_a_changed_word_document_is_whole(make: Maker) -> None:
    """Each part is XML, each relation that is named is there, and each part that is listed."""
    _, stored = kept(make())
    with zipfile.ZipFile(io.BytesIO(stored)) as package:
        names = set(package.namelist())
        parts = {
            name: ElementTree.fromstring(package.read(name))
            for name in names
            if name.endswith((".xml", ".rels"))
        }
    for listed in parts["[Content_Types].xml"].iter():
        assert listed.get("PartName", "/[Content_Types].xml")[1:] in names
    for name, part in parts.items():
        asked = {
            value for one in part.iter() for key, value in one.items() if key.startswith(RELATED)
        }
        folder, _, base = name.rpartition("/")
        rels = parts.get(f"{folder}/_rels/{base}.rels")
        assert asked <= ({row.get("Id") for row in rels} if rels is not None else set())


def test_only_what_had_to_go_is_changed_in_a_word_document() -> None:
    data = odd_documents.DOCXS["a template on a Windows disk"][0]()
    _, stored = kept(data)
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(io.BytesIO(stored)) as after:
        differ = [name for name in before.namelist() if before.read(name) != after.read(name)]
        assert differ == ["word/_rels/settings.xml.rels"]
        assert b'Target="Normal.dotm"' in after.read(differ[0])


def test_what_stays_says_so_and_counts() -> None:
    assert inspect_file.inspect(papers.pdf()).said == ""
    said = inspect_file.inspect(odd_documents.PDFS["a link to skype:jane?chat"][0]()).said
    assert (
        said
        == "We removed a link that leads to no web page (skype:jane?chat); everything else in your"
        " PDF is as it was."
    )


def test_every_change_can_be_said_in_another_language(known: set[str]) -> None:
    tables = (changes.SENTENCES, changes.ONE, changes.SEVERAL)
    assert {text for table in tables for text in table.values()} <= known


def test_several_changes_are_counted_and_listed() -> None:
    link = b"<< /Subtype /Link /A << /S /URI /URI %s >> >>"
    named = b"<< /Subtype /Link /A << /S /Named /N /NextPage >> >>"
    several = b" ".join([link % b"(skype:jane)", link % b"(skype:jane)", named, named])
    page = PAGE[3].replace(b">>", b"/Annots [" + several + b"] >>")
    data = b"HTTP/1.1 200 OK\r\n" + pdf(o3=page)
    assert inspect_file.inspect(data).said == (
        "We removed some words that stood before or behind the PDF, removed 2 links that lead to no"
        " web page (the first to skype:jane) and removed 2 buttons or links that act; everything"
        " else in your PDF is as it was."
    )


def test_a_link_without_an_address_is_said_to_lead_to_nothing() -> None:
    said = inspect_file.inspect(odd_documents.PDFS["an address that is nowhere"][0]()).said
    assert "a link that leads to no web page (nothing);" in said


COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OPEN_DOCUMENT = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}
EXCEL = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"}
POWERPOINT = {"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<x/>"}


@pytest.mark.parametrize(("data", "advice"), [
    (COMPOUND_FILE + "WordDocument".encode("utf-16-le"), "old Word document (.doc)"),
    (COMPOUND_FILE + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
    (COMPOUND_FILE + "Workbook".encode("utf-16-le"), "spreadsheet (.xls)"),
    (b"{\\rtf1 hello}", "rich text"),
    (zipped(OPEN_DOCUMENT, method=0), "LibreOffice"),
    (zipped({"Index/Document.iwa": "x", "preview.jpg": "x"}), "In Pages choose"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", ".heic"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture (.jpg)"),
    (b"\x89PNG\r\n\x1a\n", "picture (.png)"),
    (b"RIFF\0\0\0\0WEBPVP8 ", "picture (.webp)"),
    (zipped({"cv.pdf": b"x"}), "archive (.zip)"),
    (b"Rar!\x1a\7\0", "archive (.rar)"),
    ("Jane Döe\r\nTen years of rows".encode(), "plain text"),
    (b"<!DOCTYPE html><p>Jane", "web page"),
    (b'{"url": "https://docs.google.com/open?id=x", "doc_id": "x"}', "shortcut"),
    (zipped(EXCEL), "spreadsheet (.xlsx)"),
    (zipped(POWERPOINT), "presentation (.pptx)"),
    (b"%!PS-Adobe-3.0", "printers"),
    (bytes(range(256)), "neither a PDF nor a Word document"),
])  # fmt: skip
def test_what_is_not_taken_comes_with_what_to_do(data: bytes, advice: str) -> None:
    with pytest.raises(Refused, match=re.escape(advice)) as why:
        inspect_file.inspect(data)
    assert any(word in str(why.value).lower() for word in ("save", "export", "choose", "print"))
    assert str(why.value).endswith(".")


@pytest.mark.parametrize(("name", "data", "shown"), [
    ("document", papers.pdf(), "document.pdf"),
    ("cv.pdf (1)", papers.pdf(), "cv (1).pdf"),
    ("cv.docx-2", papers.docx(), "cv-2.docx"),
    ("cv.pdf", papers.docx(), "cv.docx"),
    ("cv.doc", papers.docx(), "cv.docx"),
    ("Dr. Smith", papers.pdf(), "Dr. Smith.pdf"),
    ("cv.pdf.download", papers.pdf(), "cv.pdf"),
    ("cv.exe", papers.pdf(), "cv.exe.pdf"),
    ("", papers.pdf(), "resume.pdf"),
])  # fmt: skip
def test_a_file_is_what_its_first_bytes_say_and_is_called_so(
    name: str, data: bytes, shown: str
) -> None:
    checked = resumes.read(name, io.BytesIO(data), "alice")
    assert (checked.name, checked.kind) == (shown, shown.rpartition(".")[2])


@pytest.mark.parametrize(("make", "code", "said"), [
    (papers.pdf, 0, "This PDF may be kept as it is."),
    (odd_documents.PDFS["a Europass"][0], 0, "We removed the data that was attached"),
    (HOSTILE_PDFS["a film"][0], 3, "This PDF plays media."),
])  # fmt: skip
def test_the_command_line_says_so_also_into_a_file(
    tmp_path: Path, make: Maker, code: int, said: str
) -> None:
    (tmp_path / "document").write_bytes(make())
    command = [sys.executable, "-m", "documents"]
    for words, given in ((["document", "--copy", "kept"], ""), ([], "document")):
        with (
            (tmp_path / "out").open("wb") as out,
            (tmp_path / (given or "/dev/null")).open("rb") as stream,
        ):
            environ = os.environ | {"PYTHONPATH": str(PROJECT_FOLDER)}
            ended = subprocess.run(
                command + words,
                cwd=tmp_path,
                env=environ,
                stdin=stream,
                stdout=out,
                timeout=120,
                check=False,
            )
        assert (ended.returncode, (tmp_path / "out").read_text()[: len(said)]) == (code, said)
    assert (tmp_path / "kept").exists() == (code == 0)


def test_the_command_line_says_what_cannot_be_read(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "documents", str(tmp_path / "nothing.pdf")]
    ended = subprocess.run(
        command, cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 2
    assert "cannot be read" in ended.stderr
