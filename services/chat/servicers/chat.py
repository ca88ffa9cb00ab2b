"""ChatService: questions in, answers out, whole or as a stream."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.chat.answer_parts import AnswerPart, Sources
from services.chat.answerers.answerer import Piece
from services.chat.background import BackgroundWork
from services.chat.conversation import Conversation, Message
from services.chat.gate import Gate
from services.chat.idempotency.answers import IdempotentAnswers
from services.chat.idempotency.entry import Identity, digest_of
from services.chat.metrics import QUESTIONS_REFUSED, TOKENS_STREAMED
from services.chat.pings import PingedStream
from services.chat.servicers.replies import Ping, error_message, response_message, stream_message
from services.chat.store.appearances import AppearanceStore
from services.chat.validation import checked_idempotency_key, checked_message, checked_session_id
from services.chat.visitor import visitor_of
from services.observe.spans import current_span
from services.rpc.interceptors import Context, as_refusal
from services.trust.principal import Channel, Principal, Role, current_principal

IDEMPOTENCY_KEY_HEADER = "idempotency-key"
# How many questions the edge has refused in a flood, since it last said so (envoy/lua/edge.lua).
REFUSED_HEADER = "x-chatmount-refused"


class ChatServicer(chat_pb2_grpc.ChatServiceServicer):
    """Both methods read the parts of one answer."""

    def __init__(
        self,
        conversation: Conversation,
        idempotent: IdempotentAnswers,
        background: BackgroundWork,
        appearances: AppearanceStore,
        gate: Gate,
        ping_seconds: float,
    ) -> None:
        self._conversation = conversation
        self._idempotent = idempotent
        self._background = background
        self._appearances = appearances
        self._gate = gate
        self._ping_seconds = ping_seconds

    async def Chat(self, request: chat_pb2.ChatRequest, context: Context) -> chat_pb2.ChatResponse:
        async with aclosing(self._parts(request, context, whole=True)) as parts:
            return response_message([part async for part in parts])

    async def StreamChat(
        self, request: chat_pb2.StreamChatRequest, context: Context
    ) -> AsyncIterator[chat_pb2.StreamChatResponse]:
        stream = PingedStream[AnswerPart | Ping](self._parts(request, context, whole=False), Ping(), self._ping_seconds)
        # A client that leaves while an event is being sent would otherwise be noticed when the garbage is collected.
        context.add_done_callback(lambda _: stream.stop())  # type: ignore[arg-type]
        begun = False
        try:
            async with aclosing(stream.read()) as parts:
                async for part in parts:
                    begun = True
                    if isinstance(part, Piece):
                        TOKENS_STREAMED.inc()
                    yield stream_message(part)
        except Exception as error:
            # Once something was sent the status is out, and only an event can tell of a failure.
            if not begun:
                raise
            refused = as_refusal(error)
            current_span().fail(refused.reason.name.lower())
            yield error_message(refused.text)

    async def _parts(
        self, request: chat_pb2.ChatRequest | chat_pb2.StreamChatRequest, context: Context, *, whole: bool
    ) -> AsyncGenerator[AnswerPart, None]:
        principal = current_principal()
        message = _message(principal, request)
        metadata = context.invocation_metadata() or ()
        for name, value in metadata:
            if name == REFUSED_HEADER:
                QUESTIONS_REFUSED.labels("edge").inc(int(value))
        key = checked_idempotency_key([value for name, value in metadata if name == IDEMPOTENCY_KEY_HEADER])
        self._gate.check()
        with_sources = request.include_sources or not request.HasField("include_sources")
        if key is None:
            answer = self._conversation.answer(message, whole=whole)
        else:
            # A new field of a request counts by itself; `stream` chose the method, which `whole` tells.
            fields = {field.name: getattr(request, field.name) for field in request.DESCRIPTOR.fields}
            del fields["stream"]
            fields["include_sources"] = with_sources
            conversation_id = None if message.visitor is None else message.visitor.conversation_id
            if conversation_id is not None:
                fields["session_id"] = conversation_id
            digest = digest_of(fields, whole=whole)
            identity = Identity(_asker(principal), message.chatbot_id, key, digest, conversation_id)
            answer = self._idempotent.answer(identity, partial(self._conversation.answer, message, whole=whole))
        with self._background.expecting():
            async with aclosing(answer) as parts:
                async for part in parts:
                    if not isinstance(part, Sources) or (with_sources and await self._are_shown(message)):
                        yield part

    async def _are_shown(self, message: Message) -> bool:
        """Whether the owner lets visitors see sources.

        Asked when there are some, so that no first word waits for it.
        """
        return message.visitor is None or (await self._appearances.appearance(message.chatbot_id)).sources


def _message(principal: Principal, request: chat_pb2.ChatRequest | chat_pb2.StreamChatRequest) -> Message:
    text = checked_message(request.message)
    if principal.role == Role.ROLE_VISITOR:
        # Whatever session the body names: other people's conversations have ids as well.
        visitor = visitor_of(principal)
        return Message(principal.chatbot_id, text, visitor.conversation_id, Channel.WIDGET, visitor)
    channel = Channel(principal.channel or Channel.API)
    return Message(principal.chatbot_id, text, checked_session_id(request.session_id, channel), channel)


def _asker(principal: Principal) -> str:
    """Whose idempotency keys they are: an API key's, a visitor's, or a member's at one chatbot."""
    return principal.key_id or f"{principal.subject}:{principal.chatbot_id}"
