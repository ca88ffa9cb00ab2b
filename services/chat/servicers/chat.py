"""ChatService: questions in, answers out, whole or as a stream."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from grpc.aio import ServicerContext

from services.chat.background import BackgroundWork
from services.chat.conversation import Ask, Conversation, Done, Event, Sources, Token
from services.chat.idempotency.identity import Identity, digest_of
from services.chat.idempotency.once import Once
from services.chat.metrics import TOKENS_STREAMED
from services.chat.pings import PING_SECONDS, KeptAlive
from services.chat.servicers.chat_messages import Ping, error_message, source_list, stream_message, usage_message
from services.chat.validation import checked_idempotency_key, checked_message, checked_session_id
from services.rpc.interceptors import as_refusal
from services.trust.principal import current_principal

IDEMPOTENCY_KEY_HEADER = "idempotency-key"

_ChatContext = ServicerContext[chat_pb2.ChatRequest, chat_pb2.ChatResponse]
_StreamContext = ServicerContext[chat_pb2.StreamChatRequest, chat_pb2.StreamChatResponse]


class ChatServicer(chat_pb2_grpc.ChatServiceServicer):
    """Both methods read the events of one conversation."""

    def __init__(
        self, conversation: Conversation, once: Once, background: BackgroundWork, ping_seconds: float = PING_SECONDS
    ) -> None:
        self._conversation = conversation
        self._once = once
        self._background = background
        self._ping_seconds = ping_seconds

    async def Chat(self, request: chat_pb2.ChatRequest, context: _ChatContext) -> chat_pb2.ChatResponse:
        response = chat_pb2.ChatResponse()
        async with aclosing(self._events(request, context, whole=True)) as events:
            async for event in events:
                match event:
                    case Token(text):
                        response.message += text
                    case Sources(sources):
                        response.sources.CopyFrom(source_list(sources))
                    case Done(usage):
                        response.usage.CopyFrom(usage_message(usage))
        return response

    async def StreamChat(
        self, request: chat_pb2.StreamChatRequest, context: _StreamContext
    ) -> AsyncIterator[chat_pb2.StreamChatResponse]:
        events = KeptAlive[Event | Ping](self._events(request, context, whole=False), Ping(), self._ping_seconds)
        # A client that leaves while an event is being sent would otherwise be noticed when the garbage is collected.
        context.add_done_callback(lambda _: events.stop())  # type: ignore[arg-type]
        begun = False
        try:
            async with aclosing(events.read()) as reader:
                async for event in reader:
                    begun = True
                    if isinstance(event, Token):
                        TOKENS_STREAMED.inc()
                    yield stream_message(event)
        except Exception as error:
            # Once something was sent the status is out, and only an event can tell of a failure.
            if not begun:
                raise
            yield error_message(as_refusal(error).text)

    async def _events(
        self,
        request: chat_pb2.ChatRequest | chat_pb2.StreamChatRequest,
        context: _ChatContext | _StreamContext,
        *,
        whole: bool,
    ) -> AsyncGenerator[Event, None]:
        ask = Ask(
            chatbot_id=current_principal().chatbot_id,
            message=checked_message(request.message),
            session_id=checked_session_id(request.session_id if request.HasField("session_id") else None),
        )
        with_sources = request.include_sources or not request.HasField("include_sources")
        metadata = context.invocation_metadata() or ()
        key = checked_idempotency_key([value for name, value in metadata if name == IDEMPOTENCY_KEY_HEADER])
        if key is None:
            answer = self._conversation.answer(ask, whole=whole)
        else:
            digest = digest_of(
                message=ask.message, session_id=ask.session_id, include_sources=with_sources, whole=whole
            )
            identity = Identity(current_principal().key_id, ask.chatbot_id, key, digest)
            answer = self._once.answer(identity, partial(self._conversation.answer, ask, whole=whole))
        with self._background.expecting():
            async with aclosing(answer) as events:
                async for event in events:
                    if with_sources or not isinstance(event, Sources):
                        yield event
