"""How to stop long work early: the work calls a check often, and the check raises `Halted`.

Knows nothing of what the work is.
"""

from collections.abc import Callable

Check = Callable[[], None]
"""Raises `Halted` or `ClaimLost` where the work that asks shall end. Asked many times a second."""


def go_on() -> None:
    """The check of work that nothing ends early."""
