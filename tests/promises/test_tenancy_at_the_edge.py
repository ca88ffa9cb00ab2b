"""What strangers learn at the public port, over REST and native gRPC: nothing, whatever they name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import grpc
import pytest

from services.ids import new_id
from services.principal import Principal, Role
from services.tokens import TokenSigner
from tests.contract.client import QUESTION, Client, Reply
from tests.contract.operator_client import PAGES_URL, OperatorClient, Tenant
from tests.promises.outcomes import Outcome, call
from tests.promises.replicated_stack import ReplicatedStack
from tests.promises.tenancy_cases import CASES, calls
from tests.promises.tenants import Tenant as Names
from tests.promises.tenants import method_of

ADDRESS = "127.3.3.1"
# What differs from one reply to the next although nothing else does.
OF_THE_MOMENT = {"date", "x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset", "x-envoy-upstream-service-time"}


@dataclass
class Town:
    """A tenant that has asked, one that has not, and somebody without a key who asks from an address of their own."""

    victim: Tenant
    stranger: Tenant
    named: Names
    answer: Reply
    signer: TokenSigner
    client: Client


@pytest.fixture
def town(replicated: ReplicatedStack, operator: OperatorClient) -> Iterator[Town]:
    victim, stranger = operator.tenant("roomy"), operator.tenant("roomy", pages=False)
    named = replace(
        Names("victim"),
        account_id=victim.account_id,
        chatbot_id=victim.chatbot_id,
        key_id=victim.key_id,
        key=victim.key,
    )
    client = Client(replicated.base_url, None, ADDRESS)
    answer = ask(client, victim.key, named)
    assert answer.status == 200
    assert PAGES_URL in answer.text
    yield Town(victim, stranger, named, answer, operator.signer, client)
    client.close()


def ask(client: Client, key: str, names: Names, **fields: object) -> Reply:
    headers = {"idempotency-key": names.idempotency_key}
    return client.ask(QUESTION, key=key, headers=headers, session_id=names.session_id, **fields)


def shown(reply: Reply) -> tuple[int, str, dict[str, str]]:
    headers = {name: value for name, value in reply.headers.items() if name not in OF_THE_MOMENT}
    return reply.status, reply.text, headers


def test_without_a_right_key_all_are_refused_alike(town: Town, operator: OperatorClient) -> None:
    retired, own = operator.tenant("roomy", pages=False), Principal(Role.ROLE_API_KEY, town.victim.account_id)
    operator.revoke(retired.key_id)
    principal = replace(own, chatbot_id=town.victim.chatbot_id, key_id=town.victim.key_id, plan="roomy", channel="api")
    keys = {
        "nobody's": Names("x").key,
        "revoked": retired.key,
        "rotated": _rotated(operator),
        "a principal's token": town.signer.sign(principal),
        "an expired one": town.signer.sign(principal, -60),
        "of another secret": TokenSigner(["x" * 40]).sign(principal),
        "an operator's": town.signer.sign(Principal(Role.ROLE_OPERATOR)),
    }
    replies = {name: shown(ask(town.client, key, town.named)) for name, key in keys.items()}
    assert {status for status, _, _ in replies.values()} == {401}
    assert len({repr(reply) for reply in replies.values()}) == 1, replies
    assert shown(ask(town.client, keys["revoked"], Names("y"))) == replies["revoked"]


def _rotated(operator: OperatorClient) -> str:
    tenant = operator.tenant("roomy", pages=False)
    operator.rotate(tenant.key_id)
    return tenant.key


def test_another_tenants_sessions_and_idempotency_keys_mean_nothing(town: Town) -> None:
    theirs = ask(town.client, town.stranger.key, town.named)
    nobodys = ask(town.client, town.stranger.key, Names("nobody"))
    assert shown(theirs) == shown(nobodys)
    assert theirs.status == 200
    assert PAGES_URL not in theirs.text
    streamed = ask(town.client, town.stranger.key, replace(town.named, idempotency_key=new_id("idem")), stream=True)
    assert streamed.streamed_text == theirs.json["message"]
    # And the victim gets what it got, and is charged for no more.
    assert ask(town.client, town.victim.key, town.named).text == town.answer.text


@pytest.mark.parametrize("kind", ["an API key", "a principal's token"])
async def test_no_method_but_the_public_ones_is_reached(town: Town, replicated: ReplicatedStack, kind: str) -> None:
    token = town.stranger.key
    if kind != "an API key":
        token = town.signer.sign(Principal(Role.ROLE_OPERATOR, town.victim.account_id, town.victim.chatbot_id))
    async with grpc.aio.insecure_channel(urlsplit(replicated.base_url).netloc) as channel:
        seen: dict[str, set[Outcome]] = {}
        for path in CASES:
            if "ChatService" not in path and "chatmount" in path:
                seen[path] = set()
                for names in (town.named, Names("nobody")):
                    method = method_of(path)
                    (messages, *_) = calls(CASES[path], method, names)
                    outcome = await call(channel, method, path, messages, {"authorization": f"Bearer {token}"})
                    seen[path].add(Outcome(outcome.code, outcome.text, replies=outcome.replies))
    assert all(len(outcomes) == 1 for outcomes in seen.values()), seen
    codes = {outcome.code for outcomes in seen.values() for outcome in outcomes}
    assert codes <= {"UNIMPLEMENTED", "NOT_FOUND", "UNAUTHENTICATED", "RESOURCE_EXHAUSTED"}, seen
    assert len(seen) > 40
