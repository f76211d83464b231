"""Who did what, and when: entries that are only ever added."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.config import AUDIT_DAYS_MIN
from portal.extensions import db
from portal.models.choices import AuditEvent
from portal.models.columns import UtcDateTime, utc_now


class AuditEntry(db.Model):
    """One thing that somebody did. It has ids and numbers, and no personal data.

    The ids are no foreign keys: an entry stays when its row is deleted, and its ids then point to
    nobody. The kinds are plain text without a CHECK constraint. To change such a constraint, SQLite
    makes a table again, which would drop the triggers below.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    by_kind: Mapped[str] = mapped_column(sa.String(16))  # see `portal.audit.Agent`
    by_id: Mapped[uuid.UUID | None] = mapped_column(index=True)  # the account, for a person
    what: Mapped[str] = mapped_column(sa.String(32))
    of_kind: Mapped[str] = mapped_column(sa.String(16), default="")
    of_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    @property
    def event(self) -> AuditEvent:
        return AuditEvent(self.what)


# Triggers hold for every program that writes to the database, also for our own mistakes. Whoever
# owns the database can drop them; they are no defence against an operator.
SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries"
    " BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
    "CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries"
    f" WHEN OLD.at > datetime('now', '-{AUDIT_DAYS_MIN} days')"
    " BEGIN SELECT RAISE(ABORT, 'audit entries are kept'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE OR REPLACE FUNCTION keep_audit_entries() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN IF TG_OP = 'DELETE' THEN"
    f" IF OLD.at <= now() - interval '{AUDIT_DAYS_MIN} days' THEN RETURN OLD; END IF;"
    " END IF; RAISE EXCEPTION 'audit entries are kept'; END $$",
    "CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE ON audit_entries"
    " FOR EACH ROW EXECUTE FUNCTION keep_audit_entries()",
    "CREATE TRIGGER audit_entries_not_emptied BEFORE TRUNCATE ON audit_entries"
    " FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_entries()",
)


@sa.event.listens_for(AuditEntry.__table__, "after_create")
def _create_triggers(_table: sa.Table, connection: sa.Connection, **_more: Any) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS:
        connection.exec_driver_sql(statement)
