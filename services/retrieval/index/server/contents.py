"""Reading out what a Qdrant server holds."""

from collections.abc import Collection
from typing import Any

from qdrant_client import AsyncQdrantClient, models

from services.retrieval.index.index import IndexedEntry, VersionState
from services.retrieval.index.points import PAGE, chatbots_in, counts, entries_of, states
from services.retrieval.index.schema import DISABLED, SCOPE, STATE, VERSION
from services.retrieval.index.server.requests import Conditions, any_version, anything_of, without_vector

ALL = 1_000_000


async def chatbots(client: AsyncQdrantClient, collection: str) -> set[str]:
    """See Index."""
    return chatbots_in(await _counts(client, collection, SCOPE, []))


async def versions(
    client: AsyncQdrantClient, collection: str, among: Collection[str] | None
) -> dict[str, VersionState]:
    """See Index."""
    chosen: Conditions = [] if among is None else [any_version(among)]
    off = models.FieldCondition(key=STATE, match=models.MatchValue(value=DISABLED))
    held = await _counts(client, collection, VERSION, chosen)
    return states(held, await _counts(client, collection, VERSION, [*chosen, off]))


async def page(
    client: AsyncQdrantClient, collection: str, chatbot_id: str, offset: Any, space: str
) -> tuple[dict[str, IndexedEntry], Any]:
    """Some entries of the chatbot, and where the next ones begin; None: there are no more."""
    mine = models.Filter(must=[anything_of(chatbot_id)])
    records, following = await client.scroll(
        collection, mine, limit=PAGE, offset=offset, with_payload=True, with_vectors=False
    )
    among = models.HasIdCondition(has_id=[record.id for record in records])
    bare, _ = await client.scroll(
        collection,
        models.Filter(must=[among, without_vector(space)]),
        limit=PAGE,
        with_payload=False,
        with_vectors=False,
    )
    return entries_of(records, bare), following


async def _counts(client: AsyncQdrantClient, collection: str, field: str, among: Conditions) -> dict[str, int]:
    chosen = models.Filter(must=among)
    return counts((await client.facet(collection, field, chosen, limit=ALL, exact=True)).hits)
