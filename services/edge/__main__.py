"""The edge of a container: renders the configuration, runs Envoy, renews two tokens."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from services.config.settings import LEAVE_SECONDS, SettingsError, load_settings
from services.edge.admin import EnvoyAdmin
from services.edge.binary import envoy_command
from services.edge.config import CONNECTIONS, EdgeSettings, write_edge_config
from services.edge.credential import Credential, renewed_credentials
from services.edge.keeping import keep_edge
from services.edge.metrics_page import showing_envoys_metrics
from services.edge.open_files import open_file_warning, raise_open_file_limit
from services.edge.settings import ADMIN, edge_settings
from services.observe import die_with_parent
from services.observe.hang_watch import PATIENCE_SECONDS, ending_when_hung
from services.observe.telemetry import configure_logging
from services.observe.watchdog import Watchdog
from services.tasks import Tasks
from services.trust.process_privacy import make_private
from services.trust.secret_file import SecretFile

logger = logging.getLogger("chatmount.edge")


def main() -> None:
    """Run Envoy and end as it ends. A setting that can't be used ends it with one line."""
    make_private()
    try:
        settings = load_settings()
        configure_logging(settings.log_level)
        secrets = SecretFile(settings.secret_file)
        edge = edge_settings(settings, raise_open_file_limit(CONNECTIONS), admin=ADMIN)
        edge.credential.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        credentials = renewed_credentials(settings, secrets, edge.credential)
        configuration = write_edge_config(edge, edge.credential.parent)
    except SettingsError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"CHATMOUNT_HOME={settings.home} can't be used: {error.filename}: {error.strerror}.")
    if (warning := open_file_warning(CONNECTIONS, edge.connections_per_listener)) is not None:
        logger.warning(warning)
    command = envoy_command(configuration, workers=settings.edge_workers or None)
    try:
        code = asyncio.run(run(command, edge, credentials, settings.drain_seconds, metrics=settings.metrics_listen))
    except SettingsError as error:
        sys.exit(str(error))
    sys.exit(code)


async def run(
    command: Sequence[str],
    edge: EdgeSettings,
    credentials: Sequence[Credential],
    drain: float,
    patience: float = PATIENCE_SECONDS,
    metrics: str = "",
) -> int:
    """Run Envoy until it ends, by itself or for a signal to this process; its exit code.

    After SIGTERM it fails health checks and goes on serving for a moment. Then it takes no more connections, and lets
    requests in flight finish for `drain` seconds. SIGINT, also one that follows, ends it at once.

    Its metrics are at the address `metrics`, if there is one.

    An Envoy that does not answer for `patience` seconds is killed; when this process hangs that long, it ends itself.
    """
    async with showing_envoys_metrics(metrics, edge.admin):
        # Should this process be killed, Envoy must not go on with a token that is not renewed.
        wrapper = [sys.executable, "-I", "-S", str(Path(die_with_parent.__file__)), str(os.getpid())]
        process = await asyncio.create_subprocess_exec(*wrapper, *command, env={})
        loop, stop, admin = asyncio.get_running_loop(), asyncio.Event(), EnvoyAdmin(edge.admin)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGINT, process.send_signal, signal.SIGINT)
        watchdog = Watchdog(lambda: process.pid, admin.answers, partial(_kill, process), patience)
        async with Tasks() as tasks, ending_when_hung(patience):
            keep_edge(tasks, edge, credentials)
            tasks.start(watchdog.keep(), "watching Envoy")
            tasks.start(_stop(process, stop, admin, drain), "waiting for the signal to stop")
            code = await process.wait()
    return code if code >= 0 else 128 - code


async def _stop(process: asyncio.subprocess.Process, stop: asyncio.Event, admin: EnvoyAdmin, drain: float) -> None:
    await stop.wait()
    await admin.leave()
    await asyncio.sleep(LEAVE_SECONDS)
    await admin.drain(drain)
    with contextlib.suppress(ProcessLookupError):
        process.terminate()


def _kill(process: asyncio.subprocess.Process, why: str) -> None:
    logger.error("Envoy %s; killing it", why)
    process.kill()


if __name__ == "__main__":
    main()
