"""`acct_x/usage`: the credits of a month, day by day, and how they will last."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aiohttp import web
from chatmount.quota.v1 import quota_pb2

from services.web.dashboard.chart import draw
from services.web.dashboard.chatbot_names import ChatbotNames, chatbot_names
from services.web.dashboard.daily_credits import DailyCredits, Use, by_channel, by_chatbot
from services.web.dashboard.filters import CHATBOT_ID
from services.web.dashboard.forms import Form
from services.web.dashboard.months import Month, months_since, today
from services.web.dashboard.parts import part
from services.web.dashboard.standing import Forecast, Standing, forecast
from services.web.dashboard.visit import Visit


@dataclass(frozen=True, slots=True)
class Credits:
    """What is known of a month. `standing` and `forecast` are those of the current one alone."""

    uses: Sequence[Use]
    standing: Standing | None = None
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which month is shown, of which chatbot ("": of all), and what its bars are made of."""

    month: Month
    days: Sequence[date]
    is_now: bool
    chatbot_id: str
    is_by_channel: bool


async def show(visit: Visit) -> web.Response:
    """The page."""
    now, query = today(visit.frame.now), visit.request.query
    months = months_since(datetime.fromtimestamp(visit.account.created_at, UTC).date(), now)
    month = next((month for month in months if month.name == query.get("month")), months[0])
    chatbot_id = query.get("chatbot", "") if CHATBOT_ID.fullmatch(query.get("chatbot", "")) else ""
    chosen = Chosen(
        month=month,
        days=[day for day in month.days if day <= now],
        is_now=month == months[0],
        chatbot_id=chatbot_id,
        is_by_channel=bool(chatbot_id) or query.get("by") == "channel",
    )
    names, credits = await asyncio.gather(chatbot_names(visit), part(_credits(visit, chosen)))
    daily = _daily(chosen, credits.value.uses, names) if credits else None
    told_apart = "by channel" if chosen.is_by_channel else "by chatbot"
    title = f"Credits of each day of {month.label}, {told_apart}"
    return visit.page(
        "usage/usage.html",
        form=Form.of(month=month.name, chatbot=chatbot_id),
        months=[(each.name, each.label) for each in months],
        chatbots=names.options(chatbot_id),
        month=month,
        is_by_channel=chosen.is_by_channel,
        credits=credits,
        daily=daily,
        chart=draw(title, daily, month.days) if daily else None,
    )


async def _credits(visit: Visit, chosen: Chosen) -> Credits:
    by = quota_pb2.CREDITS_BY_CHANNEL if chosen.is_by_channel else quota_pb2.CREDITS_BY_CHATBOT
    using = _uses(visit, chosen.month, by, chosen.chatbot_id)
    if not chosen.is_now:
        return Credits(await using)
    asking = visit.call(visit.services.quota.GetUsage, quota_pb2.GetUsageRequest())
    if not chosen.chatbot_id:
        uses, usage = await asyncio.gather(using, asking)
        of_all = uses
    else:
        # What is to come is the account's matter, whatever is looked at.
        uses, usage, of_all = await asyncio.gather(using, asking, _uses(visit, chosen.month, by))
    standing, credits = Standing.of(usage), by_channel(chosen.days, of_all).totals
    comes_to = forecast(credits, len(chosen.month.days), standing.left)
    return Credits(uses, standing, comes_to)


def _daily(chosen: Chosen, uses: Sequence[Use], names: ChatbotNames) -> DailyCredits:
    if chosen.is_by_channel:
        return by_channel(chosen.days, uses)
    return by_chatbot(chosen.days, uses, names.of)


async def _uses(visit: Visit, month: Month, by: quota_pb2.CreditsBy.ValueType, chatbot_id: str = "") -> Sequence[Use]:
    request = quota_pb2.ListDailyCreditsRequest(
        since_day=str(month.days[0]), until_day=str(month.days[-1]), chatbot_id=chatbot_id, by=by
    )
    listed = await visit.call(visit.services.quota.ListDailyCredits, request)
    return [Use(row.day, row.chatbot_id or row.channel, row.credits_used) for row in listed.days]
