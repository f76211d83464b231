"""Settings: production refuses to start unsafely, and says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, request

from portal import create_app, work
from portal.config import PROJECT_FOLDER, Config, ConfigError, Environment

STRONG = "b7d1f0c2a94e5836b7d1f0c2a94e5836"


def settings(**changes: str) -> dict[str, str]:
    own = {"SECRET_KEY": STRONG, "SITE_URL": "https://jobs.example.org"}
    return {"PORTAL_ENV": "production", "INSTANCE_PATH": "/nowhere"} | own | changes


def quiet_app(**changes: str) -> Flask:
    """A production app whose measuring threads never start: its database has no tables."""
    app = create_app(Config.from_env(settings(**changes)))
    app.extensions[work.MANAGER].stop(0)
    return app


def test_production_starts_with_a_strong_key() -> None:
    config = Config.from_env(settings())

    assert config.env is Environment.PRODUCTION
    assert config.session_cookie_secure


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "please-change-this-secret-key-soon-1234"}, "SECRET_KEY is weak"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"SESSION_COOKIE_SECURE": "0"}, "SESSION_COOKIE_SECURE"),
        ({"PORTAL_ENV": "prod"}, "PORTAL_ENV"),
        ({"SITE_URL": ""}, "SITE_URL"),
        ({"SITE_URL": "http://jobs.example.org"}, "SITE_URL"),
        ({"RETENTION_DAYS": "forever"}, "RETENTION_DAYS"),
        ({"SESSION_COOKIE_SECURE": "maybe"}, "SESSION_COOKIE_SECURE"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
        ({"MEDIA_ACCEL_PREFIX": "media"}, "MEDIA_ACCEL_PREFIX"),
        ({"METRICS_PORT": "localhost:9"}, "METRICS_PORT"),
        ({"SCAN_COMMAND": "/nowhere/clamdscan -"}, "SCAN_COMMAND"),
        ({"SCAN_COMMAND": "clamdscan '"}, "SCAN_COMMAND"),
    ],
)
def test_production_refuses_what_is_unsafe_and_says_which_setting(
    changes: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        Config.from_env(settings(**changes))


def test_production_is_what_one_gets_without_saying() -> None:
    with pytest.raises(ConfigError):
        Config.from_env({})


def test_development_may_use_plain_http() -> None:
    assert not Config.from_env(settings(PORTAL_ENV="development")).session_cookie_secure


def test_cookies_are_safe_in_production(tmp_path: Path) -> None:
    app = quiet_app(INSTANCE_PATH=str(tmp_path))
    cookie = (
        app.test_client().get("/login", base_url="https://portal.example").headers["Set-Cookie"]
    )

    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert cookie.startswith("__Host-portal=")
    assert "Domain" not in cookie


def test_the_product_has_the_name_that_was_chosen(tmp_path: Path) -> None:
    app = quiet_app(INSTANCE_PATH=str(tmp_path), SITE_NAME="Instrument Works")

    assert "Instrument Works" in app.test_client().get("/login").text


@pytest.mark.parametrize(("proxies", "address"), [("0", "127.0.0.1"), ("1", "203.0.113.9")])
def test_a_visitors_address_is_taken_from_trusted_proxies_only(
    tmp_path: Path, proxies: str, address: str
) -> None:
    app = quiet_app(INSTANCE_PATH=str(tmp_path), TRUSTED_PROXIES=proxies)
    app.add_url_rule("/who", view_func=lambda: str(request.remote_addr))

    assert (
        app.test_client().get("/who", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}).text
        == address
    )


def test_a_rule_that_there_is_not_cannot_be_switched_off(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="humming"):
        quiet_app(INSTANCE_PATH=str(tmp_path), RULES_OFF="paste, humming")


def test_without_a_key_the_flask_command_says_so_in_a_line_and_helps() -> None:
    environ = os.environ | {"SECRET_KEY": "", "PORTAL_ENV": "production"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "--help"]
    done = subprocess.run(
        command, env=environ, cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False
    )

    assert "SECRET_KEY is not set" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Usage: " in done.stdout
