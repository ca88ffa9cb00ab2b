"""The look-ups of every page: who calls, and what they may do in an account."""

from typing import Any

from sqlalchemy import Select, bindparam, select

from services.auth.people.records import AccountRole, Caller, User, Visit
from services.auth.records import Account, Chatbot
from services.auth.store.tables import AuthTable
from services.database import Database

# Tables and no classes: a row is half as dear as an object.
_NAMES = ("users", "user_sessions", "memberships", "accounts", "chatbots")
_USERS, _SESSIONS, _MEMBERSHIPS, _ACCOUNTS, _CHATBOTS = (AuthTable.metadata.tables[name] for name in _NAMES)


def _columns(table: Any, record: Any) -> list[Any]:
    return [table.c[name] for name in record.__dataclass_fields__]


_OF_CALLER = [*_columns(_USERS, User), _SESSIONS.c.last_seen_ms, _SESSIONS.c.expires_ms]
_OF_ACCOUNT = [*_columns(_ACCOUNTS, Account), _MEMBERSHIPS.c.role]
_OF_CHATBOT = _columns(_CHATBOTS, Chatbot)
_ACCOUNT_AT, _CHATBOT_AT = len(_OF_CALLER), len(_OF_CALLER) + len(_OF_ACCOUNT)

_SIGNED_IN = _SESSIONS.join(_USERS, _USERS.c.id == _SESSIONS.c.user_id)
_MEMBERSHIP = (_MEMBERSHIPS.c.account_id == _ACCOUNTS.c.id) & (_MEMBERSHIPS.c.user_id == _USERS.c.id)


def _statement(columns: list[Any], tables: Any) -> Select[tuple[Any, ...]]:
    is_caller = (_SESSIONS.c.id == bindparam("session_id")) & (_USERS.c.id == bindparam("user_id"))
    return select(*columns).select_from(tables).where(is_caller)


_CALLER = _statement(_OF_CALLER, _SIGNED_IN)
_VISIT_OF_ACCOUNT = _statement(
    [*_OF_CALLER, *_OF_ACCOUNT],
    _SIGNED_IN.outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == bindparam("id")).outerjoin(_MEMBERSHIPS, _MEMBERSHIP),
)
_VISIT_OF_CHATBOT = _statement(
    [*_OF_CALLER, *_OF_ACCOUNT, *_OF_CHATBOT],
    _SIGNED_IN.outerjoin(_CHATBOTS, _CHATBOTS.c.id == bindparam("id"))
    .outerjoin(_ACCOUNTS, _ACCOUNTS.c.id == _CHATBOTS.c.account_id)
    .outerjoin(_MEMBERSHIPS, _MEMBERSHIP),
)


class Visits:
    """As the database has it now: no cache could let in who was removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def caller(self, user_id: str, session_id: str) -> Caller | None:
        """The user with their session; None when it has been ended."""
        row = await self._database.look_up(_CALLER, {"user_id": user_id, "session_id": session_id})
        return None if row is None else _caller(row)

    async def to_account(self, user_id: str, session_id: str, account_id: str) -> Visit | None:
        """The user in an account, which may not be there; None as of `caller`."""
        return await self._visit(_VISIT_OF_ACCOUNT, user_id, session_id, account_id)

    async def to_chatbot(self, user_id: str, session_id: str, chatbot_id: str) -> Visit | None:
        """The user at a chatbot, which may not be there; None as of `caller`."""
        return await self._visit(_VISIT_OF_CHATBOT, user_id, session_id, chatbot_id)

    async def _visit(self, statement: Any, user_id: str, session_id: str, what: str) -> Visit | None:
        row = await self._database.look_up(statement, {"user_id": user_id, "session_id": session_id, "id": what})
        if row is None:
            return None
        account_id, *account, role = row[_ACCOUNT_AT:_CHATBOT_AT]
        chatbot = row[_CHATBOT_AT:]
        return Visit(
            _caller(row),
            Account(account_id, *account) if account_id else None,
            Chatbot(*chatbot) if chatbot and chatbot[0] else None,
            AccountRole(role) if role else None,
        )


def _caller(row: Any) -> Caller:
    return Caller(User(*row[: _ACCOUNT_AT - 2]), *row[_ACCOUNT_AT - 2 : _ACCOUNT_AT])
