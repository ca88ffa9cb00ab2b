"""Rules of accounts: their names, their plans, and when one may go."""

from collections.abc import Sequence
from dataclasses import replace

from services.auth.audit_log import audit_event
from services.auth.fields import check_creation_id, clean_name
from services.auth.records import Account, Action
from services.auth.scope import TenantScope
from services.auth.store import AuthStore
from services.clock import Clock, now_ms
from services.config.plans import Plans
from services.errors import Text, invalid, refusal
from services.ids import new_id


class Accounts:
    """Accounts, as far as a caller's scope reaches."""

    def __init__(self, store: AuthStore, plans: Plans, clock: Clock) -> None:
        self._store = store
        self._plans = plans
        self._clock = clock

    async def create(self, scope: TenantScope, name: str, plan: str, creation_id: str = "") -> Account:
        """A new account, or the one that a request with this `creation_id` made.

        INVALID_FIELD for a bad name or a plan that is not in the table.
        """
        scope.require_everything()
        check_creation_id(creation_id)
        account = Account(new_id("acct"), clean_name(name), self._known(plan), now_ms(self._clock))
        created = audit_event(Action.ACCOUNT_CREATE, account.created_ms, account.id, name=account.name, plan=plan)
        async with self._store.write() as transaction:
            made = await transaction.create(account, creation_id)
            if made is account:
                await transaction.add(created)
        return made

    async def get(self, scope: TenantScope, account_id: str) -> Account:
        """One account. NOT_FOUND for one that is not there or beyond the scope."""
        return scope.account(await self._store.account(account_id))

    async def list(self, scope: TenantScope, after: int, size: int) -> Sequence[Account]:
        """Accounts within the scope, oldest first; one more than `size` when there are more."""
        if scope.chatbot_id:
            return ()
        return await self._store.accounts(after, size, scope.account_id)

    async def set_plan(self, scope: TenantScope, account_id: str, plan: str) -> Account:
        """Moves an account to another plan. Keys beyond its number stay; no more can be made."""
        scope.require_everything()
        self._known(plan)
        async with self._store.write() as transaction:
            account = scope.account(await transaction.account(account_id, lock=True))
            if plan != account.plan:
                plans = {"plan": plan, "plan_before": account.plan}
                account = replace(account, plan=plan)
                await transaction.save(account)
                await transaction.add(audit_event(Action.ACCOUNT_SET_PLAN, now_ms(self._clock), account.id, **plans))
        return account

    async def delete(self, scope: TenantScope, account_id: str) -> None:
        """Deletes an account. WRONG_STATE while it has chatbots."""
        scope.require_everything()
        async with self._store.write() as transaction:
            account = scope.account(await transaction.account(account_id, lock=True))
            if await transaction.has_chatbots(account.id):
                raise refusal(Text.ACCOUNT_NOT_EMPTY)
            await transaction.delete_account(account.id)
            details = {"name": account.name, "plan": account.plan}
            await transaction.add(audit_event(Action.ACCOUNT_DELETE, now_ms(self._clock), account.id, **details))

    def _known(self, plan: str) -> str:
        if plan not in self._plans:
            raise invalid(f"plan must be one of {', '.join(self._plans)}.")
        return plan
