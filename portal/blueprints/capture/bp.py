"""The blueprint for the views that record an interview."""

from flask import Blueprint

bp = Blueprint("capture", __name__, url_prefix="/capture")
