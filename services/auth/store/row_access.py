"""Reading, adding and changing single rows in a transaction of Auth's store."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.auth.people.records import USER_PREFIX, Invitation, Membership, SignInLink, User, UserSession
from services.auth.records import Account, ApiKey, AuditEvent, Chatbot
from services.auth.store.people_tables import InvitationRow, MembershipRow, SignInLinkRow, UserRow, UserSessionRow
from services.auth.store.tables import AccountRow, ApiKeyRow, AuditEventRow, AuthTable, ChatbotRow
from services.auth.store.widget_tables import WidgetRow
from services.auth.widget.records import Widget
from services.database.records import to_columns

Record = Account | Chatbot | ApiKey | AuditEvent | User | UserSession | Membership | Invitation | SignInLink | Widget
Read = TypeVar("Read")

_ROWS: Mapping[type[Any], tuple[type[AuthTable], Callable[[Any], dict[str, Any]]]] = {
    Account: (AccountRow, to_columns(Account, AccountRow)),
    Chatbot: (ChatbotRow, to_columns(Chatbot, ChatbotRow)),
    ApiKey: (ApiKeyRow, to_columns(ApiKey, ApiKeyRow, allowlist=" ".join)),
    AuditEvent: (
        AuditEventRow,
        to_columns(AuditEvent, AuditEventRow, details=partial(json.dumps, ensure_ascii=False)),
    ),
    User: (UserRow, to_columns(User, UserRow)),
    UserSession: (UserSessionRow, to_columns(UserSession, UserSessionRow)),
    Membership: (MembershipRow, to_columns(Membership, MembershipRow)),
    Invitation: (InvitationRow, to_columns(Invitation, InvitationRow)),
    SignInLink: (SignInLinkRow, to_columns(SignInLink, SignInLinkRow)),
    Widget: (WidgetRow, to_columns(Widget, WidgetRow, origins=json.dumps)),
}


class RowAccess:
    """One transaction. What it reads with `lock` no other changes until it ends."""

    def __init__(self, rows: AsyncSession) -> None:
        self._rows = rows

    async def add(self, *records: Record, **columns: Any) -> None:
        """Add records, with what their rows have beside: the `digest` of a secret.

        An event of a user's doing is given their address as it is now.
        """
        for record in records:
            table, columns_of = _ROWS[type(record)]
            if isinstance(record, AuditEvent) and record.actor.startswith(USER_PREFIX):
                record = replace(record, actor_email=await self._email_of(record.actor))
            self._rows.add(table(**columns_of(record), **columns))
        await self._rows.flush()

    async def save(self, record: Record, **columns: Any) -> None:
        """Change a record's row to what the record says, and what its row has beside."""
        table, columns_of = _ROWS[type(record)]
        changed = update(table).where(col(table.id) == record.id).values(**columns_of(record), **columns)
        await self._rows.exec(changed)

    async def _find(
        self, table: type[AuthTable], read: Callable[[Any], Read], condition: Any, lock: bool = False
    ) -> Read | None:
        query = select(table).where(condition)
        if lock:
            # SQLite has no row locks and needs none: its writers take turns. What was read before may have changed.
            query = query.with_for_update().execution_options(populate_existing=True)
        row = (await self._rows.exec(query)).first()
        return None if row is None else read(row)

    async def _delete(
        self, table: type[AuthTable], read: Callable[[Any], Read], condition: ColumnElement[bool] | bool
    ) -> Sequence[Read]:
        """Delete rows and return them, locked in the order of ids, as all that change several."""
        found = (await self._rows.exec(select(table).where(condition).order_by(table.id).with_for_update())).all()
        await self._rows.exec(delete(table).where(col(table.id).in_([row.id for row in found])))
        return [read(row) for row in found]

    async def _email_of(self, user_id: str) -> str:
        return (await self._rows.exec(select(UserRow.email).where(UserRow.id == user_id))).first() or ""
