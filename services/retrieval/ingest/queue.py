"""The queue of accepted content: accounts take turns, through crashes and restarts."""

import asyncio
import logging

from services.clock import Clock, now_ms
from services.errors import ChatmountError
from services.retrieval.ingest.ingest import Document, Ingest
from services.retrieval.ingest.round_robin import RoundRobin
from services.retrieval.metrics import INDEX_FAULTS, SOURCES_WAITING, SOURCES_WAITING_SECONDS
from services.retrieval.records import Accepted, Source
from services.retrieval.store.ingests import IngestStore
from services.tasks import Tasks, wait_at_most

logger = logging.getLogger(__name__)

WORKERS = 6
"""For one account: fewer than can be indexed at once, so that sources that a caller waits for come in between."""

ALL_WORKERS = 3 * WORKERS

LEASE_MS = 60 * 1000
"""How long a replica that has not been heard of is still believed to be at work."""

RETRY_MS = 5 * 1000
LOOK_AGAIN_SECONDS = 1.0
COUNT_SECONDS = 5.0
"""How old the metrics may be."""


class IngestQueue:
    """Works through accepted content: each chatbot's oldest first.

    Accounts and chatbots take turns, so that many documents of one keep no other waiting. `shared`: other processes
    work on the same content.
    """

    def __init__(self, store: IngestStore, ingest: Ingest, finishing: Tasks, clock: Clock, *, shared: bool) -> None:
        self._store = store
        self._ingest = ingest
        self._finishing = finishing
        self._clock = clock
        self._shared = shared
        self._some = asyncio.Event()
        self._turns = RoundRobin(WORKERS)
        self._free = asyncio.Semaphore(ALL_WORKERS)
        self._is_away = False

    async def accept(self, document: Document) -> tuple[Source, bool]:
        """See Ingest.accept; the work begins at once."""
        return await self._finishing.outlast(self._accept(document), "accepting content")

    async def _accept(self, document: Document) -> tuple[Source, bool]:
        accepted = await self._ingest.accept(document)
        self._some.set()
        return accepted

    async def start(self, tasks: Tasks) -> None:
        """Work from now on."""
        if not self._shared:
            # What was under way was broken off: no other process can have the index open.
            await self._store.put_back(None, 0)
        tasks.start(self._take(), "taking accepted content")
        tasks.every(COUNT_SECONDS, self._count, "counting accepted content", at_once=True)

    async def _take(self) -> None:
        async with Tasks() as works:
            while True:
                await self._free.acquire()
                self._some.clear()
                accepted, more = await self._next()
                if accepted is not None:
                    self._turns.begin(accepted)
                    works.start(self._fulfil(accepted), "indexing accepted content")
                    continue
                self._free.release()
                if not more:
                    self._turns.forget()
                await wait_at_most(LOOK_AGAIN_SECONDS if more or self._shared else None, self._some)

    async def _next(self) -> tuple[Accepted | None, bool]:
        try:
            now = now_ms(self._clock)
            taken = await self._store.take(now, now + LEASE_MS, self._turns)
        except Exception as error:  # the store may be back in a moment, and what it holds does not go away
            if not self._is_away:
                logger.warning("waiting content can't be looked for, for now: %s", type(error).__name__)
            self._is_away = True
            return None, True
        self._is_away = False
        return taken

    async def _count(self) -> None:
        try:
            waiting, since_ms = await self._store.waiting()
        except Exception as error:  # _take tells it; what was counted last is shown meanwhile
            logger.debug("waiting content can't be counted, for now: %s", type(error).__name__)
            return
        SOURCES_WAITING.set(waiting)
        SOURCES_WAITING_SECONDS.set(0 if since_ms is None else max(0, now_ms(self._clock) - since_ms) / 1000)

    async def _fulfil(self, accepted: Accepted) -> None:
        done = of = 0

        async def progress(now_done: int, now_of: int) -> None:
            nonlocal done, of
            done, of = now_done, now_of
            await self._store.progress(accepted.id, done, of, now_ms(self._clock) + LEASE_MS)

        try:
            async with Tasks() as tasks:
                tasks.every(LEASE_MS / 1000 / 4, lambda: progress(done, of), "renewing a lease on accepted content")
                await self._ingest.fulfil(accepted, progress)
        except asyncio.CancelledError:
            await self._put_back(accepted, now_ms(self._clock))
            raise
        except ChatmountError as error:
            logger.warning("content waits for the index, the store or the embedder: %s", error.__cause__ or error)
            await self._put_back(accepted, now_ms(self._clock) + RETRY_MS)
        except Exception:  # it may be a passing fault, and what was accepted is not to be lost by it
            INDEX_FAULTS.inc()
            logger.exception("indexing accepted content failed; it is tried again")
            await self._put_back(accepted, now_ms(self._clock) + LEASE_MS)
        finally:
            self._turns.end(accepted)
            self._free.release()
            self._some.set()

    async def _put_back(self, accepted: Accepted, due_ms: int) -> None:
        try:
            await self._store.put_back(accepted.id, due_ms)
        except Exception as error:  # then it is taken up when the lease has run out
            logger.warning("content could not be put back: %s", type(error).__name__)
