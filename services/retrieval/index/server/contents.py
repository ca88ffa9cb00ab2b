"""Reading out what a Qdrant server holds."""

from typing import Any

from qdrant_client import AsyncQdrantClient, models

from services.retrieval.index.contents import PAGE, IndexedEntry, chatbot_of
from services.retrieval.index.point_ids import entry_id
from services.retrieval.index.schema import SCOPE, STATE, VERSION
from services.retrieval.index.server.requests import anything_of, without_vector

ALL = 1_000_000


async def chatbots(client: AsyncQdrantClient, collection: str) -> set[str]:
    """See Index."""
    hits = (await client.facet(collection, SCOPE, limit=ALL, exact=True)).hits
    return {chatbot_of(str(hit.value)) for hit in hits}


async def page(
    client: AsyncQdrantClient, collection: str, chatbot_id: str, offset: Any
) -> tuple[dict[str, IndexedEntry], Any]:
    """Some entries of the chatbot, and where the next ones begin; None: there are no more."""
    mine = models.Filter(must=[anything_of(chatbot_id)])
    records, following = await client.scroll(
        collection, mine, limit=PAGE, offset=offset, with_payload=True, with_vectors=False
    )
    among = models.HasIdCondition(has_id=[record.id for record in records])
    bare, _ = await client.scroll(
        collection, models.Filter(must=[among, without_vector()]), limit=PAGE, with_payload=False, with_vectors=False
    )
    vectorless = {entry_id(record.id) for record in bare}
    found = {}
    for record in records:
        payload = record.payload or {}
        one = entry_id(record.id)
        found[one] = IndexedEntry(str(payload.get(VERSION)), str(payload.get(STATE)), one not in vectorless)
    return found, following
