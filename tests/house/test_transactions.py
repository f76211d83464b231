"""Transactions begin and end at the edge: only `portal/database.py` commits and rolls back, and
only views, commands and background work open one.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

PORTAL = Path(__file__).resolve().parents[2] / "portal"
THE_MODULE = PORTAL / "database.py"
# What opens a transaction, and why it is an edge.
EDGES = {
    "blueprints": "views answer requests",
    "activity.py": "a use is noted when the answer is sent and its own transaction is over",
    "audit.py": "refusals and views: their own request is rolled back, or only reads",
    "cli.py": "commands",
    "demo.py": "the command that makes the demo",
    "work/claims.py": "each change of a claim counts at once",
    "work/heartbeats.py": "each heartbeat counts at once",
    "interviews/flagging.py": "background work: measuring refreshes the flags",
    "interviews/finishing.py": "background work: its last step links the results",
    "interviews/retention.py": "background work: files go between two transactions",
    "interviews/receiving.py": "a piece: its note is stored while its file is locked",
    "mail/sending.py": "background work: marks an address that a server refused",
    "mail/retention.py": "background work: files go before their rows",
    "account_deletion.py": "disables first, so that nothing new comes while files go",
    "people/credentials.py": "no transaction is open while it hashes a password",
    "people/registration.py": "no transaction is open while it hashes a password",
    "people/recovery.py": "no transaction is open while it hashes a password",
    "people/second_step.py": "a wrong code counts, and is noted, also if the request then fails",
    "people/throttle.py": "a try counts also if the request then fails",
}


def calls(path: Path) -> Iterator[ast.Call]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return (node for node in nodes if isinstance(node, ast.Call))


def ends_a_transaction(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in {"commit", "rollback"}


def opens_a_transaction(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "transaction"


def modules() -> list[Path]:
    return sorted(path for path in PORTAL.rglob("*.py") if path != THE_MODULE)


def edge_of(path: Path) -> str | None:
    inside = path.relative_to(PORTAL).as_posix()
    return next((edge for edge in EDGES if inside == edge or inside.startswith(f"{edge}/")), None)


def test_one_module_commits_and_rolls_back() -> None:
    assert [str(path) for path in modules() if any(map(ends_a_transaction, calls(path)))] == []


def test_only_an_edge_opens_a_transaction() -> None:
    opening = [path for path in modules() if any(map(opens_a_transaction, calls(path)))]
    assert [str(path) for path in opening if edge_of(path) is None] == []
    assert {edge_of(path) for path in opening} == set(EDGES)  # none is listed that opens none


def test_how_many_rows_changed_is_asked_in_one_place() -> None:
    asking = [path.name for path in modules() if ".rowcount" in path.read_text(encoding="utf-8")]
    assert asking == []
