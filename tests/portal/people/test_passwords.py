"""Which passwords are refused, and why."""

import pytest
from flask import Flask

from portal import create_app
from portal.config import Config, ConfigError, settings
from portal.people import common_passwords, passwords

NAME, EMAIL = "María Example", "maria.example@mail.test"


def why(password: str) -> str | None:
    return passwords.why_refused(password, EMAIL, NAME)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "password",
    [
        "1234567890", "password123", "qwertyuiop", "iloveyou12", "1q2w3e4r5t", "PassWord123",
        " password123 ", "ｐａｓｓｗｏｒｄ１２３", "basketball1", "christopher", "manchester1",
    ],
)  # fmt: skip
def test_a_common_password_is_refused(password: str) -> None:
    assert "tried first" in (why(password) or "")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "password",
    [
        "abcabcabcabc",
        "abcdabcdab",
        "aaaaaaaaaaaaaaaa",
        "éàéàéàéàéà",
        "defghijklmnop",
        "zyxwvutsrqponm",
        "ΑΒΓΔΕΖΗΘΙΚ",
    ],
)
def test_a_pattern_is_refused(password: str) -> None:
    assert "tried first" in (why(password) or "")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "password",
    [
        "maria.example26",
        "Example-Maria!",
        "maria.example@mail.test",
        "CareerPortal1",
        "MARÍA!maría?",
    ],
)
def test_what_anybody_knows_of_its_owner_is_refused(password: str) -> None:
    assert "hardly more than" in (why(password) or "")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "password",
    [
        "María swims at noon on Sundays", "correct horse battery", "a7!kQ#mmpz", "Grüße aus Łódź 7",
        "密码密码很长的一句话啊", "x" * 3 + "kangaroo" * 20,
    ],
)  # fmt: skip
def test_others_are_taken(password: str) -> None:
    assert why(password) is None


def test_the_list_has_all_long_ones_of_a_million() -> None:
    assert len(common_passwords.FILE.read_bytes()) > 100_000 * common_passwords.HASH_BYTES


def test_without_the_list_the_portal_does_not_start(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Config = settings(app)
    monkeypatch.setattr(common_passwords, "FILE", config.instance_path / "nowhere")
    with pytest.raises(ConfigError, match="make assets"):
        create_app(config)
