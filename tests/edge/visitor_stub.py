"""A visitor's conversation as the edge sees it."""

from typing import Any

import grpc
from chatmount.chat.v1 import visitor_pb2, visitor_pb2_grpc


class StubVisitor(visitor_pb2_grpc.VisitorServiceServicer):
    """A conversation of one turn. A rating named `gone` is of a turn that is not there."""

    def __init__(self, note: Any) -> None:
        self._note = note

    async def GetConversation(self, request: Any, context: Any) -> visitor_pb2.GetConversationResponse:
        self._seen("GetConversation", context)
        turn = visitor_pb2.VisitorTurn(request_id="r1", question="Q", answer="A", broken_off=False, rating="up")
        return visitor_pb2.GetConversationResponse(turns=[turn])

    async def DeleteConversation(self, request: Any, context: Any) -> visitor_pb2.DeleteConversationResponse:
        self._seen("DeleteConversation", context)
        return visitor_pb2.DeleteConversationResponse()

    async def RateTurn(self, request: visitor_pb2.RateTurnRequest, context: Any) -> visitor_pb2.RateTurnResponse:
        self._seen("RateTurn", context, turn=request.request_id, rating=request.rating, comment=request.comment)
        if request.request_id == "gone":
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is no such turn.")
        return visitor_pb2.RateTurnResponse()

    def _seen(self, method: str, context: Any, **fields: str) -> None:
        self._note("visitor", method=method, metadata=dict(context.invocation_metadata()), **fields)
