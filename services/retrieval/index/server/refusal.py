"""What a Qdrant server or its absence makes of a request, as a refusal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from grpc.aio import AioRpcError
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from services.errors import ChatmountError, Text, refusal


@asynccontextmanager
async def as_refusal(seconds: float | None = None) -> AsyncIterator[None]:
    """UNAVAILABLE for a failure of the server in the block, or for more than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except (
        AioRpcError,
        QdrantException,
        ResponseHandlingException,
        UnexpectedResponse,
        httpx.TransportError,
        OSError,
    ) as error:
        raise refusal(Text.SEARCH_UNAVAILABLE) from error


def cause_of(error: ChatmountError) -> str:
    """The cause of a refusal, for the operator.

    A gRPC error says everything twice when it is asked for its text.
    """
    cause = error.__cause__ or error
    return f"{cause.code().name}: {cause.details()}" if isinstance(cause, AioRpcError) else str(cause)
