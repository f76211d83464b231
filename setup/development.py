"""Runs a command with settings for a demo on this machine: `development.py flask seed`.

Each setting comes from the environment, or else from `.env`, or else from the defaults here. This
program changes neither of them. It creates a secret key once and keeps it in the instance folder,
so that sign-ins survive a restart. Do not use it in production: see docs/deploy.md.
"""

import os
import secrets
import sys
from pathlib import Path

from dotenv import dotenv_values

PROJECT = Path(__file__).resolve().parent.parent


def settings() -> dict[str, str]:
    """The environment for the command."""
    given = {
        name: value for name, value in dotenv_values(PROJECT / ".env").items() if value
    } | os.environ
    defaults = {
        "PORTAL_ENV": "development",
        "FLASK_APP": "wsgi",
        "INSTANCE_PATH": str(PROJECT / "instance"),
    }
    merged = defaults | given
    if not merged.get("SECRET_KEY"):
        merged["SECRET_KEY"] = stored_secret(Path(merged["INSTANCE_PATH"]))
    return merged


def stored_secret(folder: Path) -> str:
    """The instance folder's secret key. The first use creates it; only its owner can read it."""
    file = folder / "development-key"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as key:
            key.write(secrets.token_hex(32))
    return file.read_text()


def main() -> None:
    command = sys.argv[1:]
    if not command:
        sys.exit("usage: development.py COMMAND [ARGUMENT …]")
    os.environ.update(settings())
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
