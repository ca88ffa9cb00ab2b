"""Credits that are used up, on days that a test names."""

from chatmount.auth.v1 import auth_pb2

from services.trust.principal import Principal, Role
from tests.turned_clock import at
from tests.web.dashboard import Dashboard


async def spend(
    dashboard: Dashboard, day: str, times: int = 1, channel: str = "api", chatbot: auth_pb2.Chatbot | None = None
) -> None:
    """So many answers of a chatbot on a day; it is today again when they are given."""
    chatbot, now = chatbot or dashboard.chatbot, dashboard.clock.now
    dashboard.clock.now = at(f"{day} 08:00:00")
    asks = Principal(Role.ROLE_API_KEY, chatbot.account_id, chatbot.id, "key_1", "plus", channel)
    for number in range(times):
        reserved = await dashboard.call("quota", "Reserve", asks, request_id=f"{day}-{channel}-{number}")
        await dashboard.call("quota", "Settle", asks, reservation_id=reserved.reservation_id)
    dashboard.clock.now = now


async def set_plan(dashboard: Dashboard, plan: str) -> None:
    """Moves the account to another plan."""
    await dashboard.auth("SetAccountPlan", account_id=dashboard.account.id, plan=plan)
