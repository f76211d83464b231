"""The web application: `create_app` builds the Flask app from its parts and does nothing else."""

from dotenv import load_dotenv
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import (
    access,
    activity,
    audit,
    choice_words,
    cli,
    health,
    interview_words,
    interviews,
    languages,
    logs,
    mail,
    work,
)
from portal.blueprints import (
    account,
    admin,
    api,
    applications,
    auth,
    capture,
    jobs,
    language,
    links,
    recovery,
    second_step,
)
from portal.blueprints.capture import pieces
from portal.config import PROJECT_FOLDER, Config, keep_settings
from portal.extensions import csrf, db, jwt, login_manager, migrate, sign_with_sha256
from portal.people import common_passwords
from portal.web import byte_ranges, error_pages, json_bodies, security_headers, template_filters

# The largest form carries a résumé (`hiring.resumes.MAX_MB`) and some fields. Video arrives in
# chunks, which have their own limit.
FORM_MAX_BYTES = 11 * 1024 * 1024

# These come first, so that even a request that a later part refuses gets an id and a log line.
FIRST_PARTS = (security_headers, logs, json_bodies)
PARTS = (
    access,
    activity,
    audit,
    error_pages,
    template_filters,
    choice_words,
    interview_words,
    cli,
    work,
    interviews,
    mail,
)
BLUEPRINTS = (
    health.bp,
    language.bp,
    jobs.bp,
    auth.bp,
    recovery.bp,
    links.bp,
    second_step.bp,
    account.bp,
    applications.bp,
    capture.bp,
    admin.bp,
)


def create_app(config: Config | None = None) -> Flask:
    """Build the app from `config`, or else from the environment and `.env`.

    Raises ConfigError when a setting is unsafe.
    """
    if config is None:
        load_dotenv(PROJECT_FOLDER / ".env")
        config = Config.from_env()
    common_passwords.check_list()
    app = Flask(__name__, instance_path=str(config.instance_path))
    app.response_class = byte_ranges.Response
    configure(app, config)
    for folder in (config.interviews_folder, config.resumes_folder):
        folder.mkdir(parents=True, exist_ok=True)
    if config.trusted_proxies:
        n = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n)  # type: ignore[method-assign]
    for part in FIRST_PARTS:
        part.init_app(app)
    sign_with_sha256(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(PROJECT_FOLDER / "migrations"))
    csrf.init_app(app)
    login_manager.init_app(app)
    jwt.init_app(app)
    languages.init_app(app, access.load_person)
    for part in PARTS:
        part.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api.init_app(app)
    pieces.stand_in_front(app)
    return app


def configure(app: Flask, config: Config) -> None:
    """Give our settings to Flask and its extensions, under the names that they expect."""
    logs.set_up(config.log_format)
    keep_settings(app, config)
    app.config.from_mapping(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        # SQL parameters contain names and e-mail addresses, which must not reach the log.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True},
        TESTING=config.env == "testing",
        DEBUG=config.debug,
        SITE_NAME=config.site_name,
        # Browsers accept a `__Host-` cookie only over HTTPS, from this host, for the path "/".
        SESSION_COOKIE_NAME="__Host-portal" if config.session_cookie_secure else "portal",
        SESSION_COOKIE_SECURE=config.session_cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=FORM_MAX_BYTES,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        # The token is valid as long as the session. A form that stays open for hours still works.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=config.session_cookie_secure,
        PROPAGATE_EXCEPTIONS=False,
    )
