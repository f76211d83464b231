"""The languages of the portal, which one a person reads, and how it writes numbers and dates.

A sentence in the code is English and stands inside `_(…)`; the catalogs in `translations/` hold it
in other languages. A request speaks the language of the account, else of the cookie, else of the
browser. Commands and background work speak English, unless they write to a person: `speaking` is
for that. What the engine measures is not translated: a file has one form everywhere.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

import flask_babel
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal
from flask import Flask, Response, current_app, g, has_request_context, request

from portal.config import settings

DEFAULT = "en"
NAMES = {"en": "English", "de": "Deutsch"}  # each in its own language, wherever it is shown
COOKIE_LIFETIME_S = 365 * 24 * 3600
# English dates keep the day before the month, which CLDR does for Great Britain only.
ENGLISH_DAY = "d MMM y"
BRITISH = Locale("en", "GB")  # its lists have no comma before the last item


def init_app(app: Flask, load_person: Callable[[], object]) -> None:
    """`load_person` loads who is signed in, and by that calls `use_account`."""
    folder = settings(app).translations_folder
    # Each app has its own: a `Babel` keeps the catalogs that it has read.
    flask_babel.Babel().init_app(
        app,
        default_locale=DEFAULT,
        default_translation_directories=str(folder or "translations"),
        locale_selector=lambda: chosen(load_person),
    )
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals["N_"] = N_
    app.context_processor(lambda: {"language": language(), "languages": NAMES})
    app.after_request(name_language)


# ---- sentences


def gettext(sentence: str, **values: object) -> str:
    """The sentence in the reader's language, with its values. Modules import it as `_`."""
    text: str = flask_babel.gettext(sentence, **values)
    return text


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The sentence for this number, which it names `%(num)s`."""
    text: str = flask_babel.ngettext(one, many, num, **values)
    return text


def lazy_gettext(sentence: str, **values: object) -> str:
    """A sentence that is translated when it is shown, for fields of forms.

    It behaves like a string, but JSON and the session cannot carry it: use `str` there.
    """
    text: str = flask_babel.lazy_gettext(sentence, **values)
    return text


def N_(sentence: str) -> str:
    """Marks a constant for the catalogs and returns it as it is. `_(CONSTANT)` translates it."""
    return sentence


# ---- whose language


def chosen(load_person: Callable[[], object]) -> str:
    """The language of this request: by account, then cookie, then browser."""
    if not has_request_context():
        return DEFAULT
    if "account_language" not in g:
        load_person()
    offered = (g.get("account_language"), request.cookies.get(cookie_name()))
    known = (one for one in offered if one in NAMES)
    return next(known, None) or request.accept_languages.best_match(NAMES) or DEFAULT


def language() -> str:
    """The language that is spoken now, as the `lang` attribute names it."""
    code: str = _locale().language
    return code


def direction() -> str:
    """The direction in which this language is written, as the `dir` attribute names it."""
    written: str = _locale().text_direction
    return written


def use_account(account_language: str) -> None:
    """Speak the language of the person who is signed in; an empty one leaves the choice open.

    It is noted while the row is fresh. Reading it later may begin a transaction, and a sentence is
    often made just where none may be open.
    """
    g.account_language = account_language
    flask_babel.refresh()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak this language inside the block, for what a person reads outside of a request."""
    with flask_babel.force_locale(code if code in NAMES else DEFAULT):
        yield


def cookie_name() -> str:
    """The cookie's name. Browsers accept a `__Host-` cookie only over HTTPS, from this host."""
    return "__Host-language" if current_app.config["SESSION_COOKIE_SECURE"] else "language"


def name_language(response: Response) -> Response:
    """Say which language a page speaks, and that browsers with other languages get others."""
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language()
        response.headers.add("Vary", "Accept-Language")
    return response


# ---- numbers, dates and lists


def number(value: float, decimals: int = 0) -> str:
    """The number with this many decimals: 5.4 in English, 5,4 in German.

    Python rounds it, as in the telemetry file, so that page and file show the same digits.
    """
    pattern = "0." + "0" * decimals if decimals else "0"
    return format_decimal(Decimal(f"{value:.{decimals}f}"), pattern, locale=_locale())


def day(at: datetime) -> str:
    """The date: 5 Mar 2026, or 5. März 2026."""
    if language() == DEFAULT:
        return format_date(at, ENGLISH_DAY, locale=_locale())
    return format_skeleton("yMMMd", at, locale=_locale())


def listed(items: Iterable[str]) -> str:
    """The items in one phrase: a, b and c."""
    locale = BRITISH if language() == DEFAULT else _locale()
    return format_list(list(items), locale=locale)


def _locale() -> Locale:
    return flask_babel.get_locale() or Locale(DEFAULT)
