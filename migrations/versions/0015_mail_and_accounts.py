"""Adds mails and their texts, links in mails, second factors, and what a sign-in tells of itself."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("time_zone", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("confirmed_at", TIME, nullable=True))
        table.add_column(sa.Column("mail_refused_at", TIME, nullable=True))
    # An operator made each admin by hand, so the address is known to be right.
    op.execute("UPDATE users SET confirmed_at = created_at WHERE role = 'admin'")
    _upgrade_sign_ins()
    _create_links_and_factors()
    _create_mails()


def _upgrade_sign_ins() -> None:
    now = sa.text("CURRENT_TIMESTAMP")
    with op.batch_alter_table("sign_ins", recreate="always") as table:
        table.add_column(
            sa.Column("kind", _one_of("signinkind", 24, "browser", "api"), nullable=False,
                      server_default="browser")
        )  # fmt: skip
        table.add_column(sa.Column("device", sa.String(300), nullable=False, server_default=""))
        table.add_column(sa.Column("started_at", TIME, nullable=False, server_default=now))
        table.add_column(sa.Column("seen_at", TIME, nullable=False, server_default=now))


def _create_links_and_factors() -> None:
    op.create_table(
        "email_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        _owned_by_a_user("email_links"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_links")),
    )
    op.create_table(
        "second_factors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1023), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        _owned_by_a_user("second_factors"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factors")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_second_factors_credential_id")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        _owned_by_a_user("recovery_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    for table in ("email_links", "second_factors", "recovery_codes"):
        op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"])
    op.create_index(op.f("ix_email_links_expires_at"), "email_links", ["expires_at"])


def _create_mails() -> None:
    op.create_table(
        "mail_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_mail_texts_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_texts")),
        sa.UniqueConstraint(
            "event", "language", "version", name=op.f("uq_mail_texts_event_language_version")
        ),
    )
    op.create_index(op.f("ix_mail_texts_by_id"), "mail_texts", ["by_id"])
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("text_id", sa.Uuid(), nullable=True),
        sa.Column("state", _one_of("mailstate", 24, "waiting", "sent", "failed"), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("try_at", TIME, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        _owned_by_a_user("mails"),
        sa.ForeignKeyConstraint(
            ["link_id"], ["email_links.id"], name=op.f("fk_mails_link_id_email_links"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["text_id"], ["mail_texts.id"], name=op.f("fk_mails_text_id_mail_texts"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )  # fmt: skip
    for column in ("user_id", "link_id", "text_id", "created_at"):
        op.create_index(op.f(f"ix_mails_{column}"), "mails", [column])
    op.create_index("ix_mails_state_try_at", "mails", ["state", "try_at"])


def downgrade() -> None:
    for name in ("mails", "mail_texts", "recovery_codes", "second_factors", "email_links"):
        op.drop_table(name)
    # an older portal would read the tokens' rows as signed-in browsers
    op.execute("DELETE FROM sign_ins WHERE kind = 'api'")
    with op.batch_alter_table("sign_ins", recreate="always") as table:
        table.drop_constraint(op.f("ck_sign_ins_signinkind"), type_="check")
        for name in ("kind", "device", "started_at", "seen_at"):
            table.drop_column(name)
    with op.batch_alter_table("users") as table:
        for name in ("time_zone", "confirmed_at", "mail_refused_at"):
            table.drop_column(name)


def _one_of(name: str, length: int, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=length)


def _owned_by_a_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )
