"""The admins' pages: overview, jobs, applications, people, the review queue and the player.

Only admins can open them. Importing a module adds its views to `bp`, so we import all of them here.
"""

from portal.blueprints.admin import (
    applications,
    interviews,
    jobs,
    mail_texts,
    mails,
    overview,
    people,
    sealed_searches,
)
from portal.blueprints.admin.bp import bp

__all__ = [
    "applications",
    "bp",
    "interviews",
    "jobs",
    "mail_texts",
    "mails",
    "overview",
    "people",
    "sealed_searches",
]
