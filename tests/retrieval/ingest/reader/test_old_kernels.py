"""What a kernel without protection still keeps from a file."""

import asyncio
import sys
from pathlib import Path
from subprocess import PIPE

import psutil
import pytest

from services.retrieval.ingest.reader.reader import Reader
from tests.retrieval.ingest.reader.conftest import Refusal, permitted, zygotes

ROOT = Path(__file__).parents[4]


async def test_what_files_are_read_from_is_confined_too(odd: Reader) -> None:
    await odd.read(b"text", "plain", "", "acct_1")
    (process,) = zygotes()
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    assert status["NoNewPrivs"] == "1"
    assert {status[f"Cap{name}"].strip("0") for name in ("Prm", "Eff", "Inh", "Amb")} == {""}
    assert process.nice() == min(19, psutil.Process().nice() + 5)


async def test_on_a_kernel_without_protection_the_memory_of_services_is_closed(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.retrieval.ingest.reader.workers.MODULE", "tests.retrieval.ingest.reader.old_kernel")
    code = (
        "from services.trust.process_privacy import make_undumpable; "
        "make_undumpable(); print('ready', flush=True); input()"
    )
    command = [sys.executable, "-c", code]
    service = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env={"SECRET": "x"}, cwd=ROOT)
    try:
        assert service.stdout is not None
        assert await service.stdout.readline() == b"ready\n"
        files = [f"open, '/proc/{service.pid}/{name}'" for name in ("environ", "mem", "maps")]
        assert await permitted(refusal, [*files, f"os.readlink, '/proc/{service.pid}/cwd'"]) == "[]"
    finally:
        service.kill()
        await service.wait()


async def test_a_kernel_without_protection_is_told_of_once(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("services.retrieval.ingest.reader.workers.MODULE", "tests.retrieval.ingest.reader.old_kernel")
    for _ in range(2):
        reading = await reader.read(b"# Title\n\ntext", "markdown", "", "acct_1")
        assert (reading.title, reading.passages[0].text) == ("Title", "text")
    (line,) = [one.getMessage() for one in caplog.records if "protection" in one.getMessage()]
    assert line == "this system has no Landlock and no seccomp: files are read with less protection"
