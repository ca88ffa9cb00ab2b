"""Sessions, turns and traces in the words of the wire, and the tokens of their pages."""

from chatmount.chat.v1 import chat_pb2

from services.chat.conversation_filter import ConversationFilter, checked_filter
from services.chat.sessions import ExportedTurn, Rating, Session, TracedTurn, Turn
from services.chat.trace import Trace, TracedPassage
from services.rpc.messages import to_member, to_message
from services.rpc.pages import not_a_token, page_position

session_message = to_message(Session, chat_pb2.Session)
turn_message = to_message(Turn, chat_pb2.Turn, created_at_ms=lambda turn: turn.completed_ms)
exported_message = to_message(ExportedTurn, chat_pb2.ExportedTurn, turn=lambda exported: turn_message(exported.turn))
passage_message = to_message(TracedPassage, chat_pb2.TracedPassage)
_trace_message = to_message(
    Trace, chat_pb2.Trace, passages=lambda trace: [passage_message(passage) for passage in trace.passages]
)
traced_message = to_message(
    TracedTurn,
    chat_pb2.GetTraceResponse,
    turn=lambda traced: turn_message(traced.turn),
    trace=lambda traced: traced.trace and _trace_message(traced.trace),
)


def conversation_filter(message: chat_pb2.ConversationFilter) -> ConversationFilter:
    """What the message asks for. INVALID_FIELD for what can't be."""
    rating = to_member(Rating, chat_pb2.Rating.DESCRIPTOR, message.rating)
    return checked_filter(message.channel, message.since_ms, message.until_ms, message.text, rating)


def exported_position(exported: ExportedTurn) -> tuple[str, int]:
    """The place of a turn for a page's token.

    A token holds nothing but ASCII, a session's id nearly anything.
    """
    return exported.session_id.encode().hex(), exported.number


def exported_place(token: str) -> tuple[str, int] | None:
    """The session id and number that a token stands for; None for the first page."""
    position = page_position(token, str, int)
    if position is None:
        return None
    try:
        session_id = bytes.fromhex(position[0]).decode()
    except ValueError as error:
        raise not_a_token() from error
    if "\0" in session_id:
        raise not_a_token()
    return session_id, position[1]
