"""What people type into pages. A form checks it and says what is wrong; what becomes of it is a
verb's business.
"""

from typing import Any

from flask import request
from flask_wtf import FlaskForm


class PageForm(FlaskForm):
    """Reads what a page's form sends, and nothing else: Flask-WTF alone would take any JSON for
    typed words.
    """

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            return None if request.is_json else super().wrap_formdata(form, formdata)
