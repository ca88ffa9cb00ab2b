"""Many tenants, written into the tables, and the calls that must not cost more for it."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text

from services.auth.records import AuditFilter
from services.auth.store import AuthStore
from services.auth.store.tables import AccountRow, ApiKeyRow, AuditEventRow, ChatbotRow
from services.clock import system_clock
from services.database import LONG_SECONDS, Database
from services.database.migrations import migrate
from services.quota.ledger.entry import Owner
from services.quota.ledger.operations import Reserve, Settle
from services.quota.periods import period_of
from services.quota.store.ledger import Ledger, LedgerStore
from services.quota.store.tables import AccountMonthRow, ChatbotChannelDayRow, ChatbotDayRow, LedgerEntryRow
from services.quota.store.usage import UsageStore
from services.quota.usage import Days
from services.rpc.pages import LARGEST_NUMBER

PART = 2_000
ENTRIES = 3
"""Ledger entries that an account has from before."""

Call = Callable[[], Awaitable[object]]


def ids(number: int) -> tuple[str, str, str]:
    """Account, chatbot and key of a number, scattered like real ids."""
    letters = hashlib.sha256(str(number).encode()).hexdigest()[:20]
    return f"acct_{letters}", f"bot_{letters}", f"key_{letters}"


def digest(number: int) -> bytes:
    """What is stored of the number's key."""
    return hashlib.sha256(f"key {number}".encode()).digest()


async def fill_auth(database: Database, begin: int, end: int) -> None:
    """Accounts with one chatbot and one key each."""
    for numbers in _parts(begin, end):
        named = [(number, *ids(number)) for number in numbers]
        once = {"created_ms": 1, "name": "n"}
        keys = {"last4": "abcd", "allowlist": "", **once}
        told = {"created_ms": 1, "actor": "a", "action": "key.create", "request_id": "", "details": "{}"}
        rows: dict[Any, list[dict[str, Any]]] = {
            AccountRow: [{"id": account, "plan": "plus", **once} for _, account, _, _ in named],
            ChatbotRow: [{"id": bot, "account_id": account, "enabled": True, **once} for _, account, bot, _ in named],
            ApiKeyRow: [{"id": key, "chatbot_id": bot, "digest": digest(n), **keys} for n, _, bot, key in named],
            AuditEventRow: [
                {"id": f"evt_{key}", "account_id": account, "chatbot_id": bot, "key_id": key, **told}
                for _, account, bot, key in named
            ],
        }
        await _insert(database, rows)
    await _analyse(database)


async def fill_quota(database: Database, begin: int, end: int) -> None:
    """Accounts that have used some credits this month."""
    period = period_of(system_clock())
    moment = int(system_clock() * 1000)
    for numbers in _parts(begin, end):
        named = [ids(number) for number in numbers]
        sums = {"settled": ENTRIES, "reserved": 0}
        entry = {"channel": "api", "request_id": "r", "amount": 1, "state": "settled", "expires_ms": moment}
        entry |= {"decided_ms": moment, "month": period.month, "day": period.day, "note": "", "granted_by": ""}
        await _insert(
            database,
            {
                AccountMonthRow.__table__: [
                    {"account_id": account, "month": period.month, "granted": 0, **sums} for account, _, _ in named
                ],
                ChatbotDayRow.__table__: [
                    {"account_id": account, "chatbot_id": bot, "day": period.day, **sums} for account, bot, _ in named
                ],
                ChatbotChannelDayRow.__table__: [
                    {"account_id": account, "chatbot_id": bot, "day": period.day, "channel": "playground", **sums}
                    for account, bot, _ in named
                ],
                LedgerEntryRow.__table__: [
                    {"id": f"rsv_{key}{n}", "account_id": account, "chatbot_id": bot, "api_key_id": key, **entry}
                    | {"created_ms": moment - n}
                    for account, bot, key in named
                    for n in range(ENTRIES)
                ],
            },
        )
    await _analyse(database)


@dataclass
class Filled:
    """Auth and Quota on databases with `count` tenants."""

    auth: Database
    quota: Database
    ledger: Ledger
    count: int = 0

    @classmethod
    async def open(cls, auth_url: str, quota_url: str) -> "Filled":
        """On empty databases, which get their tables."""
        auth = Database(auth_url, "auth", seconds=LONG_SECONDS)
        quota = Database(quota_url, "quota", seconds=LONG_SECONDS)
        for database in (auth, quota):
            await migrate(database)
        return cls(auth, quota, LedgerStore(quota).open())

    async def grow(self, count: int) -> None:
        """Adds tenants until there are so many."""
        await fill_auth(self.auth, self.count, count)
        await fill_quota(self.quota, self.count, count)
        self.count = count

    async def close(self) -> None:
        """Closes both databases."""
        await self.ledger.close()
        await self.auth.close()
        await self.quota.close()

    def calls(self, number: int) -> dict[str, Call]:
        """What a request, or an operator, asks for the tenant of this number."""
        account, bot, key = ids(number)
        store, usage = AuthStore(self.auth), UsageStore(self.quota)
        position = self.count // 2

        async def reserve_and_settle() -> None:
            for channel in ("api", "playground"):
                owner = Owner(account, bot, key, channel)
                entry = await self.ledger.run(Reserve(owner, "req", 60, 1_000_000, 1_000_000))
                await self.ledger.run(Settle(owner, entry.id))

        return {
            "Check: look a key up": lambda: store.grant(digest(number)),
            "Reserve and Settle": reserve_and_settle,
            "GetUsage": lambda: usage.usage(account, bot, period_of(system_clock())),
            "ListDailyCredits": lambda: usage.daily(account, "", Days("2026-01-01", "2026-12-31"), ""),
            "ListLedgerEntries": lambda: usage.entries(account, bot, None, 101),
            "ListApiKeys": lambda: store.api_keys(bot),
            "ListChatbots of an account": lambda: store.chatbots(0, 100, account),
            "ListAccounts, a page in the middle": lambda: store.accounts(position, 10),
            "ListAuditEvents of an account": lambda: store.audit_events(
                AuditFilter(account_id=account), AuditFilter(), LARGEST_NUMBER, 100
            ),
            "mark a key used": lambda: store.mark_used({key: int(system_clock() * 1000)}),
        }


def _parts(begin: int, end: int) -> Iterator[range]:
    for start in range(begin, end, PART):
        yield range(start, min(start + PART, end))


async def _insert(database: Database, rows: dict[Any, list[dict[str, Any]]]) -> None:
    async with database.write(LONG_SECONDS) as connection:
        for table, values in rows.items():
            await connection.execute(insert(table), values)


async def _analyse(database: Database) -> None:
    # What a database does by itself after a while.
    async with database.write(LONG_SECONDS) as connection:
        await connection.execute(text("ANALYZE"))
