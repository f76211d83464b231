"""Finds words in Python that do not go through gettext."""

import ast
from collections.abc import Iterator

from spoken_words import TRANSLATE, VALUE, Found, is_a_name_for_readers, looks_spoken

# Calls that tell operators and developers something, or give a thing a name.
SILENT = {"ConfigError", "LimitReached", "ClaimLost", "Halted", "TransactionMisused"}
SILENT |= {"AssertionError", "ValueError", "TypeError", "RuntimeError", "KeyError", "LookupError"}
SILENT |= {"relationship", "CheckConstraint", "Limit", "cast", "execute", "exec_driver_sql"}
SILENT |= {"compile", "URLSafeTimedSerializer", "_keyed", "_continue_after_errors"}
SILENT |= {"_gauge", "_family"}  # metrics
SILENT |= {"said", "ApiBlueprint"}  # the documentation of the API
LOGS = {"log", "logger", "logging", "click"}
LABELS = {"label", "title", "caption", "message", "description"}


def in_python(source: str) -> Iterator[Found]:
    tree = ast.parse(source)
    for node in _outside(tree, set(_silent(tree))):
        text = _fixed(node)
        if text is not None and looks_spoken(text):
            yield node.lineno, text.replace(VALUE, "…")  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _labels(node)


def _fixed(node: ast.AST) -> str | None:
    """What is fixed in a string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_fixed(part) or VALUE for part in node.values)
    return None


def _silent(tree: ast.AST) -> Iterator[ast.AST]:
    """Documentation, types, what operators are told, and what is translated."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.Call):
            yield from _silent_of_call(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.returns
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation:
            yield node.annotation
            if "TypeAlias" in ast.unparse(node.annotation):
                yield from ast.iter_child_nodes(node)


def _silent_of_call(call: ast.Call) -> Iterator[ast.AST]:
    path = ast.unparse(call.func).split(".")
    if path[-1] in TRANSLATE:
        yield from (arg for arg in call.args if isinstance(arg, ast.Constant))
    elif path[-1] in SILENT or path[0] in LOGS:
        yield call


def _outside(node: ast.AST, silent: set[ast.AST]) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.JoinedStr):  # its fixed parts are no strings of their own
        parts = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        children: list[ast.AST] = list(parts)
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        if child not in silent:
            yield from _outside(child, silent)


def _labels(call: ast.Call) -> Iterator[Found]:
    """Single words that are a field's label, a message or a title."""
    name = ast.unparse(call.func).rpartition(".")[2]
    shown = [word.value for word in call.keywords if word.arg in LABELS]
    if name.lower().endswith("field") or name == "flash":
        shown += call.args[:1]
    for value in shown:
        text = _fixed(value)
        if text and is_a_name_for_readers(text):
            yield value.lineno, text
