"""What a candidate agrees to before the camera starts."""

from wtforms import BooleanField
from wtforms.validators import InputRequired

from portal.forms import PageForm


class ConsentForm(PageForm):
    """Two separate choices, both unticked; only the first is needed to go on."""

    record = BooleanField(
        "Record my answers as video with sound",
        validators=[InputRequired("Without this there is nothing to show the hiring team. Tick it to go on.")],
    )
    analyse = BooleanField("Measure picture and sound to help reviewers find places to look at")
