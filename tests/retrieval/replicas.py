"""Retrieval services that share one Postgres and one Qdrant, as replicas do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qdrant_client import AsyncQdrantClient

from services.clock import Clock, system_clock
from services.database import Database
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.server import ServerIndex
from services.retrieval.store.unsettled import UnsettledStore
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.qdrant_stand_in import QdrantStandIn
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder


@dataclass
class Replicas:
    """Starts services on the same stores, and looks at the stores beside them."""

    home: Path
    signer: TokenSigner
    postgres_url: str
    qdrant: QdrantStandIn
    embedders: list[WordEmbedder] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """What the embedders of services to come wait for."""

    @asynccontextmanager
    async def one(self, clock: Clock = system_clock, **environment: str) -> AsyncIterator[Retrieval]:
        embedder = WordEmbedder()
        embedder.hold = self.hold
        self.embedders.append(embedder)
        stores = {"CHATMOUNT_DATABASE_URL": self.postgres_url, "CHATMOUNT_QDRANT_URL": self.qdrant.url}
        # A busy machine is not what is tested here.
        patience = {"CHATMOUNT_DATABASE_TIMEOUT_MS": "60000", "CHATMOUNT_QDRANT_TIMEOUT_MS": "60000"}
        async with serving(self.home, self.signer, embedder, clock, **stores, **(patience | environment)) as running:
            yield running

    @asynccontextmanager
    async def several(self, number: int = 2) -> AsyncIterator[list[Retrieval]]:
        """All started at once, as an orchestrator does it."""
        async with AsyncExitStack() as stack:
            yield list(await asyncio.gather(*(stack.enter_async_context(self.one()) for _ in range(number))))

    async def difference(self) -> str:
        """Differences of the index from the store, and notes; empty when all is in line."""
        database = Database(self.postgres_url, "retrieval")
        index = await ServerIndex.open(
            AsyncQdrantClient(url=self.qdrant.url, check_compatibility=False), Fingerprint.of(WordEmbedder())
        )
        try:
            unsettled = UnsettledStore(database)
            should = {version: (one.entries, one.enabled) for version, one in (await unsettled.live()).items()}
            has = {version: (one.entries, one.enabled) for version, one in (await index.versions()).items()}
            noted = await unsettled.unsettled()
        finally:
            await index.close()
            await database.close()
        differing = sorted(version for version in should.keys() | has.keys() if should.get(version) != has.get(version))
        lines = [f"{version}: {has.get(version)} and not {should.get(version)}" for version in differing]
        return "\n".join([*lines, *(f"{version} is noted" for version in noted)])

    async def in_line(self, seconds: float = 60.0) -> None:
        """Return when index and store are in line. AssertionError when they do not become so."""
        deadline = asyncio.get_running_loop().time() + seconds
        while difference := await self.difference():
            assert asyncio.get_running_loop().time() < deadline, difference
            await asyncio.sleep(0.05)
