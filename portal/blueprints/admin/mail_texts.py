"""The texts of mails: which there are, and an admin's own words in place of the portal's."""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.blueprints.admin.bp import bp
from portal.database import transaction
from portal.edit_conflicts import Difference
from portal.forms.mail_texts import MailTextForm
from portal.languages import NAMES
from portal.languages import gettext as _
from portal.mail import edited_texts, rendering
from portal.mail.rendering import Rendering
from portal.mail.texts import TEXTS
from portal.models import MailEvent
from portal.web.htmx import wants_fragment
from portal.web.security_headers import policy

SAVE, PREVIEW, RESET = "save", "preview", "reset"
# The preview is in a frame that can run nothing, but it has the policy of the page around it.
SHOWS_MAILS = policy(style_src="'self' 'unsafe-inline'")


@bp.get("/mail/texts")
def mails_texts() -> ResponseReturnValue:
    return render_template(
        "admin/mail_texts.html", texts=TEXTS, edited=edited_texts.latest_of_all()
    )


@bp.route("/mail/texts/<event>/<language>", methods=["GET", "POST"])
def mails_text(event: str, language: str) -> ResponseReturnValue:
    if event not in set(MailEvent) or language not in NAMES:
        abort(404)
    told = MailEvent(event)
    if request.method == "GET":
        stored = edited_texts.current_words(told, language)
        return _show(MailTextForm.of(told, stored), language)
    form = MailTextForm.typed(told)
    action = request.form.get("action", SAVE)
    if action == RESET:
        return _reset(form, language)
    if not form.validate():
        return _show(form, language, 422)
    if action == PREVIEW:
        return _show(form, language, shown=rendering.render_example(told, language, form.words))
    return _save(form, language)


def _save(form: MailTextForm, language: str) -> ResponseReturnValue:
    with transaction():
        for _turn in range(2):  # the second one where somebody else saves at this very moment
            stored = edited_texts.current_words(form.event, language)
            if differences := form.find_edit_conflicts(stored):
                return _show(form, language, 409, differences=differences)
            if form.words == stored:
                flash(_("These words are in use already, so nothing was changed."), "info")
                break
            if edited_texts.save(form.event, language, form.words, by=current_user):
                flash(_("The text is saved. Mails that are sent from now on have it."), "success")
                break
    return redirect(url_for("admin.mails_texts"), code=303)


def _reset(form: MailTextForm, language: str) -> ResponseReturnValue:
    """Use the portal's own words again. What was saved before stays in the list of versions."""
    with transaction():
        stored = edited_texts.current_words(form.event, language)
        if differences := form.find_edit_conflicts(stored):
            return _show(form, language, 409, differences=differences)
        latest = edited_texts.latest(form.event, language)
        if latest and latest.subject:
            if not edited_texts.save(form.event, language, edited_texts.OWN, by=current_user):
                abort(409)
            flash(_("The portal’s own words are in use again."), "success")
        else:
            flash(_("The portal’s own words are in use already."), "info")
    return redirect(
        url_for("admin.mails_text", event=form.event.value, language=language), code=303
    )


def _show(
    form: MailTextForm,
    language: str,
    status: int = 200,
    shown: Rendering | None = None,
    differences: Sequence[Difference] = (),
) -> Response:
    versions = edited_texts.history(form.event, language)
    view: dict[str, Any] = {"form": form, "text": TEXTS[form.event], "versions": versions}
    view |= {"of_mail": language, "differences": differences, "shown": shown}
    view["examples"] = rendering.examples(form.event, language)
    view["is_own"] = not versions or not versions[0][0].subject
    fragment, page = "admin/_mail_text_form.html", "admin/mail_text.html"
    response = make_response(render_template(fragment if wants_fragment() else page, **view))
    response.status_code = status
    response.headers["Content-Security-Policy"] = SHOWS_MAILS
    return response
