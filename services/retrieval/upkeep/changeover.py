"""From one edition of the index to the next.

The earlier one answers until the wanted one has everything.
"""

import asyncio
import logging
from asyncio import sleep
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial

from services.retrieval.changes import Changes
from services.retrieval.index.editions import Editions
from services.retrieval.index.index import Index, VersionState
from services.retrieval.search.retriever import Retriever
from services.retrieval.upkeep.edition import Edition

logger = logging.getLogger(__name__)

RETIRED_SECONDS = 60 * 60
"""How long an edition that several processes may be searching stays after it was replaced."""

LOOKS_AGAIN = 12
"""How often in that time it is looked for what those processes have added, which still search it."""

RETRY_SECONDS = 30.0


class InUse:
    """Something that is only taken away when nobody uses it any more."""

    def __init__(self) -> None:
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @contextmanager
    def used(self) -> Iterator[None]:
        """For as long as it is used."""
        self._users += 1
        self._unused.clear()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()

    async def unused(self) -> None:
        """Return when nobody uses it."""
        await self._unused.wait()


class Changeover:
    """The edition that serves searches, and the writes into both while there are two.

    A search keeps the edition that it began with, for its question was embedded for that one.

    `shared`: other processes may be searching the earlier edition too. `changes` is told when another edition serves.
    """

    def __init__(
        self, editions: Editions, wanted: Edition, earlier: Edition | None, changes: Changes, *, shared: bool
    ) -> None:
        self._editions = editions
        self._wanted = wanted
        self._earlier = earlier
        self._earlier_in_use = InUse()
        self._earlier_versions: Collection[str] = ()
        self._changes = changes
        self._shared = shared

    @contextmanager
    def serving(self) -> Iterator[Retriever]:
        """The retriever that serves now, for one search."""
        if self._earlier is None:
            yield self._wanted.retriever
            return
        with self._earlier_in_use.used():
            yield self._earlier.retriever

    @contextmanager
    def filled(self) -> Iterator[tuple[Edition, Edition | None]]:
        """The editions that take new entries: the wanted one, and the earlier while it serves."""
        if self._earlier is None:
            yield self._wanted, None
            return
        with self._earlier_in_use.used():
            yield self._wanted, self._earlier

    def finds(self, version: str) -> bool:
        """Whether the earlier edition serves, and has had this version from the beginning."""
        return self._earlier is not None and version in self._earlier_versions

    async def set_enabled(self, chatbot_id: str, versions: Collection[str], enabled: bool) -> None:
        """See Index; in both."""
        await self._in_each(lambda index: index.set_enabled(chatbot_id, versions, enabled))

    async def remove(self, versions: Collection[str]) -> None:
        """See Index; from both."""
        await self._in_each(lambda index: index.remove(versions))

    async def ensure_space(self, space: str, dimension: int) -> None:
        """See Index; in both."""
        await self._in_each(lambda index: index.ensure_space(space, dimension))

    async def versions(self, among: Collection[str] | None = None) -> dict[str, VersionState]:
        """See Index; of the wanted edition."""
        return await self._editions.wanted.versions(among)

    async def flush(self) -> None:
        """See Index."""
        await self._editions.wanted.flush()

    async def prepare(self) -> None:
        """Learn what the earlier edition has. UNAVAILABLE when it can't be asked."""
        if self._editions.earlier is not None:
            self._earlier_versions = frozenset(await self._editions.earlier.index.versions())

    async def run(self, rebuilt: Callable[[], Awaitable[None]], look_again: Callable[[], Awaitable[int]]) -> None:
        """Change over when the wanted edition has everything, and drop what it replaced.

        `rebuilt` returns when nothing that is known to be missing is missing any more; `look_again` compares with the
        store once more and tells how much is missing.
        """
        if self._earlier is not None:
            logger.warning("A new index is built beside the one that serves, which goes on until the new one is whole.")
            await _until_done(partial(_whole, rebuilt, look_again))
            await _until_done(self._change)
        for _ in range(LOOKS_AGAIN if self._shared else 0):
            await sleep(RETIRED_SECONDS / LOOKS_AGAIN)
            # What processes with the settings of before have added meanwhile is in their edition only.
            await _until_done(look_again)
        await _until_done(self._editions.drop_earlier)

    async def _change(self) -> None:
        await self._editions.promote()
        self._earlier, self._earlier_versions = None, ()
        self._changes.move_all()
        await self._earlier_in_use.unused()
        logger.info("The new index is whole and serves from now on.")

    async def _in_each(self, change: Callable[[Index], Awaitable[None]]) -> None:
        await change(self._editions.wanted)
        if self._earlier is not None and self._editions.earlier is not None:
            with self._earlier_in_use.used():
                await change(self._editions.earlier.index)


async def _whole(rebuilt: Callable[[], Awaitable[None]], look_again: Callable[[], Awaitable[int]]) -> None:
    await rebuilt()
    while await look_again():
        await rebuilt()


async def _until_done(step: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await step()
            return
        except Exception as error:  # what serves goes on serving, and this is tried again
            logger.warning("changing over to the new index is tried again: %s", error.__cause__ or error)
        await asyncio.sleep(RETRY_SECONDS)
