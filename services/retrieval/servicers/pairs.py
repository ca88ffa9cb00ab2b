"""QaPairService."""

from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2 as pb
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.retrieval.records import QaPair
from services.retrieval.search.qa_pairs import QaPairs
from services.rpc.messages import to_message
from services.rpc.pages import cut_page, page_position, page_size
from services.trust.principal import current_principal

pair_message = to_message(QaPair, pb.QaPair)


class QaPairServicer(retrieval_pb2_grpc.QaPairServiceServicer):
    """The pairs of the chatbot in the caller's token."""

    def __init__(self, qa_pairs: QaPairs) -> None:
        self._qa_pairs = qa_pairs

    async def AddQaPair(self, request: pb.AddQaPairRequest, context: Any) -> pb.AddQaPairResponse:
        """See the proto."""
        chatbot_id = current_principal().chatbot_id
        pair = await self._qa_pairs.add(chatbot_id, request.question, request.answer, request.url, request.title)
        return pb.AddQaPairResponse(qa_pair=pair_message(pair))

    async def GetQaPair(self, request: pb.GetQaPairRequest, context: Any) -> pb.GetQaPairResponse:
        """See the proto."""
        pair = await self._qa_pairs.get(current_principal().chatbot_id, request.qa_pair_id)
        return pb.GetQaPairResponse(qa_pair=pair_message(pair))

    async def ListQaPairs(self, request: pb.ListQaPairsRequest, context: Any) -> pb.ListQaPairsResponse:
        """See the proto."""
        size = page_size(request.page_size)
        (after,) = page_position(request.page_token, int) or (0,)
        rows = await self._qa_pairs.page(current_principal().chatbot_id, after, size + 1)
        pairs, token = cut_page(rows, size, lambda pair: (pair.position,))
        return pb.ListQaPairsResponse(qa_pairs=map(pair_message, pairs), next_page_token=token)

    async def RemoveQaPair(self, request: pb.RemoveQaPairRequest, context: Any) -> pb.RemoveQaPairResponse:
        """See the proto."""
        await self._qa_pairs.remove(current_principal().chatbot_id, request.qa_pair_id)
        return pb.RemoveQaPairResponse()
