"""The sentence of a flag, made from its finding and its numbers when it is shown."""

from collections import defaultdict

from capture.rules.sentences import SENTENCES, numbers_of
from portal import languages
from portal.languages import gettext as _
from portal.models import Flag

UNKNOWN = "–"  # for a number that an earlier version did not store


def flag_sentence(flag: Flag) -> str:
    """What was seen, by which rule and with which numbers, in one sentence."""
    numbers = numbers_of(flag).items()
    written = {name: languages.number(number.value, number.decimals) for name, number in numbers}
    return _(SENTENCES[flag.finding]) % defaultdict(lambda: UNKNOWN, written)
