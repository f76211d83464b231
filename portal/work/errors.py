"""How work ends before it is done, as exceptions that whoever does the work catches."""


class ClaimLost(Exception):
    """Somebody else works on this row now; whatever we would write is out of date."""


class Halted(Exception):
    """Somebody asked this work to end before it was done; nothing is wrong with what it worked
    on.
    """
