"""The conditions by which sessions are chosen."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, or_, select, true
from sqlmodel import col

from services.chat.conversation_filter import ConversationFilter
from services.chat.sessions import Rating
from services.chat.store.tables import SessionRow, TurnRow
from services.chat.store.text_search import contains
from services.trust.principal import Channel


def stored_channel(channel: Channel) -> str | None:
    """As it stands in the column."""
    return None if channel == Channel.API else channel


def read_channel(stored: str | None) -> Channel:
    """What the column says."""
    return Channel(stored or Channel.API)


def live(chatbot_id: str | None, since_ms: int, *, even_empty: bool = False) -> list[Any]:
    """Sessions with a turn that are not over; `chatbot_id` None: of all chatbots."""
    of_chatbot = [] if chatbot_id is None else [SessionRow.chatbot_id == chatbot_id]
    with_turn = [] if even_empty else [col(SessionRow.turns) > 0]
    return [*of_chatbot, col(SessionRow.last_used_ms) >= since_ms, *with_turn]


def chosen(wanted: ConversationFilter) -> Iterator[Any]:
    """Sessions that the filter lets through, but for its text."""
    if wanted.channel is not None:
        yield SessionRow.channel == stored_channel(wanted.channel)
    if wanted.since_ms:
        yield col(SessionRow.last_used_ms) >= wanted.since_ms
    if wanted.until_ms:
        yield col(SessionRow.last_used_ms) < wanted.until_ms
    if wanted.rating is not Rating.UNSPECIFIED:
        turn = TurnRow.__table__.alias().c
        # In the words of an index, which only then is taken. Few turns are rated: SQLite reads them once, where EXISTS
        # would look into the index for every session.
        is_rated = turn.rating.is_not(None), turn.rating == wanted.rating.value
        yield col(SessionRow.key).in_(select(turn.session_key).where(*is_rated))


def said(on_sqlite: bool, text: str) -> Select[Any]:
    """The turns of the session of a statement around this one in which a text stands."""
    turn = TurnRow.__table__.alias().c
    texts = (contains(on_sqlite, column, text) for column in (turn.question, turn.answer))
    return select(true()).where(turn.session_key == col(SessionRow.key), or_(*texts)).correlate(SessionRow.__table__)
