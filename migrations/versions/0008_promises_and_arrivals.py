"""what was promised at consent, how answers came, and takes used with an account that was
deleted.
"""

import sqlalchemy as sa
from alembic import op

from portal.config import settings

revision = "0008"
down_revision = "0007"


def _columns() -> dict[str, list[sa.Column]]:
    """By table; new ones each time, as a column belongs to one table once it was added."""
    return {
        "interview_sessions": [
            sa.Column("consent_version", sa.String(length=16), nullable=True),
            sa.Column("consent_sha256", sa.String(length=64), nullable=True),
            sa.Column("consent_days", sa.Integer(), nullable=True),
        ],
        "answers": [
            sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("sent_ms", sa.Integer(), nullable=True),
            sa.Column("codecs", sa.String(length=40), nullable=True),
            sa.Column("watched", sa.Boolean(), nullable=True),
        ],
        "interview_questions": [
            sa.Column("takes_before", sa.Integer(), nullable=False, server_default="0")
        ],
        "applications": [
            sa.Column("was_recorded", sa.Boolean(), nullable=False, server_default=sa.false())
        ],
    }


def upgrade() -> None:
    # Not in a batch, which would make the tables anew and so delete whatever hangs on their rows.
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "earlier_interviews",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("is_finished", sa.Boolean(), nullable=False),
        sa.Column("takes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
            name=op.f("fk_earlier_interviews_job_id_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_earlier_interviews")),
    )
    op.create_index(op.f("ix_earlier_interviews_job_id"), "earlier_interviews", ["job_id"])
    _note_what_was_promised()


def downgrade() -> None:
    op.drop_table("earlier_interviews")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)


def _note_what_was_promised() -> None:
    """Earlier consents did not say how long: what this portal keeps today is what their page
    said.
    """
    interviews = sa.table(
        "interview_sessions", sa.column("consent_days"), sa.column("consent_record_at")
    )
    days = settings().retention_days
    op.execute(
        sa.update(interviews)
        .where(interviews.c.consent_record_at.is_not(None))
        .values(consent_days=days)
    )
