"""A language for tests, made from the English sentences by a program: ⟦Šïïgñ ïïñ⟧.

What a page shows outside of the brackets never went through gettext. Each sentence is a third
longer, as German often is. Values and HTML tags stay as they are. It takes the place of German, so
the portal itself knows nothing of it, and numbers and dates are written as in German.
"""

import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from playwright.sync_api import BrowserContext

from setup.translations import collected, script_of

LANGUAGE = "de"
BEGIN, END = "⟦", "⟧"
# A value, a percent sign, a tag of HTML, or an entity: kept as it is.
KEPT = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|<[^>]*>|&\w+;")
ACCENTS = str.maketrans(
    "aceghijlnorstuwyzACEGHIJLNORSTUWYZ",
    "åçéĝĥïĵļñöŕšţüŵýžÅÇÉĜĤÏĴĻÑÖŔŠŢÜŴÝŽ",
)
DOUBLED = re.compile("[åéïöüýÅÉÏÖÜÝ]")


def accented(sentence: str) -> str:
    """The sentence with accents, with some letters twice, and in brackets."""
    plain, kept = KEPT.split(sentence), [*KEPT.findall(sentence), ""]
    changed = [DOUBLED.sub(_twice, part.translate(ACCENTS)) for part in plain]
    return BEGIN + "".join(map("".join, zip(changed, kept, strict=True))) + END


def _twice(letter: re.Match[str]) -> str:
    return letter[0] + letter[0].lower()


@cache
def catalog() -> Catalog:
    """Every sentence of the portal, each with all its plural forms."""
    made = Catalog(LANGUAGE)
    for message in collected():
        if message.id:
            made.add(message.id, _translated(message), locations=message.locations)
    return made


def _translated(message: Message) -> str | tuple[str, ...]:
    if isinstance(message.id, str):
        return accented(message.id)
    return tuple(accented(form) for form in message.id)


def write_catalog(folder: Path) -> None:
    """For the setting `TRANSLATIONS_FOLDER`."""
    path = folder / LANGUAGE / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog())


def speak(context: BrowserContext) -> None:
    """The scripts of this browser's pages learn the same sentences, in place of the German ones."""
    script = script_of(catalog())
    context.route(
        f"**/static/vendor/sentences/{LANGUAGE}.js*",
        lambda route: route.fulfill(content_type="text/javascript", body=script),
    )
