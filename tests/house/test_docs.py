"""What the documents name exists: files, commands, settings, links and their anchors.

The change log is left out, because it tells of files as they were called then.
"""

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from portal import cli

HOUSE = Path(__file__).resolve().parents[2]
DECISIONS = HOUSE / "docs" / "decisions"
DOCUMENTS = [
    *(HOUSE / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((HOUSE / "docs").rglob("*.md")),
]
NOT_OURS = {"node_modules", "instance", "__pycache__"}  # and what begins with a dot, but for
HIDDEN = {".ci", ".env.example", ".gitignore"}
OURS = r"\.(?:py|js|html|md|css|toml|lock|in|service|conf)"
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FILE = re.compile(rf"(?<![\w/.<~-])(?:[\w.*-]+/)*[\w.*-]*(?:/|{OURS})(?![\w/.<-])")
SETTING = re.compile(r"(?<![\w.$])[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9](?!\w)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)((?: [A-Z_]+=(?:\"[^\"]*\"|\S*))*)")
FLASK = re.compile(r"\bflask (?:--app wsgi )?([a-z][a-z-]*)")
MODULE = re.compile(r"python3? -m ([\w.]+)(?: ([a-z]+))?")
FLASK_ITSELF = {"db", "run", "routes", "shell"}


@cache
def files() -> frozenset[str]:
    """All files and folders of the project, as paths from its top."""
    found = (path.relative_to(HOUSE) for path in HOUSE.rglob("*"))
    return frozenset(str(path) for path in found if all(map(is_ours, path.parts)))


def is_ours(part: str) -> bool:
    return part in HIDDEN or not (part.startswith(".") or part in NOT_OURS)


@cache
def source() -> str:
    """Everything that a setting or a test may be named in, but for the documents."""
    kinds = {".py", ".js", ".html", ".service", ".conf", ".example"}
    paths = (HOUSE / name for name in files() if "/vendor/" not in name)
    read = (path for path in paths if path.suffix in kinds or path.name in {"Makefile", "run"})
    here = Path(__file__).resolve()
    return "\n".join(path.read_text(encoding="utf-8") for path in read if path != here)


def code_of(text: str) -> str:
    return "\n".join(CODE.findall(text))


def missing_files(text: str) -> Iterator[str]:
    """A path may begin anywhere: `hub.py` is the one in capture/senses."""
    for named in set(FILE.findall(code_of(text))):
        wanted = named.rstrip("/")
        is_file = not named.endswith("/")
        pattern = re.compile(
            "(?:.*/)?" + re.escape(wanted).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
        )
        if (is_file or wanted.split("/")[0] in top_folders()) and not any(
            pattern.fullmatch(path) for path in files()
        ):
            yield named


@cache
def top_folders() -> frozenset[str]:
    return frozenset(path.split("/")[0] for path in files() if "/" in path)


def missing_settings(text: str) -> Iterator[str]:
    for named in set(SETTING.findall(code_of(text))):
        if not re.search(rf"\b{named}\b", source()):
            yield named


def missing_commands(text: str) -> Iterator[str]:
    code = code_of(text)
    makefile = (HOUSE / "Makefile").read_text(encoding="utf-8")
    for target, variables in MAKE.findall(code):
        if not re.search(rf"^{target}:", makefile, re.M):
            yield f"make {target}"
        for name in re.findall(r" ([A-Z_]+)=", variables):
            if not re.search(rf"\b{name}\b", makefile):
                yield f"make {target} {name}="
        for word in chosen_tests(variables):
            if word.lower() not in source().lower() and word not in " ".join(files()):
                yield f"make {target} -k {word}"
    ours = {value.name for value in vars(cli).values() if isinstance(value, click.Command)}
    yield from (f"flask {name}" for name in FLASK.findall(code) if name not in ours | FLASK_ITSELF)
    yield from (
        f"python -m {name} {verb}" for name, verb in MODULE.findall(code) if not runs(name, verb)
    )


def chosen_tests(variables: str) -> list[str]:
    """The words of `-k` that must be in a test's name."""
    chosen = re.findall(r"-k (?:'([^']*)'|(\w+))", variables)
    words = " ".join("".join(both) for both in chosen).split()
    return [word for word in words if word not in {"and", "or", "not"}]


def runs(module: str, verb: str) -> bool:
    """Whether there is such a module and, where it is one of ours with verbs, such a verb."""
    spec = importlib.util.find_spec(module)
    sources = [path.read_text(encoding="utf-8") for path in (HOUSE / module).rglob("*.py")]
    verbs = re.findall(r"\.add_parser\(\s*\"([a-z]+)\"", "\n".join(sources))
    return spec is not None and (not verb or not verbs or verb in verbs)


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings: lower case, no punctuation, a dash for each space."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(text: str, place: Path) -> Iterator[str]:
    for link in LINK.findall(CODE.sub("", text)):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        path = (place.parent / target).resolve() if target else place
        if not path.exists() or (anchor and anchor not in anchors(path)):
            yield link


def missing(text: str, place: Path) -> list[str]:
    return sorted(
        {
            *missing_files(text),
            *missing_settings(text),
            *missing_commands(text),
            *broken_links(text, place),
        }
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_what_a_document_names_exists(path: Path) -> None:
    assert missing(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`capture/senses/nose.py`", ["capture/senses/nose.py"]),
        ("`nose.py` and `hub.py`", ["nose.py"]),
        ("`tests/kitchen/`", ["tests/kitchen/"]),
        ("`deploy/*.service` and `deploy/*.py`", ["deploy/*.py"]),
        ("```sh\nmake coffee\n```", ["make coffee"]),
        ('`make test ARGS="-k of_no_test_at_all"`', ["make test -k of_no_test_at_all"]),
        ("`make bench COLUMN=flags`", ["make bench COLUMN="]),
        ("`flask --app wsgi purge`, `flask dance`", ["flask dance"]),
        ("`python -m capture judge`, `python -m capture dream`", ["python -m capture dream"]),
        ("`python -m kitchen`", ["python -m kitchen "]),
        ("`RETENTION_DAYS=30`, `RETENTION_MOONS`", ["RETENTION_MOONS"]),
        ("[flags](flags.md), [more](more.md)", ["more.md"]),
        ("[here](flags.md#no_face), [there](flags.md#no_nose)", ["flags.md#no_nose"]),
    ],
)
def test_what_is_not_there_is_found(text: str, found: list[str]) -> None:
    assert missing(text, HOUSE / "docs" / "design.md") == found


def test_every_decision_is_in_the_index_once() -> None:
    listed = LINK.findall((DECISIONS / "README.md").read_text(encoding="utf-8"))
    there = [path.name for path in DECISIONS.glob("0*.md")]
    assert sorted(link for link in listed if link.startswith("0")) == sorted(there)


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name.partition("-")[0] for path in DECISIONS.glob("0*.md")]
    titles = [path.read_text(encoding="utf-8")[2:6] for path in DECISIONS.glob("0*.md")]
    assert len(set(numbers)) == len(numbers)
    assert titles == numbers


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_says_why_and_whether_it_still_holds(path: Path) -> None:
    sections = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.M)
    assert sections == [
        name
        for name in ("Context", "Decision", "Cost", "Rejected", "Status")
        if name in sections or name in {"Context", "Decision", "Status"}
    ]


def test_documents_that_the_code_names_exist() -> None:
    named = set(re.findall(r"\bdocs/[\w/.-]+\.md\b", source()))
    assert sorted(name for name in named if name not in files()) == []


@pytest.mark.parametrize("name", ["docs/faults.md", "CHANGELOG.md"])
def test_nothing_is_told_twice(name: str) -> None:
    """Merging two branches can leave a row or an item there in its old words as well."""
    begin = re.compile(r"^(?:\| (?!the same|tried)[^|]{20,}|- .{40,})")
    told = [found[0] for line in lines_of(name) if (found := begin.match(line))]
    assert [line for line, times in Counter(told).items() if times > 1] == []


def lines_of(name: str) -> list[str]:
    return (HOUSE / name).read_text(encoding="utf-8").splitlines()
