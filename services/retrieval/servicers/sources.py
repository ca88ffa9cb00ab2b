"""SourceService."""

from collections.abc import AsyncIterator
from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.errors import invalid
from services.retrieval.ingest.header import Header
from services.retrieval.ingest.ingest import Ingest
from services.retrieval.ingest.queue import IngestQueue
from services.retrieval.records import Source, UnderWay
from services.retrieval.sources import Sources
from services.rpc.pages import page_position, page_size, page_token
from services.trust.principal import current_principal


class SourceServicer(retrieval_pb2_grpc.SourceServiceServicer):
    """The sources of the chatbot in the caller's token."""

    def __init__(self, sources: Sources, ingest: Ingest, queue: IngestQueue) -> None:
        self._sources = sources
        self._ingest = ingest
        self._queue = queue

    async def AddSource(
        self, request_iterator: AsyncIterator[retrieval_pb2.AddSourceRequest], context: Any
    ) -> retrieval_pb2.AddSourceResponse:
        """See the proto."""
        principal = current_principal()
        chatbot_id = principal.chatbot_id
        header: Header | None = None
        add = self._ingest.add
        content = bytearray()
        async for message in request_iterator:
            part = message.WhichOneof("part")
            if header is None:
                if part != "header":
                    raise invalid("the first message must hold the header.")
                header = _header(message.header)
                add = self._queue.accept if message.header.no_wait else add
            elif part != "chunk":
                raise invalid("only the first message may hold a header; the others hold a chunk.")
            # The rest of a file that is too large is not waited for.
            elif len(content) + len(message.chunk) > self._ingest.maximum_bytes:
                raise await self._ingest.too_large(chatbot_id, header)
            else:
                content += message.chunk
        if header is None:
            raise invalid("the first message must hold the header.")
        source, unchanged = await add(principal.account_id or chatbot_id, chatbot_id, header, bytes(content))
        return retrieval_pb2.AddSourceResponse(source=self._message(source), unchanged=unchanged)

    async def GetSource(self, request: retrieval_pb2.GetSourceRequest, context: Any) -> retrieval_pb2.GetSourceResponse:
        """See the proto."""
        source = await self._sources.get(current_principal().chatbot_id, request.source_id)
        return retrieval_pb2.GetSourceResponse(source=self._message(source))

    async def ListSources(
        self, request: retrieval_pb2.ListSourcesRequest, context: Any
    ) -> retrieval_pb2.ListSourcesResponse:
        """See the proto."""
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        sources = await self._sources.page(current_principal().chatbot_id, after, size + 1)
        token = page_token(sources[size - 1].position) if len(sources) > size else ""
        return retrieval_pb2.ListSourcesResponse(sources=map(self._message, sources[:size]), next_page_token=token)

    async def RemoveSource(
        self, request: retrieval_pb2.RemoveSourceRequest, context: Any
    ) -> retrieval_pb2.RemoveSourceResponse:
        """See the proto."""
        await self._sources.remove(current_principal().chatbot_id, request.source_id)
        return retrieval_pb2.RemoveSourceResponse()

    async def SetSourceEnabled(
        self, request: retrieval_pb2.SetSourceEnabledRequest, context: Any
    ) -> retrieval_pb2.SetSourceEnabledResponse:
        """See the proto."""
        chatbot_id = current_principal().chatbot_id
        source = await self._sources.set_enabled(chatbot_id, request.source_id, request.enabled)
        return retrieval_pb2.SetSourceEnabledResponse(source=self._message(source))

    async def RemoveAllSources(
        self, request: retrieval_pb2.RemoveAllSourcesRequest, context: Any
    ) -> retrieval_pb2.RemoveAllSourcesResponse:
        """See the proto."""
        removed = await self._sources.remove_all(current_principal().chatbot_id)
        return retrieval_pb2.RemoveAllSourcesResponse(sources=removed.sources, qa_pairs=removed.qa_pairs)

    async def WatchIngest(
        self, request: retrieval_pb2.WatchIngestRequest, context: Any
    ) -> AsyncIterator[retrieval_pb2.WatchIngestResponse]:
        """See the proto."""
        async for left, working in self._sources.watch(current_principal().chatbot_id, request.source_ids):
            yield retrieval_pb2.WatchIngestResponse(left=left, working=map(self._message, working))

    def _message(self, source: Source) -> retrieval_pb2.Source:
        return retrieval_pb2.Source(
            id=source.id,
            title=source.title,
            url=source.url,
            passages=source.passages,
            status=self._status(source),
            size_bytes=source.size_bytes,
            created_at=source.created_ms // 1000,
            updated_at=source.updated_ms // 1000,
            error=source.error or self._sources.refusal(source),
            ingest=None if source.is_refused else _ingest(source.under_way),
            origin=source.origin,
        )

    def _status(self, source: Source) -> retrieval_pb2.SourceStatus.ValueType:
        if not source.passages and source.is_refused:
            return retrieval_pb2.SOURCE_STATUS_FAILED
        if not source.passages and source.under_way is not None:
            working = source.under_way.working
            return retrieval_pb2.SOURCE_STATUS_INDEXING if working else retrieval_pb2.SOURCE_STATUS_WAITING
        if not source.enabled:
            return retrieval_pb2.SOURCE_STATUS_DISABLED
        if self._sources.refusal(source):
            return retrieval_pb2.SOURCE_STATUS_FAILED
        if self._sources.is_indexing(source):
            return retrieval_pb2.SOURCE_STATUS_INDEXING
        return retrieval_pb2.SOURCE_STATUS_READY


def _header(header: retrieval_pb2.AddSourceHeader) -> Header:
    return Header.checked(header.name, header.url, header.title, header.media_type, header.origin)


def _ingest(under_way: UnderWay | None) -> retrieval_pb2.Ingest | None:
    if under_way is None:
        return None
    return retrieval_pb2.Ingest(
        working=under_way.working,
        passages_done=under_way.passages_done,
        passages_all=under_way.passages_all,
        accepted_at=under_way.accepted_ms // 1000,
    )
