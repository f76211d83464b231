"""All settings of the portal, read once from the environment and `.env`.

An app keeps them, and `settings` returns them; nothing else here knows Flask.
"""

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from flask import Flask, current_app

import log_format

Choice = TypeVar("Choice", bound=StrEnum)

KEPT_AS = "PORTAL"  # the name under which an app keeps our settings in its configuration
PROJECT_FOLDER = Path(__file__).resolve().parent.parent

# 32 random hexadecimal characters hold 128 bits, which nobody can guess.
SECRET_KEY_MIN_CHARS = 32
# The database itself refuses to delete younger audit entries (`portal/models/audit.py`).
AUDIT_DAYS_MIN = 30
WEAK_SECRETS = ("secret", "change", "example", "password", "default")


class Environment(StrEnum):
    """Where the portal runs. Production refuses unsafe settings."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TESTING = "testing"


class CaptureSource(StrEnum):
    """Whose camera and microphone record."""

    BROWSER = "browser"  # the candidate's own
    DEVICE = "device"  # this machine's: a kiosk


class ConfigError(Exception):
    """A setting is missing or unsafe. The message names it and says what to do."""


@dataclass(frozen=True)
class Config:
    """The settings, with their types. `.env.example` explains each of them."""

    env: Environment
    secret_key: str
    instance_path: Path
    database_url: str
    site_name: str = "Career Portal"
    site_url: str = "http://localhost:8000"
    mail_url: str = field(default="", repr=False)  # may hold a password
    mail_from: str = ""
    mail_days: int = 90
    require_second_factor: bool = False
    session_cookie_secure: bool = True
    trusted_proxies: int = 0
    debug: bool = False
    face_model: Path | None = None
    crowd_model: Path | None = None
    capture_source: CaptureSource = CaptureSource.BROWSER
    capture_camera: str = ""
    capture_microphone: str = ""
    capture_workers: int = 8
    capture_in_web: bool = True
    capture_memory_bytes: int = 2 * 1024**3
    capture_niceness: int = 10
    capture_cores: int = 0
    upload_chunk_max_bytes: int = 4 * 1024 * 1024
    upload_max_bytes: int = 2 * 1024**3
    disk_floor_bytes: int = 500 * 1024**2
    retention_days: int = 180
    audit_days: int = 730
    rules_off: frozenset[str] = frozenset()
    log_format: str = "text"
    metrics_port: int | None = None
    media_accel_prefix: str = ""
    proxy_temp_folder: Path | None = None
    scan_command: tuple[str, ...] = ()
    translations_folder: Path | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read the settings and refuse unsafe ones. Raises ConfigError."""
        env = _one_of(environ, "PORTAL_ENV", Environment, Environment.PRODUCTION)
        instance = Path(environ.get("INSTANCE_PATH") or PROJECT_FOLDER / "instance").resolve()
        config = cls(
            env=env,
            secret_key=environ.get("SECRET_KEY", ""),
            instance_path=instance,
            database_url=environ.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.db'}",
            site_name=environ.get("SITE_NAME") or cls.site_name,
            site_url=_site_url(environ, env),
            mail_url=environ.get("MAIL_URL", "").strip(),
            mail_from=environ.get("MAIL_FROM", "").strip(),
            mail_days=_number(environ, "MAIL_DAYS", cls.mail_days),
            require_second_factor=_flag(
                environ, "REQUIRE_SECOND_FACTOR", env is Environment.PRODUCTION
            ),
            session_cookie_secure=_flag(
                environ, "SESSION_COOKIE_SECURE", env is Environment.PRODUCTION
            ),
            trusted_proxies=_number(environ, "TRUSTED_PROXIES", cls.trusted_proxies),
            debug=_flag(environ, "FLASK_DEBUG", False),
            face_model=_path(environ, "CAPTURE_FACE_MODEL"),
            crowd_model=_path(environ, "CAPTURE_CROWD_MODEL"),
            capture_source=_one_of(environ, "CAPTURE_SOURCE", CaptureSource, CaptureSource.BROWSER),
            capture_camera=environ.get("CAPTURE_CAMERA", "").strip(),
            capture_microphone=environ.get("CAPTURE_MICROPHONE", "").strip(),
            capture_workers=_number(environ, "CAPTURE_WORKERS", cls.capture_workers),
            capture_in_web=_flag(environ, "CAPTURE_IN_WEB", cls.capture_in_web),
            capture_memory_bytes=_number(environ, "CAPTURE_MEMORY_BYTES", cls.capture_memory_bytes),
            capture_niceness=_number(environ, "CAPTURE_NICENESS", cls.capture_niceness),
            capture_cores=_number(environ, "CAPTURE_CORES", cls.capture_cores),
            upload_chunk_max_bytes=_number(
                environ, "UPLOAD_CHUNK_MAX_BYTES", cls.upload_chunk_max_bytes
            ),
            upload_max_bytes=_number(environ, "UPLOAD_MAX_BYTES", cls.upload_max_bytes),
            disk_floor_bytes=_number(environ, "DISK_FLOOR_BYTES", cls.disk_floor_bytes),
            retention_days=_number(environ, "RETENTION_DAYS", cls.retention_days),
            audit_days=_number(environ, "AUDIT_DAYS", cls.audit_days),
            rules_off=frozenset(environ.get("RULES_OFF", "").replace(",", " ").split()),
            log_format=log_format.chosen(environ),
            media_accel_prefix=environ.get("MEDIA_ACCEL_PREFIX", "").strip().rstrip("/"),
            proxy_temp_folder=_path(environ, "PROXY_TEMP_FOLDER"),
            scan_command=_command(environ, "SCAN_COMMAND"),
            translations_folder=_path(environ, "TRANSLATIONS_FOLDER"),
            metrics_port=_number(environ, "METRICS_PORT", 0) or None,
        )
        config.check()
        return config

    def check(self) -> None:
        """Raise ConfigError when a setting is wrong, or unsafe in this environment."""
        if not self.secret_key:
            raise ConfigError(
                "SECRET_KEY is not set. "
                "Make one: python -c 'import secrets; print(secrets.token_hex(32))'"
            )
        if self.log_format not in log_format.FORMATS:
            raise ConfigError(
                f"LOG_FORMAT is {self.log_format!r}; "
                f"it must be one of: {', '.join(log_format.FORMATS)}."
            )
        if self.audit_days < AUDIT_DAYS_MIN:
            raise ConfigError(
                f"AUDIT_DAYS is {self.audit_days}; the database keeps audit entries for at least "
                f"{AUDIT_DAYS_MIN} days."
            )
        if self.media_accel_prefix and not self.media_accel_prefix.startswith("/"):
            raise ConfigError(
                "MEDIA_ACCEL_PREFIX must begin with a slash, as nginx's location does: /_media"
            )
        if self.env is not Environment.PRODUCTION:
            return
        if _is_weak(self.secret_key):
            raise ConfigError(
                f"SECRET_KEY is weak: use at least {SECRET_KEY_MIN_CHARS} random characters. "
                "Make one: python -c 'import secrets; print(secrets.token_hex(32))'"
            )
        if self.debug:
            raise ConfigError(
                "FLASK_DEBUG is on in production: unset it, it lets visitors run code."
            )
        if not self.session_cookie_secure:
            raise ConfigError(
                "SESSION_COOKIE_SECURE=0 in production: serve over HTTPS and unset it."
            )
        if not self.site_url.startswith("https://"):
            raise ConfigError(
                "SITE_URL must be the address at which people open the portal, beginning with "
                "https://, like https://jobs.example.org: links in mails and passkeys need it."
            )

    @cached_property
    def interviews_folder(self) -> Path:
        return self.instance_path / "interviews"

    @property
    def records_itself(self) -> bool:
        return self.capture_source is CaptureSource.DEVICE

    @property
    def station_socket(self) -> Path:
        """The socket of the kiosk process, which records with this machine's camera."""
        return self.instance_path / "kiosk.sock"

    @property
    def resumes_folder(self) -> Path:
        return self.instance_path / "resumes"

    @property
    def mail_folder(self) -> Path:
        """Where mails lie as files when `MAIL_URL` names no server."""
        return self.instance_path / "mail"

    @property
    def face_model_path(self) -> Path:
        return self.face_model or self.instance_path / "models" / "face_landmarker.task"

    @property
    def crowd_model_path(self) -> Path:
        return self.crowd_model or self.instance_path / "models" / "centerface.onnx"


def keep_settings(app: Flask, config: Config) -> None:
    """Let this app work with these settings."""
    app.config[KEPT_AS] = config


def settings(app: Flask | None = None) -> Config:
    """The settings of this app; without `app`, those of Flask's current app."""
    return cast(Config, (app or current_app).config[KEPT_AS])


def _one_of(
    environ: Mapping[str, str], name: str, choices: type[Choice], default: Choice
) -> Choice:
    value = environ.get(name, "").strip() or default
    try:
        return choices(value)
    except ValueError:
        raise ConfigError(
            f"{name} is {value!r}; it must be one of: {', '.join(choices)}."
        ) from None


def _site_url(environ: Mapping[str, str], env: Environment) -> str:
    """The portal's own address. Never that of a request: whoever sends one chooses its host."""
    at_home = f"http://localhost:{environ.get('PORT') or 8000}"
    given = environ.get("SITE_URL", "").strip().rstrip("/")
    return given or ("" if env is Environment.PRODUCTION else at_home)


def _is_weak(secret: str) -> bool:
    too_plain = len(set(secret)) < 8
    return (
        len(secret) < SECRET_KEY_MIN_CHARS
        or too_plain
        or any(word in secret.lower() for word in WEAK_SECRETS)
    )


def _flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ConfigError(f"{name} is {value!r}; write 1 or 0.")


def _command(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """A program and its arguments. Raises ConfigError when this machine has no such program.

    The portal must not start with a virus scanner that it cannot run.
    """
    try:
        words = tuple(shlex.split(environ.get(name, "")))
    except ValueError as fault:
        raise ConfigError(f"{name} cannot be read: {fault}.") from None
    if words and not shutil.which(words[0]):
        raise ConfigError(f"{name}: the program {words[0]!r} was not found on this machine.")
    return words


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdigit():
        raise ConfigError(f"{name} is {value!r}; write a whole number.")
    return int(value)


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "").strip()
    return Path(value).resolve() if value else None
