"""The statements that find what became of a request: of any chatbot, and of one."""

from sqlalchemy import bindparam, select
from sqlmodel import col

from services.chat.store.conversations import IS_LIVE, WITH_TURN
from services.chat.store.tables import FailedRequestRow, SessionRow, TurnRow

# By itself SQLite would look at all turns of the chatbot.
_OF_REQUEST = (
    select(TurnRow.__table__)
    .where(col(TurnRow.request_id) == bindparam("request_id"))
    .cte("of_request")
    .prefix_with("MATERIALIZED")
)
# The edge gives no id twice; the newest, should a request have come without the edge.
ANY_TURN = (
    select(*_OF_REQUEST.c, col(SessionRow.chatbot_id), col(SessionRow.id))
    .join(SessionRow, col(SessionRow.key) == _OF_REQUEST.c.session_key)
    .where(IS_LIVE, WITH_TURN)
    .order_by(_OF_REQUEST.c.completed_ms.desc())
    .limit(1)
)
ANY_FAILURE = (
    select(FailedRequestRow.__table__)
    .where(
        col(FailedRequestRow.request_id) == bindparam("request_id"),
        col(FailedRequestRow.failed_ms) >= bindparam("since_ms"),
    )
    .order_by(col(FailedRequestRow.failed_ms).desc())
    .limit(1)
)
TURN = ANY_TURN.where(col(SessionRow.chatbot_id) == bindparam("chatbot_id"))
FAILURE = ANY_FAILURE.where(col(FailedRequestRow.chatbot_id) == bindparam("chatbot_id"))
