"""Quota's rows: ninety days of all chatbots, and an entry for each turn."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.ids import new_id
from services.quota.store.tables import AccountMonthRow, ChatbotChannelDayRow, ChatbotDayRow, LedgerEntryRow
from services.trust.principal import Channel
from tests.web.filled.size import Owned, Rows, Size
from tests.web.filled.words import Words

DAYS = 90
USED = {Channel.PLAYGROUND: 3, Channel.WIDGET: 20}
BY_API = 30


def quota_rows(owned: Owned, size: Size, words: Words) -> Rows:
    """Each chatbot was asked each day in every way."""
    today = datetime.fromtimestamp(owned.now_ms / 1000, UTC).date()
    days = [str(today - timedelta(days=back)) for back in range(DAYS)]
    of_day = BY_API + sum(USED.values())
    account = {"account_id": owned.account_id}
    chatbots = [owned.chatbot_id, *owned.other_chatbots]
    for chatbot_id in chatbots:
        keys = [account | {"chatbot_id": chatbot_id, "day": day, "reserved": 0} for day in days]
        yield ChatbotDayRow.__table__, [key | {"settled": of_day} for key in keys]
        parts = [key | {"channel": channel, "settled": used} for key in keys for channel, used in USED.items()]
        yield ChatbotChannelDayRow.__table__, parts
    months = sorted({day[:7] for day in days})
    settled = {month: sum(day.startswith(month) for day in days) * of_day * len(chatbots) for month in months}
    yield (
        AccountMonthRow.__table__,
        [account | {"month": month, "settled": settled[month], "reserved": 0, "granted": 1000} for month in months],
    )
    yield LedgerEntryRow.__table__, [_entry(owned, size, place) for place in range(size.turns)]


def _entry(owned: Owned, size: Size, place: int) -> Mapping[str, Any]:
    at_ms = owned.when(place, size.turns)
    day = str(datetime.fromtimestamp(at_ms / 1000, UTC).date())
    owner = {"account_id": owned.account_id, "chatbot_id": owned.chatbot_id, "api_key_id": new_id("key")}
    told = {"channel": "api", "request_id": new_id("x"), "amount": 1, "state": "settled", "note": "", "granted_by": ""}
    times = {"created_ms": at_ms, "decided_ms": at_ms, "expires_ms": at_ms, "month": day[:7], "day": day}
    return {"id": new_id("rsv")} | owner | told | times
