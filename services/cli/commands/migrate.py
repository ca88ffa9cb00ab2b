"""`chatmount migrate`: the tables of all services and the index's collection, up to date."""

import asyncio
from dataclasses import dataclass

import click

from services.cli.database_errors import explain_database_errors
from services.cli.failures import CommandFailed
from services.cli.grammar import Command
from services.cli.output import output
from services.cli.output.tables import table
from services.cli.up.preflight import prepare_home
from services.config.settings import Settings, load_settings
from services.database import Database, open_database
from services.database.migrations import current_revision, head_revision, refuse_newer
from services.database.migrations import migrate as migrate_database
from services.trust.principal import SERVICES

COLUMNS = ("service", "from", "to", "")


@dataclass(frozen=True, slots=True)
class Step:
    """What a service's tables are at (None: there are none yet), and what they are to be at."""

    service: str
    before: str | None
    newest: str

    @property
    def is_behind(self) -> bool:
        return self.before != self.newest


@click.command(cls=Command)
@click.option("--check", is_flag=True, help="Change nothing. The exit code is 1 when anything is behind.")
def migrate(check: bool) -> None:
    """Bring all tables, and the collection on a Qdrant server, up to date.

    Services do this themselves when they start; the command is for deployments that do it first. Only a backup brings
    the old state back.
    """
    settings = load_settings()
    if not check:
        prepare_home(settings)
    with explain_database_errors(settings):
        steps = asyncio.run(_run(settings, check))
    lacking = asyncio.run(_collection(settings, check)) if settings.qdrant_url else []
    behind = [step.service for step in steps if step.is_behind] + (["index"] if lacking else [])
    done = "behind" if check else "migrated"
    rows = [
        (step.service, step.before or "nothing", step.newest, done if step.is_behind else "up to date")
        for step in steps
    ]
    if settings.qdrant_url:
        rows.append(("index", ", ".join(lacking), "", done if lacking else "up to date"))
    value = {
        "revisions": {step.service: step.before if check else step.newest for step in steps},
        "steps": [{"service": step.service, "from": step.before, "to": step.newest} for step in steps],
        "index": lacking,
        "behind": behind if check else [],
    }
    output.show(value, table(COLUMNS, rows))
    if check and behind:
        raise CommandFailed(f"Behind: {', '.join(behind)}; `chatmount migrate` brings them up to date.")


async def _run(settings: Settings, check: bool) -> list[Step]:
    steps = []
    # One after the other: Alembic keeps the run that is going on in globals.
    for service in SERVICES:
        if check and settings.is_on_sqlite and not settings.sqlite_file(service).exists():
            steps.append(Step(service, None, head_revision(service)))
            continue
        database = open_database(settings, service)
        try:
            steps.append(await _step(database, check))
        finally:
            await database.close()
    return steps


async def _collection(settings: Settings, check: bool) -> list[str]:
    # The client and the embedder are worth half a second: only those who use a server pay for them.
    from services.retrieval.upkeep.server_collection import bring_up_to_date

    return await bring_up_to_date(settings, check=check)


async def _step(database: Database, check: bool) -> Step:
    before = await current_revision(database) if check else await migrate_database(database)
    refuse_newer(database.service, before)
    return Step(database.service, before, head_revision(database.service))
