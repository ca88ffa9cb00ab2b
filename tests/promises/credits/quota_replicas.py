"""Several Quota processes on one Postgres and one Redis, and what can be done to them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from services.cli.calls.health import is_serving
from services.cli.up.ports import ReservedPort
from services.cli.up.supervisor import Supervisor
from services.tasks import Tasks
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret
from tests.promises.own_postgres import OwnPostgres
from tests.redis_server import RedisServer
from tests.waiting import PATIENCE

READY_SECONDS = 120.0


class QuotaReplicas:
    """Each is started again by itself, at the same address."""

    def __init__(self, home: Path, count: int, postgres: OwnPostgres, redis: RedisServer, plans: Path) -> None:
        self.postgres = postgres
        self.redis = redis
        self.signer = TokenSigner(ensure_secret(home / "secrets" / "signing.key"))
        self.log: list[str] = []
        self._ports = [ReservedPort() for _ in range(count)]
        self.addresses = [port.address for port in self._ports]
        own = {name: value for name, value in os.environ.items() if not name.startswith("CHATMOUNT_")}
        self._replicas = [
            Supervisor(
                f"quota-{number}",
                [sys.executable, "-P", "-m", "services.quota"],
                own | _settings(home, address, postgres, redis, plans),
                self.log.append,
                self.log.append,
            )
            for number, address in enumerate(self.addresses)
        ]

    def start(self, tasks: Tasks) -> None:
        for replica in self._replicas:
            tasks.start(replica.run(), replica.name)

    async def until_serving(self) -> None:
        """Returns when all of them serve. TimeoutError when they do not."""
        async with asyncio.timeout(READY_SECONDS):
            for address, replica in zip(self.addresses, self._replicas, strict=True):
                await replica.become_ready(partial(is_serving, address))

    def kill(self, number: int) -> None:
        """SIGKILL; it is started again."""
        pid = self._replicas[number].pid
        # One that is just being started again is gone already.
        with suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGKILL)

    @contextmanager
    def redis_paused(self) -> Any:
        """Redis takes connections and says nothing."""
        self.redis.pause()
        try:
            yield
        finally:
            self.redis.go_on()

    async def stop(self) -> None:
        await asyncio.gather(*(replica.stop(PATIENCE) for replica in self._replicas))
        for port in self._ports:
            port.release()


def _settings(home: Path, address: str, postgres: OwnPostgres, redis: RedisServer, plans: Path) -> Mapping[str, str]:
    return {
        "CHATMOUNT_HOME": str(home),
        "CHATMOUNT_LISTEN": address,
        "CHATMOUNT_DATABASE_URL": postgres.url,
        "CHATMOUNT_REDIS_URL": redis.url,
        "CHATMOUNT_PLANS_FILE": str(plans),
    }


@asynccontextmanager
async def quota_replicas(folder: Path, count: int, postgres: OwnPostgres, plans: str) -> AsyncIterator[QuotaReplicas]:
    """`count` of them, until the block ends."""
    (folder / "plans.toml").write_text(plans)
    with RedisServer() as redis:
        replicas = QuotaReplicas(folder / "home", count, postgres, redis, folder / "plans.toml")
        async with Tasks() as tasks:
            try:
                replicas.start(tasks)
                await replicas.until_serving()
                yield replicas
            finally:
                await replicas.stop()
