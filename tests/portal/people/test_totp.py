"""The codes of authenticator apps, against codes that another implementation makes."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from second_factors import SECRET, at, code_at

from portal.models import utc_now
from portal.people import totp

# Appendix B of RFC 6238, the rows for SHA-1; its codes have eight digits, ours are their end.
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
NOW = 1_700_000_015.0


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert code_at(seconds, digits=8) == code  # the tests' own implementation
    assert totp.step_of(SECRET, code[-6:], at(seconds)) == seconds // 30


@pytest.mark.parametrize(("late_s", "is_right"), [(-60, 0), (-30, 1), (0, 1), (30, 1), (60, 0)])
def test_a_clock_may_be_half_a_minute_wrong(late_s: int, is_right: int) -> None:
    step = totp.step_of(SECRET, code_at(NOW - late_s), at(NOW))
    assert (step is not None) == bool(is_right)


def test_blanks_in_a_code_do_not_matter() -> None:
    code = code_at(NOW)
    assert totp.step_of(SECRET, f" {code[:3]} {code[3:]}\n", at(NOW)) is not None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "１２３４５６", "abcdef", "-12345"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert totp.step_of(SECRET, typed, at(NOW)) is None


@pytest.mark.usefixtures("app")
def test_a_secret_is_read_only_in_its_own_row_and_with_its_own_key(app: Flask) -> None:
    row = uuid.uuid4()
    stored = totp.encrypt(SECRET, row)
    assert SECRET.encode() not in stored
    assert totp.decrypt(stored, row) == SECRET
    assert totp.decrypt(stored, uuid.uuid4()) is None
    assert totp.decrypt(b"", row) is None
    app.config["SECRET_KEY"] = "another key"
    assert totp.decrypt(stored, row) is None


@pytest.mark.usefixtures("app")
def test_a_set_up_is_of_one_person_for_a_quarter_of_an_hour() -> None:
    person, now = uuid.uuid4(), utc_now()
    set_up = totp.start_set_up(now)
    sealed = totp.seal(set_up, person)
    assert set_up.secret.encode() not in sealed
    assert totp.unseal(sealed, person, now) == set_up
    assert totp.unseal(sealed, uuid.uuid4(), now) is None
    assert totp.unseal(sealed, person, now + timedelta(minutes=15)) is None
    assert totp.unseal(sealed[:-1], person, now) is None


def test_each_secret_is_new_and_has_160_bits() -> None:
    first, second = (totp.start_set_up(utc_now()) for _ in range(2))
    assert first.secret != second.secret
    assert len(first.secret) == 32
    assert not set(first.secret) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_the_address_names_site_and_person() -> None:
    address = totp.address_of(SECRET, "o'neil+a@exämple.org", "Jobs & more")
    assert address.startswith("otpauth://totp/Jobs%20%26%20more:")
    assert f"secret={SECRET}" in address
    assert "issuer=Jobs%20%26%20more" in address


def test_the_qr_code_has_its_margin_and_its_corners() -> None:
    code = totp.qr_code("otpauth://totp/x?secret=" + SECRET)
    corners = [f"M{x} {y}h7v1h-7z" for x, y in ((4, 4), (code.side - 11, 4), (4, code.side - 5))]
    assert [corner for corner in corners if corner not in code.path] == []
    assert "M0 " not in code.path
