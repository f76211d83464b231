"""Finds words of templates that do not go through gettext: texts, the attributes that somebody
reads or hears, and strings in expressions.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment
from spoken_words import (
    BEGINS,
    LETTERS,
    TOKEN,
    VALUE,
    Context,
    Found,
    is_a_name_for_readers,
    looks_spoken,
)

SPOKEN = {"title", "alt", "aria-label", "aria-description", "aria-roledescription", "placeholder"}
SPOKEN |= {"aria-valuetext", "label", "data-busy"}  # a button's words while it waits
BUTTONS = {"submit", "button", "reset"}
SILENT = {"script", "style", "code", "kbd"}
UNIT = re.compile(r"[\W\d]*(?:s|ms|min|h|kB|MB|px|Hz|dBFS|UTC)?[\W\d]*")  # alike everywhere
FILTERED = re.compile(r"\s*\|\s*words")  # the value of an enumeration, which has its words


def in_template(source: str) -> Iterator[Found]:
    html, strings = _without_expressions(source)
    yield from strings
    yield from _TextReader(html).found


class _TextReader(HTMLParser):
    """Collects texts, and attributes that are spoken or look like it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Found] = []
        self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            is_button = tag == "input" and values.get("type") in BUTTONS and name == "value"
            is_description = values.get("name") == "description" and name == "content"
            is_sentence = " " in value and BEGINS.match(value)
            if name in SPOKEN or is_button or is_description or is_sentence:
                self._note(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._note(data)

    def _note(self, text: str) -> None:
        said = " ".join(text.replace(VALUE, " … ").split()).strip("… ")
        if LETTERS.search(said) and not UNIT.fullmatch(said):
            self.found.append((self.getpos()[0], said))


def _without_expressions(source: str) -> tuple[str, list[Found]]:
    """The template as HTML without its translated sentences, with a sign for each value; and the
    strings in its expressions that look spoken.
    """
    html: list[str] = []
    strings: list[Found] = []
    is_translated = False
    for line, kind, value in _parts(source):
        lines = "\n" * value.count("\n")
        if kind == "data":
            html.append(lines if is_translated else value)
            continue
        if kind == "block" and re.match(r"(end)?trans\b", value):
            is_translated = not value.startswith("end")
        is_text = kind == "variable" and _is_between_tags("".join(html))
        strings += [(line, said) for said in _spoken_strings(value, is_text)]
        html.append((VALUE if kind == "variable" else "") + lines)
    return re.sub(rf"(</?){VALUE}", r"\1div", "".join(html)), strings


def _is_between_tags(before: str) -> bool:
    return before.rfind("<") <= before.rfind(">")


def _parts(source: str) -> Iterator[tuple[int, str, str]]:
    """The template's data, and what stands in its expressions (`variable`) and blocks."""
    line_of_part = 0
    part: list[str] | None = None
    for line, kind, value in Environment(extensions=["jinja2.ext.i18n"]).lex(source):
        if kind in {"variable_begin", "block_begin"}:
            line_of_part, part = line, []
        elif kind in {"variable_end", "block_end"} and part is not None:
            yield line_of_part, kind.removesuffix("_end"), "".join(part).strip()
            part = None
        elif part is not None:
            part.append(value)
        elif kind == "data":
            yield line, "data", value


def _spoken_strings(expression: str, is_text: bool) -> Iterator[str]:
    """Those that look spoken, and where the expression is a text, all that it shows."""
    context = Context()
    for match in TOKEN.finditer(expression):
        if match.lastgroup == "string" and not context.translates:
            text = match[0][1:-1]
            is_compared = context.before in {"=", "in"}
            is_shown = is_text and not context.calls and not is_compared and LETTERS.search(text)
            is_value = FILTERED.match(expression, match.end())
            if not is_value and (is_shown or is_a_name_for_readers(text) or looks_spoken(text)):
                yield text
        context.follow(match.lastgroup, match[0])
