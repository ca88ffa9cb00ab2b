"""The processes that read files: what they give back, and what becomes of the service when one goes wrong."""

import asyncio
import json
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import psutil
import pytest

from services.errors import ChatmountError, ErrorReason
from services.retrieval.reader import reader as reader_module
from services.retrieval.reader import workers
from services.retrieval.reader.answer import FAILED
from services.retrieval.reader.reader import Reader, seconds_for
from services.retrieval.reading import Reading
from tests.retrieval.extraction.docx_files import docx, paragraph
from tests.retrieval.extraction.pdf_files import Text, pdf
from tests.retrieval.reader.conftest import ODD_READER, Refusal

KIBIBYTE = 1024
PID = b"import os; said = os.getpid()"


def texts(reading: Reading) -> list[str]:
    return [one.text for one in reading.passages]


async def test_files_come_back_from_the_processes_that_read_them(reader: Reader) -> None:
    reading = await reader.read(pdf([Text("Häuser – for rent", 80)], title="Prices"), "pdf", "", "acct_1")
    assert (reading.title, texts(reading)) == ("Prices", ["Häuser – for rent"])
    reading = await reader.read(docx(paragraph("Rent", "Title"), paragraph("800 €.")), "docx", "", "acct_1")
    assert (reading.title, texts(reading)) == ("Rent", ["800 €."])
    reading = await reader.read(b"# Rent\n\n## Prices\n\nOf rooms.\n\nOf houses.", "markdown", "", "acct_1")
    assert (reading.title, texts(reading)) == ("Rent", ["Of rooms.\n\nOf houses."])
    assert reading.passages[0].headings == ("Prices",)
    assert reading.passages[0].sentences == ((0, 9), (11, 21))


async def test_a_refusal_comes_back(reader: Reader) -> None:
    with pytest.raises(ChatmountError, match=r"The file has no text to answer from\."):
        await reader.read(b"<script></script>", "html", "text/html", "acct_1")


async def test_every_kind_is_read_in_a_process_of_its_own(refusal: Refusal) -> None:
    pids = {await refusal("run", PID, kind) for kind in ("plain", "csv", "html", "docx")}
    assert len(pids) == 4
    assert str(psutil.Process().pid) not in pids


async def test_small_texts_of_one_account_that_wait_for_each_other_share_a_process(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "FILES_IN_A_ROW", 5)
    # One after the other's answer: those of an account in the order in which they came, with others between.
    accounts = ("acct_1", "acct_2") * 10
    pids = await asyncio.gather(*(refusal("run", PID, account=account) for account in accounts))
    for first, account in enumerate(("acct_1", "acct_2")):
        assert [pids[first::2].count(pid) for pid in dict.fromkeys(pids[first::2])] == [5, 5], account
    assert not set(pids[::2]) & set(pids[1::2])
    await wait_until(lambda: not readers())


async def test_packed_files_and_what_took_much_memory_or_went_wrong_share_none(refusal: Refusal) -> None:
    pids = await asyncio.gather(*(refusal("run", PID, "pdf") for _ in range(4)))
    assert len(set(pids)) == 4
    much = PID + b"; much = b'x' * 300 * 1024 * 1024"
    pids = await asyncio.gather(*(refusal("run", code) for code in (PID, much, PID, PID)))
    assert (pids[0], pids[2]) == (pids[1], pids[3])
    assert pids[1] != pids[2]
    told = await asyncio.gather(refusal("run", PID), refusal("fault"), refusal("run", PID))
    assert told[1] == FAILED
    assert told[0] != told[2]


async def test_who_ends_a_shared_process_costs_no_other_file(odd: Reader, refusal: Refusal) -> None:
    go_on = b"import os, threading, time; said = os.getpid()"
    told = await asyncio.gather(
        refusal("run", go_on), refusal("vanish"), odd.read(b"# T\n\ntext", "markdown", "", "acct_1"), refusal("crash")
    )
    assert told[1] == FAILED
    assert "too intricate" in told[3]
    assert told[2].title == "T"


async def test_who_leaves_a_turn_leaves_no_process_behind(odd: Reader, refusal: Refusal) -> None:
    first = asyncio.create_task(refusal("run", b"import time; time.sleep(0.5); said = 1"))
    second = asyncio.create_task(odd.read(b"x", "plain", "odd=burn", "acct_1"))
    await first
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await wait_until(lambda: not readers())


@pytest.mark.parametrize("how", ["crash", "memory", "flood", "recurse"])
async def test_a_parser_that_goes_wrong_takes_nothing_along(
    odd: Reader, refusal: Refusal, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reader_module, "PACKED_ANSWER_BYTES", 4 * 1024 * 1024)
    assert "too intricate" in await refusal(how, kind="pdf")
    assert ("was given up" in caplog.text) == (how in ("crash", "flood"))
    assert texts(await odd.read(pdf([Text("Still here", 80)]), "pdf", "", "acct_1")) == ["Still here"]


async def test_a_fault_of_ours_is_not_said_to_be_the_files(refusal: Refusal, caplog: pytest.LogCaptureFixture) -> None:
    assert await refusal("fault") == FAILED
    assert "ZeroDivisionError: a fault of ours" in caplog.text


async def test_nothing_that_a_process_says_is_believed(refusal: Refusal) -> None:
    for answer in (
        "",
        "x",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"title": 1}),
        json.dumps({"title": "\ud800"}),
        json.dumps({"refusal": ["x"]}),
        json.dumps({"title": ""}) + '\n["x", "text", []]',
        json.dumps({"title": ""}) + '\n[[], "text", [[0, 5]]]',
        json.dumps({"title": ""}) + '\n[[], "text", [[-1, 2]]]',
        json.dumps({"title": ""}) + '\n[[1], "text", []]',
        json.dumps({"title": ""}) + '\n[[], "text"]',
    ):
        assert await refusal("lie", answer.encode()) == FAILED, answer[:80]


async def test_a_cause_is_one_line_of_the_log(refusal: Refusal, caplog: pytest.LogCaptureFixture) -> None:
    lie = json.dumps({"fault": "x\n2026-01-01 ERROR forged " + "y" * 1000})
    assert await refusal("lie", lie.encode()) == FAILED
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 400


@pytest.mark.parametrize("how", ["dawdle", "burn"])
async def test_what_takes_too_long_is_given_up(
    odd: Reader, refusal: Refusal, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "TEXT_SECONDS", 1)
    assert "split it" in await refusal(how)
    await wait_until(lambda: not readers())


def test_how_long_a_file_may_take_follows_its_size() -> None:
    block = 64 * KIBIBYTE
    assert [seconds_for(size, is_packed=False) for size in (0, block, block + 1, 100 * block)] == [5, 5, 10, 60]
    assert [seconds_for(size, is_packed=True) for size in (1, 4 * block, 12 * block, 99 * block)] == [15, 15, 45, 60]


async def test_a_file_that_nobody_waits_for_is_given_up(odd: Reader) -> None:
    reading = asyncio.create_task(odd.read(b"x", "pdf", "odd=burn", "acct_1"))
    await wait_until(lambda: len(readers()) == 1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await wait_until(lambda: not readers())


async def test_a_reader_that_closes_ends_what_it_reads(odd: Reader) -> None:
    reading = asyncio.create_task(odd.read(b"x", "pdf", "odd=burn", "acct_1"))
    await wait_until(lambda: len(readers()) == 1)
    (zygote,) = zygotes()
    await odd.close()
    with pytest.raises(ChatmountError):
        await reading
    assert not zygote.is_running()


async def test_what_files_are_read_from_comes_back(odd: Reader, caplog: pytest.LogCaptureFixture) -> None:
    await odd.read(b"text", "plain", "", "acct_1")
    (zygote,) = zygotes()
    zygote.send_signal(signal.SIGKILL)
    assert texts(await odd.read(b"text", "plain", "", "acct_1")) == ["text"]
    caplog.clear()
    reading = asyncio.create_task(odd.read(b"x", "pdf", "odd=dawdle", "acct_1"))
    await wait_until(lambda: len(readers()) == 1)
    zygotes()[0].send_signal(signal.SIGKILL)
    await wait_until(lambda: "is read once more" in caplog.text and len(readers()) == 1)
    zygotes()[0].send_signal(signal.SIGKILL)
    with pytest.raises(ChatmountError) as caught:
        await reading
    assert caught.value.reason == ErrorReason.ERROR_REASON_UNAVAILABLE
    assert not readers()


async def test_what_can_not_be_started_is_said_to_pass(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MODULE", "services.retrieval.no_such_module")
    with pytest.raises(ChatmountError) as caught:
        await reader.read(b"text", "plain", "", "acct_1")
    assert caught.value.reason == ErrorReason.ERROR_REASON_UNAVAILABLE
    monkeypatch.setattr(workers, "MODULE", ODD_READER)
    assert texts(await reader.read(b"text", "plain", "", "acct_1")) == ["text"]


async def test_a_process_that_answers_without_reading_does_not_hold_up_the_service(refusal: Refusal) -> None:
    begin = time.monotonic()
    assert await refusal("crash", b"x" * 4 * 1024 * 1024)
    assert time.monotonic() - begin < 30


@pytest.fixture
async def four_that_burn(odd: Reader) -> AsyncIterator[list[asyncio.Task[Reading]]]:
    """Four files of one account that are never read to their end."""
    tasks = [asyncio.create_task(odd.read(b"x", "pdf", "odd=burn", "acct_1")) for _ in range(4)]
    await wait_until(lambda: len(readers()) == 1)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_files_of_one_account_keep_no_other_waiting(
    odd: Reader, four_that_burn: list[asyncio.Task[Reading]]
) -> None:
    async with asyncio.timeout(10):
        assert texts(await odd.read(b"18 bytes of a file", "plain", "", "acct_2")) == ["18 bytes of a file"]
        # Nor does a small file of an account keep its large ones.
        large = b"A sentence.\n\n" * 8000
        assert len(texts(await odd.read(large, "plain", "", "acct_1"))) > 100
    assert len(readers()) == 1
    assert not any(task.done() for task in four_that_burn)


def zygotes() -> list[psutil.Process]:
    """The processes that those that read are forked from."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            found += [child] if ODD_READER in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE else []
    return found


def readers() -> list[psutil.Process]:
    """The processes that read files for this one."""
    with suppress(psutil.Error):
        return [child for zygote in zygotes() for child in zygote.children()]
    return []


async def wait_until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - processes tell nobody of their ends
            await asyncio.sleep(0.02)
