"""Honest documents that some program writes oddly, each made by code, with what of them is left out
("" is nothing).
"""

import zlib

import hostile_docx
import hostile_pdf
import papers
from hostile_docx import TABLE, field_in_pieces, related, relation, rels, with_chart, with_part
from hostile_pdf import (
    PAGE,
    annotated,
    in_object_stream,
    pdf,
    protected,
    shown_link,
    stream,
    with_cross_references,
)
from tricks import Maker, zipped

NO_WEB, BUTTON, ITSELF = "lead to no web page|leads to no web page", "acts", "would begin by itself"
ATTACHED, PROTECTION, TEMPLATE = "data that was attached", "protection", "template on your computer"
LEFT_OVER, FETCHED = "left-over", "picture that would be fetched"


def action_here(action: bytes) -> bytes:
    return annotated(
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /Type /Action %s >> >>" % action
    )


def quartz(*texts: bytes) -> bytes:
    """As every Mac prints: each text an object of its own, titles and dates among them."""
    objects = {f"o{number}": text for number, text in enumerate(texts, 21)}
    info = {"o20": b"<< /Title 21 0 R /CreationDate 22 0 R /Producer 23 0 R >>"}
    link = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A 5 0 R >>"
    return annotated(link, o5=b"<< /Type /Action /S /URI /URI 24 0 R >>", **objects, **info)


def two_addresses(first: bytes, second: bytes) -> bytes:
    """The same object twice: which of them is shown depends on the reader."""
    data = quartz(b"(CV)", b"(D:2026)", b"(Quartz)", first)
    return with_cross_references(
        data, {24: second}, prev=int(data.rsplit(b"startxref", 1)[1].split()[0])
    )


def attached(xml: bytes, name: bytes = b"cv.xml", more: bytes = b"/Subtype /text#2Fxml") -> bytes:
    names = b"/Names << /EmbeddedFiles << /Names [(%s) 4 0 R] >> >> /AF [4 0 R]" % name
    specification = (
        b"<< /Type /Filespec /F (%s) /UF (%s) /AFRelationship /Data /EF << /F 5 0 R >> >>"
        % (name, name)
    )
    return pdf(names, o4=specification, o5=stream(xml, b"/Type /EmbeddedFile " + more))


def latex() -> bytes:
    """As pdfTeX with hyperref writes: what comes first stands in an object stream, links in what is
    clicked.
    """
    inner = b"<< /S /GoTo /D [3 0 R /Fit] >>"
    return hostile_pdf.with_stream_table(
        {
            3: (
                PAGE[3].replace(
                    b">>",
                    b"/Annots [<< /Subtype /Link /A << /S /URI /URI (https://x.org) >> >>] >>",
                )
            ),
            4: stream(
                zlib.compress(b"9 0 " + inner), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
            ),
        },
        b"/OpenAction 9 0 R",
    )


def ghostscript() -> bytes:
    return b"GPL Ghostscript 10.02.0\n" + pdf()


def dotx() -> bytes:
    return papers.docx(types=papers.TYPES.replace("document.main", "template.main"))


def renamed_main() -> bytes:
    """As Word for the web writes."""
    types = papers.TYPES.replace("/word/document.xml", "/word/document2.xml")
    parts = {"[Content_Types].xml": types, "word/document2.xml": papers.DOCUMENT}
    return zipped(
        parts | {"_rels/.rels": rels(relation("officeDocument", "/word/document2.xml", ""))}
    )


def with_printer(settings: bytes) -> bytes:
    row = relation("printerSettings", "printerSettings/printerSettings1.bin", "")
    return hostile_docx.docx(
        {hostile_docx.RELS: rels(row), "word/printerSettings/printerSettings1.bin": settings}
    )


def template(target: str) -> Maker:
    return related("attachedTemplate", target, place="word/_rels/settings.xml.rels")


ODD_LINKS = (
    "callto:+351210000000", "skype:jane?chat", "sms:+351210000000", "fax:+351210000000", "doi:10.1000/182",
    "geo:38.7,-9.1", "urn:isbn:9780141036144", "ftp://example.org/cv", "whatsapp://send?phone=1", "xmpp:jane@x.org",
    "LinkedIn: linkedin.com/in/jane", "github.com:443/jane", "htps://github.com/jane", "C:/Users/jane/cv.pdf",
    "file:///C:/Users/jane/linkedin.com/in/jane", "file:///home/jane/cv.html#work", "localhost:3000", "D:\\cv.pdf",
    "//www.linkedin.com/in/jane", "file://localhost/jane", "slack://user?id=1", "about:blank",
)  # fmt: skip
PLAIN_LINKS = (
    "https://www.linkedin.com/in/jane", "HTTP://EXAMPLE.ORG", "MAILTO:jane@example.org", "mailto: jane@example.org",
    "tel:+351 21", "www.jane.example", "orcid.org/0000-0002-1825-0097", "jane@example.org", "in/jane?a=b:c", "#top",
)  # fmt: skip
BY_HAND = {"(": "\\(", ")": "\\)", "\\": "\\\\"}


def in_pdf(address: str) -> Maker:
    return shown_link(b"(" + "".join(BY_HAND.get(char, char) for char in address).encode() + b")")


PDFS: dict[str, tuple[Maker, str]] = {
    **{f"a link to {address}": (in_pdf(address), NO_WEB) for address in ODD_LINKS},
    **{f"a link to {address}": (in_pdf(address), "") for address in PLAIN_LINKS},
    "a Mac's links": (
        lambda: quartz(b"(CV: Jane)", b"(D:20261127)", b"(Quartz PDFContext)", b"(https://x.org/in/jane)"), ""),
    "a Mac's link, mistyped": (lambda: quartz(b"(CV)", b"(D:2026)", b"(Quartz)", b"(LinkedIn: x)"), NO_WEB),
    "a Mac's title that looks like an address": (
        lambda: quartz(b"(data: my life with it)", b"(D:2026)", b"(Quartz)", b"(https://x.org)"), "packed it plainly"),
    "an address with an older one that leads astray": (
        lambda: two_addresses(b"(javascript:x)", b"(https://x.org)"), "packed it plainly"),
    "an address with a newer one": (lambda: two_addresses(b"(https://y.org)", b"(https://x.org)"), ""),
    "an address that is nowhere": (shown_link(b"7 0 R"), NO_WEB),
    "LaTeX's beginning": (latex, ""),
    "a beginning on a page": (lambda: pdf(b"/OpenAction [3 0 R /Fit]"), ""),
    "a beginning that prints": (lambda: pdf(b"/OpenAction << /S /Named /N /Print >>"), ITSELF),
    "a beginning that hides": (lambda: pdf(b"/OpenAction 7 0 R", o7=b"<< /S /Hide /T (x) >>"), ITSELF),
    "a beginning that clears a form": (lambda: pdf(b"/OpenAction << /S /ResetForm >>"), ITSELF),
    "a page that prints itself": (
        lambda: pdf(o3=PAGE[3].replace(b">>", b"/AA << /O << /S /Named /N /Print >> >> >>")), ITSELF),
    "a button to the next page": (lambda: action_here(b"/S /Named /N /NextPage"), BUTTON),
    "a button for layers": (lambda: action_here(b"/S /SetOCGState /State [/Toggle 7 0 R]"), BUTTON),
    "a thread of this document": (lambda: action_here(b"/S /Thread /D 0"), BUTTON),
    "a link into another file": (lambda: action_here(b"/S /GoToR /F (letter.pdf) /D [0 /Fit]"), BUTTON),
    "a link and then another": (
        lambda: action_here(b"/S /URI /URI (https://x.org) /Next << /S /GoTo /D [3 0 R /Fit] >>"), ""),
    "a Europass": (lambda: attached(b"<SkillsPassport/>"), ATTACHED),
    "an invoice": (
        lambda: attached(zlib.compress(b"\xef\xbb\xbf<?xml version='1.0'?><rsm:x/>"), b"factur-x.xml",
                         b"/Subtype /application#2Fxml /Filter /FlateDecode"), ATTACHED),
    "LibreOffice's own form, attached": (
        lambda: attached(zlib.compress(zipped({"mimetype": "application/vnd.oasis.opendocument.text"}, method=0)),
                         b"Original.odt", b"/Filter /FlateDecode"), ATTACHED),
    "LibreOffice's own form, attached and not packed": (
        lambda: attached(zipped({"mimetype": "application/vnd.oasis.opendocument.text"}, method=0), b"Original.odt"),
        ATTACHED),
    "no attachments": (lambda: pdf(b"/Names << /EmbeddedFiles << /Names [] >> >>"), "packed it plainly"),
    "a protection (AES, 256)": (lambda: protected(lambda _writer: None), PROTECTION),
    "a protection (AES, 128)": (lambda: protected(lambda _writer: None, "AES-128"), PROTECTION),
    "a protection (RC4, 128)": (lambda: protected(lambda _writer: None, "RC4-128"), PROTECTION),
    "a protection (RC4, 40)": (lambda: protected(lambda _writer: None, "RC4-40"), PROTECTION),
    "words before it": (ghostscript, "stood before"),
    "a server's words before it": (
        lambda: b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + pdf(), "stood before"),
    "a mail's words behind it": (lambda: pdf() + b"\r\n--boundary-7--\r\n", "stood before or behind"),
    "an end that is missing": (lambda: pdf().replace(b"%%EOF\n", b""), "stood before or behind"),
    "an old end of files": (lambda: pdf() + b"\x1a", ""),
    "an object stream that is not packed": (lambda: in_object_stream(b"<< >>", b"9 0 << >>", b""), "packed it plainly"),
    "an object stream in digits": (
        lambda: in_object_stream(b"<< >>", b"00>", b"/Filter /ASCIIHexDecode"), "packed it plainly"),
    "an object stream packed twice": (
        lambda: in_object_stream(b"<< >>", zlib.compress(b"00>"), b"/Filter [/FlateDecode /ASCIIHexDecode]"),
        "packed it plainly"),
    "an object stream with a predictor": (
        lambda: in_object_stream(b"<< >>", entries=b"/Filter /FlateDecode /DecodeParms 6 0 R"), "packed it plainly"),
    "an object stream whose filters stand elsewhere": (
        lambda: in_object_stream(b"<< >>", entries=b"/Filter 6 0 R /Other /FlateDecode"), "packed it plainly"),
    "an object stream that is none": (lambda: in_object_stream(b"", packed=b"no zlib"), "packed it plainly"),
    "a letter of a font that is called as what begins by itself": (
        lambda: pdf(o3=PAGE[3].replace(b">>", b"/Resources << /Font << /F1 7 0 R >> >> >>"),
                    o7=b"<< /Type /Font /Subtype /Type3 /CharProcs << /AA 8 0 R >> >>", o8=stream(b"")),
        "packed it plainly"),
    "relative links that begin on the web": (lambda: pdf(b"/URI << /Base (https://x.org/) >>"), ""),
    "relative links that begin nowhere": (lambda: pdf(b"/URI << /Base () >>"), ""),
}  # fmt: skip

DOCXS: dict[str, tuple[Maker, str]] = {
    **{f"a link to {address}": (related("hyperlink", address), NO_WEB) for address in ODD_LINKS},
    **{f"a field that links to {address}": (field_in_pieces(" HYPER", f'LINK "{address}" '), NO_WEB)
       for address in ODD_LINKS[:8]},
    **{f"a link to {address}": (related("hyperlink", address), "") for address in PLAIN_LINKS},
    "a field with a switch for its looks": (field_in_pieces(' HYPERLINK "https://x.org" \\* MERGEFORMAT '), ""),
    "a field that links nowhere, in one word": (
        lambda: hostile_docx.docx(body='<w:p><w:fldSimple w:instr="HYPERLINK skype:x?chat"/></w:p>'), NO_WEB),
    "Word for the web": (renamed_main, ""),
    "a template by its name": (template("Normal.dotm"), ""),
    "a template on a Windows disk": (template("file:///C:\\Program%20Files%20(x86)\\Templates\\Resume.dotx"), TEMPLATE),
    "a template on a Mac": (template("file:////Users/jane/Library/Templates/Resume.dotx"), TEMPLATE),
    "a template on an old Mac": (template("Macintosh HD:Users:jane:Resume.dot"), TEMPLATE),
    "a template in a folder above": (template("../../Templates/Resume.dotm"), TEMPLATE),
    "a template renamed": (dotx, "made a document"),
    "a printer's settings": (lambda: with_printer(b"\0\1printer"), ""),
    "a Mac's printer's settings": (lambda: with_printer(b'<?xml version="1.0"?><plist/>'), ""),
    "Word's rubbish": (with_part("[trash]/0000.dat", b" " * 64), LEFT_OVER),
    "a Mac's notes on files": (with_part("__MACOSX/._x", b"\0\5\x16\7"), LEFT_OVER),
    "a chart with its table": (lambda: with_chart(TABLE), "table behind a chart"),
    "a chart with a table on one's own disk": (
        lambda: with_chart('Target="file:///C:\\t.xlsx" TargetMode="External"'), "table behind a chart"),
    "a picture pasted from a page": (
        field_in_pieces(' INCLUDEPICTURE "https://media.example/photo.png" \\* MERGEFORMATINET '), FETCHED),
    "a picture on one's own disk": (field_in_pieces(' INCLUDEPICTURE "C:\\\\Users\\\\jane\\\\me.png" \\d '), FETCHED),
    "a picture of a page": (related("image", "https://media.example/icon.png"), FETCHED),
    "a picture of a mail": (related("image", "cid:image001.png@01D0"), FETCHED),
    "a picture that is not there": (related("image", "NULL"), ""),
    "a drawing that names its grammar": (
        with_part("word/media/a.svg", '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
                  '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg xmlns="http://www.w3.org/2000/svg"/>'),
        "grammar"),
    "a place to fill in": (field_in_pieces(" MACROBUTTON NoMacro [Click here and type your name] "), ""),
}  # fmt: skip
