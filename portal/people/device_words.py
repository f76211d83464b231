"""Names a browser and its system in few words, from what the browser says about itself.

It reads only the two that most people know, and guesses nothing else. A program that is no browser
keeps its own first word.
"""

import re

UNKNOWN_MAX_CHARS = 60
# The first that fits counts: most browsers also say the names of older ones.
BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"(?:Headless)?Chrom(?:e|ium)/|CriOS/", "Chrome"),
    (r"Version/[\d.]+.* Safari/", "Safari"),
)
SYSTEMS = (
    (r"Android", "Android"),
    (r"iPhone|iPod", "iPhone"),
    (r"iPad", "iPad"),
    (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"Linux|X11", "Linux"),
)


def device_words(user_agent: str) -> str:
    """For example `Firefox, Windows`, or `curl/8.5.0`. Empty if the browser says nothing."""
    known = [_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)]
    if known[0]:
        return ", ".join(name for name in known if name)
    first_word = user_agent.split(" ")[0]
    return first_word[:UNKNOWN_MAX_CHARS]


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, user_agent)), "")
