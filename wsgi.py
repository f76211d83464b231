"""What gunicorn and the `flask` command load. A setting that is missing is said in one line, not as
a traceback.
"""

from flask.cli import NoAppException

from portal import create_app
from portal.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    raise NoAppException(str(error)) from None
