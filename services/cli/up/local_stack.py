"""The services, web and Envoy as processes of this machine."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from services.cli.calls.endpoints import Endpoints
from services.cli.calls.health import is_serving, probe_of
from services.cli.processes import WEB
from services.cli.up.environment import edge_environment, process_environment
from services.cli.up.public_address import PublicAddress
from services.cli.up.replicas import Replicas, Unit
from services.cli.up.supervisor import StartFailed, Supervisor
from services.config.settings import Settings
from services.config.wiring import Groups
from services.edge.admin import EnvoyAdmin
from services.edge.binary import envoy_command, workers_beside_services
from services.edge.config import CONNECTIONS, LONGEST_SOCKET_PATH, write_edge_config
from services.edge.credential import FILE_NAME as CREDENTIAL_NAME
from services.edge.credential import renewed_credentials
from services.edge.keeping import keep_edge
from services.edge.settings import edge_settings
from services.observe.watchdog import PATIENCE_SECONDS, Watchdog
from services.tasks import Tasks
from services.trust.signed_claims import SecretSource
from services.trust.transport import internal_tls

READY_SECONDS = 120.0
# A service that serves says so. To ask one costs a millisecond, of which it could start sooner.
SILENT_SECONDS = 0.5
# Less than the ten seconds after which process managers lose patience.
STOP_SECONDS, DRAIN_SECONDS = 8.5, 3.0
# At least: a busy machine needs more, which there is where those before were quick. What comes after keeps its time.
EDGE_STOP_SECONDS, AFTER_EDGE_SECONDS = 1.0, 6.0
WEB_STOP_SECONDS, AFTER_WEB_SECONDS = 1.0, 5.0
# What the last ones to stop are left with, however long the first ones took.
LAST_STOP_SECONDS = 2.5
# Web calls all others, and Chat settles its last credits with Quota before Quota may go.
STOP_ORDER = ((WEB,), ("chat",), ("quota", "retrieval", "auth"))

Log = Callable[[str, str], None]
"""Takes the name of a process and a line of its."""


class LocalStack:
    """One stack. Its internal ports stay the same over restarts of its processes."""

    def __init__(
        self,
        settings: Settings,
        counts: Mapping[str, int],
        public: PublicAddress,
        secrets: SecretSource,
        log: Log,
        tasks: Tasks,
        connections: int = CONNECTIONS,
        patience: float = PATIENCE_SECONDS,
        groups: Groups = (),
    ) -> None:
        """`counts`: how many replicas of each process. `log` gets the lines of all processes.

        Lines about the processes are those of `up`. `tasks`: what the processes run in, to be left after `stop`.
        `connections`: for each public port. `patience`: for how many seconds a process may be silent before it is
        started again. `groups`: which services share a process.
        """
        self._connections = connections
        self._settings = replace(
            settings, listen_host=public.host, http_port=public.http_port, https_port=public.https_port
        )
        self._public = public
        self._log = log
        self._replicas = Replicas(settings, counts, groups)
        self._addresses = self._replicas.addresses()
        self._folder = settings.home / "envoy"
        self._admin_socket = self._folder / "admin.sock"
        self._secrets = secrets
        self._patience = patience
        self._tasks = tasks
        self._tls = internal_tls(settings)
        self._supervisors: dict[str, Supervisor] = {}

    def endpoints(self, pid: int) -> Endpoints:
        """Where everything is."""
        return Endpoints(
            **{service: addresses[0] for service, addresses in self._addresses.items()},
            http=self._public.url("http"),
            https=self._public.url("https"),
            grpc=self._public.grpc,
            dashboard=self._public.dashboard(self._settings) if WEB in self._addresses else "",
            envoy_admin=f"unix:{self._admin_socket}",
            internal_tls=self._tls is not None,
            replicas=self._addresses,
            metrics=self._replicas.metrics(),
            pid=pid,
        )

    async def start(self) -> None:
        """Starts all processes and returns when the whole chain is ready.

        StartFailed, or a group of them, when it does not come up.
        """
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._credentials = renewed_credentials(self._settings, self._secrets, self._folder / CREDENTIAL_NAME)
        units = self._replicas.units()
        for unit in units:
            module = "together" if len(unit.replicas) > 1 else unit.replicas[0].process
            # The name is for people who look at processes, too: nothing else tells replicas from each other there.
            command = [sys.executable, "-P", "-m", f"services.{module}", unit.name]
            self._supervise(unit.name, command, process_environment(unit, self._settings, self._addresses))
        try:
            async with asyncio.timeout(READY_SECONDS):
                async with asyncio.TaskGroup() as group:
                    for unit in units:
                        serving = partial(self._is_serving, unit)
                        group.create_task(self._supervisors[unit.name].become_ready(serving, SILENT_SECONDS))
                # Only now: a first look at services that are not there yet would make Envoy wait before the second.
                self._supervise("envoy", self._edge_command(), edge_environment())
                await self._supervisors["envoy"].become_ready(EnvoyAdmin(self._admin_socket).is_ready)
        except TimeoutError:
            raise StartFailed(f"The stack was not ready after {READY_SECONDS:g} s.") from None
        for unit in units:
            self._tasks.start(self._watch_over(unit), f"watching {unit.name}")
        self._tasks.start(self._watchdog("envoy", EnvoyAdmin(self._admin_socket).answers).keep(), "watching envoy")

    async def stop(self) -> None:
        """Lets requests in flight finish as far as time allows, then stops all processes."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_SECONDS
        if "envoy" in self._supervisors:
            await EnvoyAdmin(self._admin_socket).drain(DRAIN_SECONDS)
            await self._supervisors["envoy"].stop(max(EDGE_STOP_SECONDS, deadline - loop.time() - AFTER_EDGE_SECONDS))
        units = self._replicas.units()
        for processes in STOP_ORDER:
            names = [unit.name for unit in units if set(unit.processes) & set(processes)]
            running = [self._supervisors[name] for name in names if name in self._supervisors]
            units = [unit for unit in units if unit.name not in names]
            left = deadline - loop.time()
            patience = left - LAST_STOP_SECONDS if units else left
            if WEB in processes:
                patience = max(WEB_STOP_SECONDS, left - AFTER_WEB_SECONDS)
            await asyncio.gather(*(supervisor.stop(patience, nobody_calls=True) for supervisor in running))
        self._release()

    def kill(self) -> None:
        """Ends all processes now; `stop` then returns soon."""
        for supervisor in self._supervisors.values():
            supervisor.kill()

    def _supervise(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        supervisor = Supervisor(name, command, environment, partial(self._log, name), partial(self._log, "up"))
        self._supervisors[name] = supervisor
        self._tasks.start(supervisor.run(), name)

    async def _is_serving(self, unit: Unit) -> bool:
        for one in unit.replicas:
            if not await is_serving(one.address, tls=self._tls, process=one.process):
                return False
        return True

    async def _watch_over(self, unit: Unit) -> None:
        async with AsyncExitStack() as closing:
            probes = [probe_of(one.process, one.address, self._tls) for one in unit.replicas]
            for probe in probes:
                closing.push_async_callback(probe.aclose)

            async def answers() -> bool:
                return all(await asyncio.gather(*(probe.is_serving() for probe in probes)))

            await self._watchdog(unit.name, answers).keep()

    def _watchdog(self, name: str, answers: Callable[[], Awaitable[bool]]) -> Watchdog:
        supervisor = self._supervisors[name]
        return Watchdog(lambda: supervisor.pid, answers, supervisor.restart, self._patience, is_ready=True)

    def _edge_command(self) -> list[str]:
        if len(str(self._admin_socket).encode()) > LONGEST_SOCKET_PATH:
            self._admin_socket = Path(tempfile.mkdtemp(prefix="chatmount-")) / "admin.sock"
        self._admin_socket.unlink(missing_ok=True)
        addresses: dict[str, Any] = {f"{name}_address": ",".join(found) for name, found in self._addresses.items()}
        here = replace(self._settings, **addresses)
        edge = replace(
            edge_settings(here, self._connections, folder=self._folder, admin=self._admin_socket),
            auth_asks_quota=any({"auth", "quota"} <= set(unit.processes) for unit in self._replicas.units()),
        )
        keep_edge(self._tasks, edge, self._credentials)
        workers = here.edge_workers or workers_beside_services()
        return envoy_command(write_edge_config(edge, self._folder), workers=workers)

    def _release(self) -> None:
        self._replicas.release()
        self._admin_socket.unlink(missing_ok=True)
        if self._admin_socket.parent != self._folder:
            shutil.rmtree(self._admin_socket.parent, ignore_errors=True)
