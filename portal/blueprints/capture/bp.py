"""The blueprint that the views of recording an interview are added to."""

from flask import Blueprint

bp = Blueprint("capture", __name__, url_prefix="/capture")
