"""Résumés for tests, made by code: good ones, and each kind of bad one."""

import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pypdf import PdfWriter
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types'
    ' xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>Ten years of pipelines</w:t></w:r></w:p></w:body></w:document>"
)


def pdf(password: str | None = None, pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=595, height=842)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def docx(
    document: str | bytes = DOCUMENT,
    types: str = TYPES,
    more: Mapping[str, str | bytes] = MappingProxyType({}),
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {
            "[Content_Types].xml": types,
            "word/document.xml": document,
            **more,
        }.items():
            package.writestr(name, content)
    return file.getvalue()


def upload(data: bytes | None = None, name: str = "resume.pdf") -> FileStorage:
    return FileStorage(io.BytesIO(pdf() if data is None else data), filename=name)


def form(**fields: str | FileStorage) -> dict[str, Any]:
    """A whole form with its files for Flask's test client, whose own way leaves large files
    open.
    """
    boundary, body = encode_multipart(fields)
    return {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
