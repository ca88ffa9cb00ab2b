"""Which index a process uses."""

from pathlib import Path

from services.errors import ChatmountError
from services.retrieval.index.edge import EdgeIndex
from services.retrieval.index.index import Index
from services.retrieval.index.schema import Fingerprint
from services.settings import SettingsError

TIMEOUT_SECONDS = 10


async def open_index(
    folder: Path, qdrant_url: str, qdrant_api_key: str, fingerprint: Fingerprint, search_seconds: float = 0.7
) -> Index:
    """The index on the server at `qdrant_url`, or, when that is empty, the one in `folder`.

    A search gives a server up after `search_seconds`. IndexInUse when another process has the folder; SettingsError
    when the server can't be used.
    """
    if not qdrant_url:
        return await EdgeIndex.open(folder, fingerprint)
    # The client is worth 70 MB of memory and half a second: only those who use a server pay for it.
    from qdrant_client import AsyncQdrantClient

    from services.retrieval.index.server import ServerIndex

    client = AsyncQdrantClient(
        url=qdrant_url, api_key=qdrant_api_key or None, timeout=TIMEOUT_SECONDS, check_compatibility=False
    )
    try:
        return await ServerIndex.open(client, fingerprint, search_seconds)
    except ChatmountError as error:
        await client.close()
        cause = " ".join(str(error.__cause__ or error).split())
        raise SettingsError(f"CHATMOUNT_QDRANT_URL: the Qdrant server can't be used ({cause}).") from error
