"""Which language a person reads, and how it writes numbers, dates, lists and plurals."""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from factories import Cast, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from job_forms import JOB, rows
from registering import as_a_person

from portal import choice_words, languages
from portal.errors import PortalError
from portal.extensions import db
from portal.languages import gettext, ngettext
from portal.models import (
    AnswerState,
    ApplicationStatus,
    EmploymentType,
    FlagKind,
    JobStatus,
    Role,
    User,
    Workplace,
)
from portal.web.template_filters import day, file_size, moment, seconds
from setup.translations import compile_all

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_all()


@pytest.fixture
def in_german(app: Flask) -> Iterator[None]:
    assert app
    with languages.speaking("de"):
        yield


def spoken(client: FlaskClient, **headers: str) -> str:
    response = client.get("/jobs", headers=headers)
    language = response.headers["Content-Language"]
    assert f'<html lang="{language}">' in response.text
    return language


@pytest.mark.parametrize(
    ("browser", "language"),
    [("", "en"), ("de-AT,de;q=0.9", "de"), ("fr, en;q=0.8, de;q=0.3", "en"), ("fr", "en")],
)
def test_a_guest_reads_the_first_language_of_the_browser_that_we_have(
    client: FlaskClient, browser: str, language: str
) -> None:
    assert spoken(client, **{"Accept-Language": browser}) == language


def test_a_guests_choice_is_kept_in_a_cookie_and_goes_before_the_browser(
    client: FlaskClient,
) -> None:
    page = {"Referer": "http://localhost/jobs?q=a", **GERMAN}
    answer = client.post("/language", data={"language": "en"}, headers=page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jobs?q=a")
    assert spoken(client, **GERMAN) == "en"


def test_the_choice_of_a_person_who_is_signed_in_is_kept_in_the_account(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    client.set_cookie("language", "en")
    sign_in(client, cast.alice)
    assert spoken(client) == "en"
    answer = client.post("/language", data={"language": "de"})
    assert "Set-Cookie" not in answer.headers
    assert spoken(client) == "de"
    other_browser = app.test_client()
    assert spoken(other_browser) == "en"
    sign_in(other_browser, cast.alice)
    assert spoken(other_browser) == "de"


@pytest.mark.parametrize("said", [{"language": "xx"}, {}])
def test_a_language_that_we_do_not_have_is_refused(
    client: FlaskClient, said: dict[str, str]
) -> None:
    assert client.post("/language", data=said).status_code == 400


def test_the_choice_leads_to_no_other_site(client: FlaskClient) -> None:
    page = {"Referer": "https://elsewhere.example//elsewhere.example/jobs"}
    answer = client.post("/language", data={"language": "de"}, headers=page)
    assert answer.headers["Location"] == "/jobs"


def test_a_cookie_with_a_language_that_we_do_not_have_is_passed_over(client: FlaskClient) -> None:
    client.set_cookie("language", "xx")
    assert spoken(client, **GERMAN) == "de"


def test_the_language_in_which_a_person_registers_is_noted_for_what_is_written_to_them(
    client: FlaskClient,
) -> None:
    person = {"full_name": "Eva", "email": "eva@example.org", "password": "a long enough one"}
    client.post("/register", data=as_a_person(**person), headers=GERMAN)
    eva = db.session.scalars(db.select(User).where(User.email == "eva@example.org")).one()
    assert eva.language == "de"


def test_a_page_says_that_other_browsers_get_other_languages(client: FlaskClient) -> None:
    vary = client.get("/jobs").headers.getlist("Vary")
    assert any("Accept-Language" in one for one in vary)


@pytest.mark.usefixtures("app")
def test_background_work_speaks_english_but_for_what_it_writes_to_a_person() -> None:
    eva = make_user(full_name="Eva", email="eva@example.org")
    eva.language = "de"
    assert languages.language() == "en"
    with languages.speaking(eva.language):
        assert languages.language() == "de"
    assert languages.language() == "en"


@pytest.mark.usefixtures("in_german")
def test_numbers_and_dates_are_written_as_a_german_reads_them() -> None:
    at = datetime(2026, 3, 5, 14, 3, tzinfo=UTC)
    assert (seconds(5_400), file_size(1_440_000)) == ("5,4 s", "1,4 MB")
    assert (day(at), moment(at)) == ("5. März 2026", "5. März 2026 14:03 UTC")
    assert languages.listed(["a", "b", "c"]) == "a, b und c"


@pytest.mark.usefixtures("app")
def test_in_english_they_are_written_as_before() -> None:
    at = datetime(2026, 9, 5, 14, 3, tzinfo=UTC)
    assert (seconds(5_400), file_size(1_440_000), file_size(999)) == ("5.4 s", "1.4 MB", "1 kB")
    assert (day(at), moment(at)) == ("5 Sep 2026", "5 Sep 2026 14:03 UTC")
    assert (day(None), moment(None)) == ("–", "–")
    assert languages.listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("value", [0.25, 0.35, 2.5, 1234.5])
def test_a_number_has_the_digits_that_the_telemetry_file_has(value: float) -> None:
    assert languages.number(value, 1) == f"{value:.1f}"


@pytest.mark.usefixtures("in_german")
def test_a_sentence_without_a_translation_is_said_in_english() -> None:
    assert gettext("Nobody translated this %(n)s.", n=1) == "Nobody translated this 1."
    assert ngettext("%(num)s xyz", "%(num)s xyzs", 2) == "2 xyzs"


@pytest.mark.parametrize(
    "choices",
    [AnswerState, ApplicationStatus, EmploymentType, FlagKind, JobStatus, Role, Workplace],
)
def test_every_choice_has_its_words(choices: type[StrEnum]) -> None:
    assert [one for one in choices if one.value not in choice_words.WORDS] == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"workplace": "moon"}, "Keine gültige Auswahl."),
        ({"questions-0-think_s": "soon"}, "Keine gültige, ganze Zahl."),
    ],
)
def test_what_wtforms_itself_says_about_a_field_is_said_in_the_readers_language(
    client: FlaskClient, cast: Cast, typed: dict[str, str], message: str
) -> None:
    cast.ada.language = "de"
    sign_in(client, cast.ada)
    assert message in client.post("/admin/jobs/new", data=JOB | rows("First?") | typed).text


@pytest.mark.usefixtures("in_german")
def test_a_refusal_without_a_sentence_stays_without_one() -> None:
    assert PortalError().message == ""  # gettext alone would give the catalog's header
