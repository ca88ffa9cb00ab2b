"""Check, called as Envoy calls it."""

import asyncio
from pathlib import Path

import grpc
import pytest
from auth_harness import CLIENT, FAILED_ATTEMPTS, NOW, Auth, check_request, headers_of, refusal_of
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2
from google.protobuf.json_format import MessageToDict
from sqlalchemy import create_engine, text

from services.auth import api_keys
from services.principal import Principal, Role

MISSING = "Missing API key. Send it as: Authorization: Bearer cm_live_…"
INVALID = "Invalid API key."
OK, UNAUTHENTICATED, DENIED, EXHAUSTED = 0, 16, 7, 8


async def test_a_right_key_becomes_a_signed_principal(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    created = await auth.new_key(chatbot.id)
    response = await auth.check_key(created.secret)
    assert response.status.code == OK
    (header,) = response.ok_response.headers
    assert header.header.key == "authorization"
    assert header.append_action == header.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
    principal = auth.signer.verify(header.header.value.removeprefix("Bearer "))
    assert principal == Principal(Role.ROLE_API_KEY, chatbot.account_id, chatbot.id, created.api_key.id, "plus", "api")
    assert principal.expires_at == int(NOW) + 60


async def test_an_admission_tells_envoy_what_to_count(auth: Auth) -> None:
    chatbot = await auth.new_chatbot("enterprise")
    created = await auth.new_key(chatbot.id)
    response = await auth.check_key(created.secret)
    assert MessageToDict(response.dynamic_metadata) == {
        "key_id": created.api_key.id,
        "chatbot_id": chatbot.id,
        "account_id": chatbot.account_id,
        "plan": "enterprise",
        "requests_per_minute": 200.0,
    }


@pytest.mark.parametrize("shape", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} "])
async def test_the_scheme_may_be_written_in_any_case_with_any_spaces(auth: Auth, shape: str) -> None:
    secret = (await auth.new_key()).secret
    assert (await auth.check(shape.format(secret))).status.code == OK


@pytest.mark.parametrize(
    "shape",
    [
        "{}",
        "Bearer{}",
        "Basic {}",
        "Token {}",
        "Bearer: {}",
        "Bearer\t{}",
        'Bearer "{}"',
        "Bearer {} extra",
        "Bearer {0},Bearer {0}",
        "Bearer {0}, Bearer {0}",
        "Bearer Bearer {}",
        "Bearer {}\x00",
        "Bearer {}=",
    ],
)
async def test_any_other_way_to_send_a_right_key_is_refused(auth: Auth, shape: str) -> None:
    secret = (await auth.new_key()).secret
    response = await auth.check(shape.format(secret))
    assert response.denied_response.status.code == 401
    assert secret not in response.denied_response.body


@pytest.mark.parametrize("authorization", [None, "", " ", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz"])
async def test_no_key_is_told_how_to_send_one(auth: Auth, authorization: str | None) -> None:
    response = await auth.check(authorization)
    assert response.denied_response.status.code == 401
    assert response.denied_response.body == MISSING
    assert response.status.code == UNAUTHENTICATED


async def test_every_key_that_opens_nothing_gets_the_same_answer(auth: Auth) -> None:
    revoked, rotated, deleted = await auth.new_key(), await auth.new_key(), await auth.new_key()
    await auth.keys().RevokeApiKey(auth_pb2.RevokeApiKeyRequest(api_key_id=revoked.api_key.id))
    await auth.keys().RotateApiKey(auth_pb2.RotateApiKeyRequest(api_key_id=rotated.api_key.id))
    await auth.chatbots().DeleteChatbot(auth_pb2.DeleteChatbotRequest(chatbot_id=deleted.api_key.chatbot_id))
    dead = [revoked.secret, rotated.secret, deleted.secret, api_keys.generate(), "cm_live_" + "x" * 32]
    denials = [(await auth.check_key(secret, f"192.0.2.{i}")).denied_response for i, secret in enumerate(dead)]
    assert {denial.body for denial in denials} == {INVALID}
    assert len({denial.SerializeToString() for denial in denials}) == 1


async def test_a_401_has_the_challenge_and_the_window_of_failed_attempts(auth: Auth) -> None:
    response = await auth.check("Bearer nonsense")
    assert headers_of(response) == {
        "www-authenticate": "Bearer",
        "x-ratelimit-limit": str(FAILED_ATTEMPTS),
        "x-ratelimit-remaining": str(FAILED_ATTEMPTS - 1),
        "x-ratelimit-reset": str(int(NOW) + 60),
    }


async def test_an_expired_key_says_so_from_its_very_second(auth: Auth) -> None:
    expiry = int(NOW) + 100
    secret = (await auth.new_key(expires_at=expiry)).secret
    auth.clock.now = expiry - 0.001
    assert (await auth.check_key(secret)).status.code == OK
    auth.clock.now = float(expiry)
    response = await auth.check_key(secret)
    assert response.denied_response.status.code == 401
    assert response.denied_response.body == "This API key has expired."


async def test_too_many_failed_attempts_are_answered_429_until_the_window_ends(auth: Auth) -> None:
    for left in reversed(range(FAILED_ATTEMPTS)):
        assert headers_of(await auth.check(None))["x-ratelimit-remaining"] == str(left)
    auth.clock.now = NOW + 20
    response = await auth.check(None)
    assert response.denied_response.status.code == 429
    assert response.status.code == EXHAUSTED
    assert headers_of(response) == {
        "x-ratelimit-limit": str(FAILED_ATTEMPTS),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(NOW) + 60),
        "x-ratelimit-reason": "minute",
        "retry-after": "40",
    }
    assert "40 seconds" in response.denied_response.body
    auth.clock.now = NOW + 60
    assert (await auth.check(None)).denied_response.status.code == 401


async def test_a_right_key_passes_where_too_many_wrong_ones_came_from(auth: Auth) -> None:
    secret = (await auth.new_key()).secret
    for _ in range(FAILED_ATTEMPTS + 3):
        await auth.check(None)
    assert (await auth.check_key(secret)).status.code == OK


async def test_failed_attempts_are_counted_per_client(auth: Auth) -> None:
    for _ in range(FAILED_ATTEMPTS + 1):
        await auth.check(None, "2001:db8:1:2::1")
    assert (await auth.check(None, "2001:db8:1:2:ffff::9")).denied_response.status.code == 429
    assert (await auth.check(None, "2001:db8:1:3::1")).denied_response.status.code == 401
    for _ in range(FAILED_ATTEMPTS + 1):
        await auth.check(None, "192.0.2.1")
    assert (await auth.check(None, "::ffff:192.0.2.1")).denied_response.status.code == 429
    assert (await auth.check(None, "192.0.2.2")).denied_response.status.code == 401


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
        request = auth_pb2.SetApiKeyAllowlistRequest(api_key_id=created.api_key.id, allowlist=entries)
        await auth.keys().SetApiKeyAllowlist(request)
        assert (await auth.check_key(created.secret)).status.code == status


async def test_a_plan_without_api_access_is_refused_and_a_better_one_lets_in_at_once(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    secret = (await auth.new_key(chatbot.id)).secret
    for plan, status in (("free", DENIED), ("plus", OK), ("go", DENIED), ("enterprise", OK)):
        request = auth_pb2.SetAccountPlanRequest(account_id=chatbot.account_id, plan=plan)
        await auth.accounts().SetAccountPlan(request)
        response = await auth.check_key(secret)
        assert response.status.code == status
        if status == OK:
            assert auth.signer.verify(headers_of(response)["authorization"][7:]).plan == plan
        else:
            assert response.denied_response.status.code == 403
            assert "plan" in response.denied_response.body


async def test_a_disabled_chatbot_is_refused_and_an_enabled_one_let_in_at_once(auth: Auth) -> None:
    created = await auth.new_key()
    for enabled, status in ((False, DENIED), (True, OK), (False, DENIED)):
        request = auth_pb2.SetChatbotEnabledRequest(chatbot_id=created.api_key.chatbot_id, enabled=enabled)
        await auth.chatbots().SetChatbotEnabled(request)
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
    async with asyncio.timeout(2):
        assert (await auth.check_key(created.secret)).denied_response.status.code == 403
    auth.quota.hold.set()


async def test_a_403_is_no_failed_attempt(auth: Auth) -> None:
    created = await auth.new_key(allowlist=["10.0.0.1"])
    for _ in range(FAILED_ATTEMPTS + 3):
        assert (await auth.check_key(created.secret)).denied_response.status.code == 403


async def test_a_dead_key_is_a_401_even_where_a_living_one_would_be_a_403(auth: Auth) -> None:
    created = await auth.new_key(allowlist=["10.0.0.1"])
    await auth.keys().RevokeApiKey(auth_pb2.RevokeApiKeyRequest(api_key_id=created.api_key.id))
    assert (await auth.check_key(created.secret)).denied_response.status.code == 401


async def test_rotation_and_revocation_hold_on_every_replica_when_they_return(replicas: tuple[Auth, Auth]) -> None:
    here, there = replicas
    created = await here.new_key()
    secret = created.secret
    for _ in range(5):
        assert (await there.check_key(secret)).status.code == OK
        request = auth_pb2.RotateApiKeyRequest(api_key_id=created.api_key.id)
        fresh = (await here.keys().RotateApiKey(request)).secret
        assert (await there.check_key(secret)).status.code == UNAUTHENTICATED
        assert (await there.check_key(fresh)).status.code == OK
        here, there, secret = there, here, fresh
        here.clock.now += 61
    await here.keys().RevokeApiKey(auth_pb2.RevokeApiKeyRequest(api_key_id=created.api_key.id))
    assert (await there.check_key(secret)).status.code == UNAUTHENTICATED


async def test_a_key_under_load_is_never_let_in_after_its_revocation_returned(replicas: tuple[Auth, Auth]) -> None:
    here, there = replicas
    created = await here.new_key()
    is_revoked = asyncio.Event()
    late_admissions = 0

    async def ask() -> None:
        nonlocal late_admissions
        for _ in range(20):
            began_after = is_revoked.is_set()
            code = (await there.check_key(created.secret)).status.code
            late_admissions += began_after and code == OK

    async def revoke() -> None:
        await asyncio.sleep(0.05)
        await here.keys().RevokeApiKey(auth_pb2.RevokeApiKeyRequest(api_key_id=created.api_key.id))
        is_revoked.set()

    await asyncio.gather(revoke(), *(ask() for _ in range(10)))
    assert late_admissions == 0


async def test_a_plan_that_left_the_table_has_no_api_access(auth: Auth, plans: dict[str, object]) -> None:
    created = await auth.new_key((await auth.new_chatbot("single")).id)
    del plans["single"]
    response = await auth.check_key(created.secret)
    assert response.denied_response.status.code == 403
    assert headers_of(response)["x-ratelimit-limit"] == "0"


async def test_a_database_that_is_gone_is_an_error_and_not_a_refusal(auth: Auth, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'auth.db'}")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
    engine.dispose()
    error = await refusal_of(auth.check_key(api_keys.generate()))
    assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL)
    assert "api_keys" not in (error.details() or "")
