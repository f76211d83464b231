"""What hostile files have in common, and tables of hostile names and disguises."""

import io
import zipfile
from collections.abc import Callable, Mapping

Maker = Callable[[], bytes]

CARRIES, DAMAGED = "carries another file inside it", "damaged and cannot be opened"


def zipped(
    files: Mapping[str, bytes | str], comment: bytes = b"", method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name) if not name.isprintable() else name, content)
        package.comment = comment
    return file.getvalue()


NO_KIND, PAGE = "neither a PDF nor a Word document", "This is a web page"

DISGUISES: dict[str, tuple[str, Maker, str]] = {
    "a page called .pdf": ("cv.pdf", lambda: b"<!doctype html><script>x</script>", PAGE),
    "a drawing called .pdf": ("cv.pdf", lambda: b"<svg onload=alert(1)>", NO_KIND),
    "a page called .docx": ("cv.docx", lambda: b"<!doctype html>", PAGE),
    "a drawing": ("cv.svg", lambda: b"<svg/>", NO_KIND),
    "a page": ("cv.html", lambda: b"<html>", PAGE),
    "a .docm": ("cv.docm", lambda: zipped({}), NO_KIND),
    "a program called .pdf": ("cv.pdf", lambda: b"MZ\x90\0", NO_KIND),
    "a script called .docx": ("cv.docx", lambda: b"#!/bin/sh\necho", "plain text"),
    "another file's name, as a stream of it": ("cv.pdf::$DATA", lambda: b"\x7fELF\2\1", NO_KIND),
    "an ending behind a zero": ("cv.exe\0.pdf", lambda: b"MZ\x90\0", NO_KIND),
    "a program turned around": ("cv\u202efdp.exe", lambda: b"MZ\x90\0", NO_KIND),
}

NAMES: dict[
    str, tuple[str, str, str]
] = {  # what it was called, what people see, what an old program stores
    "a path": ("../../etc/passwd.pdf", "passwd.pdf", "passwd.pdf"),
    "a path of Windows": ("C:\\Users\\x\\cv.pdf", "cv.pdf", "cv.pdf"),
    "a new line": ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf", "aSet-Cookie_ x1.pdf"),
    "a zero": ("cv\0.exe.pdf", "cv.exe.pdf", "cv.exe.pdf"),
    "quotes": ('a";filename="b.exe".pdf', "a_;filename=_b.exe_.pdf", "a_filename_b.exe_.pdf"),
    "turned around": ("cv\u202efdp.exe.pdf", "cvfdp.exe.pdf", "cvfdp.exe.pdf"),
    "isolated": ("cv\u2067fdp\u2069.pdf", "cvfdp.pdf", "cvfdp.pdf"),
    "another script": ("履歴書.pdf", "履歴書.pdf", "resume.pdf"),
    "pictures": ("👩‍💻🎉.pdf", "👩💻🎉.pdf", "resume.pdf"),
    "very long": ("é" * 400 + ".pdf", "é" * 100 + ".pdf", "e" * 100 + ".pdf"),
    "a device": ("CON.pdf", "_CON.pdf", "CON.pdf"),
    "a device with two endings": ("nul.tar.pdf", "_nul.tar.pdf", "nul.tar.pdf"),
    "blanks and dots at its end": ("cv.pdf. . ", "cv.pdf", "cv.pdf"),
    "only an ending": (".pdf", "resume.pdf", "resume.pdf"),
    "signs": ("a<b>|c?*.pdf", "a_b__c__.pdf", "a_b__c__.pdf"),
    "a lone half of a letter": ("cv\ud800.pdf", "cv.pdf", "cv.pdf"),
    "marks upon marks": ("cv" + "\u0301" * 300 + ".pdf", "ignored", "cv.pdf"),
}
