"""Reads of the ledger, each bound to one account, and to one chatbot when one is given."""

from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Any

from services.database import Database
from services.errors import invalid
from services.quota.ledger.entry import Entry, State, Totals
from services.quota.periods import Period, days_of
from services.quota.store.ledger_rows import as_entry, month_totals
from services.quota.store.tables import RARE_STATES
from services.quota.store.usage_statements import MONTH, by_chatbot, by_parts, entries
from services.quota.usage import (
    ALL_PARTS,
    EVERY_ENTRY,
    AccountUsage,
    ChatbotUsage,
    CreditsPart,
    DailyCredits,
    Days,
    EntryFilter,
)
from services.trust.principal import Channel

MAXIMUM_ROWS = 20_000


class UsageStore:
    """Never writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def totals(self, account_id: str, period: Period) -> Totals:
        """The account's month."""
        month = await self._database.look_up(MONTH, {"account_id": account_id, "month": period.month})
        return Totals() if month is None else month_totals(month)

    async def usage(self, account_id: str, chatbot_id: str, period: Period) -> AccountUsage:
        """The account's month, and its chatbots used then (only `chatbot_id` unless that is empty)."""
        since, until = days_of(period.month)
        of = {"account_id": account_id, "own_chatbot_id": chatbot_id}
        chatbots = await self._database.fetch(
            by_chatbot(one=bool(chatbot_id)), of | {"since": since, "until": until, "today": period.day}
        )
        return AccountUsage(
            month=period.month,
            totals=await self.totals(account_id, period),
            chatbots=tuple(ChatbotUsage(name, int(settled), int(today)) for name, settled, today in chatbots),
        )

    async def daily(
        self,
        account_id: str,
        own_chatbot_id: str,
        days: Days,
        chatbot_ids: Collection[str] = (),
        told_apart: Collection[CreditsPart] = ALL_PARTS,
        most_used: int = 0,
    ) -> list[DailyCredits]:
        """Credits by the parts that are told apart.

        Of some chatbots when they are named, and of the caller's own alone. `most_used`: so many of them are told
        apart, if not 0. INVALID_FIELD when that is too much for one reply.
        """
        by_channel = CreditsPart.CHANNEL in told_apart
        query = by_parts(frozenset(told_apart), own=bool(own_chatbot_id), some=bool(chatbot_ids), most=bool(most_used))
        of = {"account_id": account_id, "own_chatbot_id": own_chatbot_id, "chatbot_ids": list(chatbot_ids)}
        wanted = {"since": days.since, "until": days.until, "most_used": most_used, "size": MAXIMUM_ROWS + 1}
        rows = sorted(await self._database.fetch(query, of | wanted), key=itemgetter(0, 1, 2))
        if len(rows) > MAXIMUM_ROWS:
            raise invalid(f"These are more than {MAXIMUM_ROWS} rows. Ask for fewer days, or for fewer chatbot_ids.")
        if by_channel:
            return [credits for _, of_group in groupby(rows, itemgetter(0, 1)) for credits in _shares(list(of_group))]
        return [
            DailyCredits(day or last_day, chatbot, "", int(settled), int(reserved))
            for day, chatbot, _, last_day, settled, reserved in rows
        ]

    async def entries(
        self,
        account_id: str,
        chatbot_id: str,
        after: tuple[int, str] | None,
        size: int,
        chosen: EntryFilter = EVERY_ENTRY,
    ) -> list[Entry]:
        """Up to `size` entries, newest first, beginning after the one of this time (ms) and id."""
        after_ms, after_id = after or (None, None)
        asked: dict[str, Any] = {
            "own_chatbot_id": chatbot_id,
            "states": sorted(chosen.states),
            "channel": chosen.channel,
            "request_id": chosen.request_id,
            "chatbot_id": chosen.chatbot_id,
            "since_ms": chosen.since_ms,
            "until_ms": chosen.until_ms,
            "after_ms": after_ms,
            "after_id": after_id,
        }
        named = {name: value for name, value in asked.items() if value is not None and value not in ("", 0, [])}
        statement = entries(
            frozenset(named),
            are_open=chosen.states == {State.RESERVED},
            are_rare=bool(chosen.states) and chosen.states <= RARE_STATES,
            are_of_others=chosen.channel not in ("", Channel.API),
        )
        rows = await self._database.fetch(statement, {"account_id": account_id, "size": size, **named})
        return [as_entry(row) for row in rows]


def _shares(rows: Sequence[Any]) -> Iterator[DailyCredits]:
    """Of each channel, from the sums of all and then of the channels.

    The API's are what the others leave.
    """
    day, chatbot_id, _, last_day, *totals = rows[0]
    if last_day is None:
        return
    shares = {row[2]: Totals(*map(int, row[4:])) for row in rows[1:]}
    shares[Channel.API] = reduce(Totals.less, shares.values(), Totals(*map(int, totals)))
    for channel, share in sorted(shares.items()):
        if share.used:
            yield DailyCredits(day or last_day, chatbot_id, channel, share.settled, share.reserved)
