"""when the team first opened a résumé, and what was left out of it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("resume_changes", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("resume_opened_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("applications") as table:
        table.drop_column("resume_opened_at")
        table.drop_column("resume_changes")
