"""Every service shows its metrics where endpoints.json says, and they count what users do."""

import re
import urllib.request
from functools import partial
from pathlib import Path

from services.cli.processes import PROCESSES, WEB
from tests.edge.edge_stack import admin_reply
from tests.monitoring import SUFFIXES, asked_of, queries
from tests.waiting import PATIENCE, eventually

from .client import Client
from .stack import Stack

CHAT = "chatmount.chat.v1.ChatService"
SEARCH = "chatmount.retrieval.v1.RetrievalService/Search"


def page(stack: Stack, service: str) -> dict[str, float]:
    """All samples of all replicas of the service, added up."""
    samples: dict[str, float] = {}
    for address in stack.endpoints["metrics"][service]:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as reply:
            for line in reply.read().decode().splitlines():
                if not line.startswith("#"):
                    name, _, number = line.rpartition(" ")
                    samples[name] = samples.get(name, 0.0) + float(number)
    return samples


def counts(stack: Stack, service: str, name: str, expected: float) -> bool:
    return page(stack, service)[name] == expected


def test_every_service_shows_its_process_and_its_calls(stack: Stack, client: Client) -> None:
    client.ask()
    for service in PROCESSES:
        samples = page(stack, service)
        assert samples["process_resident_memory_bytes"] > 1_000_000
        if service != WEB:
            assert [name for name in samples if name.startswith("chatmount_calls_total{")], service


def test_an_answer_is_counted_by_every_service_that_it_took(stack: Stack, client: Client) -> None:
    watched = {
        "chat": f'chatmount_calls_total{{code="OK",method="{CHAT}/StreamChat"}}',
        "quota": "chatmount_credits_settled_total",
        "retrieval": f'chatmount_calls_total{{code="OK",method="{SEARCH}"}}',
        "auth": 'chatmount_calls_total{code="OK",method="envoy.service.auth.v3.Authorization/Check"}',
    }
    before = {service: page(stack, service).get(name, 0.0) for service, name in watched.items()}
    tokens = page(stack, "chat")["chatmount_tokens_streamed_total"]
    assert client.ask(stream=True).status == 200
    for service, name in watched.items():
        expected = before[service] + 1
        eventually(partial(counts, stack, service, name, expected))
    assert page(stack, "chat")["chatmount_tokens_streamed_total"] > tokens
    eventually(lambda: page(stack, "chat")["chatmount_reservations_held"] == 0)


def test_alerts_and_dashboard_ask_for_what_a_running_stack_shows(stack: Stack, client: Client, mode: str) -> None:
    client.ask()
    addresses = {address for replicas in stack.endpoints["metrics"].values() for address in replicas}
    shown = "".join(
        urllib.request.urlopen(f"http://{each}/metrics", timeout=PATIENCE).read().decode() for each in addresses
    )
    # Also of what nothing was counted yet.
    names = set(re.findall(r"^# TYPE (\w+) ", shown, re.M))
    names |= set(
        re.findall(
            r"^# TYPE (\w+)",
            admin_reply(Path(stack.endpoints["envoy_admin"].removeprefix("unix:")), "/stats/prometheus"),
            re.M,
        )
    )
    asked = {name for query in queries() for name, _ in asked_of(query)}
    missing = {name for name in asked if name not in names and SUFFIXES.sub("", name) not in names}
    # No model is configured here, and Redis in one mode alone.
    not_here = ("chatmount_model_",) if mode == "full" else ("chatmount_model_", "chatmount_redis_")
    assert {name for name in missing if not name.startswith(not_here)} == set()
