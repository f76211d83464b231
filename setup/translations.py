"""Collects the sentences of the portal, keeps the catalogs up to date, and compiles them.

`make translations` collects and updates: a translator then fills what is empty in
`portal/translations/<language>/LC_MESSAGES/messages.po`. `make assets` compiles: a `.mo` file for
Python and templates, and a module for the scripts. The compiled files are not in the repository.
"""

import ast
import importlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from capture import signals

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "portal" / "translations"
SCRIPTS = PROJECT / "portal" / "static" / "vendor" / "sentences"
LANGUAGES = ("de",)  # English is the language of the code and needs no catalog

# Which files hold sentences, and what reads them.
METHODS = [
    ("capture/rules/sentences.py", "setup.translations:sentences_of_tables"),
    ("capture/signals.py", "setup.translations:words_of_signals"),
    ("documents/__main__.py", "ignore"),
    ("documents/changes.py", "setup.translations:sentences_of_tables"),
    ("documents/**.py", "setup.translations:sentences_of_documents"),
    ("portal/static/vendor/**", "ignore"),
    ("portal/**.py", "python"),
    ("portal/templates/**.html", "jinja2.ext:babel_extract"),
    ("portal/static/**.js", "javascript"),
]
OPTIONS = {
    "portal/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"},
    "portal/static/**.js": {"parse_template_string": "true"},
}
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None}
# A catalog changes only where a sentence changes, so it carries no dates.
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = 100


def main() -> None:
    if sys.argv[1:] == ["--compile"]:
        compile_all()
    else:
        update_all()


def update_all() -> None:
    for language in LANGUAGES:
        catalog = updated(language, collected())
        write(catalog, po_file(language))
        print(f"{language}: {len(catalog)} sentences, {len(untranslated(catalog))} to translate")


def collected() -> Catalog:
    """Every sentence of the portal, with the files that say it."""
    catalog = Catalog(project="career-portal", creation_date=NO_DATE, charset="utf-8")
    found = extract_from_dir(
        PROJECT,
        [(pattern, method) for pattern, method in METHODS],
        OPTIONS,
        KEYWORDS,
        comment_tags=("Translators:",),
        strip_comment_tags=True,
        directory_filter=_may_hold_sentences,
    )
    for file, line, sentence, comments, context in sorted(found, key=lambda one: one[:2]):
        catalog.add(sentence, None, [(file, line)], auto_comments=comments, context=context)
    return catalog


def _may_hold_sentences(folder: str | Path) -> bool:
    parts = Path(folder).relative_to(PROJECT).parts
    return not parts or (parts[0] in {"portal", "capture", "documents"} and "vendor" not in parts)


def sentences_of_tables(
    file: IO[bytes],
    _keywords: Mapping[str, Any],
    _tags: Collection[str],
    **_options: object,
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's reader for modules that know no Babel: the texts of each table of a module."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for value in node.value.values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.lineno, "gettext", value.value, []


def words_of_signals(
    _file: IO[bytes],
    _keywords: Mapping[str, Any],
    _tags: Collection[str],
    **_options: object,
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's reader for the registry of signals, which lists its words itself."""
    for word in signals.words():
        yield 1, "gettext", word, []


def sentences_of_documents(
    file: IO[bytes],
    _keywords: Mapping[str, Any],
    _tags: Collection[str],
    **_options: object,
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's reader for the refusals of files: `documents` wraps none, as it knows no Babel.

    A sentence begins with a capital letter and ends with a full stop. It may be put together from
    constants of its module.
    """
    known = vars(importlib.import_module(f"documents.{Path(file.name).stem}"))
    for node in _texts(ast.parse(file.read())):
        sentence = _joined(node, known)
        if sentence and sentence[0].isupper() and " " in sentence and sentence.endswith("."):
            yield node.lineno, "gettext", sentence, []


def _texts(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The texts in this code, without docstrings, and without the pieces of another text."""
    for child in ast.iter_child_nodes(node):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if isinstance(child, ast.Constant | ast.JoinedStr):
            yield child
        elif not is_docstring:
            yield from _texts(child)


def _joined(text: ast.Constant | ast.JoinedStr, known: Mapping[str, Any]) -> str:
    """The text with its constants filled in; empty if it is none, or if other values belong in."""
    if isinstance(text, ast.Constant):
        return text.value if isinstance(text.value, str) else ""
    pieces = []
    for piece in text.values:
        value = piece.value if isinstance(piece, ast.Constant | ast.FormattedValue) else None
        if isinstance(value, ast.Name):
            value = known.get(value.id)
        if not isinstance(value, str | int):
            return ""
        pieces.append(str(value))
    return "".join(pieces)


def updated(language: str, template: Catalog) -> Catalog:
    """The catalog with the sentences of today. What nobody says any more is dropped."""
    catalog = stored(language)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def stored(language: str) -> Catalog:
    if not po_file(language).is_file():
        return Catalog(
            language, project="career-portal", creation_date=NO_DATE, revision_date=NO_DATE
        )
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def write(catalog: Catalog, path: Path) -> None:
    catalog.header_comment = "# The sentences of the portal. `make translations` collects them."
    catalog.fuzzy = False
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=COLUMNS, sort_by_file=True, include_lineno=False)


def po_file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def untranslated(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id and not is_translated(message)]


def is_translated(message: Message) -> bool:
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(said) and all(said) and not message.fuzzy


# ---- compiling


def compile_all() -> None:
    for language in LANGUAGES:
        catalog = stored(language)
        with po_file(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        SCRIPTS.mkdir(parents=True, exist_ok=True)
        (SCRIPTS / f"{language}.js").write_text(script_of(catalog), encoding="utf-8")


def script_of(catalog: Catalog) -> str:
    """A module that teaches the scripts of a page the sentences that they say."""
    said = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in catalog
        if is_translated(message) and any(file.endswith(".js") for file, _ in message.locations)
    }
    sentences = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
    return (
        'import { learn } from "../../site/gettext.js";\n'
        f"learn({sentences}, (n) => Number({catalog.plural_expr}));\n"
    )


if __name__ == "__main__":
    main()
