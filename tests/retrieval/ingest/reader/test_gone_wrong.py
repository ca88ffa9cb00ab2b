"""Files and the service, when the process that reads a file goes wrong."""

import asyncio
import time

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.reader import reader as reader_module
from services.retrieval.ingest.reader import workers
from services.retrieval.ingest.reader.answer import FAILED
from services.retrieval.ingest.reader.reader import Reader, seconds_for
from tests.retrieval.ingest.extraction.pdf_files import Text, pdf
from tests.retrieval.ingest.reader.conftest import Refusal, readers, texts
from tests.waiting import until

KIBIBYTE = 1024


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
    assert "ZeroDivisionError: a fault of ours (__main__:" in caplog.text
    assert ", services.retrieval.ingest.reader.worker:" in caplog.text


async def test_a_fault_before_a_file_is_read_is_told_too(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers, "MODULE", "tests.retrieval.ingest.reader.broken_worker")
    with pytest.raises(ChatmountError, match="the log"):
        await reader.read(b"text", "plain", "", "acct_1")
    assert "a fault of ours (__main__:" in caplog.text


async def test_what_takes_too_much_processor_time_is_given_up(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "TEXT_SECONDS", 1)
    assert "split it" in await refusal("burn")
    await until(lambda: not readers())


async def test_a_file_of_a_shared_process_has_time_of_its_own(
    odd: Reader, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "TEXT_SECONDS", 1)
    busy = b"import time\nwhile time.process_time() < 0.7 * COUNT: pass\nsaid = 1"
    codes = [busy.replace(b"COUNT", b"%d" % (number + 1)) for number in range(2)]
    assert await asyncio.gather(*(refusal("run", code) for code in codes)) == ["1"] * 2


@pytest.mark.parametrize("how", ["dawdle", "killed"])
async def test_what_may_be_the_machines_fault_is_tried_again_a_few_times(
    refusal: Refusal, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "dawdle":
        monkeypatch.setattr(reader_module, "WALL_SECONDS", 0.3)
        monkeypatch.setattr(reader_module, "WALL_PER_SECOND", 0)
    told = [await refusal(how, content) for content in (b"x", b"x", b"y", b"x")]
    assert ["right now" in text for text in told] == [True, True, True, False]
    assert "too intricate" in told[3]


async def test_a_file_that_was_read_starts_over(odd: Reader, refusal: Refusal) -> None:
    for _ in range(3):
        assert "right now" in await refusal("killed")
        await odd.read(b"x", "markdown", "", "acct_1")


def test_how_long_a_file_may_take_follows_its_size() -> None:
    block = 64 * KIBIBYTE
    assert [seconds_for(size, is_packed=False) for size in (0, block, block + 1, 100 * block)] == [5, 5, 10, 60]
    assert [seconds_for(size, is_packed=True) for size in (1, 4 * block, 12 * block, 99 * block)] == [15, 15, 45, 60]


async def test_a_process_that_answers_without_reading_does_not_hold_up_the_service(refusal: Refusal) -> None:
    begin = time.monotonic()
    assert await refusal("crash", b"x" * 4 * 1024 * 1024)
    assert time.monotonic() - begin < 30
