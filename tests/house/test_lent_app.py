"""All tests of a process share one application, and none finds in it what another one left."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from lent_app import LentApp, borrow

from portal import work
from portal.config import Config, Environment
from portal.extensions import db


def config_in(folder: Path) -> Config:
    return Config(Environment.TESTING, "for tests only", folder, f"sqlite:///{folder / 'own.db'}")


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> LentApp:
    return LentApp(config_in(tmp_path_factory.mktemp("first")))


def what_is_in(app: Flask) -> tuple[object, ...]:
    hooks = [list(hooks) for hooks in app.before_request_funcs.values()]
    names = [set(vars(app)), set(app.jinja_env.globals), set(app.view_functions)]
    return dict(app.config), set(app.extensions), hooks, names, app.wsgi_app


def test_the_next_test_finds_the_application_as_it_was_created(
    lent: LentApp, tmp_path: Path
) -> None:
    app = lent.begin(config_in(tmp_path))
    before = what_is_in(app)
    app.before_request(lambda: "refused")
    assert app.test_client().get("/healthz").text == "refused"
    app.config |= {"WTF_CSRF_ENABLED": False, "SITE_NAME": "left over"}
    app.extensions["another"] = app.another = app.jinja_env.globals["another"] = "left over"
    app.view_functions["another"] = app.wsgi_app = lambda *_args: "left over"
    assert what_is_in(app) != before

    app = lent.begin(config_in(tmp_path))
    assert what_is_in(app) == before
    assert app.test_client().get("/healthz").text != "refused"


def test_each_test_has_a_folder_a_database_and_threads_of_its_own(
    lent: LentApp, tmp_path: Path
) -> None:
    seen = []
    for name in ("one", "two"):
        app = lent.begin(config_in(tmp_path / name))
        with app.app_context():
            seen.append((app.instance_path, str(db.engine.url), app.extensions[work.MANAGER]))
    assert all(first != second for first, second in zip(*seen, strict=True))


def test_an_application_that_a_test_gave_an_address_is_lent_no_more(tmp_path: Path) -> None:
    settings = replace(config_in(tmp_path), retention_days=8)
    app = borrow(settings)
    app.add_url_rule("/another", view_func=lambda: "left over")
    assert app.test_client().get("/another").text == "left over"
    assert borrow(settings).test_client().get("/another").status_code == 404


def test_settings_of_one_test_get_an_application_of_their_own(tmp_path: Path) -> None:
    usual = config_in(tmp_path)
    assert borrow(usual) is borrow(replace(usual, instance_path=tmp_path / "elsewhere"))
    assert borrow(usual) is not borrow(replace(usual, retention_days=7))
