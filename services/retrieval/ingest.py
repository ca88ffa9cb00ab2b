"""Adding a source: read it, index it, and only then let it take the place of the one before."""

import asyncio
import hashlib
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.clock import Clock
from services.errors import ChatmountError, ErrorReason
from services.ids import new_id
from services.retrieval.embedders.embedder import EmbedderUnavailable
from services.retrieval.extraction.document import unreadable
from services.retrieval.extraction.kinds import RULES_VERSION, kind_of
from services.retrieval.indexer import Indexer
from services.retrieval.keeper import GRACE_MS, Keeper
from services.retrieval.metrics import SOURCES_ADDED
from services.retrieval.origin import MAXIMUM_TITLE_LENGTH, clean_name, clean_title, clean_url, fallback_title
from services.retrieval.reader import Reader
from services.retrieval.reading import Reading
from services.retrieval.records import Passage, Source
from services.retrieval.store.sources import SourceStore

logger = logging.getLogger(__name__)

RENEWAL_SECONDS = GRACE_MS / 1000 / 4
AT_ONCE = 4
"""Sources that are read and indexed at the same time; more would only wait for the processors."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is said of a document beside its content; checked and cleaned."""

    name: str
    url: str
    title: str
    media_type: str
    kind: str

    @classmethod
    def checked(cls, name: str, url: str, title: str, media_type: str) -> "Header":
        """INVALID_FIELD for a name, URL or title that can't be used; UNREADABLE_SOURCE for an unknown kind."""
        name = clean_name(name)
        public_url = clean_url(url, name)
        kind = kind_of(name or public_url, media_type)
        return cls(name, public_url, clean_title(title), media_type, kind)

    def digest(self, content: bytes) -> str:
        """The identity of all that the passages are made of, and of the rules by which they are made."""
        said = json.dumps([RULES_VERSION, self.name, self.url, self.title, self.media_type, self.kind])
        return hashlib.sha256(said.encode() + b"\n" + content).hexdigest()


class Ingest:
    """Adds and replaces sources."""

    def __init__(
        self,
        sources: SourceStore,
        indexer: Indexer,
        keeper: Keeper,
        reader: Reader,
        clock: Clock,
        maximum_bytes: int,
    ) -> None:
        self._sources = sources
        self._indexer = indexer
        self._keeper = keeper
        self._reader = reader
        self._clock = clock
        self.maximum_bytes = maximum_bytes
        self._places = asyncio.Semaphore(AT_ONCE)
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._clearing: set[asyncio.Task[None]] = set()

    def too_large(self) -> ChatmountError:
        """The refusal of content over the limit."""
        return unreadable(f"The file is too large: at most {self.maximum_bytes} bytes can be read.")

    async def add(self, chatbot_id: str, header: Header, content: bytes) -> tuple[Source, bool]:
        """The source as it is now, and whether it was unchanged.

        When this returns, the source survives any crash. Until then the one before serves, and a failure leaves it.
        """
        outcome = "failed"
        try:
            source, unchanged = await self._add(chatbot_id, header, content)
            outcome = "unchanged" if unchanged else "added"
            return source, unchanged
        except ChatmountError as error:
            outcome = "unreadable" if error.reason == ErrorReason.ERROR_REASON_UNREADABLE_SOURCE else outcome
            raise
        finally:
            SOURCES_ADDED.labels(outcome).inc()

    async def _add(self, chatbot_id: str, header: Header, content: bytes) -> tuple[Source, bool]:
        if len(content) > self.maximum_bytes:
            raise self.too_large()
        digest = header.digest(content)
        async with self._alone(chatbot_id, header.url), self._places:
            existing = await self._sources.by_url(chatbot_id, header.url)
            if existing is not None and existing.digest == digest:
                return existing, True
            reading = await self._reader.read(content, header.kind, header.media_type)
            return await self._replace(chatbot_id, header, digest, len(content), reading), False

    async def close(self) -> None:
        """Waits for what is being cleared up."""
        await asyncio.gather(*self._clearing, return_exceptions=True)

    async def _replace(self, chatbot_id: str, header: Header, digest: str, size: int, reading: Reading) -> Source:
        version, now_ms = new_id("ver"), self._now_ms()
        title = header.title or reading.title[:MAXIMUM_TITLE_LENGTH] or fallback_title(header.name, header.url)
        passages = [
            Passage(new_id("psg"), place, draft.headings, draft.text, draft.sentences)
            for place, draft in enumerate(reading.passages)
        ]
        source = Source(
            id=new_id("src"),
            chatbot_id=chatbot_id,
            url=header.url,
            title=title,
            version=version,
            digest=digest,
            enabled=True,
            passages=len(passages),
            size_bytes=size,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        try:
            async with self._announced(version):
                await self._indexer.add_passages(chatbot_id, version, title, passages)
            stored, replaced = await self._sources.put(source, passages, now_ms)
        except EmbedderUnavailable as error:
            self._clear(version)
            logger.warning("a source could not be indexed: %s", error)
            raise ChatmountError(
                ErrorReason.ERROR_REASON_UNAVAILABLE, "The source can't be indexed right now. Please try again."
            ) from error
        except BaseException:
            self._clear(version)
            raise
        await self._keeper.settle([replaced, "" if stored.enabled else version])
        return stored

    @asynccontextmanager
    async def _announced(self, version: str) -> AsyncIterator[None]:
        """Notes that the version is on its way, again and again: an old note would be taken for one that broke off."""
        await self._sources.announce(version, self._now_ms())
        renewing = asyncio.create_task(self._renew(version))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, version: str) -> None:
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await self._sources.announce(version, self._now_ms())

    def _clear(self, version: str) -> None:
        """Takes out what was indexed of a version that broke off; the call that broke off need not wait for it."""
        task = asyncio.create_task(self._keeper.settle([version]))
        self._clearing.add(task)
        task.add_done_callback(self._cleared)

    def _cleared(self, task: asyncio.Task[None]) -> None:
        self._clearing.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error(
                "clearing up after a broken-off source failed; it is tried again later", exc_info=task.exception()
            )

    @asynccontextmanager
    async def _alone(self, chatbot_id: str, url: str) -> AsyncIterator[None]:
        """Two documents for one URL come one after the other."""
        key = (chatbot_id, url)
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._waiting[key] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._locks[key]

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
