"""A stack in full mode with several replicas of every service behind one Envoy."""

import asyncio
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from services.cli.calls.health import is_serving
from services.cli.processes import PROCESSES
from tests.contract.plans import with_plans
from tests.contract.stack import USUAL, Stack, running
from tests.promises.leak_hunt import qdrant
from tests.promises.own_postgres import OwnPostgres, own_postgres
from tests.redis_server import RedisServer
from tests.waiting import eventually

REPLICAS = {"auth": 2, "quota": 2, "retrieval": 2, "chat": 3, "web": 2}
EDGE_WORKERS = 4
READY_SECONDS = 120.0

# What is tested is what is counted, not how fast: a machine that runs all this and the tests may be late now and then.
PATIENCE = {
    "CHATMOUNT_REDIS_TIMEOUT_MS": "5000",
    "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000",
    "CHATMOUNT_QDRANT_TIMEOUT_MS": "10000",
}


class ReplicatedStack(Stack):
    """A `Stack` whose replicas can be told apart: the second of Chat is `("chat", 2)`."""

    def __init__(
        self,
        home: Path,
        environment: Mapping[str, str],
        postgres: OwnPostgres,
        redis: RedisServer,
        replicas: Mapping[str, int],
    ) -> None:
        super().__init__(home, {**USUAL, **environment})
        self.postgres = postgres
        self.redis = redis
        self.replicas = replicas

    def start(self, *options: str) -> None:
        """See `Stack.start`."""
        wish = ",".join(f"{service}={count}" for service, count in self.replicas.items())
        super().start("--replicas", wish, *options)

    def addresses(self, service: str) -> list[str]:
        """Where each replica is."""
        return list(self.endpoints["replicas"][service])

    def replica(self, service: str, number: int = 1) -> psutil.Process:
        """The process that runs now, or else the next."""
        name = f"{service}-{number}" if self.replicas[service] > 1 else service
        return self._process_with(lambda command: list(command[-2:]) == [f"services.{service}", name], name)

    def kill_replica(self, service: str, number: int = 1) -> None:
        """Ends one replica the hard way; the launcher starts it again."""
        self.replica(service, number).kill()

    def restart_replica(self, service: str, number: int = 1) -> None:
        """Tells one replica to stop, as an orchestrator does, and returns when its successor serves."""
        process = self.replica(service, number)
        process.send_signal(signal.SIGTERM)
        process.wait(READY_SECONDS)
        address = self.addresses(service)[number - 1]
        eventually(lambda: is_well(service, address), READY_SECONDS)

    def is_whole(self) -> bool:
        """Whether every replica serves."""
        return all(is_well(process, address) for process in PROCESSES for address in self.addresses(process))

    def until_whole(self) -> None:
        """Returns when every replica serves. AssertionError when that takes too long."""
        eventually(self.is_whole, READY_SECONDS)


def is_well(process: str, address: str) -> bool:
    """Whether the replica there says that it serves."""
    return asyncio.run(is_serving(address, process=process))


@contextmanager
def replicated_stack(folder: Path, replicas: Mapping[str, int] = REPLICAS) -> Iterator[ReplicatedStack]:
    """A running one, on a Postgres, a Redis and a Qdrant's stand-in of its own."""
    with ExitStack() as parts:
        postgres = parts.enter_context(own_postgres())
        redis = parts.enter_context(RedisServer())
        qdrant_url = parts.enter_context(qdrant(folder))
        settings = {
            "CHATMOUNT_DATABASE_URL": postgres.url,
            # All replicas together must find room in a server with a hundred.
            "CHATMOUNT_DATABASE_CONNECTIONS": "6",
            "CHATMOUNT_REDIS_URL": redis.url,
            "CHATMOUNT_QDRANT_URL": qdrant_url,
            **with_plans(folder),
            "CHATMOUNT_EDGE_WORKERS": str(EDGE_WORKERS),
            # Of requests that died with their replica the credits are waited for.
            "CHATMOUNT_RESERVATION_SECONDS": "12",
            **PATIENCE,
        }
        stack = ReplicatedStack(folder / "home", settings, postgres, redis, replicas)
        with running(stack):
            yield stack
