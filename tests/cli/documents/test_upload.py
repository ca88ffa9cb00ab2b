"""Documents on their way at once: many small ones, few large ones, some sent again."""

import asyncio
from typing import Any

import grpc
import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.cli.documents import upload
from services.cli.documents.document import Document
from services.cli.documents.upload import LARGE_AT_ONCE, LARGE_BYTES, WORKERS, Added, upload_all


class Sources:
    """Takes documents when no others come any more; notes how many were there at once."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0

    async def AddSource(self, messages: Any, timeout: float) -> pb.AddSourceResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(10):
            await asyncio.sleep(0)
        header = (await anext(messages)).header
        self.now -= 1
        return pb.AddSourceResponse(source=pb.Source(url=header.url))


class Scope:
    def __init__(self) -> None:
        self.sources = Sources()


def documents(number: int, size: int) -> list[Document]:
    return [Document(f"{one}", f"{one}.txt", f"{one}", "", "text/plain", "x" * size) for one in range(number)]


async def uploaded(given: list[Document]) -> int:
    scope: Any = Scope()
    results = await upload_all(scope, iter(given), lambda _, __: None)
    assert [one.source.url for one in results if isinstance(one, Added)] == [one.url for one in given]
    return int(scope.sources.most)


async def test_many_small_documents_and_few_large_ones_are_sent_at_once() -> None:
    assert await uploaded(documents(3 * WORKERS, 10)) == WORKERS
    assert await uploaded(documents(3 * WORKERS, LARGE_BYTES + 1)) == LARGE_AT_ONCE


class Unheard(Sources):
    """Fails at first as gRPC does when it writes to a call that has ended already."""

    async def AddSource(self, messages: Any, timeout: float) -> pb.AddSourceResponse:
        if not self.most:
            self.most = 1
            none = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, none, none, "Internal error from Core")
        return await super().AddSource(messages, timeout)


async def test_a_document_is_sent_again_when_the_answer_of_the_service_was_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upload, "RETRY_SECONDS", (0.0,))
    scope: Any = Scope()
    scope.sources = Unheard()
    results = await upload_all(scope, iter(documents(3, 10)), lambda _, __: None)
    assert [one.source.url for one in results if isinstance(one, Added)] == ["0", "1", "2"]
