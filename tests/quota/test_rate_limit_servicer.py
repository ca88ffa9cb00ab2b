"""Envoy's rate limit service on the wire, spoken to as Envoy does."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.quota.v1 import quota_pb2
from envoy.extensions.common.ratelimit.v3.ratelimit_pb2 import RateLimitDescriptor
from envoy.service.ratelimit.v3 import rls_pb2

from services.config.settings import Settings, load_settings
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.quota.conftest import CALLER, EDGE, OPERATOR, SERVICE, Served, serve
from tests.turned_clock import TurnedClock


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Windows have nothing to do with the database: one kind is enough."""
    return f"sqlite+aiosqlite:///{tmp_path / 'quota.db'}"


def asked(domain: str = "chatmount", copies: int = 1, **entries: str) -> Any:
    descriptor = RateLimitDescriptor(
        entries=[RateLimitDescriptor.Entry(key=key, value=value) for key, value in entries.items()]
    )
    return rls_pb2.RateLimitRequest(domain=domain, descriptors=[descriptor] * copies)


async def hit(served: Served, key: str = "key_1", plan: str = "plus") -> tuple[int, dict[str, str], str]:
    response = await served.limiter(EDGE).ShouldRateLimit(asked(key_id=key, plan=plan))
    headers = {header.key: header.value for header in response.response_headers_to_add}
    assert len(headers) == len(response.response_headers_to_add)
    return response.overall_code, headers, response.raw_body.decode()


OK, OVER_LIMIT = rls_pb2.RateLimitResponse.OK, rls_pb2.RateLimitResponse.OVER_LIMIT


async def test_the_headers_count_down_to_a_refusal_that_says_how_long(served: Served, clock: TurnedClock) -> None:
    clock.now = 1_000_000.75
    for remaining in range(59, -1, -1):
        assert await hit(served) == (
            OK,
            {
                "X-RateLimit-Limit": "60",
                "X-RateLimit-Remaining": str(remaining),
                "X-RateLimit-Reset": "1000060",
            },
            "",
        )
    clock.now += 48
    assert await hit(served) == (
        OVER_LIMIT,
        {
            "X-RateLimit-Limit": "60",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "1000060",
            "X-RateLimit-Reason": "minute",
            "Retry-After": "12",
        },
        "Rate limit of 60 requests per minute reached. Try again in 12 seconds.",
    )
    clock.now = 1_000_059.9
    assert (await hit(served))[2] == "Rate limit of 60 requests per minute reached. Try again in 1 second."
    clock.now = 1_000_060.0
    assert (await hit(served))[1]["X-RateLimit-Remaining"] == "59"


async def test_exactly_the_limit_passes_of_many_at_once(served: Served) -> None:
    codes = [code for code, _, _ in await asyncio.gather(*(hit(served) for _ in range(100)))]
    assert (codes.count(OK), codes.count(OVER_LIMIT)) == (60, 40)


async def test_keys_have_windows_of_their_own(served: Served) -> None:
    for _ in range(60):
        await hit(served)
    assert (await hit(served))[0] == OVER_LIMIT
    assert (await hit(served, key="key_2"))[0] == OK


@pytest.mark.parametrize("plan", ["free", "gone", ""])
async def test_a_plan_without_access_passes_nothing(served: Served, clock: TurnedClock, plan: str) -> None:
    code, headers, text = await hit(served, plan=plan)
    assert (code, text) == (OVER_LIMIT, "The plan of this account has no API access.")
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("0", "0")
    assert clock() < int(headers["X-RateLimit-Reset"]) <= clock() + 60


@for_each(
    "request_",
    [
        asked(),
        asked(key_id="key_1"),
        asked(plan="plus"),
        asked(key_id="", plan="plus"),
        asked(copies=0),
        asked(copies=2, key_id="key_1", plan="plus"),
        asked(domain="elsewhere", key_id="key_1", plan="plus"),
        asked(door="page", method="POST"),
        asked(door="page", masked_remote_address="192.0.2.1/32"),
        asked(door="widget", masked_remote_address="192.0.2.1/32", method="POST"),
    ],
)
async def test_a_request_that_names_nobody_is_an_error_and_never_ok(served: Served, request_: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.limiter(EDGE).ShouldRateLimit(request_)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


@for_each("principal", [CALLER, OPERATOR, SERVICE])
async def test_nobody_but_the_edge_may_ask(served: Served, principal: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.limiter(principal).ShouldRateLimit(asked(key_id="key_1", plan="plus"))
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def at_a_page(served: Served, method: str, address: str = "192.0.2.1/32") -> tuple[int, dict[str, str], str]:
    request = asked(door="page", masked_remote_address=address, method=method)
    response = await served.limiter(EDGE).ShouldRateLimit(request)
    headers = {header.key: header.value for header in response.response_headers_to_add}
    return response.overall_code, headers, response.raw_body.decode()


async def test_an_address_has_ten_tries_a_minute_and_sixty_looks(served: Served, clock: TurnedClock) -> None:
    clock.now = 1_000_000.0
    for method, limit in (("POST", 10), ("GET", 60)):
        for _ in range(limit):
            assert await at_a_page(served, method) == (OK, {}, "")
        clock.now += 3
        code, headers, text = await at_a_page(served, method)
        wait = headers.pop("Retry-After")
        assert (code, headers) == (OVER_LIMIT, {})
        assert text == (
            f"Too many tries from your IP address: {limit} per minute are allowed. Try again in {wait} seconds."
        )
    assert (await at_a_page(served, "HEAD"))[0] == OVER_LIMIT, "a look as well"
    assert (await at_a_page(served, "PUT"))[0] == OVER_LIMIT, "whatever else writes is a try"
    assert (await at_a_page(served, "POST", "192.0.2.2/32"))[0] == OK
    assert (await hit(served, key="192.0.2.1/32"))[0] == OK, "a key is no address"
    clock.now += 57
    assert (await at_a_page(served, "POST"))[0] == OK


async def test_a_look_at_the_window_counts_nothing(served: Served, clock: TurnedClock) -> None:
    request = quota_pb2.GetWindowRequest(api_key_id="key_1", plan="plus")
    window = await served.quota(SERVICE).GetWindow(request)
    assert (window.limit, window.remaining, window.reset_at) == (60, 60, int(clock()) + 60)
    await hit(served)
    clock.now += 7.5
    for _ in range(2):
        window = await served.quota(SERVICE).GetWindow(request)
        assert (window.limit, window.remaining, window.reset_at) == (60, 59, int(clock()) + 53)
    window = await served.quota(OPERATOR.__class__(OPERATOR.role)).GetWindow(
        quota_pb2.GetWindowRequest(api_key_id="key_1", plan="gone")
    )
    assert (window.limit, window.remaining) == (0, 0)


async def test_an_operator_of_one_tenant_may_not_look_at_keys(served: Served) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.quota(replace(OPERATOR)).GetWindow(quota_pb2.GetWindowRequest(api_key_id="key_1", plan="plus"))
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture
def default_settings(tmp_path: Path) -> Settings:
    return load_settings({"CHATMOUNT_HOME": str(tmp_path / "home")})


async def test_the_default_plans_serve_without_a_file(
    default_settings: Settings, signer: TokenSigner, clock: TurnedClock
) -> None:
    async with serve(default_settings, signer, clock) as running:
        assert (await hit(running, plan="enterprise"))[1]["X-RateLimit-Limit"] == "200"
