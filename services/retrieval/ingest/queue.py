"""What was accepted is read and indexed beside, account by account in turn, through crashes and restarts."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from services.clock import Clock
from services.errors import ChatmountError
from services.retrieval.ingest.header import Header
from services.retrieval.ingest.ingest import Ingest
from services.retrieval.ingest.rota import Rota
from services.retrieval.metrics import INDEX_FAULTS, SOURCES_WAITING, SOURCES_WAITING_SECONDS
from services.retrieval.records import Accepted, Source
from services.retrieval.store.ingests import IngestStore

logger = logging.getLogger(__name__)

WORKERS = 6
"""For one account. Fewer than can be indexed at once, so that who waits for a source is not kept waiting by those who
do not."""

ALL_WORKERS = 3 * WORKERS

LEASE_MS = 60 * 1000
"""How long a replica that has not been heard of is still believed to be at work."""

RETRY_MS = 5 * 1000
LOOK_AGAIN_SECONDS = 1.0
COUNT_SECONDS = 5.0
"""How old the metrics may be."""


class IngestQueue:
    """Works through accepted content: each chatbot's oldest first, and one account's and chatbot's after the other's,
    so that many documents of one keep no other waiting. `shared`: other processes work on the same content."""

    def __init__(self, store: IngestStore, ingest: Ingest, clock: Clock, *, shared: bool) -> None:
        self._store = store
        self._ingest = ingest
        self._clock = clock
        self._shared = shared
        self._some = asyncio.Event()
        self._rota = Rota(WORKERS)
        self._free = asyncio.Semaphore(ALL_WORKERS)
        self._is_away = False

    async def accept(self, account: str, chatbot_id: str, header: Header, content: bytes) -> tuple[Source, bool]:
        """See Ingest.accept; the work begins at once."""
        accepted = await self._ingest.accept(account, chatbot_id, header, content)
        self._some.set()
        return accepted

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Works beside the block."""
        if not self._shared:
            # Whoever was at work is gone: nobody else can have the index open.
            await self._store.put_back(None, 0)
        self._some.set()
        tasks = [asyncio.create_task(work) for work in (self._take(), self._count())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _take(self) -> None:
        works: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._free.acquire()
                self._some.clear()
                accepted, more = await self._next()
                if accepted is not None:
                    self._rota.begin(accepted)
                    work = asyncio.create_task(self._fulfil(accepted))
                    works.add(work)
                    work.add_done_callback(works.discard)
                    continue
                self._free.release()
                if not more:
                    self._rota.forget()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN_SECONDS if more or self._shared else None):
                        await self._some.wait()
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)

    async def _next(self) -> tuple[Accepted | None, bool]:
        try:
            now_ms = self._now_ms()
            taken = await self._store.take(now_ms, now_ms + LEASE_MS, self._rota)
        except Exception as error:  # the store may be back in a moment, and what it holds does not go away
            if not self._is_away:
                logger.warning("waiting content can't be looked for, for now: %s", type(error).__name__)
            self._is_away = True
            return None, True
        self._is_away = False
        return taken

    async def _count(self) -> None:
        while True:
            try:
                waiting, since_ms = await self._store.waiting()
            except Exception as error:  # whoever takes content says so; what was counted last is shown meanwhile
                logger.debug("waiting content can't be counted, for now: %s", type(error).__name__)
            else:
                SOURCES_WAITING.set(waiting)
                SOURCES_WAITING_SECONDS.set(0 if since_ms is None else max(0, self._now_ms() - since_ms) / 1000)
            await asyncio.sleep(COUNT_SECONDS)

    async def _fulfil(self, accepted: Accepted) -> None:
        done = of = 0

        async def progress(now_done: int, now_of: int) -> None:
            nonlocal done, of
            done, of = now_done, now_of
            await self._store.progress(accepted.id, done, of, self._now_ms() + LEASE_MS)

        async def renew() -> None:
            while True:
                await asyncio.sleep(LEASE_MS / 1000 / 4)
                await progress(done, of)

        renewing = asyncio.create_task(renew())
        try:
            await self._ingest.fulfil(accepted, progress)
        except asyncio.CancelledError:
            await self._put_back(accepted, self._now_ms())
            raise
        except ChatmountError as error:
            logger.warning("content waits for the index, the store or the embedder: %s", error.__cause__ or error)
            await self._put_back(accepted, self._now_ms() + RETRY_MS)
        except Exception:  # it may be a passing fault, and what was accepted is not to be lost by it
            INDEX_FAULTS.inc()
            logger.exception("indexing accepted content failed; it is tried again")
            await self._put_back(accepted, self._now_ms() + LEASE_MS)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            self._rota.end(accepted)
            self._free.release()
            self._some.set()

    async def _put_back(self, accepted: Accepted, due_ms: int) -> None:
        try:
            await self._store.put_back(accepted.id, due_ms)
        except Exception as error:  # then it is taken up when the lease has run out
            logger.warning("content could not be put back: %s", type(error).__name__)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
