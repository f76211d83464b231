"""what a recorder of ours lost of an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("pictures_dropped", sa.Integer(), nullable=True))
        table.add_column(sa.Column("sound_lost_ms", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("answers") as table:
        table.drop_column("sound_lost_ms")
        table.drop_column("pictures_dropped")
