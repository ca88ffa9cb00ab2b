"""ReviewService: the questions without an answer, and what people decide on them."""

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.chat.session_retention import Retention
from services.chat.sessions import fitting
from services.chat.store.unanswered import UnansweredStore
from services.chat.unanswered import ReviewState, UnansweredQuestion
from services.errors import ChatmountError, Text, invalid, refusal
from services.rpc.interceptors import Context
from services.rpc.messages import to_member, to_message
from services.rpc.pages import cut_page, page_position, page_size
from services.trust.principal import current_principal

unanswered_message = to_message(UnansweredQuestion, chat_pb2.UnansweredQuestion)


class ReviewServicer(chat_pb2_grpc.ReviewServiceServicer):
    """Questions of the chatbot in the caller's token."""

    def __init__(self, store: UnansweredStore, retention: Retention) -> None:
        self._store = store
        self._retention = retention

    async def ListUnanswered(
        self, request: chat_pb2.ListUnansweredRequest, context: Context
    ) -> chat_pb2.ListUnansweredResponse:
        size = page_size(request.page_size)
        after = page_position(request.page_token, int, int, str)
        state = _state(request.state) if request.state else ReviewState.OPEN
        chatbot_id, since_ms = current_principal().chatbot_id, self._retention.since_ms()
        rows = await self._store.page(chatbot_id, state, after, size + 1, since_ms)
        fits = fitting([(row.question, *row.other_wordings) for row in rows[:size]])
        questions, token = cut_page(rows, fits, lambda row: (row.times, row.last_asked_ms, row.id))
        return chat_pb2.ListUnansweredResponse(questions=map(unanswered_message, questions), next_page_token=token)

    async def GetUnanswered(
        self, request: chat_pb2.GetUnansweredRequest, context: Context
    ) -> chat_pb2.GetUnansweredResponse:
        chatbot_id, since_ms = current_principal().chatbot_id, self._retention.since_ms()
        question = await self._store.question(chatbot_id, _storable(request.question_id), since_ms)
        return chat_pb2.GetUnansweredResponse(question=_message(question))

    async def ResolveUnanswered(
        self, request: chat_pb2.ResolveUnansweredRequest, context: Context
    ) -> chat_pb2.ResolveUnansweredResponse:
        principal, state = current_principal(), _state(request.state)
        question = await self._store.decide(
            principal.chatbot_id,
            _storable(request.question_id),
            state,
            principal.subject,
            self._retention.since_ms(),
        )
        return chat_pb2.ResolveUnansweredResponse(question=_message(question))


def _storable(question_id: str) -> str:
    # Postgres refuses to even look for such a character.
    if "\0" in question_id:
        raise _not_found()
    return question_id


def _message(question: UnansweredQuestion | None) -> chat_pb2.UnansweredQuestion:
    if question is None:
        raise _not_found()
    return unanswered_message(question)


def _not_found() -> ChatmountError:
    return refusal(Text.NOT_FOUND, thing="question")


def _state(number: int) -> ReviewState:
    state = to_member(ReviewState, chat_pb2.ReviewState.DESCRIPTOR, number)
    if state is None:
        raise invalid("state must be open, answered or not ours.")
    return state
