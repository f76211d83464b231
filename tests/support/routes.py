"""Every route of the portal with each method that its view answers."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from werkzeug.routing import Rule

from portal import create_app
from portal.config import Config, Environment


def all_rules() -> list[Rule]:
    with TemporaryDirectory() as folder:
        app = create_app(Config(Environment.TESTING, "for tests only", Path(folder), "sqlite://"))
    return list(app.url_map.iter_rules())


def methods_of(rule: Rule) -> list[str]:
    """What a view answers itself: without the HEAD and OPTIONS that Flask adds."""
    methods = set(rule.methods or ())
    if getattr(rule, "provide_automatic_options", False):
        methods.discard("OPTIONS")
    return sorted(methods - {"HEAD"} if "GET" in methods else methods)


RULES_AND_METHODS = [
    pytest.param(str(rule), rule.endpoint, method, id=f"{method} {rule}")
    for rule in all_rules()
    for method in methods_of(rule)
]
