"""How to stop long work early: the work calls a check often, and the check raises `Halted`.

Knows nothing of what the work is.
"""

from collections.abc import Callable

Check = Callable[[], None]
"""Raises `Halted` or `ClaimLost` when the work must end. Work calls it many times a second."""


def go_on() -> None:
    """The check for work that nothing ends early: it never raises."""
