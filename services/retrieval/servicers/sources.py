"""SourceService."""

from collections.abc import AsyncIterator
from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.pages import page_position, page_size, page_token
from services.principal import current_principal
from services.retrieval.ingest import Header, Ingest
from services.retrieval.origin import invalid
from services.retrieval.records import Source
from services.retrieval.sources import Sources


class SourceServicer(retrieval_pb2_grpc.SourceServiceServicer):
    """The sources of the chatbot in the caller's token."""

    def __init__(self, sources: Sources, ingest: Ingest) -> None:
        self._sources = sources
        self._ingest = ingest

    async def AddSource(
        self, request_iterator: AsyncIterator[retrieval_pb2.AddSourceRequest], context: Any
    ) -> retrieval_pb2.AddSourceResponse:
        """See the proto."""
        header: Header | None = None
        content = bytearray()
        async for message in request_iterator:
            part = message.WhichOneof("part")
            if header is None:
                if part != "header":
                    raise invalid("the first message must hold the header.")
                header = _header(message.header)
            elif part != "chunk":
                raise invalid("only the first message may hold a header; the others hold a chunk.")
            # The rest of a file that is too large is not waited for.
            elif len(content) + len(message.chunk) > self._ingest.maximum_bytes:
                raise self._ingest.too_large()
            else:
                content += message.chunk
        if header is None:
            raise invalid("the first message must hold the header.")
        source, unchanged = await self._ingest.add(current_principal().chatbot_id, header, bytes(content))
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
        )

    def _status(self, source: Source) -> retrieval_pb2.SourceStatus.ValueType:
        if not source.enabled:
            return retrieval_pb2.SOURCE_STATUS_DISABLED
        if self._sources.is_indexing(source):
            return retrieval_pb2.SOURCE_STATUS_INDEXING
        return retrieval_pb2.SOURCE_STATUS_READY


def _header(header: retrieval_pb2.AddSourceHeader) -> Header:
    return Header.checked(header.name, header.url, header.title, header.media_type)
