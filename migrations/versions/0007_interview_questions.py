"""each interview keeps the questions as it asks them, and when each was shown."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

interviews = sa.table("interview_sessions", *map(sa.column, ("id", "application_id", "state")))
applications = sa.table("applications", sa.column("id"), sa.column("job_id"))
SHAPE = ("position", "prompt", "think_ms", "limit_ms", "takes")
questions = sa.table("questions", sa.column("job_id"), *map(sa.column, SHAPE))
ANSWER = ("interview_id", "question_position", "prompt", "take", "part", "limit_ms", "created_at")
answers = sa.table("answers", *map(sa.column, ANSWER))


def upgrade() -> None:
    table = op.create_table(
        "interview_questions",
        sa.Column("interview_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.String(length=500), nullable=False),
        sa.Column("think_ms", sa.Integer(), nullable=False),
        sa.Column("limit_ms", sa.Integer(), nullable=False),
        sa.Column("takes", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id"],
            ["interview_sessions.id"],
            name=op.f("fk_interview_questions_interview_id_interview_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("interview_id", "position", name=op.f("pk_interview_questions")),
    )
    if not op.get_context().as_sql:
        _fill(op.get_bind(), table)


def downgrade() -> None:
    op.drop_table("interview_questions")


def _fill(connection: sa.Connection, table: sa.Table) -> None:
    """Every interview that has begun. What was answered counts as it was asked then; the rest is
    what the job asks.
    """
    begun = (
        sa.select(interviews.c.id, interviews.c.state, applications.c.job_id)
        .join(applications, applications.c.id == interviews.c.application_id)
        .where(interviews.c.state != "pending")
    )
    # `insert().from_select` would be one statement; this way each value passes as the database
    # stores it.
    raw = sa.table(
        table.name, sa.column("interview_id"), *map(sa.column, SHAPE), sa.column("released_at")
    )
    for interview_id, state, job_id in connection.execute(begun).all():
        asked = _answered(connection, interview_id)
        for question in (
            connection.execute(sa.select(questions).where(questions.c.job_id == job_id))
            .mappings()
            .all()
        ):
            shape = {name: question[name] for name in SHAPE}
            if question["position"] in asked:
                words = asked[question["position"]]
                asked[question["position"]] = shape | {
                    name: words[name] for name in ("prompt", "released_at")
                }
            elif state == "recording":  # one that is over was never asked what its job asks by now
                asked[question["position"]] = shape | {"released_at": None}
        for row in asked.values():
            connection.execute(sa.insert(raw).values(interview_id=interview_id, **row))


def _answered(connection: sa.Connection, interview_id: Any) -> dict[int, dict[str, Any]]:
    """By position: the words of the newest answer, the first answer's beginning, and the most there
    was of the rest.
    """
    mine = (
        sa.select(answers)
        .where(answers.c.interview_id == interview_id)
        .order_by(answers.c.take, answers.c.part)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in connection.execute(mine).mappings().all():
        earlier = found.get(
            row["question_position"], {"released_at": row["created_at"], "limit_ms": 0, "takes": 0}
        )
        found[row["question_position"]] = {
            "position": row["question_position"],
            "prompt": row["prompt"],
            "think_ms": 0,
            "limit_ms": max(earlier["limit_ms"], row["limit_ms"]),
            "takes": max(earlier["takes"], row["take"]),
            "released_at": earlier["released_at"],
        }
    return found
