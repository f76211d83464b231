"""Adds the audit entries. Triggers refuse to change them, and to delete them within 30 days."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries"
    " BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
    "CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries"
    " WHEN OLD.at > datetime('now', '-30 days')"
    " BEGIN SELECT RAISE(ABORT, 'audit entries are kept'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE OR REPLACE FUNCTION keep_audit_entries() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN IF TG_OP = 'DELETE' THEN"
    " IF OLD.at <= now() - interval '30 days' THEN RETURN OLD; END IF;"
    " END IF; RAISE EXCEPTION 'audit entries are kept'; END $$",
    "CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE ON audit_entries"
    " FOR EACH ROW EXECUTE FUNCTION keep_audit_entries()",
    "CREATE TRIGGER audit_entries_not_emptied BEFORE TRUNCATE ON audit_entries"
    " FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_entries()",
)


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_kind", sa.String(16), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("of_kind", sa.String(16), nullable=False),
        sa.Column("of_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    for name in ("at", "by_id", "of_id"):
        op.create_index(op.f(f"ix_audit_entries_{name}"), "audit_entries", [name])
    is_sqlite = op.get_context().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit_entries")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION keep_audit_entries()")
