"""how much was pasted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("page_events") as table:
        table.add_column(sa.Column("characters", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("page_events") as table:
        table.drop_column("characters")
