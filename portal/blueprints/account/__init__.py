"""The pages of a person's own account.

Importing a module adds its views to `bp`, so we import all of them here.
"""

from portal.blueprints.account import confirm, pages, profile, second_factor, sign_ins
from portal.blueprints.account.bp import bp

__all__ = ["bp", "confirm", "pages", "profile", "second_factor", "sign_ins"]
