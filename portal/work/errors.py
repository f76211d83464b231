"""Exceptions that end work before it is done. The code that started the work catches them."""


class ClaimLost(Exception):
    """Another process works on this row now, so our result is out of date."""


class Halted(Exception):
    """This work was asked to end early. Nothing is wrong with its row or file."""
