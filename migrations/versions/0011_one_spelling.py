"""an e-mail address has one spelling: composed letters, lower case, its domain's own letters."""

import unicodedata

import idna
import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

users = sa.table("users", sa.column("id"), sa.column("email"))


def upgrade() -> None:
    """Where two accounts turn out to be of one mailbox, each stays as it is: which is meant only a
    person can say.
    """
    if op.get_context().as_sql:
        return
    connection = op.get_bind()
    rows = connection.execute(sa.select(users)).all()
    taken = [_tidy(row.email) for row in rows]
    for row, email in zip(rows, taken, strict=True):
        if email == row.email:
            continue
        if taken.count(email) > 1:
            print(
                "Two accounts have one mailbox, spelled in two ways; the older spelling opens none. Account:",
                row.id,
            )
            continue
        connection.execute(sa.update(users).where(users.c.id == row.id).values(email=email))


def downgrade() -> None:
    """The other spelling was as good."""


def _tidy(email: str) -> str:
    """As `portal.people.contact_details.tidy_email` was when this was written."""
    plain = unicodedata.normalize("NFC", email).lower()
    local, at, domain = plain.rpartition("@")
    try:
        return local + at + idna.decode(idna.encode(domain, uts46=True))
    except idna.IDNAError:
        return plain
