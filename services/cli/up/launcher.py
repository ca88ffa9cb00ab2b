"""`chatmount up`: brings a stack up, watches it, and takes it down again."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack

from services.cli.calls.endpoints import remove_endpoints, write_endpoints
from services.cli.calls.stack import open_stack
from services.cli.grammar import wants_json
from services.cli.output.cleaning import json_text
from services.cli.output.output import console
from services.cli.processes import WEB
from services.cli.up import preflight
from services.cli.up.banner import Doors, banner, banner_json
from services.cli.up.demo import Demo, ensure_demo
from services.cli.up.first_owner import first_owner_link
from services.cli.up.journal import Journal
from services.cli.up.local_stack import LocalStack
from services.cli.up.lock import HomeLock
from services.cli.up.log_lines import LAUNCHER, LogLines, log_to
from services.cli.up.ports import public_port
from services.cli.up.public_address import PublicAddress
from services.cli.up.replicas import count_replicas
from services.cli.up.wiring import choose_groups
from services.config.settings import Settings
from services.config.wiring import Groups
from services.edge.config import CONNECTIONS
from services.edge.open_files import raise_open_file_limit
from services.tasks import Tasks
from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.secret_file import SecretFile, ensure_secret

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def launch(
    settings: Settings, *, demo: bool, replicas: Sequence[str] = (), together: Sequence[str] = (), split: bool = False
) -> None:
    """Runs a stack until a signal stops it.

    `replicas`: how many of each process, see `count_replicas`. `together`, `split`: which services share a process, see
    `choose_groups`. SettingsError for a setting that can't be used,
    CommandFailed when the home is taken or a process does not come up; errors during the start come in groups.
    """
    counts = count_replicas(replicas, settings)
    groups = choose_groups(together, settings, counts, split=split)
    preflight.prepare_home(settings)
    async with AsyncExitStack() as cleanup:
        cleanup.callback(HomeLock(settings.home).release)
        await preflight.check(settings)
        ensure_secret(settings.secret_file)
        if settings.makes_internal_certificates:
            ensure_internal_certificates(settings.home)
        ports = cleanup.enter_context(ExitStack())
        public = _public_address(settings, ports)
        journal = Journal(sys.stderr, sys.stdout)
        cleanup.push_async_callback(asyncio.to_thread, journal.close)
        remove_endpoints(settings.home)
        cleanup.callback(remove_endpoints, settings.home)
        tasks = await cleanup.enter_async_context(Tasks())
        await _Launch(settings, counts, groups, public, journal, tasks).run(demo=demo)


def _public_address(settings: Settings, ports: ExitStack) -> PublicAddress:
    http = public_port(settings.listen_host, settings.http_port, "CHATMOUNT_HTTP_PORT")
    ports.callback(http.release)
    https = public_port(settings.listen_host, settings.https_port, "CHATMOUNT_HTTPS_PORT")
    ports.callback(https.release)
    return PublicAddress(settings.listen_host, http.number, https.number)


class _Stopped(Exception):
    """A signal asked the stack to stop."""


class _Launch:
    def __init__(
        self,
        settings: Settings,
        counts: Mapping[str, int],
        groups: Groups,
        public: PublicAddress,
        journal: Journal,
        tasks: Tasks,
    ) -> None:
        self._settings = settings
        self._counts = counts
        self._public = public
        self._journal = journal
        self._lines = LogLines(colour=console(stderr=True).color_system is not None)
        self._connections = raise_open_file_limit(CONNECTIONS)
        secrets = SecretFile(settings.secret_file)
        self._stack = LocalStack(
            settings, counts, public, secrets, self._log, tasks, connections=self._connections, groups=groups
        )
        self._stop = asyncio.Event()

    async def run(self, *, demo: bool) -> None:
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        # Started with nohup, it shall outlive its terminal.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGHUP, self._on_signal)
        log_to(self._say)
        self._say(f"starting Envoy and {self._processes}; everything is kept in {self._settings.home}")
        for line in preflight.warnings(os.environ, self._settings.home, self._connections):
            self._say(f"WARNING {line}")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._raise_when_stopped())
                await self._bring_up(demo)
        except* _Stopped:
            pass
        finally:
            # A stack that is on its way out must not be found.
            remove_endpoints(self._settings.home)
            if not self._stop.is_set():
                self._stack.kill()
            await self._stack.stop()
            self._say("stopped")

    async def _raise_when_stopped(self) -> None:
        await self._stop.wait()
        raise _Stopped

    async def _bring_up(self, demo: bool) -> None:
        await self._stack.start()
        endpoints = self._stack.endpoints(os.getpid())
        seeded: Demo | None = None
        link = ""
        if demo:
            async with open_stack(self._settings, endpoints) as stack:
                seeded = await ensure_demo(stack, self._settings.home, self._say)
                if seeded and endpoints.dashboard:
                    link = await first_owner_link(stack, seeded.account_id)
        write_endpoints(self._settings.home, endpoints)
        doors = Doors(endpoints.dashboard, link)
        if wants_json():
            self._journal.result(json_text(banner_json(endpoints, seeded, doors)))
        else:
            colour = console().color_system is not None
            self._journal.result(banner(self._settings, self._public, seeded, doors, colour))

    @property
    def _processes(self) -> str:
        if any(count > 1 for count in self._counts.values()):
            return ", ".join(f"{count} of {process}" for process, count in self._counts.items())
        return "five services" if WEB in self._counts else "four services"

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._say("stopping at once")
            self._stack.kill()
            return
        self._stop.set()
        self._say("stopping; requests in flight may finish (Ctrl-C once more: at once)")

    def _say(self, line: str) -> None:
        self._log(LAUNCHER, line)

    def _log(self, process: str, line: str) -> None:
        self._journal.write(self._lines.format(process, line))
