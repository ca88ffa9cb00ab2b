"""How often visitors may come, as Envoy asks: W7 of the widget at its limiter."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.quota.v1 import quota_pb2
from envoy.extensions.common.ratelimit.v3.ratelimit_pb2 import RateLimitDescriptor
from envoy.service.ratelimit.v3 import rls_pb2

from services.trust.principal import Principal, Role
from tests.each import for_each
from tests.quota.conftest import CALLER, EDGE, MEMBER, SERVICE, Served
from tests.turned_clock import TurnedClock

OK, OVER_LIMIT = rls_pb2.RateLimitResponse.OK, rls_pb2.RateLimitResponse.OVER_LIMIT
TICKET = "/widget/v1/ticket/wgt_1"
WIDGET = {"widget": "wgt_1", "chatbot": "bot_1"}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Windows have nothing to do with the database: one kind is enough."""
    return f"sqlite+aiosqlite:///{tmp_path / 'quota.db'}"


def address(number: int) -> str:
    return f"192.0.2.{number}/32"


async def ask(served: Served, **entries: str) -> Any:
    named = [RateLimitDescriptor.Entry(key=key, value=value) for key, value in entries.items()]
    request = rls_pb2.RateLimitRequest(domain="chatmount", descriptors=[RateLimitDescriptor(entries=named)])
    return await served.limiter(EDGE).ShouldRateLimit(request)


async def passed(served: Served, times: int, **entries: str) -> int:
    """How many of so many requests pass."""
    replies = await asyncio.gather(*(ask(served, **entries) for _ in range(times)))
    return sum(reply.overall_code == OK for reply in replies)


async def test_twelve_visitors_are_let_in_and_one_that_is_too_fast_stops_itself_alone(served: Served) -> None:
    for visitor in range(12):
        entries = {"limit": "widget_message", "masked_remote_address": address(visitor), **WIDGET}
        assert await passed(served, 9, **entries) == 9
    fast = {"limit": "widget_message", "masked_remote_address": address(0), **WIDGET}
    assert await passed(served, 200, **fast) == 1
    # Had the refused ones counted, the widget's 120 would be used up.
    assert await passed(served, 1, **fast | {"masked_remote_address": address(1)}) == 1
    # All that is left: 12 · 9 + 1 + 1 of 120.
    others = [{"limit": "widget_message", "masked_remote_address": address(100 + n), **WIDGET} for n in range(20)]
    assert sum([await passed(served, 1, **one) for one in others]) == 10
    assert await passed(served, 1, **fast | {"widget": "wgt_2"}) == 1, "another widget knows nothing of it"


async def test_a_refusal_says_how_long_in_a_visitors_words(served: Served, clock: TurnedClock) -> None:
    clock.now = 1_000_000.0
    entries = {"limit": "widget_message", "masked_remote_address": address(1), **WIDGET}
    for _ in range(10):
        reply = await ask(served, **entries)
        assert (reply.overall_code, list(reply.response_headers_to_add), reply.raw_body) == (OK, [], b"")
    clock.now += 20
    reply = await ask(served, **entries)
    headers = {header.key: header.value for header in reply.response_headers_to_add}
    assert (reply.overall_code, headers) == (OVER_LIMIT, {"Retry-After": "40", "X-RateLimit-Reason": "minute"})
    assert reply.raw_body.decode() == "That was a little fast. Please try again in 40 seconds."
    clock.now += 40
    assert await passed(served, 1, **entries) == 1


async def refused_of(served: Served, chatbot: str = "bot_1") -> dict[str, tuple[int, int]]:
    """By reason: today, and in seven days."""
    viewer = replace(MEMBER, chatbot_id=chatbot, member_role="MEMBER_ROLE_VIEWER")
    request = quota_pb2.GetChannelBudgetRequest(channel="widget")
    reply = await served.quota(viewer).GetChannelBudget(request)
    return {one.reason: (one.today, one.week) for one in reply.refused}


async def test_the_owner_is_told_how_many_were_refused_and_why(served: Served, clock: TurnedClock) -> None:
    message = {"limit": "widget_message", **WIDGET}
    ticket = {"limit": "widget_ticket", "masked_remote_address": address(1), "path": f"{TICKET}?a"}
    # Of a widget for which Auth has not vouched so far, anybody could have made it up.
    await passed(served, 21, **ticket)
    assert await refused_of(served) == {}
    await passed(served, 13, **message, masked_remote_address=address(1))
    await passed(served, 2, **ticket)
    assert await refused_of(served) == {"address": (5, 5)}
    for visitor in range(2, 14):
        await passed(served, 10, **message, masked_remote_address=address(visitor))
    assert await refused_of(served) == {"address": (5, 5), "widget": (10, 10)}
    assert await refused_of(served, "bot_2") == {}
    visitor = Principal(Role.ROLE_VISITOR, "acct_1", "bot_1", "wgt_1:0", "seven", "widget", conversation_id="cnv_1")
    for _ in range(9):
        with suppress(grpc.aio.AioRpcError):
            await served.quota(visitor).Reserve(quota_pb2.ReserveRequest(request_id="req-1"))
    assert (await refused_of(served))["month"] == (2, 2)
    clock.now += 6 * 86_400
    await passed(served, 11, **message, masked_remote_address=address(1))
    assert await refused_of(served) == {"address": (1, 6), "month": (0, 2), "widget": (0, 10)}
    clock.now += 86_400
    assert await refused_of(served) == {"address": (0, 1)}


async def test_a_widget_gives_so_many_tickets_whatever_stands_behind_its_path(served: Served) -> None:
    for visitor in range(6):
        entries = {
            "limit": "widget_ticket",
            "masked_remote_address": address(visitor),
            "path": f"{TICKET}?again={visitor}",
        }
        assert await passed(served, 30, **entries) == 20
    late = {"limit": "widget_ticket", "masked_remote_address": address(7), "path": TICKET}
    reply = await ask(served, **late)
    assert reply.overall_code == OVER_LIMIT
    assert reply.raw_body.startswith(b"Many people are asking at the moment.")
    assert await passed(served, 1, **late | {"path": "/widget/v1/ticket/wgt_2"}) == 1


async def test_a_site_that_is_refused_uses_up_no_tickets_of_another(served: Served) -> None:
    asked = {"limit": "widget_ticket", "path": TICKET}
    for visitor in range(7):
        await passed(served, 20, **asked, masked_remote_address=address(visitor), origin="https://evil.example")
    for number, origin in enumerate(["https://www.example.com", ""]):
        visitor = {"masked_remote_address": address(20 + number), "origin": origin}
        assert await passed(served, 1, **asked, **visitor) == 1
    late = {"masked_remote_address": address(30), "origin": "https://evil.example"}
    assert await passed(served, 1, **asked, **late) == 0


async def test_an_address_asks_for_tickets_of_all_widgets_together(served: Served) -> None:
    asked = [
        await passed(served, 1, limit="widget_ticket", masked_remote_address=address(1), path=f"{TICKET}{number}")
        for number in range(30)
    ]
    assert sum(asked) == 20


@pytest.mark.parametrize(
    "entries",
    [{"limit": "widget_frame", "path": "/widget/frame/wgt_1"}, {"limit": "widget_conversation", **WIDGET}],
)
async def test_an_address_looks_sixty_times_a_minute(served: Served, entries: dict[str, str]) -> None:
    assert await passed(served, 70, **entries, masked_remote_address=address(1)) == 60
    assert await passed(served, 1, **entries, masked_remote_address=address(2)) == 1


async def test_the_kinds_have_windows_of_their_own(served: Served) -> None:
    message = {"limit": "widget_message", "masked_remote_address": address(1), **WIDGET}
    assert await passed(served, 20, **message) == 10
    assert await passed(served, 1, **message | {"limit": "widget_conversation"}) == 1
    assert await passed(served, 1, limit="widget_ticket", masked_remote_address=address(1), path=TICKET) == 1
    window = await served.quota(SERVICE).GetWindow(
        quota_pb2.GetWindowRequest(api_key_id=CALLER.key_id, plan=CALLER.plan)
    )
    assert window.remaining == 60


@for_each(
    "entries",
    [
        {"limit": "widget_ticket", "masked_remote_address": address(1)},
        {"limit": "widget_ticket", "masked_remote_address": "", "path": TICKET},
        {"limit": "widget_ticket", "masked_remote_address": address(1), "path": ""},
        {"limit": "widget_message", "masked_remote_address": address(1), "path": TICKET},
        {"limit": "widget_message", "masked_remote_address": address(1), **WIDGET, "widget": ""},
        {"limit": "widget_message", "masked_remote_address": address(1), **WIDGET, "chatbot": ""},
        {"limit": "widget_message", "masked_remote_address": address(1), "widget": "wgt_1"},
        {"limit": "widget_message", **WIDGET},
        {"limit": "widget_conversation", "masked_remote_address": address(1)},
        {"limit": "", "masked_remote_address": address(1), **WIDGET},
        {"limit": "widget_thing", "masked_remote_address": address(1), **WIDGET, "path": TICKET},
    ],
)
async def test_a_request_that_does_not_say_whose_is_an_error_and_never_ok(
    served: Served, entries: dict[str, str]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(served, **entries)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_ids_that_are_too_long_to_be_any_share_one_window(served: Served) -> None:
    entries = {"limit": "widget_ticket", "origin": "https://a.example"}
    let_in = [
        await passed(served, 20, **entries, masked_remote_address=address(n), path=f"{TICKET}{'0' * 60}{n}")
        for n in range(7)
    ]
    assert sum(let_in) == 120
