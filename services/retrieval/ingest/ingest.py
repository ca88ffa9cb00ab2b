"""Adding a source: read it, index it, and only then let it take the place of the one before."""

import asyncio
import logging

from services.clock import Clock
from services.errors import ChatmountError, Reason, Text, refusal, unreadable
from services.ids import new_id
from services.named_locks import Turns
from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable
from services.retrieval.indexer import Indexer, Progress, unheard
from services.retrieval.ingest.announcement import announced
from services.retrieval.ingest.header import Header
from services.retrieval.ingest.places import Places
from services.retrieval.ingest.reader.reader import Reader
from services.retrieval.ingest.reading import Reading
from services.retrieval.ingest.refusals import FINAL, again_at_ms
from services.retrieval.metrics import SOURCES_ADDED
from services.retrieval.origin import MAXIMUM_TITLE_LENGTH, fallback_title
from services.retrieval.records import Accepted, Passage, Source, Withdrawn
from services.retrieval.store.ingests import IngestStore
from services.retrieval.store.sources import SourceStore
from services.retrieval.upkeep.keeper import Keeper

logger = logging.getLogger(__name__)


class Ingest:
    """Adds and replaces sources."""

    def __init__(
        self,
        sources: SourceStore,
        ingests: IngestStore,
        indexer: Indexer,
        keeper: Keeper,
        reader: Reader,
        clock: Clock,
        maximum_bytes: int,
    ) -> None:
        self._sources = sources
        self._ingests = ingests
        self._indexer = indexer
        self._keeper = keeper
        self._reader = reader
        self._clock = clock
        self.maximum_bytes = maximum_bytes
        self._places = Places()
        self._turns = Turns()
        self._clearing: set[asyncio.Task[None]] = set()

    async def too_large(self, chatbot_id: str, header: Header) -> ChatmountError:
        """The refusal of content over the limit; the cause is kept with the source."""
        refusal = unreadable(
            f"The file is too large: at most {self.maximum_bytes} bytes can be read. Split it into smaller ones, or "
            "raise CHATMOUNT_MAXIMUM_SOURCE_BYTES."
        )
        await self._ingests.refuse(self._blank(chatbot_id, header), refusal.text)
        return refusal

    async def add(self, account: str, chatbot_id: str, header: Header, content: bytes) -> tuple[Source, bool]:
        """The source as it is now, and whether it was unchanged. `account`: whose turns it takes.

        When this returns, the source survives any crash. Until then the one before serves, and a failure leaves it.
        """
        return await self._counted(account, chatbot_id, header, content, None, unheard)

    async def accept(self, account: str, chatbot_id: str, header: Header, content: bytes) -> tuple[Source, bool]:
        """As `add`, but returns when the content is kept safe; `fulfil` does the rest."""
        if len(content) > self.maximum_bytes:
            raise await self.too_large(chatbot_id, header)
        existing = await self._sources.by_url(chatbot_id, header.url)
        if existing is not None and existing.digest == header.digest(content):
            return await self._unchanged(existing, header), True
        source = self._blank(chatbot_id, header)
        accepted = Accepted(new_id("ing"), source.id, account, chatbot_id, header.to_text(), content)
        return await self._ingests.accept(source, accepted, self._now_ms()), False

    async def fulfil(self, accepted: Accepted, progress: Progress) -> None:
        """Does what `accept` left to do. Raises ChatmountError when that is not possible now."""
        try:
            one, header = accepted, Header.from_text(accepted.header)
            await self._counted(one.account, one.chatbot_id, header, one.content, one.id, progress)
        except Withdrawn:
            logger.info("content that was waiting is not wanted any more")
        except ChatmountError as error:
            if error.reason not in FINAL:
                raise

    async def close(self) -> None:
        """Waits for what is being cleared up."""
        await asyncio.gather(*self._clearing, return_exceptions=True)

    async def _counted(
        self, account: str, chatbot_id: str, header: Header, content: bytes, fulfils: str | None, progress: Progress
    ) -> tuple[Source, bool]:
        outcome = "failed"
        try:
            source, unchanged = await self._add(account, chatbot_id, header, content, fulfils, progress)
            outcome = "unchanged" if unchanged else "added"
            return source, unchanged
        except ChatmountError as error:
            if error.reason in FINAL:
                outcome = "unreadable" if error.reason == Reason.UNREADABLE_SOURCE else "failed"
                again_ms = again_at_ms(error, self._now_ms())
                await self._ingests.refuse(self._blank(chatbot_id, header), error.text, fulfils or "", again_ms)
            raise
        finally:
            SOURCES_ADDED.labels(outcome).inc()

    async def _add(
        self, account: str, chatbot_id: str, header: Header, content: bytes, fulfils: str | None, progress: Progress
    ) -> tuple[Source, bool]:
        if len(content) > self.maximum_bytes:
            raise await self.too_large(chatbot_id, header)
        digest = header.digest(content)
        async with self._turns.of((chatbot_id, header.url)):
            existing = await self._sources.by_url(chatbot_id, header.url)
            if existing is not None and existing.digest == digest:
                return await self._unchanged(existing, header), True
            # What came later than this is newer, and waits for its turn.
            older = existing.under_way.id if fulfils is None and existing is not None and existing.under_way else ""
            # Not in one of the places: what takes long to be read keeps nothing else from being indexed.
            reading = await self._reader.read(content, header.kind, header.media_type, account)
            source = self._blank(chatbot_id, header, reading.title, digest, len(reading.passages), len(content))
            async with self._places.one(len(content), is_queued=fulfils is not None):
                return await self._replace(source, reading, fulfils or "", older, progress), False

    async def _unchanged(self, existing: Source, header: Header) -> Source:
        """Whatever was said of content since this does not hold any more."""
        origin = header.origin or existing.origin
        if not (existing.error or existing.under_way or origin != existing.origin):
            return existing
        return await self._sources.confirm(existing, origin, existing.under_way.id if existing.under_way else "")

    def _blank(
        self, chatbot_id: str, header: Header, title: str = "", digest: str = "", passages: int = 0, size: int = 0
    ) -> Source:
        now_ms = self._now_ms()
        return Source(
            id=new_id("src"),
            chatbot_id=chatbot_id,
            url=header.url,
            title=header.title or title[:MAXIMUM_TITLE_LENGTH] or fallback_title(header.name, header.url),
            version=new_id("ver"),
            digest=digest,
            enabled=True,
            passages=passages,
            size_bytes=size,
            created_ms=now_ms,
            updated_ms=now_ms,
            origin=header.origin,
        )

    async def _replace(
        self, source: Source, reading: Reading, fulfils: str, supersedes: str, progress: Progress
    ) -> Source:
        version = source.version
        passages = [
            Passage(new_id("psg"), place, draft.headings, draft.text, draft.sentences)
            for place, draft in enumerate(reading.passages)
        ]
        try:
            async with announced(self._sources, version, self._clock):
                await self._indexer.add_passages(source.chatbot_id, version, source.title, passages, progress)
            stored, replaced = await self._sources.put(
                source, passages, self._now_ms(), fulfils=fulfils, supersedes=supersedes
            )
        except EmbedderRefused as error:
            self._clear(version)
            logger.error("a source could not be indexed: %s", error)
            raise error.for_the_operator() from error
        except EmbedderUnavailable as error:
            self._clear(version)
            logger.warning("a source could not be indexed: %s", error)
            raise refusal(Text.INDEXING_UNAVAILABLE) from error
        except BaseException:
            self._clear(version)
            raise
        await self._keeper.settle([replaced, "" if stored.enabled else version])
        return stored

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

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
