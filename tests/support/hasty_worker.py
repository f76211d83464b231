"""`flask capture-worker` whose leases end after the seconds given, so that tests need not wait out
the real 15.
"""

import sys
from datetime import timedelta

from flask.cli import main

from portal.work import claims

if __name__ == "__main__":
    lease_s = float(sys.argv[1])
    claims.LEASE, claims.RENEW_EVERY_S = timedelta(seconds=lease_s), lease_s / 6
    sys.argv[1:] = ["--app", "wsgi", "capture-worker"]
    main()
