"""The index that a process uses: on a Qdrant server if the settings name one, else embedded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.config.settings import Settings, SettingsError
from services.errors import ChatmountError
from services.retrieval.changes import Changes
from services.retrieval.index.edge import editions as edge_editions
from services.retrieval.index.edge.editions import EdgeEditions
from services.retrieval.index.editions import Editions
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.version import check_version

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient

INDEX_FOLDER = "index"
TIMEOUT_SECONDS = 10

# What imports the client does so where it is needed: it is worth 70 MB of memory and half a second.


async def open_index(settings: Settings, fingerprint: Fingerprint, changes: Changes | None = None) -> Editions:
    """The editions of the index. `changes` is told of every write of an embedded one.

    IndexInUse when another process has the folder; SettingsError when the server can't be used, or the embedder does
    not fit the index.
    """
    if not settings.qdrant_url:
        return await EdgeEditions.open(settings.home / INDEX_FOLDER, fingerprint, changes)
    from services.retrieval.index.server.editions import ServerEditions

    client, search_seconds = _client(settings), settings.qdrant_timeout_ms / 1000
    try:
        return await ServerEditions.open(client, fingerprint, search_seconds, settings.qdrant_quantization)
    except ChatmountError as error:
        await client.close()
        raise _unusable(error) from error
    except SettingsError:
        await client.close()
        raise


async def known_dimension(settings: Settings, embedder: str) -> int | None:
    """The length of this embedder's vectors in the serving index; None: it has none of them.

    SettingsError when the server can't be used.
    """
    if not settings.qdrant_url:
        recorded = await asyncio.to_thread(edge_editions.serving_fingerprint, settings.home / INDEX_FOLDER)
    else:
        from services.retrieval.index.server.editions import serving_fingerprint

        async with _connected(settings) as client:
            recorded = await serving_fingerprint(client)
    return recorded.dimension if recorded is not None and recorded.embedder == embedder else None


async def pending(settings: Settings, fingerprint: Fingerprint, *, check: bool) -> list[str]:
    """Differences of the server's collection, in words; put right unless `check`.

    SettingsError when the server can't be used.
    """
    from services.retrieval.index.server.collection import ensure_collection
    from services.retrieval.index.server.collection import pending as lacking
    from services.retrieval.index.server.refusal import as_refusal

    async with _connected(settings) as client, as_refusal():
        check_version((await client.info()).version)
        found = await lacking(client, fingerprint, settings.qdrant_quantization)
        if found and not check:
            await ensure_collection(client, fingerprint, settings.qdrant_quantization)
        return found


def _client(settings: Settings) -> "AsyncQdrantClient":
    from services.retrieval.index.server.client import open_client

    return open_client(settings.qdrant_url, settings.qdrant_api_key, settings.qdrant_grpc_port, TIMEOUT_SECONDS)


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator["AsyncQdrantClient"]:
    client = _client(settings)
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
