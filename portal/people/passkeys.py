"""Passkeys (WebAuthn): what the browser is asked for, and whether its answer is right.

A passkey works at one address, that of `SITE_URL`, and an IP address is none. This module checks
signatures. It knows no rows, no session and no page.
"""

import ipaddress
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from portal.config import settings
from portal.models import User

CHALLENGE_BYTES = 32
ANSWER_WITHIN_MS = 120_000  # a person may have to find a key, or a phone
# Longer answers are not read. Attestations, which we do not ask for, make them longer.
ANSWER_MAX_CHARS = 16_384
# The library names the first. Others come from what a stranger sent as keys and lists.
UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError)


def origin() -> str:
    """The address at which passkeys work, as browsers write it."""
    parts = urlsplit(settings().site_url)
    host = (parts.hostname or "").encode("idna").decode()
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def rp_id() -> str | None:
    """The name that passkeys belong to (the relying party's id). None where none can work.

    Browsers offer passkeys only for names, and only over HTTPS or on `localhost`.
    """
    site = urlsplit(origin())
    host = site.hostname or ""
    try:
        ipaddress.ip_address(host)
        return None
    except ValueError:
        is_safe = site.scheme == "https" or host == "localhost" or host.endswith(".localhost")
        return host if host and is_safe else None


def new_challenge() -> bytes:
    return secrets.token_bytes(CHALLENGE_BYTES)


def creation_options(user: User, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
    """What a browser needs to make a passkey. One that has a passkey of `known` makes no second."""
    options = webauthn.generate_registration_options(
        rp_id=rp_id() or "",
        rp_name=settings().site_name,
        user_id=user.id.bytes,
        user_name=user.email,
        user_display_name=user.full_name,
        challenge=challenge,
        timeout=ANSWER_WITHIN_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            # the device remembers for whom it is, and checks who holds it: so it works alone
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return options_to_json_dict(options)


def request_options(
    challenge: bytes, known: Sequence[bytes] = (), *, alone: bool
) -> dict[str, Any]:
    """What a browser needs to use a passkey; one of `known`, or any that it has for this site.

    `alone`: it replaces the password, so the device must check who holds it (fingerprint, PIN).
    """
    needed = UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=rp_id() or "",
        challenge=challenge,
        timeout=ANSWER_WITHIN_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        user_verification=needed.REQUIRED if alone else needed.PREFERRED,
    )
    return options_to_json_dict(options)


def read_new(answer: str, challenge: bytes) -> VerifiedRegistration | None:
    """The passkey that a browser has made. None if its answer is not right."""
    if (name := rp_id()) is None:
        return None
    try:
        return webauthn.verify_registration_response(
            credential=answer[:ANSWER_MAX_CHARS],
            expected_challenge=challenge,
            expected_rp_id=name,
            expected_origin=origin(),
            require_user_verification=True,
        )
    except UNREADABLE:
        return None


def read(answer: str) -> AuthenticationCredential | None:
    """What a browser says when it uses a passkey. Nothing of it is checked yet."""
    try:
        return parse_authentication_credential_json(answer[:ANSWER_MAX_CHARS])
    except UNREADABLE:
        return None


def counter_if_right(
    said: AuthenticationCredential, challenge: bytes, public_key: bytes, *, alone: bool
) -> int | None:
    """The passkey's counter after this use. None if the answer is not right.

    The caller compares the counter with the stored one (the library would not say that it fell).
    """
    if (name := rp_id()) is None:
        return None
    try:
        verified = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=name,
            expected_origin=origin(),
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=alone,
        )
    except UNREADABLE:
        return None
    return verified.new_sign_count
