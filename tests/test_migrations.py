"""The migrated schema is the one of the models."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from portal.extensions import db


def test_the_migrated_schema_equals_the_models(app: Flask) -> None:
    db.drop_all()
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.metadata)

    assert differences == []


def test_every_check_of_the_models_is_in_the_migrated_tables(app: Flask) -> None:
    expected = table_checks()
    db.drop_all()
    upgrade()

    assert table_checks() == expected


def test_the_migrations_can_be_taken_back(app: Flask) -> None:
    db.drop_all()
    upgrade()
    downgrade(revision="base")

    assert set(inspect_tables()) <= {"alembic_version"}


def table_checks() -> dict[str, list[str]]:
    inspector = db.inspect(db.engine)
    tables = [name for name in inspect_tables() if name != "alembic_version"]
    return {table: sorted(str(check["name"]) for check in inspector.get_check_constraints(table)) for table in tables}


def inspect_tables() -> list[str]:
    return db.inspect(db.engine).get_table_names()
