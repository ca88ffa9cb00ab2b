"""How long a stop waits for processes that are not through yet."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from services.cli.processes import PROCESSES
from services.cli.up import local_stack
from services.cli.up.local_stack import LocalStack
from services.cli.up.public_address import PublicAddress
from services.config.settings import load_settings
from services.tasks import Tasks
from services.trust.principal import SERVICES
from services.trust.secret_file import SecretFile, ensure_secret
from tests.waiting import PATIENCE

TAKES_A_SECOND = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), os.write(1, b"through\\n"), sys.exit()))
os.write(1, b"running\\n")
while True:
    signal.pause()
"""


@pytest.mark.parametrize("name", [",".join(SERVICES), "web", "envoy"])
async def test_who_needs_a_second_to_stop_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(local_stack, "STOP_SECONDS", PATIENCE)
    monkeypatch.setattr(local_stack, "LAST_STOP_SECONDS", PATIENCE - 0.1)
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path)})
    ensure_secret(settings.secret_file)
    lines: list[str] = []
    running = asyncio.Event()

    def log(_: str, line: str) -> None:
        lines.append(line)
        running.set()

    public = PublicAddress("127.0.0.1", 1, 2)
    counts = dict.fromkeys(PROCESSES, 1)
    async with Tasks() as tasks:
        secrets = SecretFile(settings.secret_file)
        stack = LocalStack(settings, counts, public, secrets, log, tasks, groups=(SERVICES,))
        stack._supervise(name, [sys.executable, "-c", TAKES_A_SECOND], dict(os.environ))
        async with asyncio.timeout(PATIENCE):
            await running.wait()
        await stack.stop()
    assert lines == ["running", "through"]
