"""The kind of a file, by its first bytes. For each usual kind that we refuse: what a person can do.

The file's name says nothing: phones call files "document" or "cv.pdf (1)".
"""

import io
import json
import re
import zipfile

from documents.errors import Refused

PDF, DOCX = "pdf", "docx"
LOOKED_FOR_BYTES = 1024  # readers look for the beginning of a PDF in so many bytes
OFFICE_TYPES = "[Content_Types].xml"

THAT = "save it as PDF and choose that."
DOC = (
    "This is an old Word document (.doc). Open it in Word, save it as .docx or PDF, and choose the"
    " new file."
)
PROTECTED = (
    "This Word document is protected with a password. Save it without the password, or as PDF."
)
RTF = f"This is a rich text document (.rtf). Open it in Word or another editor, {THAT}"
ODT = (
    "This is an OpenDocument text (.odt). In LibreOffice choose File, Export as PDF, and choose"
    " that."
)
PAGES = (
    "This is a Pages document. In Pages choose File, Export To, PDF (on a phone: Share, Export),"
    " and choose that."
)
PHOTO = (
    "This is a picture (%(ending)s), which cannot be searched or read aloud. Choose the PDF or Word"
    " document it shows; if there is none, print the picture to PDF."
)
HEIC = (
    "This is an iPhone's photo (.heic), which cannot be searched or read aloud. Choose the document"
    " it shows; if there is none, open the photo, choose Share, Print, and share the preview as"
    " PDF."
)
ZIP = (
    "This is an archive (%(ending)s). Unpack it and choose the PDF or Word document that is in it."
)
TEXT = f"This is plain text. Paste it into a document, {THAT}"
PAGE = (
    "This is a web page and not a document. Open it in a browser, print it to PDF, and choose that."
)
SHORTCUT = (
    "This is only a shortcut to an online document. Open that, choose File, Download, PDF, and"
    " choose the PDF."
)
NO_TEXT = "not a text document. Save it as PDF and choose that."
XLS = f"This is a spreadsheet (.xls), {NO_TEXT}"
PPT = f"This is a presentation (.ppt), {NO_TEXT}"
XLSX = f"This is a spreadsheet (.xlsx), {NO_TEXT}"
PPTX = f"This is a presentation (.pptx), {NO_TEXT}"
OTHER_ODF = f"This is an OpenDocument file, {NO_TEXT}"
PRINTING = "This is a file for printers (PostScript). Open it, print it to PDF, and choose that."
UNKNOWN = (
    "This file is neither a PDF nor a Word document (.docx) inside. Export your résumé as PDF and"
    " choose that."
)

PICTURES = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG": ".png",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
}
ARCHIVES = {
    b"Rar!": ".rar",
    b"7z\xbc\xaf": ".7z",
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
}
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc")
# An HTML page; comments may come first.
HTML = re.compile(
    rb"\s*(<!--.*?-->\s*)*<\s*(!doctype\s+html|html|head|body|script|\?xml[^>]*\?>\s*<html)",
    re.I | re.S,
)


def kind_of(data: bytes) -> str:
    """`PDF` or `DOCX`. Raises Refused for other files, and says what to do with them."""
    if data.startswith(b"PK\x03\x04"):
        return _in_zip(data)
    if b"%PDF-" in data[:LOOKED_FOR_BYTES]:
        return PDF
    raise _advice(data)


def _advice(data: bytes) -> Refused:
    head = data[:LOOKED_FOR_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    for table, sentence in ((PICTURES, PHOTO), (ARCHIVES, ZIP)):
        for magic, ending in table.items():
            if data.startswith(magic):
                return Refused(sentence, ending=ending)
    if data[4:8] == b"ftyp":
        return _photo_of_phone(data[8:12])
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Refused(PHOTO, ending=".webp")
    if data.startswith(OLD_OFFICE):
        return Refused(_old_office(data))
    for magic, sentence in ((b"{\\rtf", RTF), (b"%!PS", PRINTING), (b"bplist", PAGE)):
        if head.startswith(magic):
            return Refused(sentence)
    if HTML.match(head) or (
        b"MIME-Version" in head and b"text/html" in data[: LOOKED_FOR_BYTES * 4]
    ):
        return Refused(PAGE)
    return Refused(_of_words(data, head))


def _photo_of_phone(brand: bytes) -> Refused:
    if brand in HEIC_BRANDS:
        return Refused(HEIC)
    return Refused(PHOTO, ending=".avif") if brand == b"avif" else Refused(UNKNOWN)


def _of_words(data: bytes, head: bytes) -> str:
    if head.startswith(b"[InternetShortcut]") or (
        head.startswith(b"{") and _names_online_document(data)
    ):
        return SHORTCUT
    try:
        text = head.decode("utf-8" if head == data.strip() else "latin-1")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    is_text = text and all(char.isprintable() or char in "\r\n\t\f" for char in text)
    return TEXT if is_text and not head.startswith(b"<") else UNKNOWN


def _names_online_document(data: bytes) -> bool:
    try:
        return isinstance(said := json.loads(data[:100_000]), dict) and bool(
            {"url", "doc_id"} & said.keys()
        )
    except (ValueError, RecursionError):
        return False


def _old_office(data: bytes) -> str:
    if _utf16("EncryptedPackage") in data:
        return PROTECTED
    if _utf16("WordDocument") in data:
        return DOC
    if _utf16("Workbook") in data:
        return XLS
    return PPT if _utf16("PowerPoint Document") in data else DOC


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def _in_zip(data: bytes) -> str:
    """The kind of a file that is a zip. Leaves a damaged zip for `docx` to refuse."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {info.filename for info in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return DOCX
    if OFFICE_TYPES in names:
        folders = {name.partition("/")[0] for name in names}
        for folder, sentence in (("xl", XLSX), ("ppt", PPTX)):
            if folder in folders and "word" not in folders:
                raise Refused(sentence)
        return DOCX
    if any(name.endswith(".iwa") or name in {"Index.zip", "index.apxl"} for name in names):
        raise Refused(PAGES)
    if "mimetype" in names and b"opendocument" in data[:200]:
        raise Refused(ODT if b"opendocument.text" in data[:200] else OTHER_ODF)
    raise Refused(ZIP, ending=".zip")
