"""Rules of chatbots: whose they are, and whether they are on."""

from collections.abc import Sequence
from dataclasses import replace

from services.auth.audit_log import audit_event
from services.auth.fields import check_creation_id, clean_name, not_found
from services.auth.records import Account, Action, Chatbot
from services.auth.scope import TenantScope
from services.auth.store import AuthStore
from services.auth.widget.widgets import new_widget
from services.clock import Clock, now_ms
from services.errors import Text, refusal
from services.ids import new_id


class Chatbots:
    """Chatbots, as far as a caller's scope reaches."""

    def __init__(self, store: AuthStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, scope: TenantScope, account_id: str, name: str, creation_id: str = "") -> Chatbot:
        """A new chatbot, enabled, or the one that a request with this `creation_id` made.

        NOT_FOUND for an account that is not there or beyond the scope; WRONG_STATE when it was made for another one.
        """
        scope.require_account(account_id)
        check_creation_id(creation_id)
        chatbot = Chatbot(new_id("bot"), account_id, clean_name(name), True, now_ms(self._clock))
        created = audit_event(Action.CHATBOT_CREATE, chatbot.created_ms, account_id, chatbot.id, name=chatbot.name)
        async with self._store.write() as transaction:
            # Locked, so that the account can't be deleted between this look and the commit.
            scope.account(await transaction.account(account_id, lock=True))
            made = await transaction.create(chatbot, creation_id)
            if made is chatbot:
                await transaction.add(new_widget(chatbot), created)
        if made.account_id != account_id:
            raise refusal(Text.CREATION_DIFFERS)
        return made

    async def get(self, scope: TenantScope, chatbot_id: str) -> Chatbot:
        """One chatbot. NOT_FOUND for one that is not there or beyond the scope."""
        return scope.chatbot(await self._store.chatbot(chatbot_id))

    async def get_with_account(self, scope: TenantScope, chatbot_id: str) -> tuple[Chatbot, Account]:
        """One chatbot and the account that owns it."""
        chatbot = scope.chatbot(await self._store.chatbot(chatbot_id))
        account = await self._store.account(chatbot.account_id)
        if account is None:  # both went between the two looks
            raise not_found("chatbot")
        return chatbot, account

    async def list(self, scope: TenantScope, account_id: str, after: int, size: int) -> Sequence[Chatbot]:
        """Chatbots within the scope, oldest first; one more than `size` when there are more.

        Of one account when it is given: NOT_FOUND when it is not there.
        """
        if account_id and not scope.chatbot_id:
            scope.account(await self._store.account(account_id))
        elif account_id and account_id != scope.account_id:
            raise not_found("account")
        return await self._store.chatbots(after, size, account_id or scope.account_id, scope.chatbot_id)

    async def update(self, scope: TenantScope, chatbot_id: str, name: str | None) -> Chatbot:
        """The chatbot with another name; None leaves it."""
        name = None if name is None else clean_name(name)
        async with self._store.write() as transaction:
            chatbot = scope.chatbot(await transaction.chatbot(chatbot_id, lock=True))
            if name is not None and name != chatbot.name:
                names = {"name": name, "name_before": chatbot.name}
                chatbot = replace(chatbot, name=name)
                await transaction.save(chatbot)
                place = (chatbot.account_id, chatbot.id)
                await transaction.add(audit_event(Action.CHATBOT_UPDATE, now_ms(self._clock), *place, **names))
        return chatbot

    async def set_enabled(self, scope: TenantScope, chatbot_id: str, enabled: bool) -> Chatbot:
        """Switches a chatbot on or off; holds for the next request of every key."""
        async with self._store.write() as transaction:
            chatbot = scope.chatbot(await transaction.chatbot(chatbot_id, lock=True))
            if enabled != chatbot.enabled:
                chatbot = replace(chatbot, enabled=enabled)
                await transaction.save(chatbot)
                action = Action.CHATBOT_ENABLE if enabled else Action.CHATBOT_DISABLE
                await transaction.add(audit_event(action, now_ms(self._clock), chatbot.account_id, chatbot.id))
        return chatbot

    async def delete(self, scope: TenantScope, chatbot_id: str) -> None:
        """Deletes a chatbot, its widget and its keys."""
        async with self._store.write() as transaction:
            chatbot = scope.chatbot(await transaction.chatbot(chatbot_id, lock=True))
            keys = await transaction.delete_chatbot(chatbot.id)
            at_ms, place = now_ms(self._clock), (chatbot.account_id, chatbot.id)
            # Keys that were dead before ended when their own events say.
            ended = [key for key in keys if key.is_active(at_ms)]
            await transaction.add(
                *(audit_event(Action.KEY_DELETE, at_ms, *place, key.id, name=key.name) for key in ended),
                audit_event(Action.CHATBOT_DELETE, at_ms, *place, name=chatbot.name),
            )
