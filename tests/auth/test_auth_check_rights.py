"""Check, called as Envoy calls it: a right key that may not be used here or on this plan."""

import asyncio
from typing import Any

import pytest
from auth_harness import CLIENT, FAILED_ATTEMPTS, METHODS, NOW, Auth, check_request, headers_of
from chatmount.quota.v1 import quota_pb2

from services.trust.principal import Principal, Role
from tests.waiting import PATIENCE

OK, DENIED = 0, 7
OTHERS = ["10.0.0.0/8"]


async def test_a_key_is_refused_outside_its_allowlist_and_no_header_changes_that(auth: Auth) -> None:
    created = await auth.new_key(allowlist=["203.0.113.0/24", "2001:db8::/32"])
    for client, status in (
        ("203.0.113.5", OK),
        ("::ffff:203.0.113.5", OK),
        ("2001:db8::5", OK),
        ("203.0.114.5", DENIED),
        ("2001:db9::5", DENIED),
        ("", DENIED),
        ("not-an-address", DENIED),
    ):
        assert (await auth.check_key(created.secret, client)).status.code == status, client
    # check_request forges an X-Forwarded-For that lies within the list.
    assert check_request(None).attributes.request.http.headers["x-forwarded-for"].startswith("203.0.113.")
    response = await auth.check_key(created.secret, CLIENT)
    assert response.denied_response.status.code == 403
    assert "IP address" in response.denied_response.body
    assert CLIENT not in response.denied_response.body


PLANS = [({"plan": plan}, status) for plan, status in (("free", DENIED), ("plus", OK), ("go", DENIED), ("single", OK))]
STATES = [({"enabled": enabled}, OK if enabled else DENIED) for enabled in (False, True, False)]
LISTS = [({"allowlist": entries}, OK if entries != OTHERS else DENIED) for entries in (OTHERS, [CLIENT], OTHERS, [])]


@pytest.mark.parametrize(
    ("method", "changes"),
    [("SetAccountPlan", PLANS), ("SetChatbotEnabled", STATES), ("SetApiKeyAllowlist", LISTS)],
)
async def test_a_change_holds_for_the_next_request(
    auth: Auth, method: str, changes: list[tuple[dict[str, Any], int]]
) -> None:
    chatbot = await auth.new_chatbot()
    created = await auth.new_key(chatbot.id)
    ids = {"account_id": chatbot.account_id, "chatbot_id": chatbot.id, "api_key_id": created.api_key.id}
    target = {name: ids[name] for name in METHODS[method].input_type.fields_by_name if name in ids}
    for change, status in changes:
        await auth.call(method, **target, **change)
        response = await auth.check_key(created.secret)
        assert response.status.code == status
        assert response.denied_response.status.code == (403 if status == DENIED else 0)
        if status == OK and "plan" in change:
            assert auth.signer.verify(headers_of(response)["authorization"][7:], "chat").plan == change["plan"]


async def test_a_403_speaks_of_the_keys_own_window_as_quota_tells_it(auth: Auth) -> None:
    auth.quota.window = quota_pb2.GetWindowResponse(limit=60, remaining=17, reset_at=int(NOW) + 33)
    created = await auth.new_key(allowlist=["10.0.0.1"])
    response = await auth.check_key(created.secret)
    assert headers_of(response) == {
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "17",
        "x-ratelimit-reset": str(int(NOW) + 33),
    }
    assert auth.quota.asked == [(created.api_key.id, "plus")]
    assert auth.quota.askers == [Principal(Role.ROLE_SERVICE)]


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_403_has_its_headers_though_quota_fails_or_hangs(auth: Auth, hangs: bool) -> None:
    auth.quota.hold = asyncio.Event() if hangs else None
    created = await auth.new_key(allowlist=["10.0.0.1"])
    async with asyncio.timeout(PATIENCE):
        response = await auth.check_key(created.secret)
    if auth.quota.hold:
        auth.quota.hold.set()
    assert response.denied_response.status.code == 403
    assert headers_of(response) == {
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "60",
        "x-ratelimit-reset": str(int(NOW) + 60),
    }


async def test_a_403_is_no_failed_attempt(auth: Auth) -> None:
    created = await auth.new_key(allowlist=["10.0.0.1"])
    for _ in range(FAILED_ATTEMPTS + 3):
        assert (await auth.check_key(created.secret)).denied_response.status.code == 403


async def test_a_plan_that_left_the_table_has_no_api_access(auth: Auth, plans: dict[str, object]) -> None:
    created = await auth.new_key((await auth.new_chatbot("single")).id)
    del plans["single"]
    response = await auth.check_key(created.secret)
    assert response.denied_response.status.code == 403
    assert headers_of(response)["x-ratelimit-limit"] == "0"
