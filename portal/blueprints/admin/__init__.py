"""The pages of admins: what waits, jobs, applications, the queue of interviews and the player.
Nobody else gets in.

Each module adds its views to `bp` when it is imported, so all of them are imported here.
"""

from portal.blueprints.admin import applications, interviews, jobs, overview, people, searching
from portal.blueprints.admin.bp import bp

__all__ = ["applications", "bp", "interviews", "jobs", "overview", "people", "searching"]
