"""A quiet defence of forms that anybody may send: a field that people do not see, and a least time.

Nobody loses what was typed: the page comes back with it and with a sentence, and the same press
sends it. The limits in `portal/people/throttle.py` stop what gets through.
"""

import time
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from wtforms import HiddenField, StringField

from portal.forms import PageForm
from portal.languages import gettext as _
from portal.languages import lazy_gettext

# A program sends a form at once. People, even with a password manager, look at it first.
SOONEST_MS = 1_500
# A program that keeps one page for ever has to fetch a new one each day.
LATEST_MS = 24 * 3600 * 1000


class DefendedForm(PageForm):
    """A form with the two fields of the defence. `ui.defence(form)` shows them and what they said.

    The name of the second field is one that programs like to fill, and no password manager knows.
    """

    made_at = HiddenField()
    remarks = StringField(
        lazy_gettext("Leave this empty"),
        render_kw={"autocomplete": "off", "tabindex": "-1", "maxlength": 200},
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if not self.is_submitted():
            self.made_at.data = stamp()

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        reason = self._why_stopped()
        if is_valid and reason:
            self.form_errors = [reason]
        return is_valid and not reason

    def _why_stopped(self) -> str | None:
        """A sentence for the person, after which the same form may be sent. None if it may now."""
        age_ms = _age_ms(self.made_at.data or "")
        is_usable = age_ms is not None and age_ms <= LATEST_MS
        if not is_usable:
            self.made_at.data = stamp()
        if self.remarks.data:
            self.remarks.data = ""
            return _(
                "Something filled in a field that stays empty. It is empty now: send it again."
            )
        if not is_usable:
            return _("This page was open for a long time. Send it once more.")
        if age_ms is not None and age_ms < SOONEST_MS:
            return _("That was very quick. Look once more at what you typed, then send it again.")
        return None


def stamp(at_ms: int | None = None) -> str:
    """When a page was made, signed, so that nobody can make the time longer."""
    made: str = str(_signer().dumps(_now_ms() if at_ms is None else at_ms))
    return made


def _age_ms(text: str) -> int | None:
    try:
        return _now_ms() - int(_signer().loads(text))
    except (BadSignature, ValueError, TypeError):
        return None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="form-age")
