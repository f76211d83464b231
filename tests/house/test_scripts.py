"""The house rules of our own scripts in the browser: names, lines and imports."""

import re
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from scripts import STATIC, our_scripts

from capture.types import PageEventKind

SCRIPTS = our_scripts()
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.js")
WIDEST = 120  # characters of a line
# The rooms of portal/static and the doors: the rooms that the scripts of each may import.
DOORS: dict[str, set[str]] = {
    "page": set(),
    "server": {"site"},
    "upload": {"server", "site"},
    "devices": {"page", "server", "site"},
    "check": {"devices", "page", "server", "site", "upload"},
    "room": {"devices", "page", "server", "site", "upload"},
    "player": {"page", "site"},
    "passkeys": {"page", "server", "site"},
    "site": {"page"},
}
PAGE_EVENT = re.compile(r'(?:began|#happened)\("(\w+)"')
IMPORT = re.compile(r'^(?:import|export|\}).* from "([^"]+)";$', re.MULTILINE)


def named(path: Path) -> str:
    return str(path.relative_to(STATIC))


def test_each_script_stands_in_a_room_and_its_name_is_lower_case_with_underscores() -> None:
    assert [named(path) for path in SCRIPTS if path.parent.parent != STATIC] == []
    assert [named(path) for path in SCRIPTS if not NAME.fullmatch(path.name)] == []


def test_no_two_scripts_have_names_that_differ_only_by_their_room_or_by_an_s() -> None:
    counted = Counter(path.stem.removesuffix("s") for path in SCRIPTS)
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_no_line_of_a_script_is_too_wide(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > WIDEST] == []


def test_scripts_use_only_the_doors_between_their_rooms() -> None:
    used: dict[str, set[str]] = {path.parent.name: set() for path in SCRIPTS}
    for path in SCRIPTS:
        addresses = IMPORT.findall(path.read_text(encoding="utf-8"))
        used[path.parent.name] |= {(path.parent / one).resolve().parent.name for one in addresses}
    assert {room: others - {room} for room, others in used.items()} == DOORS
    tuple(TopologicalSorter(DOORS).static_order())  # raises where rooms import in a circle


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_each_module_that_a_script_imports_exists_and_gives_what_is_asked_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for address in IMPORT.findall(text):
        assert (path.parent / address).is_file(), address
    for names, address in re.findall(r'^import \{([^}]+)\} from "([^"]+)"', text, re.MULTILINE):
        given = (path.parent / address).read_text(encoding="utf-8")
        for name in (one.split(" as ")[0].strip() for one in names.split(",")):
            made = rf"export (async )?(function|class|const) {name}\b|export \{{[^}}]*\b{name}\b"
            assert not name or re.search(made, given), f"{address} exports no {name}"


def test_each_script_that_a_template_names_exists() -> None:
    pages = sorted((STATIC.parent / "templates").rglob("*.html"))
    texts = [page.read_text(encoding="utf-8") for page in pages]
    wanted = {name for text in texts for name in re.findall(r"filename='([^']+\.js)'", text)}
    ours = {name for name in wanted if not name.startswith("vendor/")}
    assert ours
    assert [name for name in sorted(ours) if not (STATIC / name).is_file()] == []


def test_each_script_is_used_by_a_template_or_by_another_script() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    texts += [path.read_text() for path in (STATIC.parent / "templates").rglob("*.html")]
    used = {name.rsplit("/", 1)[-1] for text in texts for name in re.findall(r"[\w/.-]+\.js", text)}
    assert [named(path) for path in SCRIPTS if path.name not in used] == []


def test_the_states_that_the_room_shows_are_those_it_knows() -> None:
    """Each state of the page stands in the room's table, and each is shown."""
    text = (STATIC / "room" / "room_states.js").read_text(encoding="utf-8")
    table = re.search(r"const TRANSITIONS = \{\n(.*?)\n\};", text, re.DOTALL)
    assert table
    known = set(re.findall(r"^  (\w+):", table[1], re.MULTILINE))
    pages = (STATIC.parent / "templates" / "capture").glob("*room*.html")
    page = "".join(path.read_text(encoding="utf-8") for path in sorted(pages))
    states = re.findall(r'data-(?:show|focus)="([a-z ]+)"|_STATES = "([a-z ]+)"', page)
    named_in_page = {state for pair in states for state in " ".join(pair).split()}
    assert named_in_page - known == set()
    assert {state for state in known if not re.search(rf"\b{state}\b", page)} == set()


def test_the_page_reports_the_kinds_of_event_that_the_engine_knows() -> None:
    """A camera or microphone that paused is reported as its kind and `_paused`."""
    reported = set(PAGE_EVENT.findall((STATIC / "room" / "page_events.js").read_text()))
    paused = {"camera_paused", "microphone_paused"}
    assert reported | paused == {kind.value for kind in PageEventKind}
