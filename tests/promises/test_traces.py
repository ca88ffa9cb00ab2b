"""One trace a request, through a whole stack whose services call each other over the wire, and a model."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.chat.model.provider_thread import provider_thread
from tests.chat.model.scripted_provider import ScriptedProvider
from tests.chat.model.scripted_replies import DONE, Reply, chunk, event, refusal
from tests.collector import Collector, Received, collecting, tree
from tests.contract.client import QUESTION, Client
from tests.contract.operator_client import OperatorClient
from tests.contract.plans import with_plans
from tests.contract.stack import SPLIT, Stack, running
from tests.waiting import PATIENCE, eventually

CHAT = "chatmount.chat.v1.ChatService"
QUOTA = "chatmount.quota.v1.QuotaService"
AUTHORIZATION, LIMITS = "envoy.service.auth.v3.Authorization", "envoy.service.ratelimit.v3.RateLimitService"
EDGE = (
    "POST /v1/chat",
    f"async {AUTHORIZATION}.Check egress",
    f"{AUTHORIZATION}/Check",
    f"async {LIMITS}.ShouldRateLimit egress",
    f"{LIMITS}/ShouldRateLimit",
)
USAGE = {"prompt_tokens": 321, "completion_tokens": 3}
ANSWERED = Reply(
    (
        chunk("Three"),
        chunk(" weeks [1]."),
        chunk(finish="stop"),
        event(json.dumps({"choices": [], "usage": USAGE})),
        DONE,
    )
)

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STATES = (b"vendor=\xfc\xff", "vendor=ü".encode(), b"x" * 20_000, b",;==", b" ")


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with provider_thread() as provider:
        yield provider


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def own_stack(
    collector: Collector, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("traced")
    # Behind a trusted proxy, which passes on the traces of those who ask.
    settings = {"CHATMOUNT_LLM_URL": provider.url, "CHATMOUNT_LLM_MODEL": "m", "CHATMOUNT_TRUSTED_PROXIES": "1"}
    with running(Stack(folder / "home", {**with_plans(folder), **SPLIT, **settings, **collector.environment})) as stack:
        yield stack


@pytest.fixture(scope="module")
def client(own_stack: Stack) -> Iterator[Client]:
    client = Client(own_stack.base_url, OperatorClient(own_stack).tenant("metered").key)
    yield client
    client.close()


def trace_of(stack: Stack, collector: Collector, request_id: str, *names: str) -> list[Received]:
    """The spans of a request, by the id in the line that the edge logged of it."""

    def lines() -> list[str]:
        return [line for line in stack.log.splitlines() if f"[{request_id} " in line]

    eventually(lines, what="the request is in the log with a trace")
    return collector.trace(lines()[0].rpartition(" ")[2].rstrip("]"), names)


def work_of(method: str, *, searched: bool) -> list[str]:
    found = ["embedding", "candidates", "sentences"] if searched else []
    return sorted(
        [
            "chatmount-edge POST /v1/chat < ",
            f"chatmount-edge async {AUTHORIZATION}.Check egress < POST /v1/chat",
            f"chatmount-auth {AUTHORIZATION}/Check < async {AUTHORIZATION}.Check egress",
            f"chatmount-edge async {LIMITS}.ShouldRateLimit egress < POST /v1/chat",
            f"chatmount-quota {LIMITS}/ShouldRateLimit < async {LIMITS}.ShouldRateLimit egress",
            f"chatmount-chat {CHAT}/{method} < POST /v1/chat",
            f"chatmount-quota {QUOTA}/Reserve < {CHAT}/{method}",
            f"chatmount-retrieval chatmount.retrieval.v1.RetrievalService/Search < {CHAT}/{method}",
            *(f"chatmount-retrieval search.{each} < chatmount.retrieval.v1.RetrievalService/Search" for each in found),
            f"chatmount-chat chat m < {CHAT}/{method}",
            f"chatmount-quota {QUOTA}/Settle < {CHAT}/{method}",
            f"chatmount-chat memory < {CHAT}/{method}",
        ]
    )


def with_parents(spans: list[Received]) -> list[str]:
    names = {span.id: span.name for span in spans}
    return sorted(f"{span.service} {span.name} < {names.get(span.parent, span.parent)}" for span in spans)


def test_a_question_is_one_trace_whole_or_streamed(
    own_stack: Stack, collector: Collector, provider: ScriptedProvider, client: Client
) -> None:
    provider.script = ANSWERED
    for method, stream in (("Chat", False), ("StreamChat", True)):
        request_id = client.ask(stream=stream).headers["x-request-id"]
        # What was asked before is remembered.
        work = work_of(method, searched=not stream)
        names = [line.partition(" ")[2].rpartition(" < ")[0] for line in work]
        spans = trace_of(own_stack, collector, request_id, *names)
        assert with_parents(spans) == work
        (model,) = [span for span in spans if span.name == "chat m"]
        first = model.attributes.pop("gen_ai.response.time_to_first_chunk")
        assert 0 < float(str(first)) < 30
        assert model.attributes == {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "m",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": 321,
            "gen_ai.usage.output_tokens": 3,
            "server.address": "127.0.0.1",
        }
        assert model.kind == "client"
        stored = own_stack.json("trace", request_id)
        assert stored["trace"]["trace_id"] == spans[0].trace_id
        assert not any(text in str(spans) for text in (QUESTION, "Three", "rented", client.key or ""))


def test_what_went_wrong_is_an_error_where_it_did_and_above(
    own_stack: Stack, collector: Collector, provider: ScriptedProvider, client: Client
) -> None:
    provider.script = refusal(500, "a secret of the provider")
    answer = client.ask()
    assert answer.status == 503
    request_id = answer.headers["x-request-id"]
    spans = trace_of(own_stack, collector, request_id, *EDGE, f"{CHAT}/Chat")
    errors: dict[str, Any] = {span.name: span.attributes.get("error.type") for span in spans if span.is_error}
    assert errors == {"chat m": "down", f"{CHAT}/Chat": "unavailable", "POST /v1/chat": None}
    assert "a secret of the provider" not in str(spans)
    # It stands in the services' lines as well.
    eventually(lambda: f"[{request_id} {spans[0].trace_id}]" in own_stack.log, what="the line")


def test_a_page_is_a_trace_as_well(own_stack: Stack, collector: Collector) -> None:
    reply = httpx.get(f"{own_stack.base_url}/dashboard/sign-in", params={"next": "/dashboard/secret"}, trust_env=False)
    spans = trace_of(own_stack, collector, reply.headers["x-request-id"], "GET /dashboard/sign-in")
    trace_id, both = spans[0].trace_id, {"chatmount-edge", "chatmount-web"}

    def have_sent_the_page() -> set[str]:
        return {span.service for span in collector.trace(trace_id) if span.name == "GET /dashboard/sign-in"}

    eventually(lambda: have_sent_the_page() == both, what="both have sent their span")
    lines = tree(collector.trace(trace_id), lambda one: f"{one.service} {one.name}")
    assert lines[0] == "chatmount-edge GET /dashboard/sign-in"
    assert "  chatmount-web GET /dashboard/sign-in" in lines
    assert "secret" not in str(collector.trace(trace_id))


def test_a_tracestate_that_is_no_text_fails_no_question_and_is_not_in_the_log(
    own_stack: Stack, provider: ScriptedProvider, client: Client
) -> None:
    provider.script = ANSWERED
    before = len(own_stack.log)
    assert [_status(own_stack, client.key, state) for state in STATES] == [200] * len(STATES)
    said = own_stack.log[before:].splitlines()
    assert [line for line in said if "ERROR" in line or "Traceback" in line] == []


def _status(stack: Stack, key: str, state: bytes) -> int:
    address = urlsplit(stack.base_url)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json", "x-forwarded-for": "203.0.113.7"}
    told = {**headers, "traceparent": PARENT, "tracestate": state}
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)) as connection:
        connection.request("POST", "/v1/chat", json.dumps({"message": "Hello?"}), told)
        return connection.getresponse().status
