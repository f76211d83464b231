"""One application for all tests of a process: each test borrows it as `create_app` left it.

To create an application costs more than most tests do, and a new one must compile every template
again. Settings that a test alone has (all but the folder and the database) get an application of
their own.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from portal import configure, create_app, interviews, mail, work
from portal.config import Config
from portal.extensions import db
from portal.work.kinds import KINDS

# These keep something of the folder or the database, or threads: each test gets new ones.
RENEWED = (db, work, interviews, mail)
RENEWED_EXTENSIONS = ("sqlalchemy", KINDS, work.MANAGER)


class Snapshot:
    """What was in an object, and in the dicts and lists in it.

    All of these stay the same objects when they are restored: others hold them, too.
    """

    def __init__(self, value: Any) -> None:
        self._value = value
        self._items: dict[Any, Snapshot] = {}
        if isinstance(value, dict):
            self._items = {key: Snapshot(item) for key, item in value.items()}
        elif isinstance(value, list):
            self._items = {place: Snapshot(item) for place, item in enumerate(value)}

    def restored(self) -> Any:
        items = {key: item.restored() for key, item in self._items.items()}
        if isinstance(self._value, dict):
            self._value.clear()
            self._value.update(items)
        elif isinstance(self._value, list):
            self._value[:] = items.values()
        return self._value


class LentApp:
    """An application, and what it was like before its first request."""

    def __init__(self, config: Config) -> None:
        self._app = create_app(config)
        self._rules = list(self._app.url_map.iter_rules())
        self._snapshots = [Snapshot(vars(self._app)), Snapshot(vars(self._app.jinja_env))]

    def begin(self, config: Config) -> Flask:
        """The application as it was, in another folder and with another database."""
        app = self._app
        self._restore()
        for name in RENEWED_EXTENSIONS:
            del app.extensions[name]
        configure(app, config)
        for part in RENEWED:
            part.init_app(app)
        settings, extensions = dict(app.config), dict(app.extensions)
        self._restore()  # the parts above are asked at each request, but once
        app.config.update(settings)
        app.extensions.update(extensions)
        app.instance_path = str(config.instance_path)
        with app.app_context():
            share_statements(db.engine)
        for folder in (config.interviews_folder, config.resumes_folder):
            folder.mkdir(parents=True, exist_ok=True)
        return app

    def _restore(self) -> None:
        for snapshot in self._snapshots:
            snapshot.restored()

    @property
    def has_its_addresses(self) -> bool:
        """False when a test gave it another one: Werkzeug's map forgets none."""
        return list(self._app.url_map.iter_rules()) == self._rules


_dialects: dict[str, sa.Dialect] = {}
_statements: dict[Any, Any] = {}


def share_statements(engine: sa.Engine) -> None:
    """SQLAlchemy compiles a statement once for each dialect object, and a new engine has a new one:
    that was half of the work of a test of the portal.
    """
    if engine.name not in _dialects:
        with engine.connect():  # the first connection tells the dialect about its database
            _dialects[engine.name] = engine.dialect
        engine.dispose()
    engine.dialect = _dialects[engine.name]
    engine.update_execution_options(compiled_cache=_statements)


_lent: dict[Config, LentApp] = {}


def borrow(config: Config) -> Flask:
    """This process's application for these settings. A test may borrow one at a time."""
    settings = replace(config, instance_path=Path(), database_url="")
    if settings not in _lent or not _lent[settings].has_its_addresses:
        _lent[settings] = LentApp(replace(config))
    return _lent[settings].begin(config)
