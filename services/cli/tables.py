"""For the few commands that work on the tables themselves, and not through the services."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.cli.failures import CommandFailed
from services.config.settings import Settings
from services.database.diagnosis import diagnose
from services.errors import ChatmountError


@contextmanager
def on_the_tables(settings: Settings) -> Iterator[None]:
    """CommandFailed, with its cause, when the database can't be used."""
    try:
        yield
    except ChatmountError as error:
        where = f"CHATMOUNT_HOME={settings.home}" if settings.is_on_sqlite else "CHATMOUNT_DATABASE_URL"
        text = asyncio.run(diagnose(settings.service_database_url("auth"), error))
        raise CommandFailed(f"{where}: {text}.") from error
