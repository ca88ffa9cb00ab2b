"""Tenants at the public port: the key decides everything, whatever the request names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from google.protobuf import descriptor_pool

from services.auth import key_secret as api_keys
from services.ids import new_id
from services.trust.principal import Channel, Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.contract.client import Client, Reply
from tests.contract.operator_client import OperatorClient, Tenant
from tests.promises.replicated.replicated_stack import ReplicatedStack
from tests.promises.tenancy.cases import CASES
from tests.waiting import PATIENCE

pytestmark = pytest.mark.stack

QUESTION = "When is the bicycle shop open?"
PUBLIC = "/chatmount.chat.v1.ChatService/"


@dataclass(frozen=True)
class Town:
    """Two tenants with a page each, of which only one word differs, and a client of their own."""

    victim: Tenant
    stranger: Tenant
    operator: OperatorClient
    client: Client


@pytest.fixture
def town(replicated: ReplicatedStack, operator: OperatorClient) -> Iterator[Town]:
    tenants = []
    for word in ("aardvark", "capybara"):
        tenant = operator.tenant("roomy", pages=False)
        page = f"# Opening hours\n\nThe bicycle shop is open from nine to five, says the {word}.\n"
        operator.add_page(tenant, "page.md", page.encode(), f"https://{word}.example/hours")
        tenants.append(tenant)
    # Failed attempts are counted by address, and others of this run have failed at theirs.
    client = Client(replicated.base_url, tenants[1].key, address="127.0.0.71")
    yield Town(*tenants, operator, client)
    client.close()


def told(reply: Reply) -> tuple[object, ...]:
    """All that a refusal tells but for the moment."""
    passing = ("date", "x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset", "x-envoy-upstream-service-time")
    return reply.status, reply.text, sorted(item for item in reply.headers.items() if item[0] not in passing)


def test_a_credential_that_is_no_key_of_now_is_refused_in_the_same_words(town: Town) -> None:
    victim, signer = town.victim, town.operator.signer
    principal = Principal(Role.ROLE_API_KEY, victim.account_id, victim.chatbot_id, victim.key_id, "roomy", Channel.API)
    _, works = town.operator.create_key(victim.chatbot_id)
    rotated_id, rotated = town.operator.create_key(victim.chatbot_id)
    town.operator.rotate(rotated_id)
    revoked_id, revoked = town.operator.create_key(victim.chatbot_id)
    town.operator.revoke(revoked_id)
    credentials = {
        "rotated away": rotated,
        "revoked": revoked,
        "never made": api_keys.generate(),
        "its id": victim.key_id,
        "a token of the inside": signer.sign(principal),
        "an expired one": signer.sign(principal, -60),
        "one of another secret": TokenSigner(["x" * 40]).sign(principal),
        "an operator's": signer.sign(Principal(Role.ROLE_OPERATOR)),
    }
    for stream in (False, True):
        replies = {
            name: told(town.client.ask(QUESTION, key=key, stream=stream, session_id="s"))
            for name, key in credentials.items()
        }
        assert {reply[0] for reply in replies.values()} == {401}
        assert all(reply == replies["never made"] for reply in replies.values()), replies
    assert town.client.ask(QUESTION, key=works).status == 200


@pytest.mark.parametrize("stream", [False, True])
def test_sources_are_those_of_the_keys_own_chatbot(town: Town, stream: bool) -> None:
    reply = town.client.ask(QUESTION, stream=stream)
    assert reply.status == 200
    assert "capybara" in reply.text
    assert "aardvark" not in reply.text


@pytest.mark.parametrize("stream", [False, True])
def test_another_tenants_session_and_idempotency_key_are_as_unknown_as_what_never_was(town: Town, stream: bool) -> None:
    named = {"session_id": new_id("ses"), "headers": {"Idempotency-Key": new_id("idem")}}
    first = town.client.ask(QUESTION, key=town.victim.key, stream=stream, **named)
    assert "aardvark" in first.text
    never_was = town.client.ask(
        QUESTION, stream=stream, session_id=new_id("ses"), headers={"Idempotency-Key": new_id("idem")}
    )
    theirs = town.client.ask(QUESTION, stream=stream, **named)
    assert told(theirs) == told(never_was)
    # Another body under a key that only another tenant has used is no conflict.
    used = {"Idempotency-Key": new_id("idem")}
    assert town.client.ask(QUESTION, key=town.victim.key, stream=stream, headers=used).status == 200
    assert town.client.ask("What else?", stream=stream, headers=used).status == 200
    assert town.client.ask(QUESTION, key=town.victim.key, stream=stream, **named).text == first.text


def test_no_method_but_the_public_two_can_be_called_whatever_it_names(replicated: ReplicatedStack, town: Town) -> None:
    paths = [path for path in CASES if not path.startswith(PUBLIC)]
    assert len(paths) > 35
    with grpc.insecure_channel(urlsplit(replicated.base_url).netloc) as channel:
        unknown = refused(channel, "/chatmount.nothing.v1.Nothing/Nothing", town.stranger.key)
        for path in paths:
            assert refused(channel, path, town.stranger.key) == unknown, path
        public = descriptor_pool.Default().FindServiceByName("chatmount.chat.v1.ChatService")
        assert {f"{PUBLIC}{method.name}" for method in public.methods} == set(CASES) - set(paths)


def refused(channel: grpc.Channel, path: str, key: str) -> tuple[object, ...]:
    metadata = (("authorization", f"Bearer {key}"),)
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(path)(b"", metadata=metadata, timeout=PATIENCE)
    error: Any = caught.value
    return error.code(), error.details()


def test_a_native_client_gets_no_further(replicated: ReplicatedStack, town: Town) -> None:
    session = new_id("ses")
    town.client.ask(QUESTION, key=town.victim.key, session_id=session)
    with grpc.insecure_channel(urlsplit(replicated.base_url).netloc) as channel:
        stub = chat_pb2_grpc.ChatServiceStub(channel)
        metadata = (("authorization", f"Bearer {town.stranger.key}"), ("x-chatbot-id", town.victim.chatbot_id))
        request = chat_pb2.ChatRequest(message=QUESTION, session_id=session)
        assert "aardvark" not in stub.Chat(request, metadata=metadata, timeout=PATIENCE).message
