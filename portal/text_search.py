"""What somebody typed into a field for searching, as conditions. Knows no table."""

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute


def mentions(text: str, *columns: InstrumentedAttribute[str]) -> list[sa.ColumnElement[bool]]:
    """That each word stands in one of the columns, in small letters or large ones.

    PostgreSQL takes no NUL character, not even to look for it: it parts words, as a blank does.
    """
    return [
        sa.or_(*(column.icontains(word, autoescape=True) for column in columns))
        for word in text.replace("\0", " ").split()
    ]
