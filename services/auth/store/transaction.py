"""One transaction of Auth's store: what the rules look at and change inside of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, func, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.auth.records import Account, ApiKey, AuditEvent, Chatbot
from services.auth.store.people_tables import InvitationRow, MembershipRow, SignInLinkRow
from services.auth.store.people_transaction import PeopleTransaction
from services.auth.store.tables import AccountRow, ApiKeyRow, AuditEventRow, ChatbotRow
from services.auth.store.widget_transaction import WidgetTransaction
from services.database.records import to_record

to_account = to_record(Account, AccountRow)
to_chatbot = to_record(Chatbot, ChatbotRow)
to_api_key = to_record(ApiKey, ApiKeyRow, allowlist=lambda stored: tuple(stored.split()))
to_audit_event = to_record(AuditEvent, AuditEventRow, details=json.loads)

Created = TypeVar("Created", Account, Chatbot, ApiKey)
_CREATED: Mapping[type[Any], tuple[Any, Callable[[Any], Any]]] = {
    Account: (AccountRow, to_account),
    Chatbot: (ChatbotRow, to_chatbot),
    ApiKey: (ApiKeyRow, to_api_key),
}


class Transaction(PeopleTransaction, WidgetTransaction):
    """One transaction. What it reads with `lock` no other changes until it ends."""

    async def account(self, account_id: str, *, lock: bool = False) -> Account | None:
        """The account with this id. Its members are changed and counted under its lock."""
        return await self._find(AccountRow, to_account, AccountRow.id == account_id, lock)

    async def chatbot(self, chatbot_id: str, *, lock: bool = False) -> Chatbot | None:
        """The chatbot with this id. Its keys and its widget are changed under its lock."""
        return await self._find(ChatbotRow, to_chatbot, ChatbotRow.id == chatbot_id, lock)

    async def api_key(self, key_id: str, *, lock: bool = False) -> ApiKey | None:
        """The key with this id."""
        return await self._find(ApiKeyRow, to_api_key, ApiKeyRow.id == key_id, lock)

    async def created(self, kind: type[Created], creation_id: str) -> Created | None:
        """What of a kind a request with this id has made, if it is still there; None without an id."""
        table, read = _CREATED[kind]
        found: Created | None = None
        if creation_id:
            found = await self._find(table, read, table.creation_id == creation_id)
        return found

    async def create(self, record: Created, creation_id: str, **columns: Any) -> Created:
        """Add a record, or return what a request with the same id has made."""
        found = await self.created(type(record), creation_id)
        if found is None:
            try:
                async with self._rows.begin_nested():
                    await self.add(record, creation_id=creation_id or None, **columns)
            except IntegrityError:
                # Another transaction was quicker, and has committed.
                found = await self.created(type(record), creation_id)
                if found is None:
                    raise
        return record if found is None else found

    async def has_chatbots(self, account_id: str) -> bool:
        """Whether any chatbot belongs to the account."""
        query = select(ChatbotRow.id).where(ChatbotRow.account_id == account_id).limit(1)
        return (await self._rows.exec(query)).first() is not None

    async def delete_account(self, account_id: str) -> None:
        """Delete an account that has no chatbots, with its memberships, invitations and links."""
        for table in (MembershipRow, InvitationRow, SignInLinkRow):
            await self._rows.exec(delete(table).where(col(table.account_id) == account_id))
        await self._rows.exec(delete(AccountRow).where(col(AccountRow.id) == account_id))

    async def delete_chatbot(self, chatbot_id: str) -> Sequence[ApiKey]:
        """Delete a chatbot, its widget and all its keys; return these."""
        await self.delete_widget(chatbot_id)
        keys = await self._delete(ApiKeyRow, to_api_key, ApiKeyRow.chatbot_id == chatbot_id)
        await self._rows.exec(delete(ChatbotRow).where(col(ChatbotRow.id) == chatbot_id))
        return keys

    async def count_active_keys(self, chatbot_id: str, now_ms: int) -> int:
        """Keys of the chatbot that are neither revoked nor expired."""
        query = select(func.count()).where(ApiKeyRow.chatbot_id == chatbot_id, _is_active(now_ms))
        return (await self._rows.exec(query)).one()

    async def forget_dead_keys(self, chatbot_id: str, now_ms: int, kept: int) -> None:
        """Delete the chatbot's revoked and expired keys but the newest `kept`."""
        dead = select(ApiKeyRow.id).where(ApiKeyRow.chatbot_id == chatbot_id, ~_is_active(now_ms))
        newest_first = dead.order_by(col(ApiKeyRow.position).desc())
        await self._delete(ApiKeyRow, to_api_key, col(ApiKeyRow.id).in_(newest_first.offset(kept)))


def _is_active(now_ms: int) -> ColumnElement[bool]:
    expires_ms = col(ApiKeyRow.expires_ms)
    return col(ApiKeyRow.revoked_ms).is_(None) & or_(expires_ms.is_(None), expires_ms > now_ms)
