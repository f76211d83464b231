"""flags have a key, and a finding with its numbers instead of a sentence; kinds are checked."""

import re
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KINDS = (
    "no_face", "several_faces", "face_turned_away", "looking_away", "other_voice", "no_sound",
    "picture_lost", "page_hidden", "focus_lost", "fullscreen_left", "second_display", "paste",
    "recording_gap",
)  # fmt: skip
SEVERITIES = ("low", "medium", "high")
EVENT_KINDS = (
    "tab_hidden", "focus_lost", "fullscreen_left", "second_display", "paste", "camera_paused",
    "microphone_paused",
)  # fmt: skip
FINDINGS = (
    "gap_damaged", "gap_interrupted", "gap_not_measured", "page_hidden", "focus_lost",
    "fullscreen_left", "second_display", "paste", "no_face", "several_faces", "head_left",
    "head_right", "head_lowered", "head_raised", "eyes_aside", "other_voice",
    "mouth_without_sound", "microphone_silent", "no_sound_track", "sound_lost", "picture_covered",
    "picture_still", "picture_slow", "no_picture", "picture_unclear", "picture_poor",
    "face_unclear",
)  # fmt: skip
# What a stored sentence says tells the finding, where a rule has several; the first one that fits.
SAID = (
    ("face_turned_away", "picture's left", "head_left"),
    ("face_turned_away", "picture's right", "head_right"),
    ("face_turned_away", "lowered", "head_lowered"),
    ("face_turned_away", "", "head_raised"),
    ("looking_away", "", "eyes_aside"),
    ("no_sound", "mouth", "mouth_without_sound"),
    ("no_sound", "", "microphone_silent"),
    ("recording_gap", "damaged", "gap_damaged"),
    ("recording_gap", "interrupted", "gap_interrupted"),
    ("recording_gap", "", "gap_not_measured"),
    ("picture_lost", "", "picture_covered"),
    ("picture_poor", "The picture was too dark or blurred", "picture_unclear"),
)

flags = sa.table(
    "flags",
    *[
        sa.column(name)
        for name in ("id", "rule", "reason", "finding", "angle_deg", "angle_limit_deg")
    ],
    sa.column("key", sa.Uuid()),
)


def upgrade() -> None:
    with op.batch_alter_table("flags") as table:
        table.add_column(sa.Column("key", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("finding", _one_of("finding", FINDINGS, checked=False)))
        table.add_column(sa.Column("angle_deg", sa.Double(), nullable=True))
        table.add_column(sa.Column("angle_limit_deg", sa.Double(), nullable=True))
    if not op.get_context().as_sql:
        _fill()
    with op.batch_alter_table("flags") as table:
        table.alter_column("key", nullable=False)
        table.alter_column("finding", nullable=False)
        table.drop_column("reason")
        table.create_unique_constraint(op.f("uq_flags_interview_id_key"), ["interview_id", "key"])
        table.alter_column("kind", type_=_one_of("flagkind", KINDS))
        table.alter_column("severity", type_=_one_of("severity", SEVERITIES))
        table.create_check_constraint("flagkind", sa.column("kind").in_(KINDS))
        table.create_check_constraint("severity", sa.column("severity").in_(SEVERITIES))
    with op.batch_alter_table("page_events") as table:
        table.alter_column("kind", type_=_one_of("pageeventkind", EVENT_KINDS))
        table.create_check_constraint("pageeventkind", sa.column("kind").in_(EVENT_KINDS))


def downgrade() -> None:
    """An earlier version stores a sentence. It shows the name of what was found instead."""
    with op.batch_alter_table("page_events") as table:
        table.drop_constraint(op.f("ck_page_events_pageeventkind"), type_="check")
        table.alter_column("kind", type_=sa.String(24))
    with op.batch_alter_table("flags") as table:
        table.drop_constraint(op.f("ck_flags_flagkind"), type_="check")
        table.drop_constraint(op.f("ck_flags_severity"), type_="check")
        table.drop_constraint(op.f("uq_flags_interview_id_key"), type_="unique")
        table.alter_column("kind", type_=sa.String(24))
        table.alter_column("severity", type_=sa.String(8))
        table.add_column(sa.Column("reason", sa.String(300), nullable=True))
    op.execute(sa.update(flags).values(reason=sa.func.replace(flags.c.finding, "_", " ")))
    with op.batch_alter_table("flags") as table:
        table.alter_column("reason", nullable=False)
        for name in ("key", "finding", "angle_deg", "angle_limit_deg"):
            table.drop_column(name)


def _one_of(name: str, values: tuple[str, ...], *, checked: bool = False) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=checked, length=24, name=name)


def _fill() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(flags.c.id, flags.c.rule, flags.c.reason)).all():
        rule = row.rule.partition("/")[0]
        finding = next(
            (found for name, said, found in SAID if name == rule and said in row.reason), rule
        )
        angles = [float(degrees) for degrees in re.findall(r"(\d+)°", row.reason)]
        connection.execute(
            sa.update(flags)
            .where(flags.c.id == row.id)
            .values(
                key=uuid.uuid4(),
                finding=finding,
                angle_deg=angles[0] if len(angles) == 2 else None,
                angle_limit_deg=angles[-1] if angles else None,
            )
        )
