"""The `migrations/env.py` of all services: it runs in the transaction that `migrate` opened."""

from alembic import context


def run() -> None:
    """Run the migrations that Alembic has chosen."""
    context.configure(connection=context.config.attributes["connection"], version_table="alembic_version")
    with context.begin_transaction():
        context.run_migrations()
