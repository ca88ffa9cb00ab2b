"""Reading out what the embedded engine holds."""

from typing import Any

import qdrant_edge as edge

from services.retrieval.index.contents import PAGE, IndexedEntry, chatbot_of
from services.retrieval.index.edge.requests import anything_of, without_vector
from services.retrieval.index.point_ids import entry_id
from services.retrieval.index.schema import SCOPE, STATE, VERSION

ALL = 1_000_000_000


def chatbots(shard: edge.EdgeShard) -> set[str]:
    """See Index."""
    hits = shard.facet(edge.FacetRequest(SCOPE, ALL, True)).hits
    return {chatbot_of(str(hit.value)) for hit in hits if hit.count}


def page(shard: edge.EdgeShard, chatbot_id: str, offset: Any) -> tuple[dict[str, IndexedEntry], Any]:
    """Some entries of the chatbot, and where the next ones begin; None: there are no more."""
    mine = anything_of(chatbot_id)
    records, following = shard.scroll(
        edge.ScrollRequest(offset, PAGE, edge.Filter(must=[mine]), with_payload=[VERSION, STATE], with_vector=False)
    )
    among = edge.HasIdCondition({record.id for record in records})
    bare, _ = shard.scroll(
        edge.ScrollRequest(
            limit=PAGE, filter=edge.Filter(must=[among, without_vector()]), with_payload=False, with_vector=False
        )
    )
    vectorless = {entry_id(record.id) for record in bare}
    found = {}
    for record in records:
        payload = record.payload or {}
        one = entry_id(record.id)
        found[one] = IndexedEntry(str(payload.get(VERSION)), str(payload.get(STATE)), one not in vectorless)
    return found, following
