"""`chatmount up`: brings a stack up, says when it is ready, watches it, and takes it down again."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from services.cli.calls.endpoints import remove_endpoints, write_endpoints
from services.cli.calls.stack import open_stack
from services.cli.grammar import wants_json
from services.cli.output import output
from services.cli.up import preflight
from services.cli.up.banner import banner
from services.cli.up.demo import Demo, ensure_demo
from services.cli.up.journal import Journal
from services.cli.up.local_stack import LocalStack
from services.cli.up.lock import HomeLock
from services.cli.up.log_lines import LAUNCHER, LogLines
from services.cli.up.own_log import tell
from services.cli.up.ports import public_port
from services.cli.up.public_address import PublicAddress
from services.cli.up.replicas import count_replicas
from services.config.settings import Settings
from services.edge.config import CONNECTIONS
from services.edge.open_files import raise_open_file_limit
from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.principal_tokens import SecretSource
from services.trust.secret_file import SecretFile, ensure_secret

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def launch(settings: Settings, *, demo: bool, replicas: Sequence[str] = ()) -> None:
    """Runs a stack until a signal stops it. `replicas`: how many of each service, see `count_replicas`.

    SettingsError for a setting that can't be used, CommandFailed when the home is taken, StartFailed when a process
    does not come up.
    """
    counts = count_replicas(replicas, settings)
    preflight.prepare_home(settings)
    lock = HomeLock(settings.home)
    ports = ExitStack()
    try:
        await preflight.check(settings)
        ensure_secret(settings.secret_file)
        secrets = SecretFile(settings.secret_file)
        if settings.makes_internal_certificates:
            ensure_internal_certificates(settings.home)
        http = public_port(settings.listen_host, settings.http_port, "CHATMOUNT_HTTP_PORT")
        ports.callback(http.release)
        https = public_port(settings.listen_host, settings.https_port, "CHATMOUNT_HTTPS_PORT")
        ports.callback(https.release)
        public = PublicAddress(settings.listen_host, http.number, https.number)
        remove_endpoints(settings.home)
        journal = Journal(sys.stderr, sys.stdout)
        try:
            await _Launch(settings, counts, public, secrets, journal).run(demo=demo)
        finally:
            remove_endpoints(settings.home)
            await asyncio.to_thread(journal.close)
    finally:
        ports.close()
        lock.release()


class _Launch:
    def __init__(
        self,
        settings: Settings,
        counts: Mapping[str, int],
        public: PublicAddress,
        secrets: SecretSource,
        journal: Journal,
    ) -> None:
        self._settings = settings
        self._counts = counts
        self._public = public
        self._journal = journal
        self._lines = LogLines(colour=output.console(stderr=True).color_system is not None)
        self._connections = raise_open_file_limit(CONNECTIONS)
        self._stack = LocalStack(settings, counts, public, secrets, self._log, connections=self._connections)
        self._stop = asyncio.Event()

    async def run(self, *, demo: bool) -> None:
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        # Started with nohup, it shall outlive its terminal.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGHUP, self._on_signal)
        tell(self._say)
        self._say(f"starting Envoy and {self._services}; everything is kept in {self._settings.home}")
        for line in preflight.warnings(os.environ, self._settings.home, self._connections):
            self._say(f"WARNING {line}")
        work = asyncio.create_task(self._bring_up(demo))
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
                await stop
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.gather(work, stop, return_exceptions=True)
            # Nobody shall find a stack that is on its way out.
            remove_endpoints(self._settings.home)
            if not self._stop.is_set():
                self._stack.kill()
            await self._stack.stop()
            self._say("stopped")

    async def _bring_up(self, demo: bool) -> None:
        await self._stack.start()
        endpoints = self._stack.endpoints(os.getpid())
        seeded: Demo | None = None
        if demo:
            async with open_stack(self._settings, endpoints) as stack:
                seeded = await ensure_demo(stack, self._settings.home, self._say)
        write_endpoints(self._settings.home, endpoints)
        if wants_json():
            key = seeded.key if seeded else ""
            value: output.Json = {
                "url": f"{endpoints.http}/v1/chat",
                "https": f"{endpoints.https}/v1/chat",
                "grpc": endpoints.grpc,
            }
            value |= {"key": key or None, "chatbot_id": seeded.chatbot_id if seeded else None}
            self._journal.result(output.json_text(value))
        else:
            colour = output.console().color_system is not None
            self._journal.result(banner(self._settings, self._public, seeded, colour))

    @property
    def _services(self) -> str:
        several = ", ".join(f"{count} of {service}" for service, count in self._counts.items())
        return several if any(count > 1 for count in self._counts.values()) else "four services"

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
