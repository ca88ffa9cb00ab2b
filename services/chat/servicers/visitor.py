"""VisitorService: a visitor's own conversation."""

from typing import Any

from chatmount.chat.v1 import visitor_pb2, visitor_pb2_grpc

from services.chat.passages import Source
from services.chat.servicers.ordered import ordered
from services.chat.servicers.replies import add_sources
from services.chat.session_retention import Retention
from services.chat.sessions import Rating, Turn, fitting
from services.chat.store.appearances import AppearanceStore
from services.chat.store.visits import VisitStore
from services.chat.visitor import checked_rating, visitor_of
from services.errors import Text, refusal
from services.rpc.interceptors import Context
from services.trust.principal import current_principal

MAXIMUM_TURNS = 50
MAXIMUM_BYTES = 256 * 1024
"""Of their texts. The edge passes on 1 MiB of JSON, in which a line break takes two bytes."""

_Conversation = ordered(visitor_pb2.GetConversationResponse)


class VisitorServicer(visitor_pb2_grpc.VisitorServiceServicer):
    """The conversation in the caller's token, which no field of a request can change."""

    def __init__(self, visits: VisitStore, appearances: AppearanceStore, retention: Retention) -> None:
        self._visits = visits
        self._appearances = appearances
        self._retention = retention

    async def GetConversation(
        self, request: visitor_pb2.GetConversationRequest, context: Context
    ) -> visitor_pb2.GetConversationResponse:
        principal = current_principal()
        since_ms = self._retention.since_ms()
        turns = await self._visits.conversation(principal.chatbot_id, visitor_of(principal), since_ms, MAXIMUM_TURNS)
        with_sources = (await self._appearances.appearance(principal.chatbot_id)).sources
        # What does not fit is what was said first.
        fits = fitting([turn.texts for turn in reversed(turns)], MAXIMUM_BYTES)
        response = _Conversation()
        for turn in turns[len(turns) - fits :]:
            _add(response.turns.add(), turn, with_sources=with_sources)
        conversation: visitor_pb2.GetConversationResponse = response
        return conversation

    async def DeleteConversation(
        self, request: visitor_pb2.DeleteConversationRequest, context: Context
    ) -> visitor_pb2.DeleteConversationResponse:
        principal = current_principal()
        await self._visits.delete(principal.chatbot_id, visitor_of(principal), self._retention.since_ms())
        return visitor_pb2.DeleteConversationResponse()

    async def RateTurn(self, request: visitor_pb2.RateTurnRequest, context: Context) -> visitor_pb2.RateTurnResponse:
        principal = current_principal()
        visitor = visitor_of(principal)
        rating, comment = checked_rating(request.rating, request.comment)
        if not (await self._appearances.appearance(principal.chatbot_id)).ratings:
            raise refusal(Text.NO_RATINGS)
        since_ms = self._retention.since_ms()
        await self._visits.rate(principal.chatbot_id, visitor, since_ms, request.request_id, rating, comment)
        return visitor_pb2.RateTurnResponse()


def _add(message: Any, turn: Turn, *, with_sources: bool) -> None:
    message.request_id, message.question, message.answer = turn.request_id, turn.question, turn.answer
    message.broken_off = turn.broken_off
    if turn.rating is not Rating.UNSPECIFIED:
        message.rating = turn.rating.value
    if with_sources:
        titles = turn.source_titles or turn.source_urls
        add_sources(message, [Source(url, title) for url, title in zip(turn.source_urls, titles, strict=True)])
