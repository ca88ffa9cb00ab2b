"""The process that reads files: what it is given and may use, and what becomes of the service when it goes wrong."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from services.errors import ChatmountError
from services.retrieval import reader as reader_module
from services.retrieval.reader import Reader
from tests.retrieval.extraction.docx_files import docx, paragraph
from tests.retrieval.extraction.pdf_files import Text, pdf

GIBIBYTE = 1024**3


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader whose parser does what the media type says."""
    monkeypatch.setattr(reader_module, "MODULE", "tests.retrieval.odd_reader")
    return Reader()


async def refusal(reader: Reader, content: bytes = b"x", kind: str = "pdf", media_type: str = "") -> str:
    with pytest.raises(ChatmountError) as caught:
        await reader.read(content, kind, media_type)
    return caught.value.text


async def test_packed_files_come_back_from_the_process_that_reads_them() -> None:
    reader = Reader()
    reading = await reader.read(pdf([Text("Häuser – for rent", 80)], title="Prices"), "pdf", "")
    assert (reading.title, [one.text for one in reading.passages]) == ("Prices", ["Häuser – for rent"])
    reading = await reader.read(docx(paragraph("Rent", "Title"), paragraph("800 €.")), "docx", "")
    assert (reading.title, [one.text for one in reading.passages]) == ("Rent", ["800 €."])


async def test_the_process_has_no_secrets_and_little_room(odd: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATMOUNT_LLM_API_KEY", "sk-secret")
    seen = json.loads(await refusal(odd, media_type="look"))
    assert "sk-secret" not in json.dumps(seen)
    # The interpreter chooses an encoding for itself, the tests a switch of gRPC.
    assert set(seen["environment"]) <= {"LC_CTYPE", "GRPC_ENABLE_FORK_SUPPORT"}
    assert seen["limits"] == {"AS": GIBIBYTE, "CPU": 60, "FSIZE": 0, "CORE": 0}


async def test_small_packed_files_too_are_read_in_a_process_of_their_own(odd: Reader) -> None:
    assert "environment" in await refusal(odd, b"x", "docx", "look")
    assert (await odd.read(b"# Small\n\ntext", "markdown", "look")).title == "Small"


@pytest.mark.parametrize("how", ["crash", "memory", "flood"])
async def test_a_parser_that_goes_wrong_takes_nothing_along(
    odd: Reader, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reader_module, "_ANSWER_BYTES", 4 * 1024 * 1024)
    assert "too intricate" in await refusal(odd, media_type=how)
    assert ("was given up" in caplog.text) == (how != "memory")
    monkeypatch.setattr(reader_module, "MODULE", "services.retrieval.reader_process")
    assert (await odd.read(pdf([Text("Still here", 80)]), "pdf", "")).passages[0].text == "Still here"


async def test_a_fault_of_ours_is_not_said_to_be_the_files(odd: Reader, caplog: pytest.LogCaptureFixture) -> None:
    assert await refusal(odd, media_type="fault") == reader_module.FAILED
    assert "ZeroDivisionError: a fault of ours" in caplog.text


async def test_a_small_text_that_meets_a_fault_of_ours_is_not_tried_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def at_fault(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(reader_module, "read", at_fault)
    assert await refusal(Reader(), kind="markdown") == reader_module.FAILED
    assert "ZeroDivisionError: a fault of ours" in caplog.text


async def test_a_file_that_nobody_waits_for_is_given_up(odd: Reader) -> None:
    reading = asyncio.create_task(odd.read(b"x", "pdf", "dawdle"))
    await wait_until(lambda: len(readers()) == 1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await wait_until(lambda: not readers())


def readers() -> list[psutil.Process]:
    """The processes that read files for this one."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            found += [child] if "tests.retrieval.odd_reader" in child.cmdline() else []
    return found


async def wait_until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - processes tell nobody of their ends
            await asyncio.sleep(0.02)


async def test_the_process_writes_no_file(odd: Reader) -> None:
    assert await refusal(odd, media_type="write") == "not written"


async def test_a_process_that_answers_without_reading_does_not_hold_up_the_service(odd: Reader) -> None:
    begin = time.monotonic()
    content = b"x" * 4 * 1024 * 1024
    assert await refusal(Reader(seconds=0.05), content, media_type="crash")
    assert time.monotonic() - begin < 30
