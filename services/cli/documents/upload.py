"""Uploads: a few documents at a time, in their order, through restarts of the service."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import grpc
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.stack import ChatbotScope
from services.cli.documents.document import Document, Unreadable
from services.cli.failures import describe
from services.errors import from_rpc_error

# As many as the service works on at a time.
WORKERS = 24
# Whatever is sent waits in the service's memory until its turn comes.
LARGE_BYTES = 64 * 1024
LARGE_AT_ONCE = 8
# A large file is cut and embedded before the call returns.
UPLOAD_SECONDS = 900.0
# A service that was restarted is back within seconds, on a busy machine within half a minute; adding a document twice
# is the same as adding it once.
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)


@dataclass(frozen=True, slots=True)
class Added:
    """A document that is a source now."""

    source: retrieval_pb2.Source
    unchanged: bool


Result = Added | Unreadable


async def upload_all(
    scope: ChatbotScope,
    documents: Iterator[Document | Unreadable],
    on_result: Callable[[Document | Unreadable, Result], None],
    *,
    wait: bool = True,
) -> list[Result]:
    """Upload all documents; one that is refused does not stop the others.

    Results are in the documents' order.

    `wait`: until each is indexed; else until it is kept safe.

    AioRpcError when the service stays away.
    """
    results: dict[int, Result] = {}
    numbered = enumerate(documents)
    large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def result_of(document: Document | Unreadable) -> Result:
        if isinstance(document, Unreadable):
            return document
        async with large if document.size > LARGE_BYTES else nullcontext():
            return await upload(scope, document, wait=wait)

    async def work() -> None:
        for number, document in numbered:
            results[number] = result = await result_of(document)
            on_result(document, result)

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(work())
    return [results[number] for number in sorted(results)]


async def upload(scope: ChatbotScope, document: Document, *, wait: bool = True) -> Result:
    """Uploads one document. See upload_all."""
    for pause in (*RETRY_SECONDS, None):
        try:
            response = await scope.sources.AddSource(_messages(document, wait), timeout=UPLOAD_SECONDS)
            return Added(response.source, response.unchanged)
        except OSError as error:
            return Unreadable(document.label, error.strerror or "can't be read")
        except grpc.aio.AioRpcError as error:
            refusal = from_rpc_error(error)
            # A service that refuses before all is sent is heard or not, as it happens: gRPC may tell of its own failed
            # write instead of the refusal, https://github.com/grpc/grpc/issues/36066.
            is_unheard = error.code() == grpc.StatusCode.INTERNAL and refusal is None
            if error.code() == grpc.StatusCode.UNAVAILABLE or is_unheard:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            elif refusal is None:
                raise
            else:
                return Unreadable(document.label, describe(error)[0])
    raise AssertionError("the last try returns or raises")


async def _messages(document: Document, wait: bool) -> AsyncIterator[retrieval_pb2.AddSourceRequest]:
    yield retrieval_pb2.AddSourceRequest(
        header=retrieval_pb2.AddSourceHeader(
            name=document.name,
            url=document.url,
            title=document.title,
            media_type=document.media_type,
            no_wait=not wait,
            origin=document.origin,
            end_follows=True,
        )
    )
    for chunk in document.chunks():
        yield retrieval_pb2.AddSourceRequest(chunk=chunk)
    yield retrieval_pb2.AddSourceRequest(end=True)
