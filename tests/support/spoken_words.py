"""Which strings look like words for a reader, and which calls translate them.

It guesses: a name, an address or a list of classes looks different from a sentence. It does not see
a single word in small letters.
"""

import re
from dataclasses import dataclass, field

Found = tuple[int, str]  # the line, and what is said there

TRANSLATE = {"_", "gettext", "ngettext", "lazy_gettext", "pgettext", "npgettext", "N_"}
VALUE = "\ue000"  # stands where a value is put into a string or a template
LETTERS = re.compile(r"[^\W\d_]")
WORD = r"[^\W\d_]+(?:['’][^\W\d_]+)?"
BEGINS = re.compile(rf"\W*[^\W\d_a-z][a-zà-ÿ’']*(?:[ ,.…:?{VALUE}]|$)")  # with a capital letter
ENDS = re.compile(r"[a-zà-ÿ)”][.…?:]$")
PHRASE = re.compile(rf"(?:{WORD}|{VALUE})(?:,? (?:{WORD}|{VALUE}|[–…·%]))+")
# Tokens of Jinja's expressions and of scripts.
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<name>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)|(?P<sign>.)""",
    re.DOTALL,
)


def looks_spoken(text: str) -> bool:
    """Several words that begin or end as a sentence does, or that hold nothing but letters."""
    said = text.strip()
    if not re.search(r"[^\W\d_A-Z]{2}", said) or "://" in said:
        return False
    is_sentence = " " in said and (BEGINS.match(said) or ENDS.search(said))
    return bool(is_sentence or PHRASE.fullmatch(said))


def is_a_name_for_readers(text: str) -> bool:
    """One word with a capital letter."""
    return bool(re.fullmatch(r"[A-ZÀ-Þ][a-zà-ÿ]+[.…]?", text))


@dataclass
class Context:
    """Where a token of an expression stands: in the brackets of which calls, and after what."""

    calls: list[str] = field(default_factory=list)  # one for each open bracket
    before: str = ""  # the last token
    name: str = ""  # the last name

    def follow(self, kind: str | None, token: str) -> None:
        if kind == "space":
            return
        if kind == "sign" and token in "([{":
            is_call = token == "(" and self.before == self.name
            self.calls.append(self.name if is_call else "")
        elif kind == "sign" and token in ")]}":
            self.calls = self.calls[:-1]
        elif kind == "name":
            self.name = token
        self.before = token

    @property
    def call(self) -> str:
        return self.calls[-1] if self.calls else ""

    @property
    def translates(self) -> bool:
        """Whether Babel collects a string that stands here."""
        is_argument = self.before in {"(", ",", "+", "~"} or self.before[:1] in {'"', "'"}
        return is_argument and self.call in TRANSLATE
