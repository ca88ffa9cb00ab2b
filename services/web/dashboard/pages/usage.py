"""`acct_x/usage`: the credits of a month, day by day, and how they will last."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aiohttp import web
from chatmount.quota.v1 import quota_pb2

from services.web.dashboard.chart import draw
from services.web.dashboard.chatbot_names import chatbot_names
from services.web.dashboard.daily_credits import DailyCredits, Use, by_channel, by_chatbot, most_used
from services.web.dashboard.filters import CHATBOT_ID
from services.web.dashboard.forms import Form
from services.web.dashboard.months import Month, months_since, today
from services.web.dashboard.parts import part
from services.web.dashboard.standing import Forecast, Standing, forecast
from services.web.dashboard.visit import Visit


@dataclass(frozen=True, slots=True)
class Credits:
    """What is known of a month: what is shown, and what the account has used on each day.

    `others`: how many chatbots `uses` leaves out. `standing` is that of the current month alone.
    """

    uses: Sequence[Use]
    of_account: Mapping[date, int]
    others: int = 0
    standing: Standing | None = None

    def forecast(self, days: Sequence[date], length: int) -> Forecast | None:
        """What the month comes to, as of the last of `days`."""
        if self.standing is None:
            return None
        return forecast([self.of_account.get(day, 0) for day in days], length, self.standing.left)

    def daily(self, days: Sequence[date], name_of: Callable[[str], str], *, is_by_channel: bool) -> DailyCredits:
        """What the picture shows."""
        if is_by_channel:
            return by_channel(days, self.uses)
        return by_chatbot(days, self.uses, name_of, self.of_account, self.others)


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
    daily = known.daily(days, names.of, is_by_channel=is_by_channel)
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
    if is_by_channel:
        return await _by_channel(visit, month, chatbot_id, is_now=is_now)
    usage, of_account = await asyncio.gather(_usage(visit, is_now=is_now), _uses(visit, month, "DAY"))
    if usage is None:
        used = {use.chatbot_id: use.credits for use in await _uses(visit, month, "CHATBOT")}
    else:
        used = {chatbot.chatbot_id: chatbot.credits_used for chatbot in usage.chatbots}
    told = most_used(used)
    uses = await _uses(visit, month, "DAY", "CHATBOT", chatbot_ids=told) if told else ()
    others = sum(map(bool, used.values())) - len(told)
    return Credits(uses, _of_days(of_account), others, usage and Standing.of(usage))


async def _by_channel(visit: Visit, month: Month, chatbot_id: str, *, is_now: bool) -> Credits:
    chosen = [chatbot_id] if chatbot_id else []
    usage, uses = await asyncio.gather(
        _usage(visit, is_now=is_now, totals_only=True), _uses(visit, month, "DAY", "CHANNEL", chatbot_ids=chosen)
    )
    of_account = await _uses(visit, month, "DAY") if chatbot_id and is_now else uses
    return Credits(uses, _of_days(of_account), standing=usage and Standing.of(usage))


def _of_days(uses: Iterable[Use]) -> Mapping[date, int]:
    by_day: Counter[date] = Counter()
    for use in uses:
        by_day[use.day] += use.credits
    return by_day


async def _usage(visit: Visit, *, is_now: bool, totals_only: bool = False) -> quota_pb2.GetUsageResponse | None:
    request = quota_pb2.GetUsageRequest(totals_only=totals_only)
    return await visit.call(visit.services.quota.GetUsage, request) if is_now else None


async def _uses(visit: Visit, month: Month, *told_apart: str, chatbot_ids: Sequence[str] = ()) -> Sequence[Use]:
    request = quota_pb2.ListDailyCreditsRequest(
        since_day=str(month.days[0]),
        until_day=str(month.days[-1]),
        chatbot_ids=chatbot_ids,
        told_apart=[quota_pb2.CreditsPart.Value(f"CREDITS_PART_{part}") for part in told_apart],
    )
    listed = await visit.call(visit.services.quota.ListDailyCredits, request)
    return [Use(date.fromisoformat(row.day), row.chatbot_id, row.channel, row.credits_used) for row in listed.days]
