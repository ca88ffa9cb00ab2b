"""When the processes that read files begin and end."""

import asyncio
import signal
from contextlib import suppress

import psutil
import pytest

from services.errors import ChatmountError, Reason
from services.retrieval.ingest.reader import workers
from services.retrieval.ingest.reader.reader import Reader
from tests.child_processes import has_ended
from tests.retrieval.ingest.reader.conftest import ODD_READER, readers, texts, zygotes
from tests.waiting import PATIENCE, until


async def test_a_file_that_nobody_waits_for_is_given_up(odd: Reader) -> None:
    reading = asyncio.create_task(odd.read(b"x", "pdf", "odd=burn", "acct_1"))
    await until(lambda: len(readers()) == 1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await until(lambda: not readers())


async def test_a_reader_that_closes_ends_what_it_reads(odd: Reader) -> None:
    reading = asyncio.create_task(odd.read(b"x", "pdf", "odd=burn", "acct_1"))
    await until(lambda: len(readers()) == 1)
    (zygote,) = zygotes()
    await odd.close()
    with pytest.raises(ChatmountError):
        await reading
    assert has_ended(zygote)


def kill_what_reads() -> bool:
    """Whether there was something that does. One that was killed before may be seen until it is gone."""
    for zygote in zygotes():
        with suppress(psutil.NoSuchProcess):
            if zygote.children():
                zygote.send_signal(signal.SIGKILL)
                return True
    return False


async def test_what_files_are_read_from_comes_back(odd: Reader, caplog: pytest.LogCaptureFixture) -> None:
    await odd.read(b"text", "plain", "", "acct_1")
    (zygote,) = zygotes()
    zygote.send_signal(signal.SIGKILL)
    assert texts(await odd.read(b"text", "plain", "", "acct_1")) == ["text"]
    await until(lambda: not readers())
    caplog.clear()
    reading = asyncio.create_task(odd.read(b"x", "pdf", "odd=dawdle", "acct_1"))
    await until(kill_what_reads)
    await until(lambda: "is read once more" in caplog.text and kill_what_reads())
    with pytest.raises(ChatmountError) as caught:
        await reading
    assert caught.value.reason == Reason.UNAVAILABLE
    await until(lambda: not readers())


async def test_what_can_not_be_started_is_said_to_pass(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MODULE", "services.retrieval.no_such_module")
    with pytest.raises(ChatmountError) as caught:
        await reader.read(b"text", "plain", "", "acct_1")
    assert caught.value.reason == Reason.UNAVAILABLE
    monkeypatch.setattr(workers, "MODULE", ODD_READER)
    assert texts(await reader.read(b"text", "plain", "", "acct_1")) == ["text"]


def fail() -> None:
    raise RuntimeError("can't start new thread")


async def test_a_start_that_fails_in_another_way_is_tried_with_the_next_file(
    odd: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(workers, "_Zygote", fail)
        with pytest.raises(ChatmountError, match="right now"):
            await odd.read(b"text", "plain", "", "acct_1")
    assert texts(await odd.read(b"text", "plain", "", "acct_1")) == ["text"]


async def test_processes_that_end_as_soon_as_they_are_started_are_not_started_for_good(
    odd: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers._Zygote, "hand", lambda *_: False)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ChatmountError, match="right now"):
            await odd.read(b"text", "plain", "", "acct_1")
