"""How long work is ended before it is done: it asks again and again, and is told by an exception.

Knows nothing of who wants it to end, or why.
"""

from collections.abc import Callable

Check = Callable[[], None]
"""Raises `Halted` or `ClaimLost` where the work that asks shall end. Asked many times a second."""


def go_on() -> None:
    """The check of work that nothing ends early."""
