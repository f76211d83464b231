"""Every sentence that a person reads goes through gettext, in templates, Python and scripts.

A string that looks like words and is none for a reader stands in `NONE`, with its reason. A line of
it that nothing needs any more fails a test, so the list can only shrink.
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path

import pytest
from bare_in_python import in_python
from bare_in_scripts import in_script
from bare_in_templates import in_template
from scripts import our_scripts
from spoken_words import Found

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((PROJECT / "portal" / "templates").rglob("*.html"))
MODULES = sorted((PROJECT / "portal").rglob("*.py"))

# In these files these strings, each with its reason.
NONE: dict[tuple[str, str], str] = {
    ("portal/blueprints/api/__init__.py", "*"): "the documentation of the API is English",
    ("portal/blueprints/api/applications.py", "The `resume_version` to replace*"): "so is this",
    ("portal/blueprints/api/account_schemas.py", "Must not be *"): "so is this",
    ("portal/blueprints/api/schemas.py", "Without stretches *"): "so is this",
    ("portal/blueprints/api/schemas.py", "Unusual facts *"): "so is this",
    (
        "portal/blueprints/api/schemas.py",
        "Unknown field.",
    ): "marshmallow says it, and we replace it",
    ("portal/blueprints/api/*.py", "Bearer *"): "a header",
    ("portal/config.py", "Career Portal"): "a name, and an operator's own comes in its place",
    ("portal/data_export.py", "*"): "the files of the export have one form everywhere",
    ("portal/interviews/eligibility.py", "the application was *"): "it is for the log",
    ("portal/templates/base.html", "API"): "a name",
    ("portal/templates/api/docs.html", "API"): "a name",
    ("portal/demo.py", "*"): "what the demo's people have typed",
    ("portal/health.py", "*"): "operators read it",
    ("portal/mail/transports.py", "Write *"): "so do they this",
    ("portal/people/device_words.py", "*"): "names of browsers and systems",
    ("portal/web/security_headers.py", "'self'*"): "a policy",
    ("portal/static/player/film.js", "Apple"): "a browser's vendor",
    ("portal/static/upload/tus.js", "Bearer *"): "a header",
    ("portal/templates/mail/message.html", "*"): "the look of mails; their words are values",
    ("portal/templates/capture/room.html", "*interrupted kept"): "states of the room",
    ("portal/templates/capture/room.html", "ready asking *"): "states of the room",
    ("portal/templates/admin/_job_row.html", "narrow popover"): "a look",
    ("portal/templates/macros.html", "narrow popover"): "a look",
    ("portal/templates/macros.html", "button button-*"): "a look",
    ("portal/templates/macros.html", "big"): "a look",
    ("portal/templates/macros.html", "small"): "a look",
    ("portal/templates/admin/_player_help.html", "Space"): "a key",
    ("portal/templates/admin/_player_help.html", "Home End"): "keys",
}


def reason(path: Path, text: str) -> tuple[str, str] | None:
    name = str(path.relative_to(PROJECT))
    return next((key for key in NONE if fnmatch(name, key[0]) and fnmatch(text, key[1])), None)


def bare(paths: Iterable[Path], reader: Callable[[str], Iterable[Found]]) -> list[str]:
    return [
        f"{path.relative_to(PROJECT)}:{line}: {text}"
        for path in paths
        for line, text in reader(path.read_text(encoding="utf-8"))
        if not reason(path, text)
    ]


def test_every_sentence_of_a_template_goes_through_gettext() -> None:
    assert bare(TEMPLATES, in_template) == []


def test_every_sentence_in_python_goes_through_gettext() -> None:
    assert bare(MODULES, in_python) == []


def test_every_sentence_of_a_script_goes_through_gettext() -> None:
    assert bare(our_scripts(), in_script) == []


def test_no_exception_outlives_its_reason() -> None:
    readers = [(TEMPLATES, in_template), (MODULES, in_python), (our_scripts(), in_script)]
    needed = {
        reason(path, text)
        for paths, reader in readers
        for path in paths
        for _, text in reader(path.read_text(encoding="utf-8"))
    }
    assert [key for key in NONE if key not in needed] == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Two words</p>", ["Two words"]),
        ("<p>{{ _('Two words') }} · {{ name }}</p>", []),
        ("{% trans n=2 %}One{% pluralize %}Many{% endtrans %}", []),
        ("<p>{{ n }} {{ 'one' if n == 1 else 'many' }}</p>", ["one", "many"]),
        ('<p class="{{ "one" if n == 1 }}" title="Two">3 s</p>', ["Two"]),
        ('{{ ui.button("Sign in", kind="quiet", busy=_("Wait …")) }}', ["Sign in"]),
        ('{% set HEADS = (("Job", "w-2"), (N_("Name"), "w-4")) %}', ["Job"]),
        ('<meta name="description" content="{{ _("All") }} of it">', ["of it"]),
        ('<p data-words="Nothing was sent."><kbd>Space</kbd></p>', ["Nothing was sent."]),
        ('<{{ tag }} id="main" class="flex-1 pb-16">{# a comment #}</{{ tag }}>', []),
        ('{% include "admin/_list.html" %}{% if state == "ready" %}✓{% endif %}', []),
    ],
)
def test_bare_words_of_a_template_are_found(template: str, found: list[str]) -> None:
    assert [text for _, text in in_template(template)] == found


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ('flash("It is saved.")', ["It is saved."]),
        ('flash(_("It is saved."))', []),
        ('flash(f"{title} is saved.")', ["… is saved."]),
        ('flash(_(f"{title} is saved."))', ["… is saved."]),
        ('name = StringField("Name", [DataRequired(message=_("Say it."))])', ["Name"]),
        ('name = StringField(lazy_gettext("Name"))', []),
        ('WORDS = {"a": N_("Two words"), "b": "two words"}', ["two words"]),
        ('"""A module."""\nlog.info("It is %s here.", name)', []),
        ('raise ConfigError(f"It is {name} here.")', []),
        ('headers["Content-Type"] = "text/html; charset=utf-8"', []),
        ('def of(a: "User | None") -> "list[User | None]": ...', []),
    ],
)
def test_bare_words_in_python_are_found(module: str, found: list[str]) -> None:
    assert [text for _, text in in_python(module)] == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('say("It is saved.");', ["It is saved."]),
        ('say(_("It is saved.")); // It is a comment.', []),
        ('say(_("It is saved. " + "All of it."));', []),
        ("say(`saved ${of(`part ${n} of it`)}`);", ["part … of it", "saved …"]),
        ('say(ngettext("%(num)s part", "%(num)s parts", n));', []),
        ('say(_("Kept in %(place)s.", { place: "this browser" }));', ["this browser"]),
        ('say(_(isOver ? "It is over." : name));', ["It is over."]),
        ('view.label = "Saving"; if (key === "Escape") return;', ["Saving"]),
        ('throw new TypeError("It is no number.");', []),
        ('made.className = isHead ? "py-1 text-left" : "py-1 text right";', []),
        (r'const [a] = text.match(/It is "(\d+)" here/) ?? "it is";', ["it is"]),
    ],
)
def test_bare_words_of_a_script_are_found(script: str, found: list[str]) -> None:
    assert [text for _, text in in_script(script)] == found
