"""Questions that got the fallback text, as rows.

They are written with their turns and go with them. Every statement names the chatbot; none reaches another's rows.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, exists, func, insert, or_, select, tuple_, update

from services.chat.sessions import Turn
from services.chat.store.conversations import IS_LIVE
from services.chat.store.tables import SessionRow, TurnRow, UnansweredRow
from services.chat.unanswered import ReviewState, UnansweredQuestion, question_id, when_asked_again
from services.database import LONG_SECONDS, Database

MAXIMUM_OTHER_WORDINGS = 10
# Of a question that is asked all the time, the newest turns only are looked at for other wordings: of one, of a list.
NEWEST, NEWEST_OF_MANY = 20, 3

_TABLE, _S, _T = UnansweredRow.__table__, SessionRow.__table__.c, TurnRow.__table__.c
_U = _TABLE.c

_ADD = insert(_TABLE)
_LAST_DECISION = (
    select(_U.state, _U.decided_by)
    .where(_U.chatbot_id == bindparam("chatbot_id"), _U.wording == bindparam("wording"))
    .order_by(_U.asked_ms.desc())
    .limit(1)
)
_PLACE = ("times", "last_asked_ms", "wording")
# A session was used when its newest turn was asked, or later: nearly always its row need not be read.
_THERE = (
    _U.chatbot_id == bindparam("chatbot_id"),
    or_(
        _U.asked_ms >= bindparam("since_ms"),
        exists().where(_S.key == _U.session_key, IS_LIVE),
    ),
)


def add_unanswered(connection: Connection, chatbot_id: str, session_key: int, position: int, turn: Turn) -> None:
    """Marks a turn that was added in this transaction as one without an answer."""
    question = {"chatbot_id": chatbot_id, "wording": question_id(turn.question)}
    last = connection.execute(_LAST_DECISION, question).one_or_none()
    state = when_asked_again(None if last is None else ReviewState(last.state))
    place = {"session_key": session_key, "position": position, "asked_ms": turn.completed_ms}
    decided_by = None if last is None or state == ReviewState.OPEN else last.decided_by
    connection.execute(_ADD, question | place | {"state": state, "decided_by": decided_by})


def _groups() -> Select[Any]:
    return (
        select(
            _U.wording,
            func.count().label("times"),
            func.max(_U.asked_ms).label("last_asked_ms"),
            func.min(_U.state).label("state"),
        )
        .where(*_THERE)
        .group_by(_U.wording)
    )


def _page(*, later: bool) -> Select[Any]:
    groups = _groups().having(func.min(_U.state) == bindparam("wanted")).subquery().c
    place = [groups[name] for name in _PLACE]
    page = select(*groups).order_by(*(column.desc() for column in place)).limit(bindparam("size"))
    return page.where(tuple_(*place) < tuple_(*map(bindparam, _PLACE))) if later else page


def _newest() -> Select[Any]:
    """The newest turns of each group, the newest first."""
    newest_first = _U.asked_ms.desc(), _U.session_key.desc(), _U.position.desc()
    place = func.row_number().over(partition_by=_U.wording, order_by=newest_first).label("place")
    placed = select(_U.wording, _U.session_key, _U.position, _U.decided_by, place)
    one = placed.where(*_THERE, _U.wording.in_(bindparam("wordings", expanding=True))).subquery().c
    # Each looked up by its key: for a join, Postgres would read all sessions. That of the newest is told.
    of_session = select(_S.id).where(_S.key == one.session_key).scalar_subquery()
    session_id = case((one.place == 1, of_session))
    question = select(_T.question).where(_T.session_key == one.session_key, _T.position == one.position)
    return (
        select(
            one.wording,
            one.decided_by,
            session_id.label("session_id"),
            question.scalar_subquery().label("question"),
        )
        .where(one.place <= bindparam("newest"))
        .order_by(one.place)
    )


# Made once: making a statement costs more than running it.
_FIRST_PAGE, _LATER_PAGE, _NEWEST = _page(later=False), _page(later=True), _newest()
_ONE = _groups().where(_U.wording == bindparam("wording"))


class UnansweredStore:
    """The questions without an answer of all chatbots.

    Those in sessions whose last message is older than `since_ms` count as not there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, chatbot_id: str, state: ReviewState, after: tuple[Any, ...] | None, limit: int, since_ms: int
    ) -> tuple[UnansweredQuestion, ...]:
        """Questions in a state, the most frequent first, of those the last asked.

        `after`: times, last_asked_ms and id of the one before.
        """
        wanted = {"chatbot_id": chatbot_id, "since_ms": since_ms, "wanted": state, "size": limit}
        if after is None:
            return await self._questions(_FIRST_PAGE, wanted)
        return await self._questions(_LATER_PAGE, wanted | dict(zip(_PLACE, after, strict=True)))

    async def question(self, chatbot_id: str, question: str, since_ms: int) -> UnansweredQuestion | None:
        """The question with this id; None for no such question."""
        wanted = {"chatbot_id": chatbot_id, "since_ms": since_ms, "wording": question}
        return next(iter(await self._questions(_ONE, wanted)), None)

    async def decide(
        self, chatbot_id: str, question: str, state: ReviewState, decided_by: str, since_ms: int
    ) -> UnansweredQuestion | None:
        """Sets the state of a question, and returns it as it is then; None for no such question."""
        of_question = _U.chatbot_id == chatbot_id, _U.wording == question
        decision = {"state": state, "decided_by": None if state == ReviewState.OPEN else decided_by}
        async with self._database.write() as connection:
            await connection.execute(update(_TABLE).where(*of_question).values(decision))
        return await self.question(chatbot_id, question, since_ms)

    async def _questions(self, groups: Select[Any], wanted: dict[str, Any]) -> tuple[UnansweredQuestion, ...]:
        """The questions of groups, in their order."""
        chosen = await self._database.fetch(groups, wanted, LONG_SECONDS)
        rows: dict[str, list[Any]] = {group.wording: [] for group in chosen}
        if rows:
            of_groups = {
                "chatbot_id": wanted["chatbot_id"],
                "since_ms": wanted["since_ms"],
                "wordings": list(rows),
                "newest": NEWEST if groups is _ONE else NEWEST_OF_MANY,
            }
            for row in await self._database.fetch(_NEWEST, of_groups, LONG_SECONDS):
                rows[row.wording].append(row)
        # One without rows was deleted a moment ago.
        return tuple(_question(group, rows[group.wording]) for group in chosen if rows[group.wording])


def _question(group: Any, newest: Sequence[Any]) -> UnansweredQuestion:
    first, *others = dict.fromkeys(row.question for row in newest)
    state = ReviewState(group.state)
    return UnansweredQuestion(
        id=group.wording,
        question=first,
        other_wordings=tuple(others[:MAXIMUM_OTHER_WORDINGS]),
        times=group.times,
        last_asked_ms=group.last_asked_ms,
        session_id=newest[0].session_id,
        state=state,
        decided_by=(newest[0].decided_by or "") if state != ReviewState.OPEN else "",
    )
