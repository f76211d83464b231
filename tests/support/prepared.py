"""What a test's database begins with. Each is made once in a process, and copied (see
`databases`).
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import databases
from factories import make_cast, make_job
from flask_migrate import upgrade

from portal import create_app
from portal.config import Config, Environment
from portal.extensions import db


def tables(url: str) -> None:
    """The tables of the models, and no row."""
    with _app_on(url):
        db.create_all()


@cache
def tables_with(make: Callable[[], object]) -> databases.Fill:
    """The tables of the models, and the rows that `make` commits."""

    def fill(url: str) -> None:
        with _app_on(url):
            db.create_all()
            make()

    return fill


def migrated(url: str) -> None:
    """As an operator's: the migrations made it. With the cast and one open job."""
    with _app_on(url):
        upgrade()
        make_cast()
        make_job("Data engineer")


@contextmanager
def _app_on(url: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Config(Environment.TESTING, "for tests only", Path(folder), url))
        with app.app_context():
            yield
            db.session.remove()
            db.engine.dispose()
