"""`acct_x/usage`: the credits of a month, day by day, and how they will last."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aiohttp import web
from chatmount.quota.v1 import quota_pb2

from services.web.dashboard.chart import draw
from services.web.dashboard.chatbot_names import chatbot_names
from services.web.dashboard.daily_credits import MOST_SERIES, Use, by_channel, by_chatbot
from services.web.dashboard.filters import CHATBOT_ID
from services.web.dashboard.forms import Form
from services.web.dashboard.months import Month, months_since, today
from services.web.dashboard.parts import part
from services.web.dashboard.standing import Forecast, Standing, forecast
from services.web.dashboard.visit import Visit


@dataclass(frozen=True, slots=True)
class Credits:
    """What is known of a month: what is shown, and what the account has used on each day.

    `standing` is that of the current month alone.
    """

    uses: Sequence[Use]
    of_account: Mapping[date, int]
    standing: Standing | None = None

    def forecast(self, days: Sequence[date], length: int) -> Forecast | None:
        """What the month comes to, as of the last of `days`."""
        if self.standing is None:
            return None
        return forecast([self.of_account.get(day, 0) for day in days], length, self.standing.left)


async def show(visit: Visit) -> web.Response:
    """The page."""
    now = today(visit.frame.now)
    months = months_since(datetime.fromtimestamp(visit.account.created_at, UTC).date(), now)
    month = next((month for month in months if month.name == visit.request.query.get("month")), months[0])
    days = [day for day in month.days if day <= now]
    query = visit.request.query
    chatbot_id = query.get("chatbot", "") if CHATBOT_ID.fullmatch(query.get("chatbot", "")) else ""
    is_by_channel = bool(chatbot_id) or query.get("by") == "channel"
    is_now = month == months[0]
    names, credits = await asyncio.gather(
        chatbot_names(visit),
        part(_credits(visit, month, chatbot_id, is_by_channel=is_by_channel, is_now=is_now)),
    )
    known = credits.value if credits else Credits((), {})
    daily = by_channel(days, known.uses) if is_by_channel else by_chatbot(days, known.uses, names.of)
    told_apart = "by channel" if is_by_channel else "by chatbot"
    return visit.page(
        "usage/usage.html",
        form=Form.of(month=month.name, chatbot=chatbot_id),
        months=[(each.name, each.label) for each in months],
        chatbots=names.options(chatbot_id),
        month=month,
        is_now=is_now,
        is_by_channel=is_by_channel,
        credits=credits,
        daily=daily,
        chart=draw(f"Credits of each day of {month.label}, {told_apart}", daily, month.days),
        forecast=known.forecast(days, len(month.days)),
    )


async def _credits(visit: Visit, month: Month, chatbot_id: str, *, is_by_channel: bool, is_now: bool) -> Credits:
    told_apart = ("DAY", "CHANNEL") if is_by_channel else ("DAY", "CHATBOT")
    chosen = [chatbot_id] if chatbot_id else []
    asked = [_uses(visit, month, *told_apart, chatbot_ids=chosen, most_used=0 if is_by_channel else MOST_SERIES)]
    if chosen and is_now:
        # The forecast is of all chatbots.
        asked.append(_uses(visit, month, "DAY"))
    usage, uses = await asyncio.gather(_usage(visit, is_now=is_now), asyncio.gather(*asked))
    return Credits(uses[0], _of_days(uses[-1]), usage and Standing.of(usage))


def _of_days(uses: Iterable[Use]) -> Mapping[date, int]:
    by_day: Counter[date] = Counter()
    for use in uses:
        by_day[use.day] += use.credits
    return by_day


async def _usage(visit: Visit, *, is_now: bool) -> quota_pb2.GetUsageResponse | None:
    request = quota_pb2.GetUsageRequest(totals_only=True)
    return await visit.call(visit.services.quota.GetUsage, request) if is_now else None


async def _uses(
    visit: Visit, month: Month, *told_apart: str, chatbot_ids: Sequence[str] = (), most_used: int = 0
) -> Sequence[Use]:
    request = quota_pb2.ListDailyCreditsRequest(
        since_day=str(month.days[0]),
        until_day=str(month.days[-1]),
        chatbot_ids=chatbot_ids,
        told_apart=[quota_pb2.CreditsPart.Value(f"CREDITS_PART_{part}") for part in told_apart],
        most_used=most_used,
    )
    listed = await visit.call(visit.services.quota.ListDailyCredits, request)
    return [Use(date.fromisoformat(row.day), row.chatbot_id, row.channel, row.credits_used) for row in listed.days]
