"""SourceService."""

from collections.abc import AsyncIterator
from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2 as pb
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.contract import SOURCE_HEADER_ACCEPTED
from services.errors import invalid
from services.retrieval.ingest.ingest import Document, Ingest
from services.retrieval.ingest.queue import IngestQueue
from services.retrieval.ingest.source_filter import SourceFilter
from services.retrieval.ingest.source_header import SourceHeader
from services.retrieval.ingest.sources import Sources
from services.retrieval.records import Removed, Source, SourceStatus, UnderWay
from services.retrieval.servicers.syncs import read_sync, sync_message
from services.rpc.messages import to_member, to_message
from services.rpc.pages import cut_page, page_position, page_size
from services.trust.principal import current_principal


class SourceServicer(retrieval_pb2_grpc.SourceServiceServicer):
    """The sources of the chatbot in the caller's token."""

    def __init__(self, sources: Sources, ingest: Ingest, queue: IngestQueue) -> None:
        self._sources = sources
        self._ingest = ingest
        self._queue = queue
        self._message = to_message(
            Source,
            pb.Source,
            status=lambda source: _status(sources.status(source.standing)),
            error=sources.error,
            ingest=_under_way,
        )

    async def AddSource(
        self, request_iterator: AsyncIterator[pb.AddSourceRequest], context: Any
    ) -> pb.AddSourceResponse:
        """See the proto."""
        principal = current_principal()
        chatbot_id = principal.chatbot_id
        header: SourceHeader | None = None
        add: Any = self._ingest.add
        content, is_whole = bytearray(), False
        async for message in request_iterator:
            part = message.WhichOneof("part")
            if header is None:
                if part != "header":
                    break
                given = message.header
                header = SourceHeader.checked(given.name, given.url, given.title, given.media_type, given.origin)
                add = self._queue.accept if given.no_wait else add
                is_whole = not given.end_follows
                await context.send_initial_metadata((SOURCE_HEADER_ACCEPTED,))
            elif part == "end":
                is_whole = True
                break
            elif part != "chunk":
                raise invalid("only the first message may hold a header; the others hold a chunk.")
            # The rest of a file that is too large is not waited for.
            elif len(content) + len(message.chunk) > self._ingest.maximum_bytes:
                raise await self._ingest.too_large(chatbot_id, header)
            else:
                content += message.chunk
        if header is None:
            raise invalid("the first message must hold the header.")
        if not is_whole:
            # A call that was cancelled can look like one that has ended.
            raise invalid("the content broke off: its end did not come.")
        source, unchanged = await add(Document(principal.account_id or chatbot_id, chatbot_id, header, bytes(content)))
        return pb.AddSourceResponse(source=self._message(source), unchanged=unchanged)

    async def GetSource(self, request: pb.GetSourceRequest, context: Any) -> pb.GetSourceResponse:
        """See the proto."""
        source = await self._sources.get(current_principal().chatbot_id, request.source_id)
        return pb.GetSourceResponse(source=self._message(source))

    async def ListSources(self, request: pb.ListSourcesRequest, context: Any) -> pb.ListSourcesResponse:
        """See the proto."""
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        chosen = SourceFilter.checked(map(_known_status, request.statuses), request.text)
        rows = await self._sources.page(current_principal().chatbot_id, after, size + 1, chosen)
        sources, token = cut_page(rows, size, lambda source: (source.position,))
        return pb.ListSourcesResponse(sources=map(self._message, sources), next_page_token=token)

    async def GetSourceCounts(self, request: pb.GetSourceCountsRequest, context: Any) -> pb.GetSourceCountsResponse:
        """See the proto."""
        chatbot_id = current_principal().chatbot_id
        counts = await self._sources.counts(chatbot_id)
        sync = await self._sources.last_sync(chatbot_id) if request.include_last_sync else None
        return pb.GetSourceCountsResponse(
            counts=[
                pb.SourceCount(status=_status(status), sources=counts.sources[status])
                for status in SourceStatus
                if counts.sources[status]
            ],
            passages=counts.passages,
            size_bytes=counts.size_bytes,
            qa_pairs=counts.qa_pairs,
            last_sync=None if sync is None else sync_message(sync),
        )

    async def RecordSync(self, request: pb.RecordSyncRequest, context: Any) -> pb.RecordSyncResponse:
        """See the proto."""
        await self._sources.record_sync(current_principal().chatbot_id, read_sync(request.sync))
        return pb.RecordSyncResponse()

    async def RemoveSource(self, request: pb.RemoveSourceRequest, context: Any) -> pb.RemoveSourceResponse:
        """See the proto."""
        await self._sources.remove(current_principal().chatbot_id, request.source_id)
        return pb.RemoveSourceResponse()

    async def SetSourceEnabled(self, request: pb.SetSourceEnabledRequest, context: Any) -> pb.SetSourceEnabledResponse:
        """See the proto."""
        chatbot_id = current_principal().chatbot_id
        source = await self._sources.set_enabled(chatbot_id, request.source_id, request.enabled)
        return pb.SetSourceEnabledResponse(source=self._message(source))

    async def RemoveAllSources(self, request: pb.RemoveAllSourcesRequest, context: Any) -> pb.RemoveAllSourcesResponse:
        """See the proto."""
        return _removed(await self._sources.remove_all(current_principal().chatbot_id))

    async def WatchIngest(self, request: pb.WatchIngestRequest, context: Any) -> AsyncIterator[pb.WatchIngestResponse]:
        """See the proto."""
        async for left, working in self._sources.watch(current_principal().chatbot_id, request.source_ids):
            yield pb.WatchIngestResponse(left=left, working=map(self._message, working))


def _status(status: SourceStatus) -> Any:
    return f"SOURCE_STATUS_{status.name}"


def _known_status(number: int) -> SourceStatus:
    status = to_member(SourceStatus, pb.SourceStatus.DESCRIPTOR, number)
    if status is None:
        raise invalid("statuses must be states of sources.")
    return status


_removed = to_message(Removed, pb.RemoveAllSourcesResponse)
_ingest = to_message(UnderWay, pb.Ingest)


def _under_way(source: Source) -> pb.Ingest | None:
    return None if source.standing.is_refused or source.under_way is None else _ingest(source.under_way)
