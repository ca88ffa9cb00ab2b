"""Readers as they are, and with a parser gone wrong."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.errors import ChatmountError
from services.retrieval.reader import workers
from services.retrieval.reader.reader import Reader

ODD_READER = "tests.retrieval.reader.odd_reader"
Refusal = Callable[..., Awaitable[str]]


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
