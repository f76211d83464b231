"""A sentence is translated when it is shown, and not when its file is read."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from frozen_sentences import imported, in_imported_template, in_python, in_script
from scripts import our_scripts

PORTAL = Path(__file__).resolve().parents[2] / "portal"
FOLDER = PORTAL / "templates"
TEMPLATES = {
    str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in FOLDER.rglob("*.html")
}


def frozen(paths: Iterable[Path], reader: Callable[[str], Iterable[int]]) -> list[str]:
    return [
        f"{path.relative_to(PORTAL)}:{line}"
        for path in paths
        for line in reader(path.read_text("utf-8"))
    ]


def test_no_constant_in_python_keeps_the_language_of_its_import() -> None:
    assert frozen(sorted(PORTAL.rglob("*.py")), in_python) == []


def test_no_imported_template_keeps_the_language_of_its_first_reader() -> None:
    names = imported(TEMPLATES)
    assert "macros.html" in names
    assert frozen([FOLDER / name for name in sorted(names)], in_imported_template) == []


def test_no_constant_of_a_script_is_translated_before_it_is_shown() -> None:
    assert frozen(our_scripts(), in_script) == []


@pytest.mark.parametrize(
    ("reader", "source", "lines"),
    [
        (in_python, 'A = _("Two words")', [1]),
        (in_python, 'class Form:\n    name = Field(gettext("Name"))', [2]),
        (in_python, 'class Form:\n    name = Field(lazy_gettext("Name"))', []),
        (in_python, 'A = N_("Two words")\ndef said():\n    return _(A)', []),
        (in_imported_template, '{% set A = {"a": _("One")} %}', [1]),
        (
            in_imported_template,
            '{% set A = N_("One") %}{% macro a() %}{{ _(A) }}{% endmacro %}',
            [],
        ),
        (in_script, 'const A = {\n  a: _("One"),\n};', [1]),
        (in_script, 'const a = () => _("One");\nfunction b() {\n  return _("Two");\n}', []),
    ],
)
def test_a_sentence_that_is_translated_too_early_is_found(
    reader: Callable[[str], Iterable[int]], source: str, lines: list[int]
) -> None:
    assert list(reader(source)) == lines
