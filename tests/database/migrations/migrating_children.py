"""Processes that migrate all services at the same moment: `python -m …migrating_children COUNT URL…`.

They are forks of one process, which has imported what they need: they differ by less than processes that are started.
"""

import asyncio
import os
import sys
import traceback

# Loaded where tables are migrated, and here before.
from alembic import command, config  # noqa: F401

from services.database import Database
from services.database.migrations import migrate

from .seeds import SERVICES


async def migrate_all(urls: list[str]) -> None:
    for service, url in zip(SERVICES, urls, strict=True):
        database = Database(url, service)
        await migrate(database)
        await database.close()


def main(count: int, urls: list[str]) -> int:
    """The exit code: 0 when all of them got through."""
    reader, writer = os.pipe()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.close(writer)
                os.read(reader, 1)  # until there is no writer any more
                asyncio.run(migrate_all(urls))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        children.append(child)
    os.close(writer)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
