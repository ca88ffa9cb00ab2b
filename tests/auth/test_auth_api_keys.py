"""API keys over gRPC: creation, limits, lists, rotation, revocation."""

import asyncio
from typing import Any

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from chatmount.auth.v1 import auth_pb2 as pb

from tests.each import for_each

OK, UNAUTHENTICATED = 0, 16


async def listed(auth: Auth, chatbot_id: str) -> list[Any]:
    return list((await auth.call("ListApiKeys", chatbot_id=chatbot_id)).api_keys)


async def revoke(auth: Auth, key_id: str) -> Any:
    return (await auth.call("RevokeApiKey", api_key_id=key_id)).api_key


async def rotate(auth: Auth, key_id: str) -> Any:
    return await auth.call("RotateApiKey", api_key_id=key_id)


async def test_a_key_is_created_with_all_that_was_asked_for(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    expiry = int(NOW) + 3600
    created = await auth.new_key(chatbot.id, name=" Shop ", allowlist=["10.0.0.0/8", "2001:DB8::1"], expires_at=expiry)
    key = created.api_key
    assert key.id.startswith("key_")
    assert (key.chatbot_id, key.name, key.last4) == (chatbot.id, "Shop", created.secret[-4:])
    assert list(key.allowlist) == ["10.0.0.0/8", "2001:db8::1"]
    assert (key.created_at, key.expires_at, key.status) == (int(NOW), expiry, pb.API_KEY_STATUS_ACTIVE)
    assert not key.HasField("last_used_at")
    plain = (await auth.new_key(chatbot.id)).api_key
    assert (plain.name, plain.HasField("expires_at")) == ("", False)
    assert await listed(auth, chatbot.id) == [key, plain]


@for_each("expires_at", [0, -1, int(NOW) - 1, int(NOW), 253_402_300_800, 2**63 - 1, -(2**63)])
async def test_an_expiry_must_lie_ahead(auth: Auth, expires_at: int) -> None:
    chatbot = await auth.new_chatbot()
    error = await refusal_of(auth.new_key(chatbot.id, expires_at=expires_at))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "expires_at" in (error.details() or "")
    assert not await listed(auth, chatbot.id)


async def test_a_bad_allowlist_or_name_makes_no_key(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    for fields in ({"allowlist": ["10.0.0.1/8"]}, {"allowlist": ["x"]}, {"name": "a\nb"}, {"name": "x" * 201}):
        error = await refusal_of(auth.new_key(chatbot.id, **fields))
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert not await listed(auth, chatbot.id)


async def test_keys_are_listed_oldest_first_with_their_status(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    keys = [(await auth.new_key(chatbot.id, name=str(number), expires_at=int(NOW) + 10)).api_key for number in range(3)]
    keys.append((await auth.new_key(chatbot.id, name="last")).api_key)
    await auth.new_key()  # of another chatbot
    await revoke(auth, keys[1].id)
    auth.clock.now += 20
    found = await listed(auth, chatbot.id)
    assert [key.id for key in found] == [key.id for key in keys]
    assert [pb.ApiKeyStatus.Name(key.status).removeprefix("API_KEY_STATUS_") for key in found] == [
        "EXPIRED",
        "REVOKED",
        "EXPIRED",
        "ACTIVE",
    ]


async def test_a_plan_without_api_access_has_no_keys(auth: Auth) -> None:
    for plan in ("free", "go"):
        error = await refusal_of(auth.new_key((await auth.new_chatbot(plan)).id))
        assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "no API access" in (error.details() or "")


async def test_a_plan_bounds_the_keys_that_work(auth: Auth) -> None:
    chatbot = await auth.new_chatbot("single")
    first = (await auth.new_key(chatbot.id, expires_at=int(NOW) + 10)).api_key
    error = await refusal_of(auth.new_key(chatbot.id))
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert error.details() == "The single plan allows 1 API key per chatbot, and all are in use; revoke one first."
    auth.clock.now += 20  # the first has expired
    second = (await auth.new_key(chatbot.id)).api_key
    await refusal_of(auth.new_key(chatbot.id))
    await revoke(auth, second.id)
    third = (await auth.new_key(chatbot.id)).api_key
    assert [key.id for key in await listed(auth, chatbot.id)] == [first.id, second.id, third.id]
    await auth.new_key((await auth.new_chatbot("single")).id)  # another chatbot has room of its own


async def test_of_forty_creations_at_once_fifteen_succeed(replicas: tuple[Auth, Auth]) -> None:
    chatbot = await replicas[0].new_chatbot("plus")
    outcomes = await asyncio.gather(
        *(replicas[number % 2].new_key(chatbot.id) for number in range(40)), return_exceptions=True
    )
    created = [outcome for outcome in outcomes if isinstance(outcome, pb.CreateApiKeyResponse)]
    refused = [outcome.code() for outcome in outcomes if isinstance(outcome, grpc.aio.AioRpcError)]
    assert len(created) == 15
    assert refused == [grpc.StatusCode.FAILED_PRECONDITION] * 25
    assert {key.id for key in await listed(replicas[1], chatbot.id)} == {made.api_key.id for made in created}
    for made in created:
        assert (await replicas[1].check_key(made.secret)).status.code == OK


async def test_a_smaller_plan_keeps_the_keys_and_allows_no_more(auth: Auth) -> None:
    chatbot = await auth.new_chatbot("plus")
    created = [await auth.new_key(chatbot.id) for _ in range(3)]
    await auth.call("SetAccountPlan", account_id=chatbot.account_id, plan="single")
    for made in created:
        assert (await auth.check_key(made.secret)).status.code == OK
    await refusal_of(auth.new_key(chatbot.id))


async def test_rotation_keeps_everything_but_the_secret(auth: Auth) -> None:
    created = await auth.new_key(name="Shop", allowlist=["198.51.100.0/24"], expires_at=int(NOW) + 100)
    rotated = await rotate(auth, created.api_key.id)
    assert rotated.secret != created.secret
    expected = pb.ApiKey()
    expected.CopyFrom(created.api_key)
    expected.last4 = rotated.secret[-4:]
    assert rotated.api_key == expected
    assert await listed(auth, created.api_key.chatbot_id) == [expected]
    assert (await auth.check_key(created.secret)).status.code == UNAUTHENTICATED
    assert (await auth.check_key(rotated.secret)).status.code == OK


async def test_of_many_rotations_at_once_one_secret_works_in_the_end(replicas: tuple[Auth, Auth]) -> None:
    created = await replicas[0].new_key()
    rotated = await asyncio.gather(*(rotate(replicas[n % 2], created.api_key.id) for n in range(10)))
    secrets = [reply.secret for reply in rotated]
    assert len(set(secrets)) == 10
    working = [secret for secret in secrets if (await replicas[0].check_key(secret)).status.code == OK]
    assert len(working) == 1
    assert (await listed(replicas[1], created.api_key.chatbot_id))[0].last4 == working[0][-4:]


async def test_a_dead_key_is_not_rotated(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    revoked = (await auth.new_key(chatbot.id)).api_key
    expired = (await auth.new_key(chatbot.id, expires_at=int(NOW) + 1)).api_key
    await revoke(auth, revoked.id)
    auth.clock.now += 5
    for key, word in ((revoked, "revoked"), (expired, "expired")):
        error = await refusal_of(rotate(auth, key.id))
        assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert word in (error.details() or "")


async def test_revoking_twice_is_no_error(auth: Auth) -> None:
    created = await auth.new_key()
    first = await revoke(auth, created.api_key.id)
    assert first.status == pb.API_KEY_STATUS_REVOKED
    assert await revoke(auth, created.api_key.id) == first
    assert (await auth.check_key(created.secret)).status.code == UNAUTHENTICATED


async def test_a_list_stays_short_however_often_keys_change(
    replicas: tuple[Auth, Auth], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.auth.api_keys.DEAD_KEYS_KEPT", 10)
    auth = replicas[0]
    chatbot = await auth.new_chatbot("single")
    created = []
    for _ in range(15):
        created.append((await auth.new_key(chatbot.id)).api_key.id)
        await revoke(auth, created[-1])
    created.append((await auth.new_key(chatbot.id)).api_key.id)
    found = [key.id for key in await listed(auth, chatbot.id)]
    assert found == created[-11:]
