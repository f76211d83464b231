"""What runs when a Python file is imported."""

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """All but the bodies of its functions.

    Decorators run, with the parameters of tests, and so do the defaults of arguments.
    """
    yield node
    if not isinstance(node, Function):
        children = list(ast.iter_child_nodes(node))
    else:
        children = [node.args, *getattr(node, "decorator_list", [])]
    for child in children:
        yield from at_import(child)
