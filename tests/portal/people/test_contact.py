"""Names, addresses and numbers, as they come out of keyboards, phones and address books."""

import unicodedata

import pytest
from factories import make_user, sign_in
from flask.testing import FlaskClient
from registering import register
from visiting import seen_in

from portal.extensions import db
from portal.models import User
from portal.people import accounts
from portal.people.contact_details import is_name, is_phone, tidy_email, tidy_phone, tidy_text

ZERO_WIDTH, RLO, ESCAPE, RLM = "\u200b", "\u202e", "\x1b", "\u200f"
NEW = {"full_name": "Zoë Quill", "email": "zoe@bücher.example", "password": "purple wagon wheel"}

INVISIBLE = [
    ZERO_WIDTH,
    RLO,
    ESCAPE,
    RLM,
    ZERO_WIDTH * 40,
    f" {RLO}\u2066{ESCAPE} ",
    "\u200d",
    "\u2063",
]


@pytest.mark.parametrize("typed", INVISIBLE, ids=ascii)
def test_a_name_that_nobody_can_see_is_no_name(typed: str) -> None:
    assert not is_name(tidy_text(typed))


@pytest.mark.parametrize(("typed", "read"), [
    (f"Ali{RLO}ce", "Alice"),
    ("  Zoë \t Quill\n", "Zoë Quill"),
    (unicodedata.normalize("NFD", "Zoë Quill"), "Zoë Quill"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("\u200dAda\u200c", "Ada"),
    ("李 小龍", "李 小龍"),
    ("Anne\u00a0Marie", "Anne Marie"),
])  # fmt: skip
def test_a_name_is_kept_as_it_is_read(typed: str, read: str) -> None:
    assert (tidy_text(typed), is_name(read)) == (read, True)


@pytest.mark.parametrize("typed", [
    "zoe@bücher.example", "ZOE@BÜCHER.example", "zoe@xn--bcher-kva.example",
    "zoe@bu\u0308cher.example", f" zoe{ZERO_WIDTH}@xn--bcher-kva.EXAMPLE ",
])  # fmt: skip
def test_one_mailbox_has_one_spelling(typed: str) -> None:
    assert tidy_email(typed) == "zoe@bücher.example"


def test_letters_before_the_at_are_composed() -> None:
    assert tidy_email("zoe\u0308@example.org") == tidy_email("zoë@example.org") == "zoë@example.org"


@pytest.mark.parametrize("typed", ["zoe@-", "zoe", "@", "zoe@a..b", "zoe@" + "x" * 300])
def test_what_is_no_address_stays_for_the_form_to_refuse(typed: str) -> None:
    assert tidy_email(typed) == typed


@pytest.mark.parametrize("typed", [
    "+351 21 000 0000", "(021) 000-000", "021/000.000",
    "\u202a+351\u00a021\u00a0000\u00a00000\u202c", "021 \u2013 000 \u2011 000",
    "+351 21 000 0000 ext. 12", "021 000 000 x12", "021 000 000,12", "021000000 EXT 4",
])  # fmt: skip
def test_a_number_pasted_from_an_address_book_is_taken(typed: str) -> None:
    assert is_phone(tidy_phone(typed))


@pytest.mark.parametrize(
    "typed", ["call me", "12", "+351 21 <b>", "ext. 12", "021 000 000 ext. home", "1" * 41]
)
def test_what_cannot_be_dialled_is_no_number(typed: str) -> None:
    assert not is_phone(tidy_phone(typed))


@pytest.mark.parametrize("name", [ZERO_WIDTH, RLO, ESCAPE], ids=ascii)
def test_nobody_registers_without_a_name_that_can_be_seen(client: FlaskClient, name: str) -> None:
    page = register(client, **NEW | {"full_name": name})
    program = client.post("/api/auth/register", json=NEW | {"full_name": name})

    assert (page.status_code, program.status_code) == (422, 422)
    assert "Enter your name." in page.text
    assert "Enter your name." in program.json["errors"]["full_name"]


def test_one_mailbox_makes_one_account(client: FlaskClient) -> None:
    assert client.post("/api/auth/register", json=NEW).status_code == 202
    second = register(client, **NEW | {"email": "Zoe@xn--bcher-kva.example"})

    assert second.status_code == 303
    zoes = db.select(db.func.count(User.id)).where(User.email == "zoe@bücher.example")
    assert db.session.scalar(zoes) == 1


def test_and_is_found_under_each_of_its_spellings(client: FlaskClient) -> None:
    client.post("/api/auth/register", json=NEW)
    signed_in = client.post("/login", data=NEW | {"email": "zoe@XN--BCHER-KVA.example"})

    assert signed_in.status_code == 303
    assert accounts.find("zoe@bu\u0308cher.example") is not None


def test_a_pasted_number_is_kept_as_it_is_dialled(client: FlaskClient) -> None:
    zoe = make_user()
    shown = sign_in(client, zoe).get("/register/about").text
    client.post(
        "/register/about",
        data=seen_in(shown) | {"phone": "\u202a+351\u00a021\u00a0000\u20110000\u202c"},
    )
    assert db.session.get(User, zoe.id).phone == "+351 21 000-0000"


def test_a_program_sends_a_number_that_can_be_dialled_or_none(client: FlaskClient) -> None:
    refused = client.post("/api/auth/register", json=NEW | {"phone": "call me"})
    assert refused.status_code == 422
    assert "Write the number with digits" in refused.json["errors"]["phone"][0]
    assert client.post("/api/auth/register", json=NEW | {"phone": ""}).status_code == 202
