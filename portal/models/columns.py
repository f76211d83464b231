"""Column types that several tables share: times in UTC, enumerations, and leases."""

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


def utc_now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A time-zone-aware time in UTC, also on databases that drop the time zone (SQLite)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def one_of(enum: type[StrEnum], *, checked: bool = True) -> sa.Enum:
    """A text column with a CHECK constraint: the database allows only the enum's values.

    `checked=False` leaves the constraint out, so that a new value needs no migration.
    """
    return sa.Enum(
        enum,
        native_enum=False,
        create_constraint=checked,
        length=24,
        name=enum.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class Leased:
    """A row that background work claims: one process at a time, for a limited time.

    See `portal/work/claims.py`.
    """

    # After a process died, rows of the same group are tried again one at a time.
    trial_group: ClassVar[str] = "measuring"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, sort_order=-1)
    attempts: Mapped[int] = mapped_column(default=0, sort_order=1)  # those without progress
    # The fencing token: each claim raises it, and a process with an older one can no longer write.
    fence: Mapped[int] = mapped_column(default=0, sort_order=1)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=1)
