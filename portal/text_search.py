"""Turns the text of a search field into SQL conditions. It knows no table."""

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute


def mentions(text: str, *columns: InstrumentedAttribute[str]) -> list[sa.ColumnElement[bool]]:
    """One condition per word: some column contains the word, in lower or upper case.

    PostgreSQL refuses NUL characters, so a NUL separates words as a space does.
    """
    return [
        sa.or_(*(column.icontains(word, autoescape=True) for column in columns))
        for word in text.replace("\0", " ").split()
    ]
