"""Check, called as Envoy calls it: a right key that may not be used here or on this plan."""

import asyncio

from auth_harness import CLIENT, FAILED_ATTEMPTS, NOW, Auth, check_request, headers_of
from chatmount.quota.v1 import quota_pb2

from services.trust.principal import Principal, Role

OK, DENIED = 0, 7


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


async def test_an_allowlist_holds_from_the_moment_it_is_set(auth: Auth) -> None:
    created = await auth.new_key()
    for entries, status in ((["10.0.0.0/8"], DENIED), ([CLIENT], OK), (["10.0.0.0/8"], DENIED), ([], OK)):
        await auth.call("SetApiKeyAllowlist", api_key_id=created.api_key.id, allowlist=entries)
        assert (await auth.check_key(created.secret)).status.code == status


async def test_a_plan_without_api_access_is_refused_and_a_better_one_lets_in_at_once(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    secret = (await auth.new_key(chatbot.id)).secret
    for plan, status in (("free", DENIED), ("plus", OK), ("go", DENIED), ("enterprise", OK)):
        await auth.call("SetAccountPlan", account_id=chatbot.account_id, plan=plan)
        response = await auth.check_key(secret)
        assert response.status.code == status
        if status == OK:
            assert auth.signer.verify(headers_of(response)["authorization"][7:], "chat").plan == plan
        else:
            assert response.denied_response.status.code == 403
            assert "plan" in response.denied_response.body


async def test_a_disabled_chatbot_is_refused_and_an_enabled_one_let_in_at_once(auth: Auth) -> None:
    created = await auth.new_key()
    for enabled, status in ((False, DENIED), (True, OK), (False, DENIED)):
        await auth.call("SetChatbotEnabled", chatbot_id=created.api_key.chatbot_id, enabled=enabled)
        assert (await auth.check_key(created.secret)).status.code == status


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


async def test_a_403_has_its_headers_though_quota_fails(auth: Auth) -> None:
    created = await auth.new_key(allowlist=["10.0.0.1"])
    assert headers_of(await auth.check_key(created.secret)) == {
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "60",
        "x-ratelimit-reset": str(int(NOW) + 60),
    }


async def test_a_403_does_not_wait_for_a_quota_that_hangs(auth: Auth) -> None:
    auth.quota.hold = asyncio.Event()
    created = await auth.new_key(allowlist=["10.0.0.1"])
    async with asyncio.timeout(20):
        assert (await auth.check_key(created.secret)).denied_response.status.code == 403
    auth.quota.hold.set()


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
