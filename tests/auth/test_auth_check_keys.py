"""Check, called as Envoy calls it: which keys open, and what failed attempts cost."""

import asyncio
from pathlib import Path

import grpc
from auth_harness import FAILED_ATTEMPTS, NOW, Auth, headers_of, refusal_of
from google.protobuf.json_format import MessageToDict
from sqlalchemy import create_engine, text

from services.auth import key_secret as api_keys
from services.trust.principal import Principal, Role

MISSING = "Missing API key. Send it as: Authorization: Bearer cm_live_…"
INVALID = "Invalid API key."
OK, UNAUTHENTICATED, EXHAUSTED = 0, 16, 8


async def test_a_right_key_becomes_a_signed_principal(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    created = await auth.new_key(chatbot.id)
    response = await auth.check_key(created.secret)
    assert response.status.code == OK
    (header,) = response.ok_response.headers
    assert header.header.key == "authorization"
    assert header.append_action == header.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
    principal = auth.signer.verify(header.header.value.removeprefix("Bearer "), "chat")
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


async def test_no_key_is_told_how_to_send_one_and_another_spelling_does_not_help(auth: Auth) -> None:
    response = await auth.check(None)
    assert (response.denied_response.status.code, response.denied_response.body) == (401, MISSING)
    assert response.status.code == UNAUTHENTICATED
    secret = (await auth.new_key()).secret
    response = await auth.check(f'Bearer "{secret}"')
    assert (response.denied_response.status.code, response.denied_response.body) == (401, INVALID)


async def test_every_key_that_opens_nothing_gets_the_same_answer(auth: Auth) -> None:
    revoked, rotated, deleted = await auth.new_key(), await auth.new_key(), await auth.new_key()
    await auth.call("RevokeApiKey", api_key_id=revoked.api_key.id)
    await auth.call("RotateApiKey", api_key_id=rotated.api_key.id)
    await auth.call("DeleteChatbot", chatbot_id=deleted.api_key.chatbot_id)
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


async def test_rotation_and_revocation_hold_on_every_replica_when_they_return(replicas: tuple[Auth, Auth]) -> None:
    here, there = replicas
    created = await here.new_key()
    secret = created.secret
    for _ in range(5):
        assert (await there.check_key(secret)).status.code == OK
        fresh = (await here.call("RotateApiKey", api_key_id=created.api_key.id)).secret
        assert (await there.check_key(secret)).status.code == UNAUTHENTICATED
        assert (await there.check_key(fresh)).status.code == OK
        here, there, secret = there, here, fresh
        here.clock.now += 61
    await here.call("RevokeApiKey", api_key_id=created.api_key.id)
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
        await here.call("RevokeApiKey", api_key_id=created.api_key.id)
        is_revoked.set()

    await asyncio.gather(revoke(), *(ask() for _ in range(10)))
    assert late_admissions == 0


async def test_a_database_that_is_gone_is_an_error_and_not_a_refusal(auth: Auth, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'auth.db'}")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
    engine.dispose()
    error = await refusal_of(auth.check_key(api_keys.generate()))
    assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL)
    assert "api_keys" not in (error.details() or "")
