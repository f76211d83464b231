"""What the templates promise: lines that can be read, no look written twice, one look of
severity.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from capture.report.chart import FLAG_INKS
from capture.report.drawing import SCREEN_INKS
from portal import interview_words
from portal.models import InterviewState
from portal.review_queue import SEVERITIES, Activity

PORTAL = Path(__file__).resolve().parents[2] / "portal"
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
SCRIPTS = sorted(path for path in (PORTAL / "static").rglob("*.js") if "vendor" not in path.parts)
STYLES = (PORTAL / "styles" / "app.css").read_text(encoding="utf-8")
MOST_COLUMNS = 120
# Longer than this, a list of classes is a look: it has a name, in a macro or in app.css.
LOOK_CHARS = 40


def looks(text: str) -> list[str]:
    """The lists of classes in a template or a script, each without what is worked out in it."""
    found = re.findall(r'(?:class|className) ?= ?"((?:\{\{.*?\}\}|[^"])*)"', text, re.DOTALL)
    plain = [" ".join(re.sub(r"\{\{.*?\}\}", "", classes).split()) for classes in found]
    return [classes for classes in plain if len(classes) > LOOK_CHARS]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_lines_of_a_template_can_be_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > MOST_COLUMNS] == []


def test_a_look_stands_in_one_place() -> None:
    found = Counter(
        look for path in [*TEMPLATES, *SCRIPTS] for look in looks(path.read_text(encoding="utf-8"))
    )
    assert [look for look, places in found.items() if places > 1] == []


def test_a_look_is_found_across_lines_and_around_what_is_worked_out() -> None:
    classes = "inline-flex min-h-10 items-center rounded border"
    assert looks(f'<p class="{classes}\n   px-3">') == [f"{classes} px-3"]
    assert looks(f'<p class="{{{{ "a" if b }}}} {classes}">') == [classes]
    assert looks('<p class="panel mt-4">') == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_template_marks_nothing_safe_and_writes_the_token_of_forms_by_its_macro(
    path: Path,
) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b", text)
    assert 'name="csrf_token"' not in text or path.name == "macros.html"


def severity_colour(level: str) -> str:
    """What a page and the player's canvas show, by the tokens of app.css."""
    named = re.search(rf"--color-severity-{level}: var\(--color-(\w+)\);", STYLES)
    assert named
    value = re.search(rf"--color-{named[1]}: (#[0-9a-f]{{6}});", STYLES)
    assert value
    return value[1]


@pytest.mark.parametrize("level", [*SEVERITIES, "none"])
def test_a_report_shows_severity_in_the_colours_of_the_pages(level: str) -> None:
    """It is a file of its own, made by the engine, so it has its own list of colours."""
    ink = FLAG_INKS["not assessable" if level == "none" else level]
    assert SCREEN_INKS[ink] == severity_colour(level)


def test_every_severity_has_a_sign_and_a_word(app: Flask) -> None:
    named = app.jinja_env.get_template("macros.html").module.SEVERITY
    assert set(named) == {*SEVERITIES, "none"}


def test_every_state_has_its_words() -> None:
    assert set(interview_words.INTERVIEW) == set(InterviewState)
    assert set(interview_words.ACTIVITIES) == set(Activity)
