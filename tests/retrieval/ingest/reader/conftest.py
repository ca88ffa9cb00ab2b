"""Readers as they are, and with a parser gone wrong."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress

import psutil
import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.reader import workers
from services.retrieval.ingest.reader.reader import Reader
from services.retrieval.text.passages import Reading
from tests.child_processes import commands

ODD_READER = "tests.retrieval.ingest.reader.odd_reader"
Refusal = Callable[..., Awaitable[str]]

TRY = """
def tried(function, *arguments):
    try:
        return f"did it: {function(*arguments)!r}"
    except Exception as error:
        return type(error).__name__
"""


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    """The reader of the service."""
    reader = Reader()
    yield reader
    await reader.close()


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> Reader:
    """A reader whose parser does what the media type says."""
    monkeypatch.setattr(workers, "MODULE", ODD_READER)
    return reader


@pytest.fixture
def refusal(odd: Reader) -> Refusal:
    """What a file is refused with whose parser goes wrong in such a way."""

    async def refused(how: str, content: bytes = b"x", kind: str = "markdown", account: str = "acct_1") -> str:
        with pytest.raises(ChatmountError) as caught:
            await odd.read(content, kind, f"text/markdown; odd={how}", account)
        return caught.value.text

    return refused


def texts(reading: Reading) -> list[str]:
    return [one.text for one in reading.passages]


def zygotes() -> list[psutil.Process]:
    """The processes that those that read are forked from."""
    return [child for child, command in commands() if ODD_READER in command]


def readers() -> list[psutil.Process]:
    """The processes that read files for this one."""
    found: list[psutil.Process] = []
    for zygote in zygotes():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found += zygote.children()
    return found


async def said(refusal: Refusal, code: str) -> str:
    """What the variable `said` holds after the code has run in place of the parser."""
    return await refusal("run", (TRY + code).encode())


async def permitted(refusal: Refusal, attempts: Iterable[str]) -> str:
    """Calls that do not end in a PermissionError in place of the parser.

    A call is written as `open, '/etc/passwd'`.
    """
    ends = "(attempt, end) for attempt in attempts if (end := eval(f'tried({attempt})')) != 'PermissionError'"
    code = f"import os, resource, socket, subprocess\nattempts = {list(attempts)!r}\nsaid = [{ends}]"
    return await said(refusal, code)
