"""Finds the forms on the portal's pages and of the API, as requests that scanners can change."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import papers
from factories import PASSWORD
from visiting import Visitor

from scan.target import ADMIN, CANDIDATE, Target

TYPED = {
    "text",
    "email",
    "password",
    "tel",
    "search",
    "date",
    "number",
    "hidden",
    "checkbox",
    "radio",
}
SAMPLES = {
    "password": "nobody's password",  # with the right password, a form would delete the account
    "email": "carol@example.org",
    "date": "2026-11-24",
    "number": "30",
    "tel": "+351 21 000 0000",
}


@dataclass
class Form:
    path: str
    method: str
    fields: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    is_json: bool = False
    resume: str = ""  # the name of a field that takes a file

    @property
    def typed(self) -> set[str]:
        """The names of the fields that a person fills in."""
        return self.fields.keys() - {"csrf_token"}

    def raw(self, url: str) -> bytes:
        """The bytes of the HTTP request."""
        kind, body = self._body()
        path = f"{self.path}?{body.decode()}" if self.method == "GET" else self.path
        headers = {"Host": urlsplit(url).netloc, **self.headers}
        if self.method == "POST":
            headers |= {"Content-Type": kind, "Referer": url + self.path}
        lines = [
            f"{self.method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + (body if self.method == "POST" else b"")

    def _body(self) -> tuple[str, bytes]:
        if self.is_json:
            return "application/json", json.dumps(self.fields).encode()
        if self.resume:
            sent = papers.form(**self.fields, **{self.resume: papers.upload()})
            return sent["content_type"], sent["data"]
        return "application/x-www-form-urlencoded", urlencode(self.fields).encode()


class FormReader(HTMLParser):
    """Reads the forms of one page, with a value in each field."""

    def __init__(self, path: str, html: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form":
            target = urlsplit(urljoin(self.path, values.get("action") or self.path))
            self.forms.append(Form(target.path, values.get("method", "get").upper(), {}))
        elif self.forms and name and tag in {"input", "textarea", "select", "button"}:
            kind = values.get("type", "text")
            if kind == "file":
                self.forms[-1].resume = name
            if tag != "input" or kind in TYPED:
                self.forms[-1].fields.setdefault(
                    name, values.get("value") or SAMPLES.get(kind, "words")
                )
        elif self.forms and tag == "option" and values.get("value"):
            select = next(reversed(self.forms[-1].fields))
            if self.forms[-1].fields[select] == "words":
                self.forms[-1].fields[select] = values["value"]


def forms_of(target: Target) -> Iterator[Form]:
    """Each form with something to fill in, once, with the cookies of a user who may send it."""
    seen = set()
    for email, paths in pages(target).items():
        visitor = target.visitor(email) if email else Visitor(target.url)
        for path in paths:
            for form in FormReader(path, visitor.get(path).text).forms:
                known = (form.method, form.path, *sorted(form.fields))
                if form.typed and known not in seen:
                    seen.add(known)
                    form.headers["Cookie"] = "; ".join(
                        f"{cookie.name}={cookie.value}" for cookie in visitor.cookies
                    )
                    yield form
    yield from searches(target)
    yield from api_forms(target)


ENDINGS = ("/withdraw", "/decide", "/disable")


def endings_last(forms: Iterable[Form]) -> list[Form]:
    """The forms, with those last that end an application or disable a user."""
    return sorted(forms, key=lambda form: form.path.endswith(ENDINGS))


def searches(target: Target) -> Iterator[Form]:
    """The searches of the admin's lists, with plain values in their addresses.

    Their real forms send sealed values, which a scanner cannot change.
    """
    admin = target.visitor(ADMIN)
    cookies = {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in admin.cookies)}
    choices = {
        "state": "ready",
        "severity": "high",
        "kind": "no_face",
        "job": str(target.job_ids[0]),
    }
    days = {"from": "2026-11-01", "to": "2026-11-24"}
    yield Form("/admin/sessions", "GET", {"candidate": "words"} | choices | days, cookies)
    yield Form(
        "/admin/applications",
        "GET",
        {"candidate": "words", "job": choices["job"], "status": "applied"},
        cookies,
    )
    yield Form("/admin/people", "GET", {"q": "words", "page": "1"}, cookies)


def pages(target: Target) -> dict[str, list[str]]:
    """The pages with forms, by the user who opens them ("" is a visitor without an account)."""
    interview, job = target.interview_id, target.job_ids[0]
    account = ["/account/password", "/account/data", "/account/delete", "/account/profile"]
    account += ["/account/address", "/account/sign-ins"]
    candidate = [
        *account,
        "/jobs",
        "/register/about",
        "/dashboard",
        f"/capture/{target.pending_id}/consent",
    ]
    candidate += [f"/jobs/{target.unapplied_slug}/apply"]
    admin = ["/admin/sessions", f"/admin/sessions/{interview}", "/admin/jobs", "/admin/jobs/new"]
    admin += [f"/admin/jobs/{job}", "/admin/applications", "/admin/people"]
    return {"": ["/login", "/register", "/forgot"], CANDIDATE: candidate, ADMIN: admin}


def api_forms(target: Target) -> Iterator[Form]:
    bearer = {"Authorization": f"Bearer {target.token(ADMIN)}"}
    account = {
        "email": "dave@example.org",
        "password": PASSWORD,
        "full_name": "words",
        "phone": "1",
        "location": "a",
    }
    yield Form("/api/auth/login", "POST", {"email": ADMIN, "password": PASSWORD}, is_json=True)
    yield Form("/api/auth/register", "POST", account, is_json=True)
    yield Form(
        "/api/jobs",
        "GET",
        {"q": "data", "workplace": "remote", "type": "full_time", "status": "open", "page": "1"},
    )
    yield Form(
        "/api/admin/sessions",
        "GET",
        {"candidate": "a", "kind": "no_face", "job": target.job_ids[0]},
        bearer,
    )
    yield Form("/api/applications", "GET", {"page": "1", "page_size": "20"}, bearer)
