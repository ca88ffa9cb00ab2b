"""Check at the door of questions, as Envoy calls it where Auth and Quota share a process: the key, then its minute."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from auth_harness import EDGE, NOW, Auth, ScriptedQuota, check_request, headers_of
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.extensions.common.ratelimit.v3.ratelimit_pb2 import RateLimitDescriptor
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc

from services.auth.build import open_auth
from services.config.plans import Plans
from services.config.settings import load_settings
from services.errors import Reason
from services.observe.metrics import REGISTRY
from services.quota.build import open_quota
from services.rpc.links import Neighbours, stub_on
from services.rpc.memory import MemoryLink, ServiceInMemory
from services.trust.principal_tokens import TokenSigner
from tests.ready_tables import lay_tables
from tests.serving import serving
from tests.turned_clock import TurnedClock

OK, EXHAUSTED, UNAVAILABLE = 0, 8, 14
PER_MINUTE = 10
"""Of the plan `single`."""
LIMITS = "envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
CHECK = "envoy.service.auth.v3.Authorization/Check"


@pytest.fixture
async def quota_here(
    tmp_path: Path, clocked_signer: TokenSigner, clock: TurnedClock, plans: Plans
) -> AsyncIterator[ServiceInMemory]:
    """A whole Quota in this process."""
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path)})
    lay_tables(settings.service_database_url("quota"), "quota")
    async with open_quota(settings, plans, clock) as registrations:
        yield ServiceInMemory(registrations, clocked_signer)


@pytest.fixture
async def auth(
    quota_here: ServiceInMemory,
    tmp_path: Path,
    clocked_signer: TokenSigner,
    clock: TurnedClock,
    plans: Plans,
    quick_passwords: None,
) -> AsyncIterator[Auth]:
    """Auth in the same process."""
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path), "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000"})
    lay_tables(settings.service_database_url("auth"), "auth")
    neighbours = Neighbours(settings, clocked_signer, None)
    neighbours.are_joined_by("quota", quota_here)
    async with (
        open_auth(settings, plans, clocked_signer, clock, neighbours) as registrations,
        serving(clocked_signer, *registrations) as address,
    ):
        running = Auth(address, clocked_signer, clock, ScriptedQuota())
        yield running
        for channel in running.channels.values():
            await channel.close()


@pytest.fixture
async def key(auth: Auth) -> tuple[str, str]:
    """Secret and id of a key of the plan `single`."""
    created = await auth.new_key((await auth.new_chatbot("single")).id)
    return created.secret, created.api_key.id


async def asked(auth: Auth, secret: str, door: str = "question") -> CheckResponse:
    request = check_request(f"Bearer {secret}")
    request.attributes.context_extensions["door"] = door
    return await auth.knock(request)


async def told(quota_here: ServiceInMemory, signer: TokenSigner, key_id: str) -> rls_pb2.RateLimitResponse:
    """What Quota tells Envoy of one more request."""
    entries = [
        RateLimitDescriptor.Entry(key=name, value=value) for name, value in (("key_id", key_id), ("plan", "single"))
    ]
    stub = stub_on(MemoryLink(quota_here, signer, lambda: EDGE), rls_pb2_grpc.RateLimitServiceStub)
    request = rls_pb2.RateLimitRequest(domain="chatmount", descriptors=[RateLimitDescriptor(entries=entries)])
    response: rls_pb2.RateLimitResponse = await stub.ShouldRateLimit(request)
    return response


def values(headers: list[HeaderValue]) -> dict[str, str]:
    return {header.key.lower(): header.value for header in headers}


def refusals(method: str) -> float:
    labels = {"method": method, "reason": Reason.MINUTE_LIMIT.name.lower()}
    return REGISTRY.get_sample_value("chatmount_refusals_total", labels) or 0


async def test_an_admission_brings_the_headers_of_the_keys_window(auth: Auth, key: tuple[str, str]) -> None:
    for left in (9, 8):
        response = await asked(auth, key[0])
        assert response.status.code == OK
        added = response.ok_response.response_headers_to_add
        assert values([option.header for option in added]) == {
            "x-ratelimit-limit": str(PER_MINUTE),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(int(NOW) + 60),
        }
        assert {option.append_action for option in added} == {
            HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
        }
        assert response.dynamic_metadata["key_id"] == key[1]
    # Beside that it is the admission of any other door.
    plain = await asked(auth, key[0], "")
    del response.ok_response.response_headers_to_add[:]
    assert response == plain


async def test_a_refusal_is_what_quota_tells_envoy(
    auth: Auth, key: tuple[str, str], quota_here: ServiceInMemory, clocked_signer: TokenSigner
) -> None:
    for _ in range(PER_MINUTE):
        assert (await asked(auth, key[0])).status.code == OK
    auth.clock.now = NOW + 20
    before = refusals(LIMITS), refusals(CHECK)
    response = await asked(auth, key[0])
    assert (refusals(LIMITS), refusals(CHECK)) == (before[0] + 1, before[1]), "counted once"
    assert (response.status.code, response.denied_response.status.code) == (EXHAUSTED, 429)
    assert response.dynamic_metadata["key_id"] == key[1], "the log names whom"
    expected = await told(quota_here, clocked_signer, key[1])
    assert response.denied_response.body == expected.raw_body.decode() != ""
    assert headers_of(response) == values(list(expected.response_headers_to_add))
    assert headers_of(response)["retry-after"] == "40"


async def test_envoys_own_question_counts_in_the_same_window(
    auth: Auth, key: tuple[str, str], quota_here: ServiceInMemory, clocked_signer: TokenSigner
) -> None:
    await told(quota_here, clocked_signer, key[1])
    (_, remaining, _) = (await asked(auth, key[0])).ok_response.response_headers_to_add
    assert remaining.header.value == str(PER_MINUTE - 2)


async def test_what_is_no_question_or_has_no_right_key_counts_nowhere(auth: Auth, key: tuple[str, str]) -> None:
    assert (await asked(auth, key[0], "")).status.code == OK
    assert (await asked(auth, "cm_live_" + "x" * 32)).denied_response.status.code == 401
    (_, remaining, _) = (await asked(auth, key[0])).ok_response.response_headers_to_add
    assert remaining.header.value == str(PER_MINUTE - 1)


async def test_nothing_passes_while_quota_fails(auth: Auth, key: tuple[str, str], quota_here: ServiceInMemory) -> None:
    await quota_here.close()
    response = await asked(auth, key[0])
    assert (response.status.code, response.denied_response.status.code) == (UNAVAILABLE, 503)
    # By these the edge says which limit the key has.
    assert response.dynamic_metadata["requests_per_minute"] == PER_MINUTE
