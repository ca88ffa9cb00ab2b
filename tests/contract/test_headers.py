"""The headers of every reply, of the edge and of the services."""

import time
from collections.abc import Callable

from tests.each import for_each
from tests.one_day import within_one_day

from .client import Client, Reply
from .operator_client import OperatorClient

RATE_LIMIT = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
INTERNAL_PREFIXES = ("grpc-", "x-envoy-", "x-chatmount-", "access-control-")

# It says nothing: the path does.
AS_GRPC = {"content-type": "application/grpc", "te": "trailers"}

Ask = Callable[[Client, OperatorClient], Reply]


def last_of(times: int, client: Client, key: str) -> Reply:
    return [client.ask(key=key) for _ in range(times)][-1]


def over_the_minute(client: Client, operator: OperatorClient) -> Reply:
    return last_of(6, client, operator.tenant("fiveaminute", pages=False).key)


def over_the_day(client: Client, operator: OperatorClient) -> Reply:
    return within_one_day(lambda: last_of(4, client, operator.tenant("threeaday", pages=False).key))


def over_the_month(client: Client, operator: OperatorClient) -> Reply:
    return within_one_day(lambda: last_of(8, client, operator.tenant("seven", pages=False).key))


def from_a_wrong_address(client: Client, operator: OperatorClient) -> Reply:
    tenant = operator.tenant(pages=False)
    return client.ask(key=operator.create_key(tenant.chatbot_id, allowlist=["203.0.113.1"])[1])


REPLIES: dict[str, tuple[int, Ask]] = {
    "200": (200, lambda client, _: client.ask()),
    "200 stream": (200, lambda client, _: client.ask(stream=True)),
    "200 fallback": (200, lambda client, _: client.ask("Who won the football world cup of 1998?")),
    "400 by the service": (400, lambda client, _: client.ask("")),
    "400 by the service, stream": (400, lambda client, _: client.ask("", stream=True)),
    "400 by the edge": (400, lambda client, _: client.send(content=b"{")),
    "400 without a body": (400, lambda client, _: client.send()),
    "401 without a key": (401, lambda client, _: client.ask(key="")),
    "401 with a wrong key": (401, lambda client, _: client.ask(key="cm_live_wrong")),
    "200 as gRPC": (200, lambda client, _: client.ask(headers=AS_GRPC)),
    "200 stream as gRPC": (200, lambda client, _: client.ask(headers=AS_GRPC, stream=True)),
    "400 as gRPC": (400, lambda client, _: client.send(content=b"\0\0\0\0\0", headers=AS_GRPC)),
    "401 as gRPC": (401, lambda client, _: client.ask(key="", headers=AS_GRPC)),
    "403 address": (403, from_a_wrong_address),
    "403 plan": (403, lambda client, operator: client.ask(key=operator.tenant("free", pages=False).key)),
    "429 minute": (429, over_the_minute),
    "429 day": (429, over_the_day),
    "429 month": (429, over_the_month),
}


@for_each(("status", "ask"), REPLIES.values())
def test_every_reply_has_the_headers_of_the_contract_and_nothing_of_the_inside(
    client: Client, operator: OperatorClient, status: int, ask: Ask
) -> None:
    now = int(time.time())
    reply = ask(client, operator)
    assert reply.status == status

    limit, remaining, reset = (reply.headers.get_list(name) for name in RATE_LIMIT)
    assert [len(values) for values in (limit, remaining, reset)] == [1, 1, 1]
    assert all(values[0].isdigit() for values in (limit, remaining, reset))
    assert 0 <= int(remaining[0]) <= int(limit[0])
    assert now < int(reset[0]) <= int(time.time()) + 60
    assert ("x-ratelimit-reason" in reply.headers) == (status == 429)
    assert ("retry-after" in reply.headers) == (status == 429)
    assert ("www-authenticate" in reply.headers) == (status == 401)

    assert len(reply.headers.get_list("x-request-id")) == 1
    assert [name for name in reply.headers if name.startswith(INTERNAL_PREFIXES)] == []
    assert reply.headers.get("server", "") not in {"envoy", "istio-envoy"}
    if status >= 400:
        text = reply.error
        for inside in ("Traceback", "grpc", "envoy", "upstream", "127.0.0.1", "/home", ".py", "Exception", "protobuf"):
            assert inside.lower() not in text.lower()
