"""how far picture and sound of a film are apart."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for name in ("answers", "interview_sessions"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("av_offset_ms", sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("interview_sessions", "answers"):
        with op.batch_alter_table(name) as table:
            table.drop_column("av_offset_ms")
