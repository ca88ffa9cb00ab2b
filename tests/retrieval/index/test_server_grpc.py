"""A Qdrant server over gRPC that stops, hangs and comes back, and sees the key."""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from services.errors import ChatmountError, Reason
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.client import open_client
from services.retrieval.index.server.server import ServerIndex
from tests.retrieval.index.index_contract import EMBEDDER, add, found
from tests.retrieval.qdrant_grpc_stand_in import GrpcHalf, grpc_half
from tests.retrieval.qdrant_stand_in import QdrantStandIn

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")
GIVEN_UP_AFTER = 0.4


@dataclass
class Server:
    rest: QdrantStandIn
    half: GrpcHalf
    index: ServerIndex

    async def search(self) -> set[str] | None:
        """What is found; None when the search is refused as unavailable. Neither may take long."""
        async with asyncio.timeout(60):
            try:
                return await found(self.index, "bot_a", "parking")
            except ChatmountError as error:
                if error.reason != Reason.UNAVAILABLE:
                    raise
                return None

    async def until_served(self) -> set[str]:
        async with asyncio.timeout(60):
            while (served := await self.search()) is None:  # noqa: ASYNC110 - a server tells nobody that it is back
                await asyncio.sleep(0.05)
        return served


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with grpc_half() as (rest, half):
        client = open_client(rest.url, "the key", half.port, 30)
        index = await ServerIndex.open(client, Fingerprint.of(EMBEDDER), GIVEN_UP_AFTER)
        yield Server(rest, half, index)
        await index.close()


async def test_searches_are_refused_while_it_is_down_and_served_when_it_is_back(server: Server) -> None:
    added = await add(server.index, "bot_a", "v1", "Parking is free.")
    for _ in range(2):
        await server.half.stop()
        assert await server.search() is None
        with pytest.raises(ChatmountError):
            await server.index.remove(["v1"])
        await server.half.start()
        assert await server.until_served() == set(added)


async def test_searches_are_refused_while_it_hangs_and_served_when_it_goes_on(server: Server) -> None:
    added = await add(server.index, "bot_a", "v1", "Parking is free.")
    server.rest.delay = lambda: math.inf
    assert await asyncio.gather(*(server.search() for _ in range(10))) == [None] * 10
    server.rest.delay = lambda: 0.0
    assert await server.until_served() == set(added)


async def test_the_key_is_shown(server: Server) -> None:
    assert server.half.doorkeeper.keys == {"the key"}
