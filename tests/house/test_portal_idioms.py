"""Things that the portal does in one way only, so that a change to the way is one change."""

import ast
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
PORTAL = HOUSE / "portal"
# Nobody is told these: they end work in the background or the start of the portal, or say that our
# own code is wrong.
TOLD_TO_NOBODY = {
    "ConfigError",
    "LimitReached",
    "ClaimLost",
    "Halted",
    "TransactionMisused",
    "NotSent",
}
# the uploads before Flask, and a rate limit that forgives a try and raises the refusal again
ANSWERS_BEFORE_FLASK, FORGIVES = "pieces.py", "room.py"
# a refusal of the devices, after which the row of the answer goes in a transaction of its own
FORGETS = ("kiosk.py", "interviews.DevicesUnusable")


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((HOUSE / folder).rglob("*.py"))]


def nodes(*folders: str) -> list[tuple[Path, ast.AST]]:
    return [
        (path, node)
        for path in python_files(*folders)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]


def bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def test_settings_are_read_through_their_one_accessor() -> None:
    everywhere = python_files("portal", "migrations", "scan", "setup", "benchmarks", "tests")
    readers = {
        str(path.relative_to(HOUSE))
        for path in [*everywhere, HOUSE / "gunicorn.conf.py", HOUSE / "wsgi.py"]
        if '"PORTAL"' in path.read_text("utf-8") and path != Path(__file__)
    }
    assert readers == {"portal/config.py"}


def test_every_refusal_has_the_one_base() -> None:
    roots = {
        node.name
        for _, node in nodes("portal")
        if isinstance(node, ast.ClassDef) and any(name in {"Exception"} for name in bases(node))
    }
    assert roots == {"PortalError", *TOLD_TO_NOBODY}


def refusals() -> set[str]:
    """The names of PortalError and of all classes that derive from it."""
    derived = [
        (node.name, bases(node)) for _, node in nodes("portal") if isinstance(node, ast.ClassDef)
    ]
    names = {"PortalError"}
    while more := {name for name, above in derived if above & names} - names:
        names |= more
    return names


def test_a_view_catches_a_refusal_only_to_show_it_beside_its_form() -> None:
    ours = refusals()
    otherwise = {
        (path.name, ast.unparse(node.type))
        for path, node in nodes("portal/blueprints")
        if isinstance(node, ast.ExceptHandler) and node.type
        if {ast.unparse(name).rpartition(".")[2] for name in caught(node.type)} & ours
        if "return beside_form(" not in ast.unparse(node)
    }
    again = {(ANSWERS_BEFORE_FLASK, "PortalError"), (FORGIVES, "PortalError"), FORGETS}
    assert otherwise == again


def test_only_views_and_access_know_who_is_signed_in() -> None:
    """All else gets its viewer as an argument, so that a list cannot take the wrong one."""
    knowing = {
        path.relative_to(PORTAL).parts[0]
        for path in python_files("portal")
        if "current_user" in path.read_text("utf-8")
    }
    assert knowing == {"access.py", "blueprints"}


def caught(types: ast.expr) -> list[ast.expr]:
    return types.elts if isinstance(types, ast.Tuple) else [types]
