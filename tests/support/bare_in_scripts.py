"""Finds words of scripts that do not go through gettext, in strings and template literals."""

import ast
import re
from collections.abc import Iterator

from spoken_words import TOKEN, VALUE, Context, Found, is_a_name_for_readers, looks_spoken

REGEXP = re.compile(r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
BEFORE_REGEXP = {"", "(", ",", "=", ":", "[", "!", "&", "|", "?", "{", "}", ";", "return", ">"}
# What is said to developers, or is no sentence whatever it holds.
SILENT = {"Error", "TypeError", "RangeError", "error", "warn", "info", "debug", "import"}
SILENT |= {"addEventListener", "querySelector", "querySelectorAll", "closest", "matches"}
LOOKS = {"className", "classList", "setAttribute", "font"}
KEYS = {"Escape", "Enter", "Home", "End", "Tab", "Space", "Delete", "Backspace"}


def in_script(source: str) -> Iterator[Found]:
    for line, text in _ScriptReader(source).read():
        if looks_spoken(text) or (is_a_name_for_readers(text) and text not in KEYS):
            yield line, text.replace(VALUE, "…")


class _ScriptReader:
    """Reads the strings of a script, and of a template literal what is fixed in it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def read(self, end: str = "") -> Iterator[Found]:
        """Up to the bracket that ends a value in a literal, or to the end of the file."""
        context = Context()
        while self._at < len(self._source):
            start = self._at
            if self._source[start] == "`":
                kind, token, (text, inner) = "string", "`", self._literal()
                yield from inner
            else:
                kind, token = self._token(context.before)
                text = ast.literal_eval(token) if kind == "string" else ""
            if text and not _is_silent(context):
                yield self._source.count("\n", 0, start) + 1, text
            if token == end and not context.calls:
                return
            context.follow(kind, token)

    def _token(self, before: str) -> tuple[str, str]:
        regexp = REGEXP.match(self._source, self._at) if before in BEFORE_REGEXP else None
        match = regexp or TOKEN.match(self._source, self._at)
        assert match
        self._at = match.end()
        return match.lastgroup or "regexp", match[0]

    def _literal(self) -> tuple[str, list[Found]]:
        """What is fixed in a template literal, and the strings in its values."""
        text, inner = "", []
        self._at += 1
        while self._source[self._at] != "`":
            if self._source.startswith("${", self._at):
                self._at += 2
                inner += list(self.read("}"))
                text += VALUE
                continue
            self._at += self._source[self._at] == "\\"
            text += self._source[self._at]
            self._at += 1
        self._at += 1
        return text, inner


def _is_silent(context: Context) -> bool:
    return context.translates or context.call in SILENT | LOOKS or context.name in LOOKS
