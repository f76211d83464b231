"""What the columns of several tables share: moments in UTC, fixed choices, and the lease on a row
that is worked on.
"""

import uuid
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


def utc_now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, on databases that keep time zones and on those that drop them."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def one_of(enum: type[StrEnum]) -> sa.Enum:
    """A text column that the database itself holds to the enum's values."""
    return sa.Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=enum.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class Leased:
    """A row that background work claims: one process at a time, for a while, a few tries
    (`portal/work/claims.py`).
    """

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, sort_order=-1)
    attempts: Mapped[int] = mapped_column(default=0, sort_order=1)  # tries without progress
    # The fencing token: each claim raises it, and who holds an older one can write nothing any
    # more.
    fence: Mapped[int] = mapped_column(default=0, sort_order=1)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=1)
