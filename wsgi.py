"""The app that gunicorn and the `flask` command load.

A missing or unsafe setting gives a message of one line instead of a traceback.
"""

from flask.cli import NoAppException

from portal import create_app
from portal.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    raise NoAppException(str(error)) from None
