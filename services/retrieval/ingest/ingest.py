"""Adding a source: read it, index it, and only then let it take the place of the one before."""

import logging
from dataclasses import dataclass

from services.clock import Clock, now_ms
from services.errors import ChatmountError, Reason, Text, unreadable
from services.ids import new_id
from services.named_locks import NamedLocks
from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable
from services.retrieval.index.indexer import Indexer, Progress, unheard
from services.retrieval.ingest.reader.reader import Reader
from services.retrieval.ingest.refusals import FINAL, again_at_ms
from services.retrieval.ingest.slots import IndexingSlots
from services.retrieval.ingest.source_fields import MAXIMUM_TITLE_LENGTH, fallback_title
from services.retrieval.ingest.source_header import SourceHeader
from services.retrieval.metrics import SOURCES_ADDED
from services.retrieval.records import Accepted, Passage, Source, Withdrawn
from services.retrieval.store.stores import Stores
from services.retrieval.text.passages import Reading
from services.retrieval.upkeep.keeper import Keeper
from services.retrieval.upkeep.notes import noted
from services.tasks import Tasks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be added. `account`: the one whose turns it takes.

    `accepted_id`: the accepted content it is.
    """

    account: str
    chatbot_id: str
    header: SourceHeader
    content: bytes
    accepted_id: str = ""


class Ingest:
    """Adds and replaces sources."""

    def __init__(
        self,
        stores: Stores,
        indexer: Indexer,
        keeper: Keeper,
        reader: Reader,
        finishing: Tasks,
        clock: Clock,
        maximum_bytes: int,
    ) -> None:
        self._sources = stores.sources
        self._ingests = stores.ingests
        self._unsettled = stores.unsettled
        self._indexer = indexer
        self._keeper = keeper
        self._reader = reader
        self._finishing = finishing
        self._clock = clock
        self.maximum_bytes = maximum_bytes
        self._slots = IndexingSlots()
        self._turns = NamedLocks()

    async def too_large(self, chatbot_id: str, header: SourceHeader) -> ChatmountError:
        """The refusal of content over the limit; the cause is kept with the source."""
        refusal = unreadable(
            f"The file is too large: at most {self.maximum_bytes} bytes can be read. Split it into smaller ones, or "
            "raise CHATMOUNT_MAXIMUM_SOURCE_BYTES."
        )
        await self._ingests.refuse(self._blank(chatbot_id, header), refusal.text)
        return refusal

    async def add(self, document: Document, progress: Progress = unheard) -> tuple[Source, bool]:
        """The source as it is now, and whether it was unchanged.

        When this returns, the source survives any crash. Until then the one before serves, and a failure leaves it.
        """
        outcome = "failed"
        try:
            source, unchanged = await self._add(document, progress)
            outcome = "unchanged" if unchanged else "added"
            return source, unchanged
        except ChatmountError as error:
            if error.reason in FINAL:
                outcome = "unreadable" if error.reason == Reason.UNREADABLE_SOURCE else "failed"
                blank = self._blank(document.chatbot_id, document.header)
                again_ms = again_at_ms(error, now_ms(self._clock))
                await self._ingests.refuse(blank, error.text, document.accepted_id, again_ms)
            raise
        finally:
            SOURCES_ADDED.labels(outcome).inc()

    async def accept(self, document: Document) -> tuple[Source, bool]:
        """As `add`, but returns when the content is kept safe; `fulfil` does the rest."""
        chatbot_id, header, content = document.chatbot_id, document.header, document.content
        if len(content) > self.maximum_bytes:
            raise await self.too_large(chatbot_id, header)
        existing = await self._sources.by_url(chatbot_id, header.url)
        if existing is not None and existing.digest == header.digest(content):
            return await self._unchanged(existing, header), True
        source = self._blank(chatbot_id, header)
        accepted = Accepted(new_id("ing"), source.id, document.account, chatbot_id, header.to_text(), content)
        return await self._ingests.accept(source, accepted, now_ms(self._clock)), False

    async def fulfil(self, accepted: Accepted, progress: Progress) -> None:
        """Do what `accept` left to do. Raises ChatmountError when that is not possible now."""
        header = SourceHeader.from_text(accepted.header)
        try:
            await self.add(
                Document(accepted.account, accepted.chatbot_id, header, accepted.content, accepted.id), progress
            )
        except Withdrawn:
            logger.info("content that was waiting is not wanted any more")
        except ChatmountError as error:
            if error.reason not in FINAL:
                raise

    async def _add(self, document: Document, progress: Progress) -> tuple[Source, bool]:
        chatbot_id, header, content = document.chatbot_id, document.header, document.content
        if len(content) > self.maximum_bytes:
            raise await self.too_large(chatbot_id, header)
        digest = header.digest(content)
        async with self._turns.of((chatbot_id, header.url)):
            existing = await self._sources.by_url(chatbot_id, header.url)
            if existing is not None and existing.digest == digest:
                return await self._unchanged(existing, header), True
            # What came later than accepted content is newer, and waits for its turn.
            is_queued = bool(document.accepted_id)
            older = existing.under_way.id if not is_queued and existing is not None and existing.under_way else ""
            # Not in one of the slots: what takes long to be read keeps nothing else from being indexed.
            reading = await self._reader.read(content, header.kind, header.media_type, document.account)
            source = self._blank(chatbot_id, header, reading.title, digest, len(reading.passages), len(content))
            async with self._slots.one(len(content), is_queued=is_queued):
                return await self._replace(source, reading, document.accepted_id, older, progress), False

    async def _unchanged(self, existing: Source, header: SourceHeader) -> Source:
        # A refusal of content since this, or content that waits, does not hold any more.
        origin = header.origin or existing.origin
        if not (existing.error or existing.under_way or origin != existing.origin):
            return existing
        return await self._sources.confirm(existing, origin, existing.under_way.id if existing.under_way else "")

    def _blank(
        self, chatbot_id: str, header: SourceHeader, title: str = "", digest: str = "", passages: int = 0, size: int = 0
    ) -> Source:
        now = now_ms(self._clock)
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
            created_ms=now,
            updated_ms=now,
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
            async with noted(self._unsettled, version, self._clock):
                await self._indexer.add_passages(source.chatbot_id, version, source.title, passages, progress)
        except BaseException as error:
            self._clear_up(version)
            if not isinstance(error, EmbedderUnavailable):
                raise
            level = logging.ERROR if isinstance(error, EmbedderRefused) else logging.WARNING
            logger.log(level, "a source could not be indexed: %s", error)
            raise error.as_refusal(Text.INDEXING_UNAVAILABLE) from error
        return await self._finishing.outlast(self._put(source, passages, fulfils, supersedes), "storing a source")

    async def _put(self, source: Source, passages: list[Passage], fulfils: str, supersedes: str) -> Source:
        try:
            stored, replaced = await self._sources.put(
                source, passages, now_ms(self._clock), fulfils=fulfils, supersedes=supersedes
            )
        except BaseException:
            self._clear_up(source.version)
            raise
        await self._keeper.settle([replaced, "" if stored.enabled else source.version])
        return stored

    def _clear_up(self, version: str) -> None:
        """Have what was indexed of a version taken out; nobody need wait for that."""
        self._finishing.start(self._keeper.settle([version]), "clearing up after a broken-off source")
