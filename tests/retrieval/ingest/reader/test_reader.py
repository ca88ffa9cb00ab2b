"""The processes that read files: what they give back, and which files share one."""

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.reader import reader as reader_module
from services.retrieval.ingest.reader.answer import FAILED
from services.retrieval.ingest.reader.reader import Reader
from services.retrieval.text.passages import Reading
from tests.retrieval.ingest.extraction.docx_files import docx, paragraph
from tests.retrieval.ingest.extraction.pdf_files import Text, pdf
from tests.retrieval.ingest.reader.conftest import Refusal, readers, texts
from tests.waiting import PATIENCE, until

PID = b"import os; said = os.getpid()"


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
    await until(lambda: not readers())


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
    await until(lambda: not readers())


@pytest.fixture
async def four_that_burn(odd: Reader) -> AsyncIterator[list[asyncio.Task[Reading]]]:
    """Four files of one account that are never read to their end."""
    tasks = [asyncio.create_task(odd.read(b"x", "pdf", "odd=burn", "acct_1")) for _ in range(4)]
    await until(lambda: len(readers()) == 1)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_files_of_one_account_keep_no_other_waiting(
    odd: Reader, four_that_burn: list[asyncio.Task[Reading]]
) -> None:
    async with asyncio.timeout(PATIENCE):
        assert texts(await odd.read(b"18 bytes of a file", "plain", "", "acct_2")) == ["18 bytes of a file"]
        # Nor does a small file of an account keep its large ones.
        large = b"A sentence.\n\n" * 8000
        assert len(texts(await odd.read(large, "plain", "", "acct_1"))) > 100
    await until(lambda: len(readers()) == 1)
    assert not any(task.done() for task in four_that_burn)
