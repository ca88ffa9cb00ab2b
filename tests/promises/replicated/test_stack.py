"""The launcher names the replicas, and each of them has work and is restarted."""

import json
import urllib.request

from tests.contract.operator_client import OperatorClient
from tests.promises.replicated.many_at_once import ask_at_once
from tests.promises.replicated.replicated_stack import REPLICAS, ReplicatedStack
from tests.waiting import PATIENCE, eventually

NAMES = [f"{service}-{number}" for service, count in REPLICAS.items() for number in range(1, count + 1)]


def calls_of(stack: ReplicatedStack, service: str, number: int, method: str) -> float:
    """How often one replica was called."""
    address = stack.endpoints["metrics"][service][number - 1]
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as reply:
        lines = reply.read().decode().splitlines()
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("chatmount_calls_total{") and f'/{method}"' in line
    )


def test_every_replica_has_an_address_of_its_own_and_the_first_is_the_services(replicated: ReplicatedStack) -> None:
    endpoints = json.loads((replicated.home / "endpoints.json").read_text())
    assert {service: len(addresses) for service, addresses in endpoints["replicas"].items()} == REPLICAS
    for service, addresses in endpoints["replicas"].items():
        assert endpoints[service] == addresses[0]
        assert len(endpoints["metrics"][service]) == len(addresses)
    everything = [*endpoints["replicas"].values(), *endpoints["metrics"].values()]
    assert len({address for addresses in everything for address in addresses}) == 2 * len(NAMES)


def test_status_shows_every_replica(replicated: ReplicatedStack) -> None:
    status = replicated.json("status")
    assert status["healthy"] is True
    assert [part["name"] for part in status["parts"]] == [*NAMES, "envoy"]
    assert {part["status"] for part in status["parts"]} == {"serving"}


def test_a_replica_that_dies_is_named_and_started_again_alone(replicated: ReplicatedStack) -> None:
    before = {
        (service, n + 1): replicated.replica(service, n + 1).pid
        for service in REPLICAS
        for n in range(REPLICAS[service])
    }
    logged = replicated.log.count("chat-3 was killed by SIGKILL")
    replicated.kill_replica("chat", 3)
    eventually(lambda: replicated.log.count("chat-3 was killed by SIGKILL") == logged + 1)
    replicated.until_whole()
    after = {key: replicated.replica(*key).pid for key in before}
    assert {key for key in before if before[key] != after[key]} == {("chat", 3)}


async def test_every_replica_of_every_service_has_work(replicated: ReplicatedStack, operator: OperatorClient) -> None:
    methods = {"auth": "Check", "quota": "Reserve", "retrieval": "Search", "chat": "Chat"}
    tenant = operator.tenant("metered", pages=False)
    replicas = [(service, number + 1) for service in methods for number in range(REPLICAS[service])]
    before = {replica: calls_of(replicated, *replica, methods[replica[0]]) for replica in replicas}
    idle, rounds = set(replicas), 0
    while idle and rounds < 20:
        await ask_at_once(replicated.base_url, [tenant.key] * 4)
        idle = {replica for replica in idle if calls_of(replicated, *replica, methods[replica[0]]) == before[replica]}
        rounds += 1
    assert idle == set()
