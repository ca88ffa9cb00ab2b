"""A process that migrates all services at a signal: `python -m …migrating_child URL…`."""

import asyncio
import sys

from services.database import Database
from services.database.migrations import migrate

from .seeds import SERVICES


async def main(urls: list[str]) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    for service, url in zip(SERVICES, urls, strict=True):
        database = Database(url, service)
        await migrate(database)
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
