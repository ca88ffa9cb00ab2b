"""IndexService."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

from chatmount.retrieval.v1 import index_pb2, index_pb2_grpc

from services.errors import Text, refusal
from services.retrieval.embedders.embedder import EmbedderRefused, EmbedderUnavailable
from services.retrieval.upkeep.inspection import Inspected, Inspection
from services.trust.principal import current_principal

FAULTS = 500
"""In one message, to keep it far below what gRPC carries."""


class IndexServicer(index_pb2_grpc.IndexServiceServicer):
    """What operators ask of the index."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection

    async def VerifyIndex(
        self, request: index_pb2.VerifyIndexRequest, context: Any
    ) -> AsyncIterator[index_pb2.VerifyIndexResponse]:
        """Of the chatbot in the token, or of all when there is none."""
        principal = current_principal()
        if principal.account_id and not principal.chatbot_id:
            # Which chatbots an account has is not known here.
            raise refusal(Text.NEEDS_CHATBOT_OR_NO_SCOPE)
        for chatbot_id in [principal.chatbot_id] if principal.chatbot_id else await self._inspection.chatbots():
            found = await self._inspection.look(chatbot_id)
            repaired = 0
            if request.repair and found.faults:
                left = await self._repaired(found)
                found, repaired = left, len(found.faults) - len(left.faults)
            for message in _messages(found, repaired):
                yield message

    async def _repaired(self, found: Inspected) -> Inspected:
        try:
            await self._inspection.repair(found)
        except EmbedderRefused as error:
            raise error.for_the_operator() from error
        except EmbedderUnavailable as error:
            raise refusal(Text.EMBEDDING_UNAVAILABLE) from error
        return await self._inspection.look(found.chatbot_id)


def _messages(found: Inspected, repaired: int) -> Sequence[index_pb2.VerifyIndexResponse]:
    groups = Counter((fault.source_id, fault.version, fault.what) for fault in found.faults)
    faults = [
        index_pb2.IndexFault(source_id=source_id, version=version, what=what, entries=entries)
        for (source_id, version, what), entries in sorted(groups.items())
    ]
    first = index_pb2.VerifyIndexResponse(
        chatbot_id=found.chatbot_id,
        stored=found.stored,
        indexed=found.indexed,
        under_way=found.under_way,
        repaired=max(0, repaired),
        faults=faults[:FAULTS],
    )
    rest = [
        index_pb2.VerifyIndexResponse(chatbot_id=found.chatbot_id, faults=faults[start : start + FAULTS])
        for start in range(FAULTS, len(faults), FAULTS)
    ]
    return [first, *rest]
