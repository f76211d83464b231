"""The scanners. Each has its own environment with locked versions, and runs for a limited time.

A tool is a function from the target to findings. The key of a finding is the same in every run.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factories import PASSWORD

from portal.config import PROJECT_FOLDER
from scan.forms import Form, endings_last, forms_of
from scan.target import ADMIN, CANDIDATE, Target

LOCKS = PROJECT_FOLDER / "scan"
ENVIRONMENTS = PROJECT_FOLDER / ".scan"
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# No request may leave this machine. Those that are not for loopback go to a proxy that does not
# exist.
NOWHERE = dict.fromkeys(
    ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:1"
)
HERE_ONLY = NOWHERE | {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}


@dataclass(frozen=True, order=True)
class Finding:
    """What a tool says about a place."""

    tool: str
    rule: str
    place: str

    @property
    def key(self) -> str:
        return f"{self.tool}: {self.rule} {self.place}"


class ToolFailed(Exception):
    """The tool did not do its work. The message contains the end of its output."""


def run(tool: str, *arguments: str, folder: Path, seconds: int) -> str:
    """Run the tool and return its output. We ignore its exit status, as its report says more."""
    command = [str(environment_of(tool) / "bin" / tool), *arguments]
    environ = os.environ | HERE_ONLY | {"HOME": str(folder)}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as exc:
        raise ToolFailed(f"{tool} took more than {seconds} s") from exc
    return done.stdout + done.stderr


def environment_of(tool: str) -> Path:
    """The tool's own virtual environment. We create it again when its lock has changed."""
    lock, folder = LOCKS / f"{tool}.lock", ENVIRONMENTS / tool
    stamp = folder / f".installed-{zlib.crc32(lock.read_bytes())}"
    if not stamp.exists():
        print(f"Installing {tool} …", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--no-deps",
            "--quiet",
        ]
        subprocess.run([*pip, "-r", str(lock)], check=True)
        stamp.touch()
    return folder


def report_of(path: Path, printed: str) -> dict[str, Any]:
    if not path.is_file():
        raise ToolFailed(printed[-2000:])
    report: dict[str, Any] = json.loads(path.read_text())
    return report


def bandit(target: Target) -> Iterable[Finding]:
    """Reads the source."""
    report = target.folder / "bandit.json"
    sources = [
        str(PROJECT_FOLDER / name)
        for name in ("capture", "disk", "documents", "portal", "setup", "migrations", "wsgi.py")
    ]
    files = [str(PROJECT_FOLDER / name) for name in ("gunicorn.conf.py", "log_format.py")]
    printed = run(
        "bandit",
        "-r",
        *sources,
        *files,
        "-f",
        "json",
        "-o",
        str(report),
        folder=target.folder,
        seconds=120,
    )
    for result in report_of(report, printed)["results"]:
        yield Finding(
            "bandit", result["test_id"], str(Path(result["filename"]).relative_to(PROJECT_FOLDER))
        )


def schemathesis(target: Target) -> Iterable[Finding]:
    """Sends the API requests that its document allows, and requests that it does not allow."""
    folder, report = target.folder, target.folder / "schemathesis.json"
    (folder / "schemathesis.toml").write_text(
        f'[parameters]\ninterview_id = "{target.interview_id}"\njob_id = "{target.job_ids[0]}"\n'
    )
    what = [
        "run",
        f"{target.url}/api/openapi.json",
        "--max-time",
        "150",
        "--checks",
        "all",
        "--continue-on-failure",
    ]
    # Signing out would end the token that all other requests need.
    who = [
        "-H",
        f"Authorization: Bearer {target.token(ADMIN)}",
        "--exclude-path",
        "/api/auth/logout",
    ]
    report_to = ["--report", "json", "--report-json-path", str(report), "--report-dir", str(folder)]
    printed = run("schemathesis", *what, *who, *report_to, folder=folder, seconds=280)
    for failure in report_of(report, printed)["failures"]:
        for operation in failure["operations"]:
            yield Finding("schemathesis", failure["title"], without_ids(label_of(operation)))


def label_of(operation: object) -> str:
    return operation if isinstance(operation, str) else str(operation["label"])  # type: ignore[index]


# Without modules that need a service elsewhere (ssrf, xxe, log4shell), that fetch lists of other
# products' faults (nikto, wapp, cms), or that look for what we do not have (ldap).
WAPITI_MODULES = (
    "cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,permanentxss,redirect,shellshock,"
    "sql,upload,xss"
)


# Pages on which a scanner would sign itself out or end its own account.
NOT_VISITED = (
    "logout",
    "account/sign-out-everywhere",
    "account/delete",
    "applications/*/withdraw",
    "admin/people/*",
)


def wapiti(target: Target) -> Iterable[Finding]:
    """Visits the pages as a candidate and as an admin, and attacks every field."""
    for email in (CANDIDATE, ADMIN):
        yield from wapiti_as(target, email)


def wapiti_as(target: Target, email: str) -> Iterable[Finding]:
    report = target.folder / f"wapiti-{email}.json"
    url = target.url
    start = [
        "-u",
        f"{url}/",
        "-s",
        f"{url}/dashboard",
        "-s",
        f"{url}/admin/",
        "-d",
        "3",
        "--max-files-per-dir",
        "30",
    ]
    sign_in = ["--form-user", email, "--form-password", PASSWORD, "--form-url", f"{url}/login"]
    excluded = [argument for path in NOT_VISITED for argument in ("-x", f"{url}/{path}")]
    bounds = [
        "--max-scan-time",
        "30",
        "--max-attack-time",
        "12",
        "-m",
        WAPITI_MODULES,
        "--flush-session",
    ]
    home = ["--no-bugreport", "--endpoint", "http://127.0.0.1:1/", "--dns-endpoint", "localhost"]
    stored = [
        "--store-session",
        str(target.folder / email),
        "--store-config",
        str(target.folder / "wapiti"),
    ]
    written = ["-f", "json", "-o", str(report)]
    printed = run(
        "wapiti",
        *start,
        *sign_in,
        *excluded,
        *bounds,
        *home,
        *stored,
        *written,
        folder=target.folder,
        seconds=300,
    )
    found = report_of(report, printed)
    if not found["infos"]["auth"]["logged_in"]:
        raise ToolFailed("wapiti could not sign in")
    for kind in ("vulnerabilities", "anomalies"):
        for rule, places in found[kind].items():
            yield from (
                Finding("wapiti", rule, f"{at['method']} {without_ids(at['path'])}")
                for at in places
            )


INJECTED = re.compile(r"^Parameter: (\S+) \((\w+)\)", re.MULTILINE)


def sqlmap(target: Target) -> Iterable[Finding]:
    """Tries SQL injection in every field of every form, and in the API's fields."""
    forms = endings_last(forms_of(target))
    print(
        f"sqlmap: {len(forms)} forms, {sum(len(form.typed) for form in forms)} fields", flush=True
    )
    for form in forms:
        for name in sqlmap_form(target, form):
            yield Finding("sqlmap", "injection", f"{form.method} {without_ids(form.path)} {name}")


def sqlmap_form(target: Target, form: Form) -> list[str]:
    request = target.folder / "request.txt"
    request.write_bytes(form.raw(target.url))
    how = [
        "--batch",
        "--technique=BEU",
        "--dbms=sqlite",
        "--level=1",
        "--risk=2",
        "--threads=4",
        "--disable-coloring",
    ]
    # The portal refuses odd values, with 422 and other codes. With another address each time, the
    # scanner reaches no limit.
    through = [
        "--ignore-code=*",
        "--tamper=xforwardedfor",
        "--ignore-redirects",
        "--flush-session",
        "--drop-set-cookie",
    ]
    left_alone = ["--skip=csrf_token", f"--output-dir={target.folder / 'sqlmap'}"]
    printed = run(
        "sqlmap", "-r", str(request), *how, *through, *left_alone, folder=target.folder, seconds=120
    )
    if (
        "all tested parameters do not appear to be injectable" not in printed
        and not INJECTED.search(printed)
    ):
        raise ToolFailed(printed[-2000:])
    return [f"{name} ({place})" for name, place in INJECTED.findall(printed)]


def without_ids(path: str) -> str:
    return ID.sub("…", path)


TOOLS: dict[str, Callable[[Target], Iterable[Finding]]] = {
    "bandit": bandit,
    "schemathesis": schemathesis,
    "sqlmap": sqlmap,
    "wapiti": wapiti,
}
