"""What this machine has of the programs and clips that some tests need; None where it lacks one."""

import os
import shutil

from portal.config import PROJECT_FOLDER

FOOTAGE = PROJECT_FOLDER.parent / "shared" / "footage"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
