"""What every service's `migrations/env.py` does: run within the connection and transaction that `migrate` opened."""

from alembic import context


def run() -> None:
    """Runs the migrations that Alembic has chosen."""
    context.configure(connection=context.config.attributes["connection"], version_table="alembic_version")
    with context.begin_transaction():
        context.run_migrations()
