"""Runs a command with the settings of a demo on this machine: `development.py flask seed`.

The environment wins, then `.env`, then the defaults here; nothing is written to either. A secret
key is made once and kept in the instance folder, so that sign-ins survive a restart. Not for
production: see docs/deploy.md.
"""

import os
import secrets
import sys
from pathlib import Path

from dotenv import dotenv_values

PROJECT = Path(__file__).resolve().parent.parent


def settings() -> dict[str, str]:
    """Every setting of the command to run."""
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
        merged["SECRET_KEY"] = kept_secret(Path(merged["INSTANCE_PATH"]))
    return merged


def kept_secret(folder: Path) -> str:
    """The key of this instance folder, made on first use and readable by its owner only."""
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
