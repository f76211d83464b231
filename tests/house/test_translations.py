"""The catalogs are complete: each sentence has its translation, with values, tags and plurals."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from pseudo_language import accented

from portal import languages
from setup import translations
from setup.translations import LANGUAGES

VALUE = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
TAG = re.compile(r"</?\w+[^>]*>|&\w+;")
# What a careful typesetter would not leave: typewriter quotes, three dots, a hyphen as a dash.
TYPEWRITER = re.compile(r"\"|\.\.\.|(?<=\w )-(?= \w)|  |\d%|“[^„”]*”")


@pytest.fixture(scope="module")
def sentences() -> Catalog:
    return translations.collected()


@pytest.fixture(params=LANGUAGES, scope="module")
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return translations.stored(request.param)


def forms(message: Message) -> list[tuple[str, str]]:
    """Each form of a translation, beside the English one of which it is made."""
    if isinstance(message.id, str):
        return [(message.id, message.string)]
    others = [message.id[1]] * (len(message.string) - 1)
    return list(zip([message.id[0], *others], message.string, strict=True))


def said(catalog: Catalog) -> list[tuple[str, str]]:
    return [form for one in catalog if one.id for form in forms(one) if form[1]]


def test_every_language_that_is_offered_has_a_catalog() -> None:
    assert {languages.DEFAULT, *LANGUAGES} == set(languages.NAMES)


def test_the_catalog_is_what_make_translations_writes(
    catalog: Catalog, sentences: Catalog, tmp_path: Path
) -> None:
    """So no sentence is missing in it, and none stands there that nobody says any more."""
    language = str(catalog.locale)
    written = tmp_path / "messages.po"
    translations.write(translations.updated(language, sentences), written)
    assert written.read_text("utf-8") == translations.po_file(language).read_text("utf-8")


def test_every_sentence_is_translated(catalog: Catalog) -> None:
    assert [message.id for message in translations.untranslated(catalog)] == []
    assert [message.id for message in catalog if message.id and message.fuzzy] == []


def test_every_plural_form_is_there(catalog: Catalog) -> None:
    plurals = [message for message in catalog if message.id and not isinstance(message.id, str)]
    assert plurals
    assert [one.id for one in plurals if len(one.string) != catalog.num_plurals] == []


@pytest.mark.parametrize("kept", [VALUE, TAG], ids=["values", "tags"])
def test_what_stands_in_a_sentence_stands_in_its_translation(
    catalog: Catalog, kept: re.Pattern[str]
) -> None:
    """A plural's form for one thing may leave out the number."""
    different = []
    for english, translated in said(catalog):
        wanted, found = Counter(kept.findall(english)), Counter(kept.findall(translated))
        for counted in (wanted, found):
            counted.pop("%(num)s", None)
        different += [(english, translated)] if wanted != found else []
    assert different == []


def test_translations_are_typeset(catalog: Catalog) -> None:
    found = [
        (english, text) for english, text in said(catalog) if TYPEWRITER.search(TAG.sub("", text))
    ]
    assert found == []


def test_a_translation_begins_and_ends_with_the_spaces_of_its_sentence(catalog: Catalog) -> None:
    assert [
        (english, text)
        for english, text in said(catalog)
        if (text[:1].isspace(), text[-1:].isspace())
        != (english[:1].isspace(), english[-1:].isspace())
    ] == []


def test_the_pseudo_language_is_a_third_longer_and_keeps_values_and_tags(
    sentences: Catalog,
) -> None:
    assert accented("As %(name)s: <b>a line</b> &amp; 5 %%.") == (
        "⟦Ååš %(name)s: <b>åå ļïïñéé</b> &amp; 5 %%.⟧"
    )
    english = [one.id for one in sentences if one.id and isinstance(one.id, str)]
    longer = sum(map(len, map(accented, english))) / sum(map(len, english))
    assert longer == pytest.approx(1.35, abs=0.05)
