"""The scripts that we wrote for the browser, and pages that get them with other constants."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route

from portal.config import PROJECT_FOLDER

STATIC = PROJECT_FOLDER / "portal" / "static"


def our_scripts() -> list[Path]:
    """The scripts that we wrote, without what is fetched from others."""
    vendor = STATIC / "vendor"
    return sorted(path for path in STATIC.rglob("*.js") if not path.is_relative_to(vendor))


def with_constants(page: Page, changed: dict[str, int]) -> None:
    """Serve our scripts with other times than their own: a hang takes a minute, and no test has
    one.
    """
    scripts = {path: path.read_text() for path in our_scripts()}
    for name, value in changed.items():
        pattern = re.compile(rf"^const {name} = [\d_]+;", re.MULTILINE)
        found = [path for path, text in scripts.items() if pattern.search(text)]
        assert found, f"no script of ours has {name}"
        for path in found:
            scripts[path] = pattern.sub(f"const {name} = {value};", scripts[path])
            page.route(f"**/static/{path.relative_to(STATIC)}", _served(scripts, path))


def _served(scripts: dict[Path, str], path: Path) -> Callable[[Route], None]:
    return lambda route: route.fulfill(content_type="text/javascript", body=scripts[path])
