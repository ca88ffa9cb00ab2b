"""Which index a process uses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from services.config.settings import Settings, SettingsError
from services.errors import ChatmountError
from services.retrieval.index.edge import editions as edge_editions
from services.retrieval.index.edge.editions import EdgeEditions
from services.retrieval.index.editions import Editions
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.version import check_version

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient

TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class QdrantServer:
    """How a Qdrant server is reached, and what it is to do. See the settings of the same names."""

    url: str
    api_key: str = field(default="", repr=False)
    grpc_port: int = 0
    search_seconds: float = 0.7
    quantization: str = "none"

    @classmethod
    def of(cls, settings: Settings) -> "QdrantServer | None":
        """The server of the settings; None: the index is embedded."""
        if not settings.qdrant_url:
            return None
        return cls(
            settings.qdrant_url,
            settings.qdrant_api_key,
            settings.qdrant_grpc_port,
            settings.qdrant_timeout_ms / 1000,
            settings.qdrant_quantization,
        )

    def client(self) -> "AsyncQdrantClient":
        """A client that connects when it is first used."""
        # The client is worth 70 MB of memory and half a second: only those who use a server pay for it.
        from services.retrieval.index.server.client import open_client

        return open_client(self.url, self.api_key, self.grpc_port, TIMEOUT_SECONDS)


async def open_index(folder: Path, server: QdrantServer | None, fingerprint: Fingerprint) -> Editions:
    """The index on the server, or, when there is none, the one in `folder`.

    IndexInUse when another process has the folder; SettingsError when the server can't be used, or the embedder does
    not fit the index.
    """
    if server is None:
        return await EdgeEditions.open(folder, fingerprint)
    from services.retrieval.index.server.editions import ServerEditions

    client = server.client()
    try:
        return await ServerEditions.open(client, fingerprint, server.search_seconds, server.quantization)
    except ChatmountError as error:
        await client.close()
        raise _unusable(error) from error
    except SettingsError:
        await client.close()
        raise


async def known_dimension(folder: Path, server: QdrantServer | None, embedder: str) -> int | None:
    """The length of this embedder's vectors in the index that serves; None where it has none of them.

    SettingsError when the server can't be used.
    """
    if server is None:
        recorded = await asyncio.to_thread(edge_editions.serving_fingerprint, folder)
    else:
        from services.retrieval.index.server.editions import serving_fingerprint

        async with _connected(server) as client:
            recorded = await serving_fingerprint(client)
    return recorded.dimension if recorded is not None and recorded.embedder == embedder else None


async def pending(server: QdrantServer, fingerprint: Fingerprint, *, check: bool) -> list[str]:
    """What the server's collection lacks, in words; made right unless `check`. SettingsError when it can't be used."""
    from services.retrieval.index.server.collection import ensure_collection
    from services.retrieval.index.server.collection import pending as lacking
    from services.retrieval.index.server.refusal import as_refusal

    async with _connected(server) as client, as_refusal():
        check_version((await client.info()).version)
        found = await lacking(client, fingerprint, server.quantization)
        if found and not check:
            await ensure_collection(client, fingerprint, server.quantization)
        return found


@asynccontextmanager
async def _connected(server: QdrantServer) -> AsyncIterator["AsyncQdrantClient"]:
    client = server.client()
    try:
        yield client
    except ChatmountError as error:
        raise _unusable(error) from error
    finally:
        await client.close()


def _unusable(error: ChatmountError) -> SettingsError:
    from services.retrieval.index.server.refusal import cause_of

    cause = " ".join(cause_of(error).split())
    return SettingsError(f"CHATMOUNT_QDRANT_URL: the Qdrant server can't be used ({cause}).")
