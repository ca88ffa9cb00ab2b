"""For the few commands that work on the tables themselves, and not through the services."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.cli.failures import CommandFailed
from services.database.refusals import describe
from services.errors import ChatmountError
from services.settings import Settings


@contextmanager
def on_the_tables(settings: Settings) -> Iterator[None]:
    """CommandFailed, with its cause, when the database can't be used."""
    try:
        yield
    except ChatmountError as error:
        where = f"CHATMOUNT_HOME={settings.home}" if settings.is_on_sqlite else "CHATMOUNT_DATABASE_URL"
        cause = describe(error.__cause__ or error)
        raise CommandFailed(f"{where}: the database can't be used ({cause}).") from error
