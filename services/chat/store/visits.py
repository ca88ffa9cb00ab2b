"""Conversations of visitors, as rows.

One is found by its id and the digest of its visitor together; any other counts as not there. Its row is there before
its first turn, and a turn is added by the row's number, which is never given again: what was deleted stays so,
whatever is still being answered.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, exists, or_, select, true, update

from services.chat.answerers.answerer import PastTurn
from services.chat.history import HISTORY_TURNS
from services.chat.sessions import Rating, Turn
from services.chat.store.conversations import IS_LIVE, IS_OVER
from services.chat.store.deletion import GONE, IS_NOTED, delete_beside, deleted_digest, not_found, note_deleted
from services.chat.store.sessions import TURN_COLUMNS, to_turn
from services.chat.store.statements import upsert
from services.chat.store.tables import DeletedConversationRow, SessionRow, TurnRow
from services.chat.visitor import Visit, Visitor
from services.database import Database
from services.database.statements import change, rows
from services.errors import Text, refusal
from services.trust.principal import Channel

_S, _T, _NOTED = SessionRow.__table__.c, TurnRow.__table__.c, DeletedConversationRow.__table__.c
_THIS = (
    _S.chatbot_id == bindparam("of_chatbot"),
    _S.id == bindparam("conversation"),
    _S.visitor_digest == bindparam("digest"),
    _S.channel == Channel.WIDGET.value,
    IS_LIVE,
)
_FIND = select(_S.key).where(*_THIS)
_NEWEST = (
    select(_S.key, _T.question, _T.answer)
    .outerjoin(TurnRow.__table__, _T.session_key == _S.key)
    .where(*_THIS)
    .order_by(_T.position.desc())
    .limit(HISTORY_TURNS)
)
# An id that can't be begun, as it is another's, over, or deleted: found before an answer is made for nothing. A row of
# this visitor's may have come a moment ago.
_IS_OTHERS = or_(_S.visitor_digest.is_distinct_from(bindparam("digest")), IS_OVER)
_TAKEN = select(true()).where(
    or_(
        exists().where(_S.chatbot_id == bindparam("of_chatbot"), _S.id == bindparam("conversation"), _IS_OTHERS),
        exists().where(_NOTED.digest == bindparam("gone")),
    )
)
_END = delete(SessionRow.__table__).where(*_THIS).returning(*GONE)


class VisitStore:
    """Conversations of visitors. Those that were last used before `since_ms` count as not there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begin = upsert(database.is_sqlite, SessionRow.__table__).on_conflict_do_nothing(
            index_elements=[_S.chatbot_id, _S.id]
        )

    async def open(self, chatbot_id: str, visitor: Visitor, since_ms: int) -> tuple[Visit, tuple[PastTurn, ...]]:
        """The conversation with its newest turns, oldest first.

        NOT_FOUND for one that is not this visitor's and may not be begun.
        """
        newest = await self._database.look_up_all(_NEWEST, _this(chatbot_id, visitor, since_ms))
        if not newest and (not visitor.may_begin or await self._is_taken(chatbot_id, visitor, since_ms)):
            raise not_found()
        past = [PastTurn(row.question, row.answer) for row in reversed(newest) if row.question is not None]
        return Visit(visitor, newest[0].key if newest else None), tuple(past)

    async def _is_taken(self, chatbot_id: str, visitor: Visitor, since_ms: int) -> bool:
        gone = deleted_digest(chatbot_id, visitor.conversation_id)
        wanted = _this(chatbot_id, visitor, since_ms) | {"gone": gone}
        return await self._database.look_up(_TAKEN, wanted) is not None

    async def begin(self, chatbot_id: str, visit: Visit, now_ms: int, since_ms: int) -> None:
        """Makes the conversation of a visit that has none.

        NOT_FOUND when its id is another's, or that of a conversation that was deleted.
        """
        if visit.key is not None:
            return
        visitor = visit.visitor
        new = {
            "chatbot_id": chatbot_id,
            "id": visitor.conversation_id,
            "created_ms": now_ms,
            "last_used_ms": now_ms,
            "turns": 0,
            "channel": Channel.WIDGET.value,
            "visitor_digest": visitor.digest,
        }

        gone = {"digest": deleted_digest(chatbot_id, visitor.conversation_id)}

        def work(connection: Connection) -> int | None:
            change(connection, self._begin, new)
            # After it, which waits for a deletion that is under way.
            if rows(connection, IS_NOTED, gone):
                raise not_found()
            # Another question of this visitor's may have begun it meanwhile.
            found = rows(connection, _FIND, _this(chatbot_id, visitor, since_ms))
            return found[0].key if found else None

        visit.key = await self._database.transact(work)
        if visit.key is None:
            raise not_found()

    async def conversation(self, chatbot_id: str, visitor: Visitor, since_ms: int, limit: int) -> tuple[Turn, ...]:
        """The newest turns, oldest first. NOT_FOUND for a conversation that is not theirs."""
        async with self._database.read() as connection:
            key = (await connection.execute(_FIND, _this(chatbot_id, visitor, since_ms))).scalar_one_or_none()
            if key is None:
                raise not_found()
            newest = select(*TURN_COLUMNS).where(_T.session_key == key).order_by(_T.position.desc()).limit(limit)
            found: Sequence[object] = (await connection.execute(newest)).all()
        return tuple(map(to_turn, reversed(found)))

    async def rate(
        self, chatbot_id: str, visitor: Visitor, since_ms: int, request_id: str, rating: Rating, comment: str
    ) -> None:
        """Rates the answer to a request. NOT_FOUND for a request of another conversation."""
        of_visitor = select(_S.key).where(*_THIS).scalar_subquery()
        turn = update(TurnRow.__table__).where(_T.session_key == of_visitor, _T.request_id == bindparam("of_request"))
        rated = turn.values(rating=rating.value or None, rating_comment=comment or None)
        # Nothing has an id with this character, and Postgres refuses to even look for one.
        parameters = _this(chatbot_id, visitor, since_ms) | {"of_request": request_id.replace("\0", " ")}
        async with self._database.write() as connection:
            if (await connection.execute(rated, parameters)).rowcount == 0:
                raise refusal(Text.NOT_FOUND, thing="answer")

    async def delete(self, chatbot_id: str, visitor: Visitor, since_ms: int) -> None:
        """Deletes the conversation and all that is kept of it. NOT_FOUND if it is not theirs."""

        def work(connection: Connection) -> None:
            # First, so that what is still being answered finds it gone, or is gone with it.
            gone = connection.execute(_END, _this(chatbot_id, visitor, since_ms)).all()
            if not gone:
                raise not_found()
            note_deleted(connection, chatbot_id, gone)
            delete_beside(connection, chatbot_id, visitor.conversation_id)

        await self._database.transact(work)


def _this(chatbot_id: str, visitor: Visitor, since_ms: int) -> dict[str, object]:
    return {
        "of_chatbot": chatbot_id,
        "conversation": visitor.conversation_id,
        "digest": visitor.digest,
        "since_ms": since_ms,
    }
