"""The forms of the pages. A form checks the input and says what is wrong; it changes no data."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm


class PageForm(FlaskForm):
    """The base of all forms. It reads only form data; Flask-WTF alone would also read JSON."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if request.is_json else super().wrap_formdata(form, formdata)
