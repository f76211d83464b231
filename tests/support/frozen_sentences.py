"""Finds sentences that are translated once for everybody: where a file is read, not where a page is
made. The first reader's language would stay for all others.
"""

import ast
import re
from collections.abc import Iterator

from import_time import at_import
from jinja2 import Environment, nodes

SPEAK = {"_", "gettext", "ngettext"}
# A constant of a script, up to the semicolon at the end of a line.
CONSTANT = re.compile(r"^(?:export )?const (\w+) = (.*?);$", re.MULTILINE | re.DOTALL)
SPOKEN = re.compile(r"(?<![\w.])(?:_|n?gettext)\(")


def in_python(source: str) -> Iterator[int]:
    for node in at_import(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SPEAK:
            yield node.lineno


def imported(templates: dict[str, str]) -> set[str]:
    """The templates that others import: Jinja keeps what stands in them outside of macros."""
    wanted = r'{%-?\s*(?:import|from)\s+"([^"]+)"'
    return {name for text in templates.values() for name in re.findall(wanted, text)}


def in_imported_template(source: str) -> Iterator[int]:
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    for node in _outside_of_macros(tree):
        if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in SPEAK:
            yield node.lineno


def _outside_of_macros(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        if not isinstance(child, nodes.Macro):
            yield from _outside_of_macros(child)


def in_script(source: str) -> Iterator[int]:
    for match in CONSTANT.finditer(source):
        if SPOKEN.search(match[2]) and "=>" not in match[2] and "function" not in match[2]:
            yield source.count("\n", 0, match.start()) + 1
