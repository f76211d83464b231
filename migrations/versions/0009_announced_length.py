"""how long a tus client said that its upload will be."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("announced_bytes", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("answers") as table:
        table.drop_column("announced_bytes")
